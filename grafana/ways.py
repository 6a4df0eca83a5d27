"""Ways from one dashboard to the next and to the board, which keep time range, source and channel."""

from typing import Final

from shapes import Json

OVERVIEW: Final = "tocsin-overview"
CHANNEL: Final = "tocsin-channel"
ALERTS: Final = "tocsin-alerts"
PIPELINE: Final = "tocsin-pipeline"

PAGES: Final = {OVERVIEW: "Overview", CHANNEL: "Channel", ALERTS: "Alerts", PIPELINE: "Pipeline"}

_KEPT: Final = "${__url_time_range}&${datasource:queryparam}&${job:queryparam}&${instance:queryparam}"


def way(uid: str, channel: str = "${channel:queryparam}") -> str:
    """The address of a dashboard at the same time, for the same workers; `channel` as a parameter."""
    return f"/d/{uid}?{_KEPT}&{channel}"


def link(title: str, url: str, *, new_tab: bool = False) -> Json:
    """A link at a panel's title, or on what it shows."""
    return {"title": title, "url": url, "targetBlank": new_tab}


TO_CHANNEL: Final = link("Open the channel", way(CHANNEL, "var-channel=${channel:percentencode}"))
"""From a panel that is repeated for each channel."""
SERIES_TO_CHANNEL: Final = link(
    "Open the channel", way(CHANNEL, "var-channel=${__field.labels.channel:percentencode}")
)
"""From a line or a bar that is of a channel."""
CELL_TO_CHANNEL: Final = link(
    "Open the channel", way(CHANNEL, "var-channel=${__data.fields.channel:percentencode}")
)
"""From a row of a table that has a channel."""
CELL_TO_RULE: Final = link(
    "History of the rule", way(ALERTS) + "&var-rule=${__data.fields.rule:percentencode}"
)
SERIES_TO_RULE: Final = link(
    "History of the rule", way(ALERTS) + "&var-rule=${__field.labels.rule:percentencode}"
)
"""From a line or a bar that is of a rule."""


def beside(uid: str) -> list[Json]:
    """Links at the top of a dashboard: to all others, and to the board."""
    others = [_top(title, f"/d/{each}", keep=True) for each, title in PAGES.items() if each != uid]
    place = "#/channel/${channel:percentencode}" if uid == CHANNEL else ""
    return [*others, _top("Board", "${board:raw}" + place, keep=False)]


def _top(title: str, url: str, *, keep: bool) -> Json:
    return {
        "type": "link",
        "title": title,
        "url": url,
        "tooltip": "",
        "icon": "dashboard" if keep else "external link",
        "tags": [],
        "asDropdown": False,
        "keepTime": keep,
        "includeVars": keep,
        "targetBlank": not keep,
    }
