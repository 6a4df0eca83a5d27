"""A crowd: many scopes that all have the same rules, in the judge's own windows, detectors and boards."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from alerts.rules import DAY_MS
from alerts.states import State
from stream.indicators.formulas import Ints
from stream.indicators.plan import Plan, grouping_of
from stream.judge.evaluation.detector_inputs import Block
from stream.judge.evaluation.groups import Group
from stream.judge.evaluation.moves import AlertMove
from stream.simulate.answer_model import Answering
from stream.simulate.headway import Headway

START_MS: Final = 20_000 * DAY_MS
"""Event time starts somewhere in 2024."""
CHUNK: Final = 2_000_000
"""Answers that are drawn at once, about."""


class AlertChange(NamedTuple):
    """A change of an alert: its rule, its scope's row, its new state and how many there were before."""

    rule: str
    row: int
    state: State
    seq: int


class Size(NamedTuple):
    """How many scopes, with how many answers a day each on average."""

    rows: int
    per_day: float
    seed: int


class Crowd:
    """Scopes that all have the same rules, in one group of a judge."""

    def __init__(self, plan: Plan, people: Answering, size: Size) -> None:
        self.pane_ms: Final = plan.rulebook.timing.pane_ms
        self.rows: Final = size.rows
        self.pane = START_MS // self.pane_ms
        self._people: Final = people
        self._per_pane: Final = size.per_day * self.pane_ms / DAY_MS
        self._rng: Final = np.random.default_rng(size.seed)
        self._group: Final = Group(plan, grouping_of(plan.rulebook.rules[0]))
        self._row_of: Final = np.array([self._group.row_of((f"{n:06d}",)) for n in range(self.rows)])
        self.answers: Ints = np.zeros(self._group.scopes.room, np.int64)

    def live(self, panes: int, score: float, headway: Headway) -> Iterator[AlertChange]:
        """Go on for some panes at a score; each change of an alert."""
        per_chunk = max(int(CHUNK / (self.rows * self._per_pane + 1)), 1)
        end = self.pane + panes
        while self.pane < end:
            for told in self._chunk(min(per_chunk, end - self.pane), score, headway):
                yield AlertChange(told.ranked.rule.name, told.move.row, told.move.state, told.move.seq)

    def firing(self) -> set[tuple[str, int]]:
        """Rule and row of each alert that fires or is about to."""
        return {
            (ranked[column].rule.name, row)
            for board, ranked in self._group.boards()
            for row, column in board.episodes()
        }

    def _chunk(self, panes: int, score: float, headway: Headway) -> Iterator[AlertMove]:
        """Draw the answers of some panes, and judge them together."""
        count = self._rng.poisson(self.rows * self._per_pane * panes)
        pane = self.pane + np.sort(self._rng.integers(panes, size=count))
        row = self._row_of[self._rng.integers(self.rows, size=count)]
        self._count(pane, row, self._people.draw(self._rng, score, count))
        block = Block(self.pane - 1, self.pane + panes - 1, foresee=False)
        self._group.open(block)
        given = 0
        while (at := self._group.next_pane()) is not None:
            headway.on(self.rows, (at - self.pane) * self.pane_ms)
            self.pane, start = at, given
            given = int(np.searchsorted(pane, at, "right"))
            np.add.at(self.answers, row[start:given], 1)
            yield from self._group.judge(at, None)
        np.add.at(self.answers, row[given:], 1)
        self._group.close()
        headway.on(self.rows, (block.through + 1 - self.pane) * self.pane_ms)
        self.pane = block.through + 1

    def _count(self, pane: Ints, row: Ints, kind: Ints) -> None:
        places, cells = self._people.cells(np.arange(len(row)), kind)
        order = np.argsort(places, kind="stable")
        places, cells = places[order], cells[order]
        due = pane[places]
        if len(due):
            self._group.merge(due, row[places], due, cells, np.ones(len(due), np.int64))
