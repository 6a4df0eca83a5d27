"""What a detector sees that compares a window with its own past: the window, and all that comes in."""

from typing import Final

import numpy as np

from alerts.detect.findings import Findings, Floats, Ints
from alerts.detect.open_time import OpenSlots
from alerts.detect.row_sets import union
from alerts.detect.scale import powers
from alerts.detect.usual import UsualDetector
from alerts.rules import DAY_MS, Relative
from stream.indicators.formulas import Formula
from stream.indicators.levels import levels
from stream.judge.evaluation.crossings import Crossings
from stream.judge.evaluation.detector_inputs import Alerts, BlockContext, RememberingInput, View, Watched
from stream.judge.evaluation.pane_counts import BlockCounts
from stream.judge.evaluation.window_inputs import (
    AT_ONCE,
    MOST_READINGS,
    ForeseenVerdicts,
    moments,
    scale,
)
from stream.judge.windows.coarse import weights
from stream.judge.windows.lookahead import Aligned
from stream.judge.windows.sliding import Window

FORESEEN_MS: Final = 5 * DAY_MS
"""Blocks of up to so much time are found out beforehand: the past that they are compared with is older."""


class UsualInput(RememberingInput):
    """Shows a window, and tells what comes in as it comes."""

    def __init__(self, detect: Relative, formula: Formula, window: Window, pane_ms: int) -> None:
        self.windows: Final = [window]
        self._formula: Final = formula
        self._pane_ms: Final = pane_ms
        self._levels: Final = levels(formula)
        self._powers: Final = powers(self._levels.steps)
        self._hours: Final = OpenSlots(detect.hours, pane_ms)
        self._detector: Final = UsualDetector(detect, scale(formula))
        super().__init__(self._detector)
        self._taken = -1  # the last pane of which everything was taken in beforehand

    def expect(self, rows: Ints, since_ms: int) -> None:
        """It compares what comes in."""

    def wake_ms(self) -> int | None:
        """Never: only its window's changes concern it."""

    def panes(self, heard: BlockCounts) -> Ints:
        """Those that count, with something for the indicator."""
        panes = heard.panes(self._formula)
        return panes[self._hours.open(panes)]

    def foresee(self, of: BlockContext, alerts: Alerts, pane_ms: int) -> Crossings | None:
        """Judge every change of its window beforehand."""
        panes, rows, counts = of.heard.by_level(self._formula, self._levels)
        aligned = Aligned(
            self.windows, [weights(each.layout, self._formula, None) for each in self.windows], of.ahead
        )
        times = np.concatenate([panes, aligned.panes])
        span = int(times.max() - times.min()) * pane_ms if len(times) else 0
        if len(aligned) > MOST_READINGS or span > FORESEEN_MS:
            return None
        own = self._hours.open(panes)
        self._take(panes[own], rows[own], counts[own])
        self._taken = of.block.through
        parts = [
            self._detector.step(
                (aligned.panes[part] + 1) * pane_ms, aligned.rows[part], moments(aligned.at(part)[:, 0])
            )
            for start in range(0, len(aligned), AT_ONCE)
            for part in [slice(start, min(start + AT_ONCE, len(aligned)))]
        ]
        return Crossings(
            ForeseenVerdicts.of(parts, aligned.panes, alerts), of.room, of.block.judged, of.muting
        )

    def look(self, view: View, watched: Watched) -> Findings | None:  # noqa: ARG002  # all have a past
        """Judge the rows whose window changed, after taking in what came."""
        if view.pane > self._taken and self._hours.open(np.array([view.pane]))[0]:
            heard, cells = view.fresh.by_cell(self._formula)
            counts = self._levels.counts(cells)
            some = counts.any(axis=1)
            self._take(np.full(int(some.sum()), view.pane), heard[some], counts[some])
        rows = union([view.due, view.changed])
        if not len(rows):
            return None
        view.slide(self.windows[0])
        sums = self.windows[0].read(rows, buckets=False).of(self._formula.name).sums
        return self._detector.step(np.full(len(rows), view.end_ms), rows, moments(sums))

    def remaining(self, rows: Ints) -> Floats | None:
        """It has no budget of answers."""

    def _take(self, panes: Ints, rows: Ints, counts: Ints) -> None:
        self._detector.add((panes + 1) * self._pane_ms, rows, counts @ self._powers)
