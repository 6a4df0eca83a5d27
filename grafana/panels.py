"""Panels of the usual kinds: numbers, lines, bars, tables, and times at which something was so."""

from collections.abc import Iterable, Sequence
from typing import Final

from shapes import Json, Look, Panel, Query

HIDDEN: Final = ("Time", "Value", "__name__", "job", "instance")
"""Columns of a table of series that tell nothing."""


def stat(title: str, description: str, expr: str, unit: str, legend: str = "", **thresholds: float) -> Panel:
    """A single number, or one for each series; `thresholds` are colours and where each begins."""
    return Panel(
        title=title,
        description=description,
        queries=(Query(expr, legend or title),),
        unit=unit,
        kind="stat",
        width=4,
        height=4,
        look=Look(
            defaults={"thresholds": _steps("green", thresholds)},
            options={
                "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
                "colorMode": "value",
                "graphMode": "area",
            },
        ),
    )


def lines(title: str, description: str, unit: str, *queries: tuple[str, str], width: int = 8) -> Panel:
    """Courses over time: expressions and what their series are called."""
    return Panel(
        title=title,
        description=description,
        queries=tuple(Query(expr, legend) for expr, legend in queries),
        unit=unit,
        width=width,
        look=Look(options={"legend": _LEGEND, "tooltip": {"mode": "multi", "sort": "desc"}}),
    )


_LEGEND: Final[Json] = {
    "showLegend": True, "displayMode": "list", "placement": "bottom", "calcs": [],
}  # fmt: skip


def bars(title: str, description: str, unit: str, query: tuple[str, str], **thresholds: float) -> Panel:
    """One bar for each series as it is now."""
    expr, legend = query
    return Panel(
        title=title,
        description=description,
        queries=(Query(expr, legend),),
        unit=unit,
        kind="bargauge",
        look=Look(
            defaults={"min": 0, "thresholds": _steps("blue", thresholds)},
            options={
                "orientation": "horizontal",
                "displayMode": "basic",
                "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
            },
        ),
    )


def table(
    title: str,
    description: str,
    expr: str,
    *,
    width: int,
    hidden: Sequence[str] = HIDDEN,
    links: Iterable[tuple[str, Json]] = (),
) -> Panel:
    """The labels of series that are there now; `links` lead on from a column."""
    return Panel(
        title=title,
        description=description,
        queries=(Query(expr, "", instant=True),),
        unit="none",
        kind="table",
        width=width,
        height=8,
        look=Look(
            options={"showHeader": True},
            overrides=tuple(
                {
                    "matcher": {"id": "byName", "options": column},
                    "properties": [{"id": "links", "value": [link]}],
                }
                for column, link in links
            ),
            transformations=({"id": "organize", "options": {"excludeByName": dict.fromkeys(hidden, True)}},),
        ),
    )


def timeline(title: str, description: str, query: tuple[str, str], link: Json, *, width: int) -> Panel:
    """When each series was 1: red while it was."""
    colours = {"0": {"text": "quiet", "color": "green"}, "1": {"text": "firing", "color": "red"}}
    expr, legend = query
    return Panel(
        title=title,
        description=description,
        queries=(Query(expr, legend),),
        unit="none",
        kind="state-timeline",
        width=width,
        height=8,
        look=Look(
            defaults={"mappings": [{"type": "value", "options": colours}], "links": [link]},
            options={"showValue": "never", "mergeValues": True, "legend": {**_LEGEND, "showLegend": False}},
        ),
    )


def _steps(first: str, thresholds: dict[str, float]) -> Json:
    steps: list[Json] = [{"color": first, "value": None}]
    steps += [{"color": colour, "value": value} for colour, value in thresholds.items()]
    return {"mode": "absolute", "steps": steps}
