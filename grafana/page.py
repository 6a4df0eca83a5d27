"""One dashboard: rows of panels, what can be chosen, where alerts are marked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from shapes import DATASOURCE, Json, Panel, placed_panels
from variables import BOARD, INSTANCE, JOB, SOURCE, fixed
from ways import PAGES, beside

SCHEMA_VERSION: Final = 41
"""Grafana 12's; 11 reads it, 13 brings it up to date."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """Times that are marked on every panel; `title` and `text` may use labels."""

    name: str
    expr: str
    title: str
    text: str
    tags: str

    def json(self) -> Json:
        """As an entry of `annotations`; `expr` and `step` for Grafana 11, `target` for those after it."""
        return {
            "name": self.name,
            "datasource": DATASOURCE,
            "enable": True,
            "hide": False,
            "iconColor": "red",
            "expr": self.expr,
            "step": "30s",
            "target": {"refId": "Anno", "expr": self.expr, "interval": "30s"},
            "titleFormat": self.title,
            "textFormat": self.text,
            "tagKeys": self.tags,
            "useValueForTime": False,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A dashboard before it is JSON."""

    uid: str
    description: str
    rows: Sequence[tuple[str, Sequence[Panel]]]
    variables: tuple[Json, ...]
    annotations: tuple[Annotation, ...]
    since: str = "now-30m"
    board: str = BOARD

    def at(self, board: str) -> "Page":
        """The same for a board at another address."""
        return replace(self, board=board)

    def json(self) -> Json:
        """As Grafana provisions it from a file."""
        return {
            "uid": self.uid,
            "title": f"Tocsin: {PAGES[self.uid]}",
            "description": self.description,
            "tags": ["tocsin"],
            "schemaVersion": SCHEMA_VERSION,
            "editable": False,
            "graphTooltip": 1,
            "refresh": "5s" if self.since == "now-30m" else "1m",
            "time": {"from": self.since, "to": "now"},
            "timezone": "browser",
            "templating": {"list": [SOURCE, JOB, INSTANCE, *self.variables, fixed("board", self.board)]},
            "annotations": {"list": [each.json() for each in self.annotations]},
            "links": beside(self.uid),
            "panels": placed_panels(self.rows),
        }
