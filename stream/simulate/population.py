"""A crowd: many scopes that all have the same rules, in the judge's own windows, detectors and boards."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from alerts.rules import DAY_MS, Rule
from alerts.states import State
from stream.indicators.formulas import Ints
from stream.indicators.plan import Plan, grouping_of
from stream.judge.evaluation.detector_inputs import Block
from stream.judge.evaluation.explained import Observer
from stream.judge.evaluation.groups import Group
from stream.judge.evaluation.schedule import least
from stream.simulate.answer_model import Answering
from stream.simulate.headway import Headway
from stream.simulate.question import Fall
from stream.simulate.rhythm import Rhythm, VolumeCourse
from stream.simulate.threshold_walk import ThresholdWalk, can_walk

START_MS: Final = 20_000 * DAY_MS
"""Event time starts somewhere in 2024."""
CHUNK: Final = 2_000_000
"""Answers that are drawn at once, about."""
BLOCK: Final = 200_000
"""Answers that are judged together, about: enough for arrays to pay, few after a fall that all have seen."""
BLOCK_MS: Final = 4 * DAY_MS
"""The longest time that is judged together: rules that compare with their past look no further ahead."""


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
    """Scopes that all have the same rules, in two groups of a judge: thresholds are judged by themselves.

    Where readings are `heard`, all rules are judged pane by pane, as readings are told one by one.
    """

    def __init__(self, plan: Plan, people: Answering, size: Size, *, heard: bool = False) -> None:
        self.pane_ms: Final = plan.rulebook.timing.pane_ms
        self.scopes: Final = size.scopes
        self.pane = START_MS // self.pane_ms
        self._values: Final = size.values
        self._people: Final = people
        self._per_pane: Final = size.per_day * self.pane_ms / DAY_MS
        self._rng: Final = np.random.default_rng(size.seed)
        rules = plan.rulebook.rules
        walked = [rule for rule in rules if can_walk(rule) and not heard]
        self._group: Final = _group(plan, [rule for rule in rules if rule not in walked])
        self._walk: Final = ThresholdWalk(_group(plan, walked), self.pane_ms)
        named = [(f"{n:06d}", *([str(v)] if size.values > 1 else [])) for n, v in _each(size)]
        self._row_of: Final = np.array([self._group.row_of(names) for names in named])
        for names in named:
            self._walk.group.row_of(names)
        self._course: Final = None if size.rhythm is None else VolumeCourse(size.rhythm, len(named), START_MS)
        self.answers: Ints = np.zeros(self._group.scopes.room, np.int64)

    def scope_of(self, row: int) -> int:
        """Which scope a row belongs to."""
        return int(np.flatnonzero(self._row_of == row)[0]) // self._values

    def falling(self) -> frozenset[int]:
        """The rows in which a fall shows."""
        return frozenset(self._row_of[:: self._values].tolist())

    def live(self, panes: int, spell: Spell, headway: Headway) -> Iterator[AlertChange]:
        """Go on for some panes; each change of an alert."""
        per_chunk = max(int(CHUNK / (len(self._row_of) * self._per_pane + 1)), 1)
        end = self.pane + panes
        while self.pane < end:
            yield from self._chunk(min(per_chunk, end - self.pane), spell, headway)

    def firing(self) -> set[tuple[str, int]]:
        """Rule and row of each alert that fires or is about to."""
        return {
            (ranked[column].rule.name, row)
            for group in (self._group, self._walk.group)
            for board, ranked in group.boards()
            for row, column in board.episodes()
        }

    def _chunk(self, panes: int, spell: Spell, headway: Headway) -> Iterator[AlertChange]:
        """Draw the answers of some panes, and judge them block by block."""
        pane, place = self._come(panes, spell.fall.times)
        kinds = self._answer(place, spell)
        row, end = self._row_of[place], self.pane + panes
        per_block = max(int(BLOCK / (len(self._row_of) * self._per_pane + 1)), 1)
        per_block = min(per_block, BLOCK_MS // self.pane_ms)
        while self.pane < end:
            through = min(self.pane + per_block, end) - 1
            part = slice(*np.searchsorted(pane, [self.pane, through + 1]).tolist())
            self._count(pane[part], row[part], kinds[part])
            yield from self._block(through, (pane[part], row[part]), spell.observer, headway)

    def _block(
        self, through: int, came: tuple[Ints, Ints], observer: Observer | None, headway: Headway
    ) -> Iterator[AlertChange]:
        """Judge the panes up to one, in which answers came (their panes, and their rows)."""
        pane, row = came
        block = Block(self.pane - 1, through, foresee=observer is None)
        walked = deque(self._walk.walk(block))
        self._group.open(block)
        given = 0
        while (at := least(self._group.next_pane(), walked[0].pane if walked else None)) is not None:
            headway.on(self.scopes, (at - self.pane) * self.pane_ms)
            self.pane, start = at, given
            given = int(np.searchsorted(pane, at, "right"))
            np.add.at(self.answers, row[start:given], 1)
            if self._group.next_pane() == at:
                for told in self._group.judge(at, observer):
                    yield AlertChange(told.ranked.rule.name, told.move.row, told.move.state, told.move.seq)
            while walked and walked[0].pane == at:
                yield AlertChange(*walked.popleft()[1:])
        np.add.at(self.answers, row[given:], 1)
        self._group.close()
        headway.on(self.scopes, (through + 1 - self.pane) * self.pane_ms)
        self.pane = through + 1

    def _come(self, panes: int, times: float) -> tuple[Ints, Ints]:
        """The panes in which something comes in, ascending, and of which place among the rows."""
        if self._course is None:
            count = self._rng.poisson(len(self._row_of) * self._per_pane * panes * times)
            pane = self.pane + np.sort(self._rng.integers(panes, size=count))
            return pane, self._rng.integers(len(self._row_of), size=count)
        found_pane, found_place = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        factor = np.full(len(self._row_of), times)
        for start_ms, end_ms in self._course.pieces(
            self.pane * self.pane_ms, (self.pane + panes) * self.pane_ms
        ):
            counts = self._course.counts(self._rng, start_ms, end_ms, factor)
            at_ms = self._rng.integers(start_ms, end_ms, size=int(counts.sum()))
            order = np.argsort(at_ms, kind="stable")
            found_pane.append(at_ms[order] // self.pane_ms)
            found_place.append(np.repeat(np.arange(len(self._row_of)), counts)[order])
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
            for group in (self._group, self._walk.group):
                if group.ranked:
                    group.merge(due, row[places], due, cells, np.ones(len(due), np.int64))


def _group(plan: Plan, rules: Sequence[Rule]) -> Group:
    """The judge's part that some of a plan's rules make up; nothing is kept for scores to be published."""
    some = replace(plan.rulebook, rules=tuple(rules))
    return Group(Plan(some, publishes=False), grouping_of(plan.rulebook.rules[0]))


def _each(size: Size) -> Iterator[tuple[int, int]]:
    return ((n, v) for n in range(size.scopes) for v in range(size.values))
