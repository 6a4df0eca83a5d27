"""A crowd: many scopes that all have the same rules, in the judge's own windows, detectors and boards."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from alerts.rules import DAY_MS
from alerts.states import State
from stream.indicators.formulas import Ints
from stream.indicators.plan import Plan, grouping_of
from stream.judge.evaluation.detector_inputs import Block
from stream.judge.evaluation.explained import Observer
from stream.judge.evaluation.groups import Group
from stream.judge.evaluation.moves import AlertMove
from stream.simulate.answer_model import Answering
from stream.simulate.headway import Headway
from stream.simulate.question import Fall
from stream.simulate.rhythm import Rhythm, VolumeCourse

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
    """How many scopes, with how many answers a day each on average.

    Each scope has `values` rows, of which the first one falls where a score does: a gap rule compares them.
    """

    scopes: int
    per_day: float
    seed: int
    values: int = 1
    rhythm: Rhythm | None = None


class Spell(NamedTuple):
    """What a crowd is like for a while: the usual score, what some fall to, and who hears of readings."""

    healthy: float | None
    fall: Fall = Fall()
    observer: Observer | None = None


class Crowd:
    """Scopes that all have the same rules, in one group of a judge."""

    def __init__(self, plan: Plan, people: Answering, size: Size) -> None:
        self.pane_ms: Final = plan.rulebook.timing.pane_ms
        self.scopes: Final = size.scopes
        self.pane = START_MS // self.pane_ms
        self._rows: Final = size.scopes * size.values
        self._values: Final = size.values
        self._people: Final = people
        self._per_pane: Final = size.per_day * self.pane_ms / DAY_MS
        self._rng: Final = np.random.default_rng(size.seed)
        self._group: Final = Group(plan, grouping_of(plan.rulebook.rules[0]))
        named = [(f"{n:06d}", *([str(v)] if size.values > 1 else [])) for n, v in _each(size)]
        self._row_of: Final = np.array([self._group.row_of(names) for names in named])
        self._course: Final = None if size.rhythm is None else VolumeCourse(size.rhythm, self._rows, START_MS)
        self.answers: Ints = np.zeros(self._group.scopes.room, np.int64)

    def scope_of(self, row: int) -> int:
        """Which scope a row belongs to."""
        return int(np.flatnonzero(self._row_of == row)[0]) // self._values

    def falling(self) -> frozenset[int]:
        """The rows in which a fall shows."""
        return frozenset(self._row_of[:: self._values].tolist())

    def live(self, panes: int, spell: Spell, headway: Headway) -> Iterator[AlertChange]:
        """Go on for some panes; each change of an alert."""
        per_chunk = max(int(CHUNK / (self._rows * self._per_pane + 1)), 1)
        end = self.pane + panes
        while self.pane < end:
            for told in self._chunk(min(per_chunk, end - self.pane), spell, headway):
                yield AlertChange(told.ranked.rule.name, told.move.row, told.move.state, told.move.seq)

    def firing(self) -> set[tuple[str, int]]:
        """Rule and row of each alert that fires or is about to."""
        return {
            (ranked[column].rule.name, row)
            for board, ranked in self._group.boards()
            for row, column in board.episodes()
        }

    def _chunk(self, panes: int, spell: Spell, headway: Headway) -> Iterator[AlertMove]:
        """Draw the answers of some panes, and judge them together."""
        pane, place = self._come(panes, spell.fall.times)
        kinds = self._answer(place, spell)
        row = self._row_of[place]
        self._count(pane, row, kinds)
        block = Block(self.pane - 1, self.pane + panes - 1, foresee=False)
        self._group.open(block)
        given = 0
        while (at := self._group.next_pane()) is not None:
            headway.on(self.scopes, (at - self.pane) * self.pane_ms)
            self.pane, start = at, given
            given = int(np.searchsorted(pane, at, "right"))
            np.add.at(self.answers, row[start:given], 1)
            yield from self._group.judge(at, spell.observer)
        np.add.at(self.answers, row[given:], 1)
        self._group.close()
        headway.on(self.scopes, (block.through + 1 - self.pane) * self.pane_ms)
        self.pane = block.through + 1

    def _come(self, panes: int, times: float) -> tuple[Ints, Ints]:
        """The panes in which something comes in, ascending, and of which place among the rows."""
        if self._course is None:
            count = self._rng.poisson(self._rows * self._per_pane * panes * times)
            pane = self.pane + np.sort(self._rng.integers(panes, size=count))
            return pane, self._rng.integers(self._rows, size=count)
        found_pane, found_place = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        factor = np.full(self._rows, times)
        for start_ms, end_ms in self._course.pieces(
            self.pane * self.pane_ms, (self.pane + panes) * self.pane_ms
        ):
            counts = self._course.counts(self._rng, start_ms, end_ms, factor)
            at_ms = self._rng.integers(start_ms, end_ms, size=int(counts.sum()))
            order = np.argsort(at_ms, kind="stable")
            found_pane.append(at_ms[order] // self.pane_ms)
            found_place.append(np.repeat(np.arange(self._rows), counts)[order])
        return np.concatenate(found_pane), np.concatenate(found_place)

    def _answer(self, place: Ints, spell: Spell) -> Ints:
        """The kinds of answers of some rows: the fallen score in those that fall, else the healthy one."""
        healthy, fallen = spell.healthy or 0.0, spell.fall.score
        if fallen is None or self._values == 1:
            return self._people.draw(self._rng, healthy if fallen is None else fallen, len(place))
        usual, fell = (self._people.draw(self._rng, score, len(place)) for score in (healthy, fallen))
        return np.where(place % self._values == 0, fell, usual)

    def _count(self, pane: Ints, row: Ints, kind: Ints) -> None:
        places, cells = self._people.cells(np.arange(len(row)), kind)
        order = np.argsort(places, kind="stable")
        places, cells = places[order], cells[order]
        due = pane[places]
        if len(due):
            self._group.merge(due, row[places], due, cells, np.ones(len(due), np.int64))


def _each(size: Size) -> Iterator[tuple[int, int]]:
    return ((n, v) for n in range(size.scopes) for v in range(size.values))
