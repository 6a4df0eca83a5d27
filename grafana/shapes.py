"""Shapes of a Grafana dashboard in classic JSON: queries, panels, rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

Json = dict[str, Any]

DATASOURCE: Final[Json] = {"type": "prometheus", "uid": "${datasource}"}
WIDTH: Final = 24
"""Columns of Grafana's grid."""


@dataclass(frozen=True, slots=True)
class Query:
    """One expression of a panel and what its series are called."""

    expr: str
    legend: str
    instant: bool = False

    def json(self, number: int) -> Json:
        """As a panel target."""
        return {
            "refId": chr(ord("A") + number),
            "datasource": DATASOURCE,
            "editorMode": "code",
            "expr": self.expr,
            "legendFormat": self.legend,
            "instant": self.instant,
            "range": not self.instant,
            "format": "table" if self.instant else "time_series",
        }


@dataclass(frozen=True, slots=True)
class Look:
    """How a panel looks: Grafana's own words for its kind."""

    custom: Json = field(default_factory=dict)
    defaults: Json = field(default_factory=dict)
    options: Json = field(default_factory=dict)
    overrides: tuple[Json, ...] = ()
    transformations: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One panel; `links` stand at its title, `repeat` draws it once for each value of a variable."""

    title: str
    description: str
    queries: tuple[Query, ...]
    unit: str
    kind: str = "timeseries"
    width: int = 8
    height: int = 7
    look: Look = field(default_factory=Look)
    links: tuple[Json, ...] = ()
    repeat: str | None = None

    def json(self, number: int, x: int, y: int) -> Json:
        """As an entry of `panels`, at a place on the grid."""
        repeat = {"repeat": self.repeat, "repeatDirection": "h", "maxPerRow": 6} if self.repeat else {}
        look = self.look
        return {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": self.description,
            "datasource": DATASOURCE,
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            "targets": [query.json(place) for place, query in enumerate(self.queries)],
            "fieldConfig": {
                "defaults": {"unit": self.unit, "custom": look.custom, **look.defaults},
                "overrides": list(look.overrides),
            },
            "options": look.options,
            "transformations": list(look.transformations),
            "links": list(self.links),
            **repeat,
        }


def override(series: str, **properties: object) -> Json:
    """Properties of the series whose names match a regular expression."""
    return {
        "matcher": {"id": "byRegexp", "options": series},
        "properties": [{"id": name.replace("__", "."), "value": value} for name, value in properties.items()],
    }


def placed_panels(rows: Sequence[tuple[str, Sequence[Panel]]]) -> list[Json]:
    """All panels with their places, rows of at most 24 columns."""
    placed: list[Json] = []
    y = 0
    for title, members in rows:
        placed.append(_row(title, len(placed) + 1, y))
        x, y, height = 0, y + 1, 0
        for panel in members:
            if x + panel.width > WIDTH:
                x, y, height = 0, y + height, 0
            placed.append(panel.json(len(placed) + 1, x, y))
            x, height = x + panel.width, max(height, panel.height)
        y += height
    return placed


def _row(title: str, number: int, y: int) -> Json:
    place = {"x": 0, "y": y, "w": WIDTH, "h": 1}
    return {"id": number, "type": "row", "title": title, "collapsed": False, "gridPos": place, "panels": []}
