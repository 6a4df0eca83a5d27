"""Template variables: what can be chosen at the top of a dashboard."""

from typing import Final

from shapes import DATASOURCE, Json

BOARD: Final = "http://127.0.0.1:9108/board"
"""Where the board is, unless the dashboards are written for another place."""

SOURCE: Final[Json] = {
    "name": "datasource",
    "label": "Data source",
    "type": "datasource",
    "query": "prometheus",
    "current": {"text": "Prometheus", "value": "prometheus"},
}


def several(name: str, label: str, query: str, every: str = ".+") -> Json:
    """A label of which any values can be chosen, all at first, which `every` matches."""
    return {
        **_variable(name, label, query),
        "multi": True,
        "includeAll": True,
        "allValue": every,
        "current": {"text": ["All"], "value": ["$__all"]},
    }


def one(name: str, label: str, query: str) -> Json:
    """A label of which one value is chosen."""
    return {**_variable(name, label, query), "multi": False, "includeAll": False, "current": {}}


def fixed(name: str, value: str) -> Json:
    """A value that no link can change: where the board is must not be up to whoever sends a link."""
    return {
        "name": name,
        "type": "constant",
        "query": value,
        "current": {"text": value, "value": value},
        "hide": 2,
        "skipUrlSync": True,
    }


def _variable(name: str, label: str, query: str) -> Json:
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": DATASOURCE,
        "query": {"query": query, "refId": name},
        "definition": query,
        "refresh": 2,
        "sort": 1,
    }


JOB: Final = several("job", "Job", "label_values(tocsin_build_info, job)")
INSTANCE: Final = several("instance", "Instance", 'label_values(tocsin_build_info{job=~"$job"}, instance)')
CHANNELS: Final = several("channel", "Channel", 'label_values(cx_answers{job=~"$job"}, channel)', "(?s:.*)")
"""All of them: what has no channel as well, such as alerts of a team or of the whole brand, and names of
several lines, at which a plain `.*` of Prometheus 2 stops."""
CHANNEL: Final = one("channel", "Channel", 'label_values(cx_answers{job=~"$job"}, channel)')
RULES: Final = several("rule", "Rule", 'label_values(cx_alert_firing{job=~"$job"}, rule)')
