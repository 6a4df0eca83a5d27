"""What a detector sees that compares the values of a dimension: all values of the scopes that changed."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from alerts.detect.evidence import entries
from alerts.detect.findings import Findings, Floats, Ints
from alerts.detect.gap import GapDetector
from alerts.detect.hourly_past import WEEKS, HourlyPast
from alerts.detect.row_sets import NO_ROWS, union
from alerts.detect.scale import Moments
from alerts.rules import Gap
from alerts.worsening import Against
from stream.indicators.formulas import Formula
from stream.judge.evaluation.crossings import Crossings, places_between
from stream.judge.evaluation.detector_inputs import (
    Alerts,
    BlockContext,
    RememberingInput,
    View,
    Watched,
    WindowOnlyInput,
)
from stream.judge.evaluation.heard_hours import HeardHours
from stream.judge.evaluation.pane_counts import BlockCounts
from stream.judge.evaluation.scopes import ScopeTable, Values
from stream.judge.evaluation.window_inputs import AT_ONCE, MOST_READINGS, ForeseenVerdicts, moments, scale
from stream.judge.windows.lookahead import Aligned
from stream.judge.windows.sliding import Window


class SideBySide(NamedTuple):
    """Values side by side at ends of panes: rows, the number of each one's comparison, pane, and sums."""

    rows: Ints
    numbers: Ints
    panes: Ints
    sums: Moments


class ComparedScopes:
    """Finds the values of `across` that are compared with each other."""

    def __init__(self, formula: Formula, window: Window, scopes: ScopeTable) -> None:
        self._formula: Final = formula
        self.window: Final = window
        self._scopes: Final = scopes
        self._changes = -1
        self._numbers: Ints = NO_ROWS

    def at_changes(self, of: BlockContext, alerts: Alerts) -> Sequence[SideBySide] | None:
        """Every value of a scope at each change of one of them in a block; None where these are too many."""
        aligned = Aligned([self.window], self._formula.name, of.ahead)
        self._number_scopes()
        members = np.flatnonzero(self._numbers >= 0)
        members = members[alerts.watched(members)]
        members = members[np.argsort(self._numbers[members], kind="stable")]
        changed = np.isin(aligned.rows, members)
        rows, panes = aligned.rows[changed], aligned.panes[changed]
        first = int(panes.min(initial=0))
        span = int(panes.max(initial=first)) - first + 1
        pairs = np.unique(self._numbers[rows] * span + panes - first)  # of scopes and panes
        scopes, panes = np.divmod(pairs, span)
        start = np.searchsorted(self._numbers[members], scopes, "left")
        count = np.searchsorted(self._numbers[members], scopes, "right") - start
        total = np.cumsum(count)
        if len(total) and total[-1] > MOST_READINGS:
            return None
        found = []
        for part in _even(total):
            values = members[places_between(start[part], start[part] + count[part])]
            ends = np.repeat(panes[part] + first, count[part])
            of_pair = np.repeat(np.arange(part.start, part.stop), count[part])
            found.append(SideBySide(values, of_pair, ends, moments(aligned.latest(values, ends)[:, 0])))
        return found

    def now(self, view: View, watched: Watched) -> SideBySide | None:
        """Whole scopes, of which something changed; rows outside the rule's `where` take no part."""
        rows = union([view.due, view.changed])
        if not len(rows):
            return None
        self._number_scopes()
        members = np.flatnonzero(np.isin(self._numbers, self._numbers[rows]))
        members = members[watched(members)]
        if not len(members):
            return None
        view.slide(self.window)
        sums = self.window.read(members, buckets=False).of(self._formula.name).sums
        return SideBySide(members, self._numbers[members], np.full(len(members), view.pane), moments(sums))

    def asked(self, view: View, found: Findings) -> Findings:
        """Of whole scopes what is in question: rows that are due, and all of a scope in which one changed."""
        mine = np.isin(found.rows, view.due)
        mine |= np.isin(self._numbers[found.rows], self._numbers[view.changed])
        return found if mine.all() else entries(found, np.flatnonzero(mine))

    def _number_scopes(self) -> None:
        """Number the scopes that the rows' values belong to, by row; rows that stand for nothing have -1."""
        if self._changes != self._scopes.changes:
            self._changes = self._scopes.changes
            self._numbers = np.full(self._scopes.room, -1, np.int64)
            numbers: dict[Values, int] = {}
            for values, row in self._scopes:
                self._numbers[row] = numbers.setdefault(values[:-1], len(numbers))


class GapInput(WindowOnlyInput):
    """Shows every value of `across` within the scopes where one of them changed."""

    def __init__(self, detect: Gap, formula: Formula, window: Window, scopes: ScopeTable) -> None:
        self.windows: Final = [window]
        self._compared: Final = ComparedScopes(formula, window, scopes)
        self._detector: Final = GapDetector(detect, scale(formula))

    def foresee(self, of: BlockContext, alerts: Alerts, pane_ms: int) -> Crossings | None:  # noqa: ARG002
        """Judge every value of a scope at each change of one of them."""
        compared = self._compared.at_changes(of, alerts)
        if compared is None:
            return None
        parts = [self._detector.step(each.rows, each.numbers, each.sums) for each in compared]
        return ForeseenVerdicts.of(parts, _panes(compared), alerts).crossings(of)

    def look(self, view: View, watched: Watched) -> Findings | None:
        """Judge whole scopes; rows outside the rule's `where` take no part."""
        now = self._compared.now(view, watched)
        if now is None:
            return None
        return self._compared.asked(view, self._detector.step(now.rows, now.numbers, now.sums))

    def remaining(self, rows: Ints) -> Floats | None:
        """It has no budget of answers."""


class UsualGapInput(RememberingInput):
    """Shows besides what each value had in the same hours of earlier weeks."""

    def __init__(
        self, detect: Gap, formula: Formula, window: Window, scopes: ScopeTable, pane_ms: int
    ) -> None:
        self.windows: Final = [window]
        self._compared: Final = ComparedScopes(formula, window, scopes)
        self._detector: Final = GapDetector(detect, scale(formula))
        self._past: Final = HourlyPast()
        self._heard: Final = HeardHours(self._past.add, formula, detect.hours, pane_ms)
        self._window_ms: Final = detect.window_ms
        self._weeks: Final = WEEKS[detect.against or Against.USUAL]
        self._pane_ms: Final = pane_ms
        super().__init__(self._past)

    def expect(self, rows: Ints, since_ms: int) -> None:
        """It compares what comes in."""

    def wake_ms(self) -> int | None:
        """Never: only its window's changes concern it."""

    def panes(self, heard: BlockCounts) -> Ints:
        """Those that count, with something for the indicator."""
        return self._heard.panes(heard)

    def foresee(self, of: BlockContext, alerts: Alerts, pane_ms: int) -> Crossings | None:  # noqa: ARG002
        """Judge every value of a scope at each change of one of them."""
        compared = self._compared.at_changes(of, alerts)
        if compared is None:
            return None
        panes = _panes(compared)
        if not self._heard.take_block(of, panes):
            return None
        parts = [self._judge(each) for each in compared]
        return ForeseenVerdicts.of(parts, panes, alerts, lasts=False).crossings(of)

    def look(self, view: View, watched: Watched) -> Findings | None:
        """Judge whole scopes, after taking in what came."""
        self._heard.take_pane(view)
        now = self._compared.now(view, watched)
        return None if now is None else self._compared.asked(view, self._judge(now))

    def remaining(self, rows: Ints) -> Floats | None:
        """It has no budget of answers."""

    def _judge(self, of: SideBySide) -> Findings:
        ends_ms = (of.panes + 1) * self._pane_ms
        past = self._past.same_hours(ends_ms, of.rows, self._window_ms, self._weeks)
        return self._detector.step(of.rows, of.numbers, of.sums, past)


def _panes(compared: Sequence[SideBySide]) -> Ints:
    return np.concatenate([NO_ROWS, *(each.panes for each in compared)])


def _even(total: Ints) -> list[slice]:
    """Runs of entries, of which each adds up to about `AT_ONCE`; `total` are the sums up to each entry."""
    cuts = np.unique(np.searchsorted(total, np.arange(AT_ONCE, int(total[-1]) if len(total) else 0, AT_ONCE)))
    edges = [0, *(cuts + 1).tolist(), len(total)]
    return [slice(*edge) for edge in pairwise(edges) if edge[0] < edge[1]]
