"""Groups: everything that a judge keeps of one grouping, its scopes, windows and rules."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alerts.board import Board
from alerts.rules import Burn, Gap, Rule, Threshold
from stream.banks import Bank, Ranked, Scene, Told
from stream.explained import Observer
from stream.indicators import Ints, formula
from stream.plan import SCORE_WINDOW_MS, Grouping, Plan, Scored, explaining, grouping_of
from stream.scopes import Scopes, Values
from stream.windows import Layout, Window

NO_ROWS: Final = np.empty(0, np.int64)


def rule_window_ms(rule: Rule) -> int:
    """The window in which a rule's causes are searched and its counts are shown."""
    match rule.detect:
        case Threshold() | Gap():
            return rule.detect.window_ms
        case Burn():
            return rule.detect.pairs[0].long_ms
        case _:
            return SCORE_WINDOW_MS


class Group:
    """The part of a plan that concerns one grouping.  Time is told in pane numbers, or their ends in ms."""

    def __init__(self, plan: Plan, grouping: Grouping) -> None:
        self.grouping: Final = grouping
        self.scopes: Final = Scopes(grouping)
        self.scored: Final = [each for each in plan.scored if each.grouping == grouping]
        self.ranked: Final = [
            Ranked(place, rule)
            for place, rule in enumerate(plan.rulebook.rules)
            if grouping_of(rule) == grouping
        ]
        self._pane_ms: Final = plan.rulebook.timing.pane_ms
        self.windows: Final = _windows(plan, grouping, self.scored)
        self.banks: Final = self._banks()
        self.keep_ms: Final = max(
            window.window_ms + 2 * window.slot_panes * self._pane_ms for window in self.all_windows()
        )

    def all_windows(self) -> Iterable[Window]:
        """Every window once."""
        return self.windows.values()

    def row_of(self, values: Values) -> int:
        """The row of a scope, new or known."""
        return self.scopes.row_of(values, self._grow)

    def merge(self, pane: int, rows: Ints, panes: Ints, cells: Ints, counts: Ints) -> None:
        """Take in counts that are due at `pane`'s end; `panes` is where each belongs, `pane` or before."""
        late = np.unique(panes[panes != pane]).tolist()
        parts = [(pane, panes == pane), *((each, panes == each) for each in late)] if late else [(pane, None)]
        for belongs, chosen in parts:
            part = (rows, cells, counts) if chosen is None else (rows[chosen], cells[chosen], counts[chosen])
            projected: dict[int, tuple[Ints, Ints]] = {}
            for window in self.all_windows():
                key = id(window.layout)
                if key not in projected:
                    projected[key] = window.layout.project(*part)
                window.add(belongs, *projected[key])

    def next_pane(self, judged: int) -> int | None:
        """The first pane after `judged` at whose end something moves even if nothing comes in."""
        panes = [window.next_pane(judged) for window in self.all_windows()]
        panes += [bank.next_pane(judged, self._pane_ms) for bank in self.banks]
        return min((pane for pane in panes if pane is not None), default=None)

    def advance(self, pane: int) -> Mapping[int, Ints]:
        """Slide the windows to the end of `pane`; the rows that changed, by window."""
        return {
            window_ms: window.advance(pane)
            for window_ms, window in self.windows.items()
            if window.ends_at(pane)
        }

    def judge(self, end_ms: int, changed: Mapping[int, Ints], observer: Observer | None) -> Iterator[Told]:
        """Step the alerts of the windows that have come to a slot's end."""
        for window_ms, banks in groupby(self.banks, key=lambda bank: bank.window.window_ms):
            if window_ms in changed:
                window, rows = self.windows[window_ms], changed[window_ms]
                shared = window.read(rows) if len(rows) else None
                for bank in banks:
                    due = bank.board.due_rows(end_ms)
                    own = np.union1d(rows, due) if due else rows
                    if len(own):
                        scene = Scene(end_ms, own, None, observer)
                        yield from bank.step(scene, window.read(own) if due or shared is None else shared)

    def forget(self, now_ms: int, waiting: Ints) -> Ints:
        """Release, and return, the rows of scopes that have left every window.

        Scopes with an alert, and those with something `waiting`, stay.
        """
        rows = np.setdiff1d(self.scopes.used(), waiting)
        old = rows[self.scopes.seen_ms[rows] + self.keep_ms <= now_ms]
        for bank in self.banks:
            old = old[~bank.board.live()[old]]
        for bank in self.banks:
            bank.board.clear(old)
        for window in self.all_windows():
            window.clear(old)
        self.scopes.release(old)
        return old

    def boards(self) -> Iterator[tuple[Board, Sequence[Ranked]]]:
        """Every board with the rules that are its columns."""
        for bank in self.banks:
            yield bank.board, bank.ranked

    def detector_states(self) -> dict[str, dict[str, NDArray[Any]]]:
        """What the detectors remember, by rule; every array has one entry per row."""
        return {}

    def load_detectors(self, states: Mapping[str, Mapping[str, NDArray[Any]]]) -> None:
        """Give the detectors back what they remembered."""

    def _banks(self) -> list[Bank]:
        """Banks in the order of their windows."""
        found: dict[tuple[int, str, float], list[Ranked]] = {}
        for each in self.ranked:
            detect = each.rule.detect
            if isinstance(detect, Threshold):
                found.setdefault((detect.window_ms, each.rule.indicator, detect.confidence), []).append(each)
        return [
            Bank(
                self.windows[window_ms],
                self.windows[window_ms].layout.formulas[indicator],
                found[window_ms, indicator, confidence],
                self.scopes,
            )
            for window_ms, indicator, confidence in sorted(found)
        ]

    def _grow(self, rows: int) -> None:
        for window in self.all_windows():
            window.grow(rows)
        for bank in self.banks:
            bank.grow(rows)


def _windows(plan: Plan, grouping: Grouping, scored: Iterable[Scored]) -> dict[int, Window]:
    """The windows of a grouping by length; those that keep the same indicators share a layout."""
    wanted: dict[int, set[str]] = {}
    for each in scored:
        wanted.setdefault(each.window_ms, set()).add(each.indicator)
    for rule in plan.rulebook.rules:
        if grouping in {grouping_of(rule), *explaining(rule).values()}:
            wanted.setdefault(rule_window_ms(rule), set()).add(rule.indicator)
    layouts: dict[tuple[str, ...], Layout] = {}
    windows = {}
    for window_ms, indicators in sorted(wanted.items()):
        names = tuple(sorted(indicators))
        if names not in layouts:
            layouts[names] = Layout([formula(name, plan.keeps) for name in names])
        windows[window_ms] = Window(window_ms, plan.rulebook.timing.pane_ms, layouts[names])
    return windows
