"""Known alerts: what becomes of an alert of which somebody says that it is known, or a new normal.

It is told as resolved, with that reason.  `sudden` takes the level of then for its reference and is armed
again below it.  All other rules have one limit for every scope, so the breach goes on as known: nobody hears
of it until it gets louder, or until it is over and begins anew.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from alerts.board import Board
from alerts.detect.findings import SEVERITIES, Findings
from alerts.episodes import Cell, alert_id
from alerts.intervals import PUBLISHED_CONFIDENCE
from alerts.readings import Reading, scope_text
from alerts.rules import Silence, Sudden, SuddenRelative, Surge, Threshold
from alerts.states import TOLD
from stream.indicators.needs import rule_window
from stream.judge.evaluation.detector_rules import DetectorRule
from stream.judge.evaluation.groups import Group
from stream.judge.evaluation.moves import AlertMove, Ranked, limit_of, number, reading
from stream.messages.verdicts import VerdictMessage

REASON: Final = "reason"
"""In the evidence of the last transition; what it says is the verdict."""


class _Place(NamedTuple):
    """Where an alert is: its cell, and the detector if its rule has one."""

    board: Board
    cell: Cell
    ranked: Ranked
    detector: DetectorRule | None


def heed(groups: Sequence[Group], said: VerdictMessage, at_ms: int) -> tuple[Group, AlertMove] | None:
    """End the alert that is named, at the end of the last judged pane, to which all windows were slid.

    None: it is none of these groups', or nobody was told of it, or it is over.
    """
    for group in groups:
        for place in _places(group):
            row, column = place.cell
            if place.board.state(row, column) in TOLD and _identity(group, place) == said.alert:
                return group, _end(group, place, said, at_ms)
    return None


def _places(group: Group) -> Iterator[_Place]:
    for rules in group.thresholds:
        for cell in list(rules.board.episodes()):
            yield _Place(rules.board, cell, rules.ranked[cell[1]], None)
    for each in group.watches:
        for cell in list(each.board.episodes()):
            yield _Place(each.board, cell, each.ranked, each)


def _identity(group: Group, place: _Place) -> str:
    scope = scope_text(group.scopes.scope(place.cell[0]))
    return alert_id(place.ranked.rule.name, scope, place.board.episodes()[place.cell].started_at_ms)


def _end(group: Group, place: _Place, said: VerdictMessage, at_ms: int) -> AlertMove:
    rule, row = place.ranked.rule, place.cell[0]
    found = None if place.detector is None else place.detector.input.accept(row)
    move = place.board.heed(at_ms, place.cell, learned=isinstance(rule.detect, Sudden | SuddenRelative))
    assert move is not None  # noqa: S101  # it was open
    shown, window_ms = _window_reading(group, place) if found is None else (_reading(found), None)
    limit = None if found is None else number(found.limit[0])
    if isinstance(rule.detect, Threshold):
        limit = limit_of(rule.detect, SEVERITIES[move.severity])
    evidence = {} if found is None else dict(found.evidence[row])
    return AlertMove(
        ranked=place.ranked,
        move=move,
        reading=shown,
        limit=limit,
        confidence=PUBLISHED_CONFIDENCE,
        window_ms=window_ms,
        evidence={**evidence, REASON: said.verdict},
    )


def _reading(found: Findings) -> Reading:
    return Reading(number(found.value[0]), int(found.n[0]), number(found.low[0]), number(found.high[0]))


def _window_reading(group: Group, place: _Place) -> tuple[Reading, int]:
    """What the rule's window holds; of a volume, how much came in."""
    rule = place.ranked.rule
    window = group.windows[rule_window(rule)]
    of = window.layout.formulas[rule.indicator]
    shown = reading(of, window.read(np.array([place.cell[0]])), 0, PUBLISHED_CONFIDENCE)
    if isinstance(rule.detect, Silence | Surge):
        shown = Reading(float(shown.n), shown.n, None, None)
    return shown, window.window_ms
