"""What a detector sees that compares a window with its own past: the window, and all that comes in."""

from typing import Final

import numpy as np

from alerts.detect.findings import Findings, Floats, Ints
from alerts.detect.row_sets import union
from alerts.detect.usual import UsualDetector
from alerts.rules import Relative
from stream.indicators.formulas import Formula
from stream.judge.evaluation.crossings import Crossings
from stream.judge.evaluation.detector_inputs import Alerts, BlockContext, RememberingInput, View, Watched
from stream.judge.evaluation.heard_hours import HeardHours
from stream.judge.evaluation.pane_counts import BlockCounts
from stream.judge.evaluation.window_inputs import (
    AT_ONCE,
    MOST_READINGS,
    ForeseenVerdicts,
    moments,
    scale,
)
from stream.judge.windows.lookahead import Aligned
from stream.judge.windows.sliding import Window


class UsualInput(RememberingInput):
    """Shows a window, and tells what comes in as it comes."""

    def __init__(self, detect: Relative, formula: Formula, window: Window, pane_ms: int) -> None:
        self.windows: Final = [window]
        self._formula: Final = formula
        self._detector: Final = UsualDetector(detect, scale(formula))
        self._heard: Final = HeardHours(self._detector.add, formula, detect.hours, pane_ms)
        super().__init__(self._detector)

    def expect(self, rows: Ints, since_ms: int) -> None:
        """It compares what comes in."""

    def wake_ms(self) -> int | None:
        """Never: only its window's changes concern it."""

    def panes(self, heard: BlockCounts) -> Ints:
        """Those that count, with something for the indicator."""
        return self._heard.panes(heard)

    def foresee(self, of: BlockContext, alerts: Alerts, pane_ms: int) -> Crossings | None:
        """Judge every change of its window beforehand."""
        aligned = Aligned(self.windows, self._formula.name, of.ahead)
        if len(aligned) > MOST_READINGS or not self._heard.take_block(of, aligned.panes):
            return None
        parts = [
            self._detector.step(
                (aligned.panes[part] + 1) * pane_ms, aligned.rows[part], moments(aligned.at(part)[:, 0])
            )
            for start in range(0, len(aligned), AT_ONCE)
            for part in [slice(start, min(start + AT_ONCE, len(aligned)))]
        ]
        return ForeseenVerdicts.of(parts, aligned.panes, alerts, lasts=False).crossings(of)

    def look(self, view: View, watched: Watched) -> Findings | None:  # noqa: ARG002  # all have a past
        """Judge the rows whose window changed, after taking in what came."""
        self._heard.take_pane(view)
        rows = union([view.due, view.changed])
        if not len(rows):
            return None
        view.slide(self.windows[0])
        sums = self.windows[0].read(rows, buckets=False).of(self._formula.name).sums
        return self._detector.step(np.full(len(rows), view.end_ms), rows, moments(sums))

    def remaining(self, rows: Ints) -> Floats | None:
        """It has no budget of answers."""
