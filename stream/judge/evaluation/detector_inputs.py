"""Probes: what each kind of detector is shown at a pane's end, and what it makes of it.

A detector sees arrays and knows no scopes, windows or cells; a probe knows where the arrays come from.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alerts.detect.burn import BurnDetector
from alerts.detect.findings import Findings, Flags, Floats, Ints
from alerts.detect.gap import GapDetector
from alerts.detect.scale import Moments, Scale
from alerts.detect.silence import SilenceDetector
from alerts.detect.sudden import SuddenDetector
from alerts.detect.surge import SurgeDetector
from alerts.rules import Burn, Gap, Sudden
from stream.indicators.formulas import FIRST, LATTICE, SECOND, Formula, N
from stream.indicators.levels import levels
from stream.judge.evaluation.pane_counts import BlockCounts, PaneCounts, union
from stream.judge.evaluation.scopes import ScopeTable, Values
from stream.judge.windows.sliding import NO_ROWS, Window

State = Mapping[str, NDArray[Any]]
Watched = Callable[[Ints], Flags]
"""Which rows a rule watches, by its `where`."""


WORTH_COASTING: Final = 100
"""Rows in a pane from which the detector is faster on all of them at once than on one after the other."""


@dataclass(frozen=True, slots=True)
class View:
    """One pane's end, as a group shows it to one of its detectors.

    `changed` are the rows whose sums changed, by window; `due` those to be judged whatever came in; `live`
    those with an alert that goes on.
    """

    end_ms: int
    fresh: PaneCounts
    changed: Mapping[int, Ints]
    due: Ints
    live: Ints


class SuddenProbe:
    """Shows answers by level as they come."""

    def __init__(self, detect: Sudden, formula: Formula) -> None:
        self.formula: Final = formula
        self._levels: Final = levels(formula)
        self.detector: Final = SuddenDetector(detect, scale(formula), self._levels.steps)
        self._coasted_ms: Ints = NO_ROWS  # by row, up to when answers were taken beforehand

    def coast(self, heard: BlockCounts, live: Ints, pane_ms: int, watched: Watched) -> Ints:
        """Take beforehand what raises no alarm; the panes, ascending, that are left to look at.

        Worth it where panes have few answers, as the detector's step costs much however few there are.
        """
        panes, rows, counts = heard.by_level(self.formula, self._levels)
        own = watched(rows)
        if not own.all():
            panes, rows, counts = panes[own], rows[own], counts[own]
        if len(panes) > WORTH_COASTING * len(np.unique(panes)):
            return np.unique(panes)
        ends_ms = (panes + 1) * pane_ms
        chosen = np.flatnonzero(~np.isin(rows, live))
        taken = chosen[self.detector.coast(ends_ms[chosen], rows[chosen], counts[chosen])]
        self._coasted_ms = np.zeros(int(rows.max(initial=-1)) + 1, np.int64)
        self._coasted_ms[rows[taken]] = ends_ms[taken]  # ascending: the last one stays
        return np.unique(np.delete(panes, taken))

    def look(self, view: View, watched: Watched) -> Findings | None:
        """Judge the watched rows with answers, the due ones, and those that turn stale."""
        rows, cells = view.fresh.by_cell(self.formula)
        counts = self._levels.counts(cells)
        some = counts.any(axis=1) & watched(rows) & ~self._coasted(rows, view.end_ms)
        asked = view.due[np.isin(view.due, view.live) | self.detector.fired(view.due)]
        rows, counts = with_more(rows[some], counts[some], union([asked, self.detector.due(view.end_ms)]))
        return self.detector.step(view.end_ms, rows, counts) if len(rows) else None

    def _coasted(self, rows: Ints, end_ms: int) -> Flags:
        """Rows whose answers up to a pane's end have been taken."""
        known = rows < len(self._coasted_ms)
        found = np.zeros(len(rows), np.bool_)
        found[known] = self._coasted_ms[rows[known]] >= end_ms
        return found


class VolumeProbe:
    """Shows how much came in."""

    def __init__(self, detector: SilenceDetector | SurgeDetector, formula: Formula) -> None:
        self.formula: Final = formula
        self.detector: Final = detector

    def look(self, view: View) -> Findings | None:
        """Judge every pane with events, and those at which the detector wants to be asked."""
        rows, cells = view.fresh.by_cell(self.formula)
        counts = np.maximum(cells @ self.formula.weights[:, N], 0)
        rows, counts = with_more(rows[counts > 0], counts[counts > 0], view.due)
        wake_ms = self.detector.wake_ms()
        if not len(rows) and (wake_ms is None or wake_ms > view.end_ms):
            return None
        return self.detector.step(view.end_ms, rows, counts)


class BurnProbe:
    """Shows sums over the windows of every pair."""

    def __init__(self, detect: Burn, formula: Formula, windows: Mapping[int, Window]) -> None:
        self._formula: Final = formula
        self.detector: Final = BurnDetector(detect, scale(formula))
        self.windows: Final = [windows[length_ms] for length_ms in self.detector.windows_ms]
        self._period: Final = windows[detect.period_ms]

    def look(self, view: View) -> Findings | None:
        """Judge the rows that changed in some window."""
        changed = [view.changed.get(window.window_ms) for window in self.windows]
        rows = union([view.due, *(each for each in changed if each is not None)])
        if not len(rows):
            return None
        sums = np.stack(
            [window.read(rows, buckets=False).of(self._formula.name).sums for window in self.windows], axis=1
        )
        return self.detector.step(rows, moments(sums))

    def remaining(self, rows: Ints) -> Floats:
        """Share of the period's budget that is left."""
        return self.detector.remaining(
            moments(self._period.read(rows, buckets=False).of(self._formula.name).sums)
        )


class GapProbe:
    """Shows every value of `across` within the scopes where one of them changed."""

    def __init__(self, detect: Gap, formula: Formula, window: Window, scopes: ScopeTable) -> None:
        self._formula: Final = formula
        self.windows: Final = [window]
        self._scopes: Final = scopes
        self.detector: Final = GapDetector(detect, scale(formula))
        self._changes = -1
        self._numbers: Ints = NO_ROWS

    def look(self, view: View, watched: Watched) -> Findings | None:
        """Judge whole scopes; rows outside the rule's `where` take no part."""
        changed = view.changed.get(self.windows[0].window_ms)
        rows = union([view.due] if changed is None else [view.due, changed])
        if not len(rows):
            return None
        self._number_scopes()
        members = np.flatnonzero(np.isin(self._numbers, self._numbers[rows]))
        members = members[watched(members)]
        if not len(members):
            return None
        sums = self.windows[0].read(members, buckets=False).of(self._formula.name).sums
        return self.detector.step(members, self._numbers[members], moments(sums))

    def _number_scopes(self) -> None:
        """Number the scopes that the rows' values belong to, by row; rows that stand for nothing have -1."""
        if self._changes != self._scopes.changes:
            self._changes = self._scopes.changes
            self._numbers = np.full(self._scopes.room, -1, np.int64)
            numbers: dict[Values, int] = {}
            for values, row in self._scopes:
                self._numbers[row] = numbers.setdefault(values[:-1], len(numbers))


DetectorInput = SuddenProbe | VolumeProbe | BurnProbe | GapProbe


def scale(formula: Formula) -> Scale:
    """A bounded indicator's ends as detectors want them."""
    return Scale(formula.low, formula.high, formula.direction, formula.info.family, LATTICE)


def moments(sums: Floats) -> Moments:
    """A formula's sums, in the last axis, as detectors want them."""
    return Moments(sums[..., N], sums[..., FIRST], sums[..., SECOND])


def with_more(rows: Ints, counts: Ints, more: Ints) -> tuple[Ints, Ints]:
    """Rows with counts, and more rows that have none, ascending."""
    if not len(more):
        return rows, counts
    missing = np.setdiff1d(more, rows)
    blank = np.zeros((len(missing), *counts.shape[1:]), np.int64)
    joined = np.concatenate([rows, missing])
    order = np.argsort(joined, kind="stable")
    return joined[order], np.concatenate([counts, blank])[order]
