"""Groups: everything that a judge keeps of one grouping, its scopes, windows and rules."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from alerts.board import Board
from alerts.detect.row_sets import NO_ROWS
from alerts.rules import DAY_MS, Threshold
from stream.indicators.cells import CELLS, TIMES_FROM
from stream.indicators.formulas import Ints, formula
from stream.indicators.needs import WindowSpan, indicators_by_window, rule_window
from stream.indicators.plan import Grouping, Plan, grouping_of
from stream.indicators.questions import question
from stream.judge.evaluation.crossings import Hush
from stream.judge.evaluation.detector_inputs import Block, BlockContext
from stream.judge.evaluation.detector_rules import watch
from stream.judge.evaluation.explained import Observer
from stream.judge.evaluation.matchers import named_scopes
from stream.judge.evaluation.moves import AlertMove, Ranked
from stream.judge.evaluation.pane_counts import BlockCounts, PaneCounts, nothing
from stream.judge.evaluation.schedule import (
    DetectorSchedule,
    PaneContext,
    Schedule,
    Slide,
    ThresholdSchedule,
    least,
)
from stream.judge.evaluation.scopes import ScopeTable, Values
from stream.judge.evaluation.silence_listeners import SilenceListeners
from stream.judge.evaluation.threshold_rules import ThresholdRules
from stream.judge.windows.layout import Layout, summed
from stream.judge.windows.lookahead import Ahead
from stream.judge.windows.sliding import Window

CELL_BITS: Final = len(CELLS).bit_length()
CELL_MASK: Final = (1 << CELL_BITS) - 1
REMEMBERED_MS: Final = 35 * DAY_MS
"""How long a scope without data is remembered where a detector has learned something of it: five weeks, as
far back as a rhythm reaches."""


Projected = tuple[Ints, Ints, Ints]
"""Which counts a layout keeps, and their places and numbers in it."""


class Group:
    """The part of a plan that concerns one grouping.  Time is told in pane numbers, or their ends in ms."""

    def __init__(self, plan: Plan, grouping: Grouping, shard: int = 0) -> None:
        self.grouping: Final = grouping
        self.scopes: Final = ScopeTable(grouping)
        self.scored: Final = [each for each in plan.scored if each.grouping == grouping]
        self.ranked: Final = [
            Ranked(place, rule, question(rule, plan.keeps))
            for place, rule in enumerate(plan.rulebook.rules)
            if grouping_of(rule) == grouping
        ]
        self._pane_ms: Final = plan.rulebook.timing.pane_ms
        read = bool(self.ranked or self.scored)
        self.windows: Final = _windows(plan, grouping, for_causes=not read)
        self.thresholds: Final = self._threshold_rules()
        watches = (watch(plan, each, self.windows, self.scopes) for each in self.ranked)
        self.watches: Final = [each for each in watches if each is not None]
        self._heard = nothing()
        self._listeners: Final = SilenceListeners(
            [each for each in self.watches if each.mutes], self._pane_ms
        )
        self._scores: Final[list[Schedule]] = [
            *(ThresholdSchedule(rules, self._pane_ms) for rules in self.thresholds),
            *(DetectorSchedule(each, self._pane_ms) for each in self.watches if not each.mutes),
        ]
        self._named: Final = {
            each.rule.name: named_scopes(each.rule, grouping, shard, plan.partitions) for each in self.watches
        }

    def expect_named(self, since_ms: int) -> None:
        """Wait from a time on for the scopes that rules name, in as far as they were not heard of before."""
        for each in self.watches:
            rows = sorted(map(self.row_of, self._named[each.rule.name]))
            if rows:
                each.input.expect(np.array(rows, np.int64), since_ms)

    @property
    def reads_times(self) -> bool:
        """Whether some window reads quantiles, and so single times."""
        return any(window.layout.times for window in self.all_windows())

    def all_windows(self) -> Iterable[Window]:
        """Every window once."""
        return self.windows.values()

    def row_of(self, values: Values) -> int:
        """The row of a scope, new or known."""
        return self.scopes.row_of(values, self._grow)

    def rows_of(self, scopes: Sequence[Values]) -> list[int]:
        """The rows of scopes, new or known."""
        return self.scopes.rows_of(scopes, self._grow)

    def merge(self, due: Ints, rows: Ints, panes: Ints, cells: Ints, counts: Ints) -> None:
        """Take in counts; each is due at the end of pane `due`, ascending, and belongs to one of `panes`."""
        self.scopes.seen_ms[rows] = (due + 1) * self._pane_ms  # ascending: the last one stays
        single = np.flatnonzero(cells >= TIMES_FROM)
        if len(single):
            self._add_times((due[single], panes[single]), rows[single], cells[single], counts[single])
            rest = np.flatnonzero(cells < TIMES_FROM)
            due, rows, panes, cells, counts = (each[rest] for each in (due, rows, panes, cells, counts))
        late = panes != due
        if late.any():
            self._add((due[late], panes[late]), rows[late], cells[late], counts[late])
            due, rows, cells, counts = due[~late], rows[~late], cells[~late], counts[~late]
        if len(due):
            first, bits = int(due[0]), int(self.scopes.room).bit_length()
            keys = (due - first << bits | rows) << CELL_BITS | cells
            keys, counts = summed(keys, counts)
            cells, keys = keys & CELL_MASK, keys >> CELL_BITS
            rows, due = keys & (1 << bits) - 1, (keys >> bits) + first
            self._add((due, due), rows, cells, counts)
            self._heard = BlockCounts(due, PaneCounts(rows, cells, counts))

    def _add(self, panes: tuple[Ints, Ints], rows: Ints, cells: Ints, counts: Ints) -> None:
        """Give counts to every window; `panes` are when each is due, and where it belongs."""
        projected: dict[int, Projected] = {}
        for window in self.all_windows():
            key = id(window.layout)
            if key not in projected:
                projected[key] = window.layout.project(rows, cells, counts)
            kept, places, some = projected[key]
            due = panes[0][kept]
            window.add(due, due if panes[1] is panes[0] else panes[1][kept], places, some)

    def _add_times(self, panes: tuple[Ints, Ints], rows: Ints, cells: Ints, counts: Ints) -> None:
        """Give single times to every window."""
        for window in self.all_windows():
            window.add_times(*panes, (rows, cells - TIMES_FROM, counts))

    def open(self, block: Block) -> None:
        """Look at a block of panes; what is due in it has been merged."""
        of = BlockContext(block, self._heard, Ahead(block.through), self.scopes.room, Hush())
        self._listeners.open(of)
        for schedule in self._scores:
            schedule.open(replace(of, muting=self._listeners.muting(schedule.indicator)))

    def next_pane(self) -> int | None:
        """The next pane of the block at whose end there is something to judge."""
        return least(*(each.when for each in self._schedules()))

    def judge(self, pane: int, observer: Observer | None) -> Iterator[AlertMove]:
        """Step the alerts for which the pane's end brought something: news, a slot's end, or their time.

        Rules that watch for silence come first: while one fires, scores of its scope cannot be judged.
        """
        moment = PaneContext(
            pane=pane, end_ms=(pane + 1) * self._pane_ms, heard=self._heard, slide=Slide(pane),
            muting=Hush(), turned=NO_ROWS, observer=observer,
        )  # fmt: skip
        listeners = self._listeners
        yield from listeners.judge(moment, self.scopes.room)
        for schedule in self._scores:
            turned = listeners.turned(schedule.indicator)
            silent = listeners.silent(schedule.indicator)
            judged = schedule.when == pane or (len(turned) and schedule.minds(turned, silent, pane))
            if judged or (listeners.listened and schedule.held <= pane):
                muting = listeners.muting(schedule.indicator)
                yield from schedule.step(replace(moment, muting=muting, turned=turned))

    def close(self) -> None:
        """The block has been judged."""
        self._heard = nothing()
        for schedule in self._schedules():
            schedule.close()

    def wake(self, judged: int) -> int | None:
        """The first pane after `judged` at whose end there is something to judge even if nothing comes in."""
        return least(*(each.wake(judged) for each in self._schedules()))

    def _schedules(self) -> Iterator[Schedule]:
        yield from self._listeners.schedules
        yield from self._scores

    def catch_up(self, judged: int) -> None:
        """Slide every window to the end of the last judged pane, those that nobody judges, too."""
        for window in self.all_windows():
            window.advance(judged)

    def forget(self, now_ms: int, waiting: Ints) -> Ints:
        """Release, and return, the rows of scopes that have left every window.

        Scopes with an alert, those that fired within a day (an alert says how often), those with something
        `waiting`, and those that rules wait for, stay.
        """
        old = self.scopes.used()
        old = old[self.scopes.seen_ms[old] + self._longest_ms() <= now_ms]
        if not len(old):
            return old
        named = [self.scopes.known(values) for scopes in self._named.values() for values in scopes]
        old = np.setdiff1d(old, [*waiting.tolist(), *(row for row in named if row is not None)])
        for board, _ in self.boards():
            old = old[~board.live()[old]]
            old = np.setdiff1d(old, board.recent.rows(now_ms))
        for window in self.all_windows():
            if window.hours.limited and len(old):  # what should have left a closed one leaves when it opens
                old = np.setdiff1d(old, window.holding())
        for rules in self.thresholds:
            rules.clear(old)
        for each in self.watches:
            each.clear(old)
        for window in self.all_windows():
            window.clear(old)
        self.scopes.release(old)
        return old

    def boards(self) -> Iterator[tuple[Board, Sequence[Ranked]]]:
        """Every board with the rules that are its columns."""
        for rules in self.thresholds:
            yield rules.board, rules.ranked
        for each in self.watches:
            yield each.board, (each.ranked,)

    def _longest_ms(self) -> int:
        """For how long after its last count a scope may still matter."""
        kept = [window.window_ms + 2 * window.slot_panes * self._pane_ms for window in self.all_windows()]
        return max([*kept, *(REMEMBERED_MS for _ in self.watches)])

    def _threshold_rules(self) -> list[ThresholdRules]:
        """Threshold rules that are judged together, in the order of their windows."""
        found: dict[tuple[tuple[int, str], str, float], list[Ranked]] = {}
        windows = {span.order: window for span, window in self.windows.items()}
        for each in self.ranked:
            detect = each.rule.detect
            if isinstance(detect, Threshold):
                key = rule_window(each.rule).order, each.rule.indicator, detect.confidence
                found.setdefault(key, []).append(each)
        return [
            ThresholdRules(
                windows[span],
                windows[span].layout.formulas[indicator],
                found[span, indicator, confidence],
                self.scopes,
            )
            for span, indicator, confidence in sorted(found)
        ]

    def _grow(self, rows: int) -> None:
        for window in self.all_windows():
            window.grow(rows)
        for rules in self.thresholds:
            rules.grow(rows)
        for each in self.watches:
            each.grow(rows)


def _windows(plan: Plan, grouping: Grouping, *, for_causes: bool) -> dict[WindowSpan, Window]:
    """The windows of a grouping; those that keep the same indicators share a layout."""
    layouts: dict[tuple[str, ...], Layout] = {}
    windows = {}
    for span, names in indicators_by_window(plan).get(grouping, {}).items():
        if names not in layouts:
            layouts[names] = Layout([formula(name, plan.keeps) for name in names])
        windows[span] = Window(
            span.window_ms, plan.rulebook.timing.pane_ms, layouts[names], span.hours, for_causes=for_causes
        )
    return windows
