"""What detectors hear that remember: answers by level, or how much came in."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from alerts.detect.findings import Findings, Floats, Ints
from alerts.detect.open_time import OpenSlots
from alerts.detect.row_sets import among, union, without
from alerts.detect.sudden import SuddenDetector
from alerts.detect.sudden_usual import UsualSudden
from alerts.detect.volumes.arrivals import Arrivals
from alerts.detect.volumes.silence import SilenceDetector
from alerts.detect.volumes.surge import SurgeDetector
from alerts.hours import OpenHours
from alerts.rules import Sudden, SuddenRelative
from stream.columnar.runs import by_number, run_starts
from stream.indicators.formulas import Formula, N
from stream.indicators.levels import levels
from stream.judge.evaluation.coasting import CoastedAlerts, Coaster, Coasting
from stream.judge.evaluation.detector_inputs import Alerts, BlockContext, RememberingInput, View, Watched
from stream.judge.evaluation.pane_counts import BlockCounts
from stream.judge.evaluation.window_inputs import scale
from stream.judge.windows.sliding import Window

WORTH_COASTING: Final = 100
"""Rows in a pane from which the detector is faster on all of them at once than on one after the other."""
MANY_PANES: Final = 64
"""Panes from which `sudden` is faster rank by rank all the same, unless many rows are in breach: these are
taken one after the other."""


class SuddenInput(RememberingInput):
    """Shows answers by level as they come."""

    windows: Sequence[Window] = ()

    def __init__(self, detect: Sudden | SuddenRelative, formula: Formula, pane_ms: int) -> None:
        self._hours: Final = OpenSlots(detect.hours, pane_ms)
        self._formula: Final = formula
        self._levels: Final = levels(formula)
        self._detector: Final = _detector(detect, formula, self._levels.steps)
        super().__init__(self._detector)

    def expect(self, rows: Ints, since_ms: int) -> None:
        """It hears of no row that does not speak."""

    def take_up(self, row: int, at_ms: int) -> None:
        """It ends when answers are back at the floor."""
        self._detector.take_up(row, at_ms)

    def accept(self, row: int) -> Findings | None:
        """Take the level of a row in breach for what is known."""
        return self._detector.accept(row)

    def wake_ms(self) -> int | None:
        """When the first breach turns stale if nothing comes in."""
        return self._detector.wake_ms()

    def panes(self, heard: BlockCounts) -> Ints:
        """Those that count, with something for the indicator."""
        return heard.panes(self._formula, self._hours)

    def foresee(self, of: BlockContext, alerts: Alerts, pane_ms: int) -> Coasting | None:
        """Take beforehand what nobody would hear of."""
        if not self._detector.coasts:
            return None
        panes, rows, counts = of.heard.by_level(self._formula, self._levels)
        own = alerts.watched(rows) & self._hours.open(panes)
        panes, rows, counts = panes[own], rows[own], counts[own]
        ends = len(run_starts(panes))
        in_breach = self._detector.fired(np.arange(int(rows.max(initial=-1)) + 1))
        ranked = ends >= max(MANY_PANES, int(in_breach.sum()))
        if not ranked and len(panes) > WORTH_COASTING * ends:
            return None
        arrivals = _arrivals(of, (panes, rows, counts, pane_ms))
        return _coasting(self._detector, of, (alerts, pane_ms), arrivals)

    def look(self, view: View, watched: Watched) -> Findings | None:
        """Judge the watched rows with answers, the due ones, and those that turn stale."""
        rows, cells = view.fresh.by_cell(self._formula)
        counts = self._levels.counts(cells)
        some = counts.any(axis=1) & watched(rows) & _among(rows, view.arrived)
        some &= self._hours.open(np.array([view.pane]))
        asked = view.due[among(view.due, view.live) | self._detector.fired(view.due)]
        rows, counts = with_more(rows[some], counts[some], union([asked, self._detector.due(view.end_ms)]))
        return self._detector.step(view.end_ms, rows, counts) if len(rows) else None

    def remaining(self, rows: Ints) -> Floats | None:
        """It has no budget of answers."""


def _detector(detect: Sudden | SuddenRelative, formula: Formula, steps: Ints) -> SuddenDetector:
    if isinstance(detect, SuddenRelative):
        return UsualSudden(detect, scale(formula), steps)
    return SuddenDetector(detect, scale(formula), steps)


class VolumeInput(RememberingInput):
    """Shows how much came in within `hours`."""

    windows: Sequence[Window] = ()

    def __init__(
        self, detector: SilenceDetector | SurgeDetector, formula: Formula, hours: OpenHours, pane_ms: int
    ) -> None:
        self._hours: Final = OpenSlots(hours, pane_ms)
        self._key: Final = (formula.name, hours)
        self._formula: Final = formula
        self._detector: Final = detector
        super().__init__(self._detector)

    def expect(self, rows: Ints, since_ms: int) -> None:
        """Wait for rows by a plain quota; of a rhythm nothing is known before anything came in."""
        if isinstance(self._detector, SilenceDetector):
            self._detector.expect(rows, since_ms)

    def take_up(self, row: int, at_ms: int) -> None:
        """A silence ends with what comes in; what is too much is not known before the rhythm is."""
        if isinstance(self._detector, SilenceDetector):
            self._detector.take_up(row, at_ms)

    def wake_ms(self) -> int | None:
        """When a stretch of its week ends, or quiet alone would be a breach."""
        return self._detector.wake_ms()

    def panes(self, heard: BlockCounts) -> Ints:
        """Those that count, with something for the indicator."""
        return heard.panes(self._formula, self._hours)

    def foresee(self, of: BlockContext, alerts: Alerts, pane_ms: int) -> Coasting | None:
        """Take beforehand what nobody would hear of."""
        shared = of.heard.counts.arrivals  # by all rules that hear the same
        if self._key not in shared:
            panes, rows, counts = of.heard.volumes(self._formula)
            own = self._hours.open(panes)
            panes, rows, counts = panes[own], rows[own], counts[own]
            few = len(panes) <= WORTH_COASTING * len(run_starts(panes))
            shared[self._key] = _arrivals(of, (panes, rows, counts, pane_ms)) if few else None
        arrivals = shared[self._key]
        return None if arrivals is None else _coasting(self._detector, of, (alerts, pane_ms), arrivals)

    def look(self, view: View, watched: Watched) -> Findings | None:  # noqa: ARG002  # hears all
        """Judge every pane with events, and those at which the detector wants to be asked."""
        rows, cells = view.fresh.by_cell(self._formula)
        counts = np.maximum(cells @ self._formula.weights[:, N], 0)
        some = (counts > 0) & _among(rows, view.arrived)
        some &= self._hours.open(np.array([view.pane]))
        rows, counts = with_more(rows[some], counts[some], view.due)
        wake_ms = self._detector.wake_ms()
        if not len(rows) and (wake_ms is None or wake_ms > view.end_ms):
            return None
        return self._detector.step(view.end_ms, rows, counts)

    def remaining(self, rows: Ints) -> Floats | None:
        """It has no budget of answers."""


def _arrivals(of: BlockContext, came: tuple[Ints, Ints, Ints, int]) -> Arrivals:
    """What came in of some rows, in time order."""
    panes, rows, counts, pane_ms = came
    order = by_number(rows)
    until_ms = (of.block.through + 1) * pane_ms
    return Arrivals(rows[order], (panes[order] + 1) * pane_ms, counts[order], until_ms)


def _coasting(detector: Coaster, of: BlockContext, told: tuple[Alerts, int], arrivals: Arrivals) -> Coasting:
    """A forecast up to the end of the block; `told` are the alerts, and how long panes are."""
    alerts, pane_ms = told
    found = Coasting(detector, CoastedAlerts(alerts.board, alerts.severity), arrivals, pane_ms)
    found.begin(of.block.through, of.muting)
    return found


def _among(rows: Ints, wanted: Ints | None) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    return np.ones(len(rows), np.bool_) if wanted is None else among(rows, wanted)


def with_more(rows: Ints, counts: Ints, more: Ints) -> tuple[Ints, Ints]:
    """Rows with counts, and more rows that have none, ascending."""
    if not len(more):
        return rows, counts
    missing = without(more, rows)
    if not len(missing):
        return rows, counts
    blank = np.zeros((len(missing), *counts.shape[1:]), np.int64)
    joined = np.concatenate([rows, missing])
    order = np.argsort(joined, kind="stable")
    return joined[order], np.concatenate([counts, blank])[order]
