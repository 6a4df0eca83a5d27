"""Groups: everything that a judge keeps of one grouping, its scopes, windows and rules."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

import numpy as np

from alerts.board import Board
from alerts.detect.findings import Flags
from alerts.rules import DAY_MS, Burn, Gap, Rule, Threshold
from stream.banks import Bank, Ranked, Scene, Told
from stream.catalogue import CATALOGUE
from stream.explained import Observer
from stream.indicators import Ints, formula
from stream.plan import SCORE_WINDOW_MS, Grouping, Plan, Scored, explaining, grouping_of
from stream.probes import NO_ROWS, Fresh, View, union
from stream.scopes import Scopes, Values
from stream.tally import CELLS
from stream.watches import Watch, watch
from stream.windows import Layout, Readout, Window, summed

NOTHING_FRESH: Final = Fresh(NO_ROWS, NO_ROWS, NO_ROWS)
REMEMBERED_MS: Final = 35 * DAY_MS
"""How long a scope without data is remembered where a detector has learned something of it: five weeks, as
far back as a rhythm reaches."""


def rule_window_ms(rule: Rule) -> int:
    """The window in which a rule's causes are searched and its counts are shown."""
    match rule.detect:
        case Threshold() | Gap():
            return rule.detect.window_ms
        case Burn():
            return rule.detect.pairs[0].long_ms
        case _:
            return SCORE_WINDOW_MS


def burn_windows_ms(detect: Burn) -> Iterator[int]:
    """Lengths of all windows that a burn rule reads, the period's among them."""
    yield detect.period_ms
    for pair in detect.pairs:
        yield from (pair.long_ms, pair.short_ms)


def volume_of(indicator: str) -> str:
    """What must come in for the indicator to be scored: its key in the `indicators:` block."""
    return CATALOGUE[indicator].configured_by


FED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "answers": ("csat", "ces", "nps"),
    "contacts": ("contacts", "fcr", "abandonment", "wait"),
}
"""What cannot come in while a volume is silent, where that is more than the volume's own key."""


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
        watches = (watch(plan, each, self.windows, self.scopes) for each in self.ranked)
        self.watches: Final = [each for each in watches if each is not None]
        self._keep_ms: Final = self._longest_ms()
        self._fresh = NOTHING_FRESH

    def all_windows(self) -> Iterable[Window]:
        """Every window once."""
        return self.windows.values()

    def row_of(self, values: Values) -> int:
        """The row of a scope, new or known."""
        return self.scopes.row_of(values, self._grow)

    def merge(self, pane: int, rows: Ints, panes: Ints, cells: Ints, counts: Ints) -> None:
        """Take in counts that are due at `pane`'s end; `panes` is where each belongs, `pane` or before."""
        late = panes != pane
        if late.any():
            for belongs in np.unique(panes[late]).tolist():
                chosen = panes == belongs
                self._add(belongs, rows[chosen], cells[chosen], counts[chosen])
            rows, cells, counts = rows[~late], cells[~late], counts[~late]
        if len(rows):
            self._fresh = self._add(pane, rows, cells, counts)

    def _add(self, pane: int, rows: Ints, cells: Ints, counts: Ints) -> Fresh:
        """Give counts of one pane to every window; returns them by rows and then cells, each once."""
        keys, counts = summed(rows * len(CELLS) + cells, counts)
        rows, cells = np.divmod(keys, len(CELLS))
        projected: dict[int, tuple[Ints, Ints]] = {}
        for window in self.all_windows():
            layout = window.layout
            if id(layout) not in projected:
                projected[id(layout)] = layout.project(rows, cells, counts)
            window.add(pane, *projected[id(layout)])
        return Fresh(rows, cells, counts)

    def next_pane(self, judged: int) -> int | None:
        """The first pane after `judged` at whose end something moves even if nothing comes in."""
        panes = [window.next_pane(judged) for window in self.all_windows()]
        panes += [bank.next_pane(judged, self._pane_ms) for bank in self.banks]
        wakes = (each.next_ms() for each in self.watches)
        panes += [max(-(-due_ms // self._pane_ms) - 1, judged + 1) for due_ms in wakes if due_ms is not None]
        return min((pane for pane in panes if pane is not None), default=None)

    def advance(self, pane: int) -> Mapping[int, Ints]:
        """Slide the windows to the end of `pane`; the rows that changed, by window."""
        return {
            window_ms: window.advance(pane)
            for window_ms, window in self.windows.items()
            if window.ends_at(pane)
        }

    def judge(self, end_ms: int, changed: Mapping[int, Ints], observer: Observer | None) -> Iterator[Told]:
        """Step the alerts for which the pane's end brought something: news, a slot's end, or their time.

        Rules that watch for silence come first: while one fires, scores of its scope cannot be judged.
        """
        before = self._silent()
        for each in self.watches:
            if each.mutes:
                yield from each.step(self._view(each, end_ms, changed, NO_ROWS), None, observer)
        silent = self._silent()
        turned = {name: np.flatnonzero(silent[name] != before[name]) for name in silent}
        for window_ms, banks in groupby(self.banks, key=lambda bank: bank.window.window_ms):
            yield from self._banked(end_ms, changed.get(window_ms), list(banks), (silent, turned), observer)
        for each in self.watches:
            if not each.mutes:
                volume = volume_of(each.rule.indicator)
                view = self._view(each, end_ms, changed, turned.get(volume, NO_ROWS))
                yield from each.step(view, silent.get(volume), observer)
        self._fresh = NOTHING_FRESH

    def _banked(
        self,
        end_ms: int,
        changed: Ints | None,
        banks: Sequence[Bank],
        muting: tuple[Mapping[str, Flags], Mapping[str, Ints]],
        observer: Observer | None,
    ) -> Iterator[Told]:
        """Step the banks of one window."""
        silent, turned = muting
        shared: Readout | None = None
        for bank in banks:
            volume = volume_of(bank.formula.name)
            extra = [turned.get(volume, NO_ROWS)]
            if changed is not None:
                extra.append(bank.board.due_rows(end_ms))
            if changed is not None and not any(map(len, extra)):
                rows, readout = changed, shared
            else:
                rows, readout = union([*extra, NO_ROWS if changed is None else changed]), None
            if len(rows):
                readout = bank.window.read(rows) if readout is None else readout
                shared = readout if rows is changed else shared
                yield from bank.step(Scene(end_ms, rows, silent.get(volume), observer), readout)

    def _view(self, of: Watch, end_ms: int, changed: Mapping[int, Ints], turned: Ints) -> View:
        due = union([of.board.due_rows(end_ms), turned])
        return View(end_ms, self._fresh, changed, due, of.board.live_rows())

    def _silent(self) -> dict[str, Flags]:
        """By volume, the rows for which nothing comes in, as far as some rule watches for that."""
        found: dict[str, Flags] = {}
        for each in self.watches:
            if each.mutes:
                own, rows = each.rule.indicator, each.silent(self.scopes.room)
                for volume in FED_BY.get(own, (volume_of(own),)):
                    found[volume] = found[volume] | rows if volume in found else rows
        return found

    def forget(self, now_ms: int, waiting: Ints) -> Ints:
        """Release, and return, the rows of scopes that have left every window.

        Scopes with an alert, and those with something `waiting`, stay.
        """
        rows = np.setdiff1d(self.scopes.used(), waiting)
        old = rows[self.scopes.seen_ms[rows] + self._keep_ms <= now_ms]
        for board, _ in self.boards():
            old = old[~board.live()[old]]
        for bank in self.banks:
            bank.clear(old)
        for each in self.watches:
            each.clear(old)
        for window in self.all_windows():
            window.clear(old)
        self.scopes.release(old)
        return old

    def boards(self) -> Iterator[tuple[Board, Sequence[Ranked]]]:
        """Every board with the rules that are its columns."""
        for bank in self.banks:
            yield bank.board, bank.ranked
        for each in self.watches:
            yield each.board, (each.ranked,)

    def _longest_ms(self) -> int:
        """For how long after its last count a scope may still matter."""
        kept = [window.window_ms + 2 * window.slot_panes * self._pane_ms for window in self.all_windows()]
        return max([*kept, *(REMEMBERED_MS for _ in self.watches)])

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
        for each in self.watches:
            each.grow(rows)


def _windows(plan: Plan, grouping: Grouping, scored: Iterable[Scored]) -> dict[int, Window]:
    """The windows of a grouping by length; those that keep the same indicators share a layout."""
    wanted: dict[int, set[str]] = {}
    for each in scored:
        wanted.setdefault(each.window_ms, set()).add(each.indicator)
    for rule in plan.rulebook.rules:
        if grouping in {grouping_of(rule), *explaining(rule).values()}:
            wanted.setdefault(rule_window_ms(rule), set()).add(rule.indicator)
        if grouping == grouping_of(rule) and isinstance(rule.detect, Burn):
            for length_ms in burn_windows_ms(rule.detect):
                wanted.setdefault(length_ms, set()).add(rule.indicator)
    layouts: dict[tuple[str, ...], Layout] = {}
    windows = {}
    for window_ms, indicators in sorted(wanted.items()):
        names = tuple(sorted(indicators))
        if names not in layouts:
            layouts[names] = Layout([formula(name, plan.keeps) for name in names])
        windows[window_ms] = Window(window_ms, plan.rulebook.timing.pane_ms, layouts[names])
    return windows
