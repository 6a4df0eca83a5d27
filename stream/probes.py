"""Probes: what each kind of detector is shown at a pane's end, and what it makes of it.

A detector sees arrays and knows no scopes, windows or cells; a probe knows where the arrays come from.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alerts.detect.burn import BurnDetector
from alerts.detect.findings import Findings, Flags, Floats, Ints
from alerts.detect.gap import GapDetector
from alerts.detect.scale import Moments, Scale
from alerts.detect.sudden import SuddenDetector
from alerts.detect.surge import SurgeDetector
from alerts.rules import Burn, Gap, Sudden
from alerts.states import Verdict
from stream.indicators import FIRST, LATTICE, SECOND, Formula, N
from stream.levels import levels
from stream.scopes import Scopes, Values
from stream.tally import CELLS
from stream.windows import Window

State = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Fresh:
    """What one pane counted in time, by row and cell; late corrections are not in it."""

    rows: Ints
    cells: Ints
    counts: Ints


@dataclass(frozen=True)
class View:
    """One pane's end, as a group shows it to its detectors.

    `changed` are the rows whose sums changed, by window; `due` those to be judged whatever came in.
    """

    end_ms: int
    fresh: Fresh
    changed: Mapping[int, Ints]
    due: Ints

    @cached_property
    def heard(self) -> tuple[Ints, Ints]:
        """Rows with anything fresh, ascending, and for each fresh count the place of its row among them."""
        rows, places = np.unique(self.fresh.rows, return_inverse=True)
        return rows, places

    def by_cell(self, formula: Formula) -> Ints:
        """Fresh counts of the heard rows by the formula's cells."""
        rows, places = self.heard
        columns = _columns(formula)[self.fresh.cells]
        kept = columns >= 0
        table = np.zeros((len(rows), len(formula.cells)), np.int64)
        np.add.at(table, (places[kept], columns[kept]), self.fresh.counts[kept])
        return table

    def with_due(self, rows: Ints, counts: Ints) -> tuple[Ints, Ints]:
        """Rows with counts, and the due ones that have none with nothing, ascending."""
        missing = np.setdiff1d(self.due, rows)
        if not len(missing):
            return rows, counts
        blank = np.zeros((len(missing), *counts.shape[1:]), np.int64)
        order = np.argsort(np.concatenate([rows, missing]), kind="stable")
        return np.concatenate([rows, missing])[order], np.concatenate([counts, blank])[order]


class SuddenProbe:
    """Shows answers by level as they come; an alert whose window ran empty is stale."""

    def __init__(self, detect: Sudden, formula: Formula, window: Window) -> None:
        self._formula: Final = formula
        self._window: Final = window
        self._levels: Final = levels(formula)
        self.detector: Final = SuddenDetector(detect, scale(formula), self._levels.steps)

    def look(self, view: View) -> Findings | None:
        """Judge the rows with answers, the due ones, and those whose window ran empty."""
        heard, _ = view.heard
        counts = self._levels.counts(view.by_cell(self._formula))
        some = counts.any(axis=1)
        rows, counts = view.with_due(heard[some], counts[some])
        changed = view.changed.get(self._window.window_ms)
        if changed is not None:
            empty = changed[self._answers(changed) <= 0]
            rows, counts = View(view.end_ms, view.fresh, {}, empty).with_due(rows, counts)
        if not len(rows):
            return None
        findings = self.detector.step(view.end_ms, rows, counts)
        findings.verdict[(self._answers(rows) <= 0) & ~counts.any(axis=1)] = Verdict.STALE
        return findings

    def _answers(self, rows: Ints) -> Floats:
        return self._window.read(rows).of(self._formula.name).sums[:, N]


class VolumeProbe:
    """Shows how much came in."""

    def __init__(self, detector: SurgeDetector, formula: Formula) -> None:
        self._formula: Final = formula
        self.detector: Final = detector

    def look(self, view: View) -> Findings | None:
        """Judge every pane with events, and those at which the detector wants to be asked."""
        heard, _ = view.heard
        counts = np.maximum(view.by_cell(self._formula) @ self._formula.weights[:, N], 0)
        rows, counts = view.with_due(heard[counts > 0], counts[counts > 0])
        wake_ms = self.detector.wake_ms()
        if not len(rows) and (wake_ms is None or wake_ms > view.end_ms):
            return None
        return self.detector.step(view.end_ms, rows, counts)


class BurnProbe:
    """Shows sums over the windows of every pair."""

    def __init__(self, detect: Burn, formula: Formula, windows: Mapping[int, Window]) -> None:
        self._formula: Final = formula
        self.detector: Final = BurnDetector(detect, scale(formula))
        self._windows: Final = [windows[length_ms] for length_ms in self.detector.windows_ms]
        self._period: Final = windows[detect.period_ms]

    def look(self, view: View) -> Findings | None:
        """Judge the rows that changed in some window."""
        changed = [view.changed.get(window.window_ms) for window in self._windows]
        rows = union([view.due, *(each for each in changed if each is not None)])
        if not len(rows):
            return None
        sums = np.stack([window.read(rows).of(self._formula.name).sums for window in self._windows], axis=1)
        return self.detector.step(rows, moments(sums))

    def remaining(self, rows: Ints) -> Floats:
        """Share of the period's budget that is left."""
        return self.detector.remaining(moments(self._period.read(rows).of(self._formula.name).sums))


class GapProbe:
    """Shows every value of `across` within the scopes where one of them changed."""

    def __init__(self, detect: Gap, formula: Formula, window: Window, scopes: Scopes) -> None:
        self._formula: Final = formula
        self._window: Final = window
        self._scopes: Final = scopes
        self.detector: Final = GapDetector(detect, scale(formula))

    def look(self, view: View, watched: Callable[[Ints], Flags]) -> Findings | None:
        """Judge whole scopes; rows outside the rule's `where` take no part."""
        changed = view.changed.get(self._window.window_ms)
        rows = union([view.due] if changed is None else [view.due, changed])
        if not len(rows):
            return None
        touched = {self._scopes.values(row)[:-1] for row in rows.tolist()}
        numbers: dict[Values, int] = {}
        found = [
            (row, numbers.setdefault(values[:-1], len(numbers)))
            for values, row in sorted(self._scopes)
            if values[:-1] in touched
        ]
        table = np.array(sorted(found), np.int64)
        table = table[watched(table[:, 0])]
        if not len(table):
            return None
        rows, scopes = table[:, 0], table[:, 1]
        return self.detector.step(rows, scopes, moments(self._window.read(rows).of(self._formula.name).sums))


Probe = SuddenProbe | VolumeProbe | BurnProbe | GapProbe


def scale(formula: Formula) -> Scale:
    """A bounded indicator's ends as detectors want them."""
    return Scale(formula.low, formula.high, formula.direction, formula.info.family, LATTICE)


def moments(sums: Floats) -> Moments:
    """A formula's sums, in the last axis, as detectors want them."""
    return Moments(sums[..., N], sums[..., FIRST], sums[..., SECOND])


def union(parts: list[Ints]) -> Ints:
    """Every row once, ascending."""
    return np.unique(np.concatenate(parts))


def _columns(formula: Formula) -> Ints:
    columns = np.full(len(CELLS), -1, np.int64)
    columns[formula.cells] = np.arange(len(formula.cells))
    return columns
