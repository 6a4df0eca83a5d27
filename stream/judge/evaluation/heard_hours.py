"""What comes in of an indicator, taken in hour by hour for what is compared with earlier weeks."""

from collections.abc import Callable
from typing import Final

import numpy as np

from alerts.detect.findings import Ints
from alerts.detect.open_time import OpenSlots
from alerts.detect.scale import powers
from alerts.hours import OpenHours
from alerts.rules import DAY_MS
from stream.indicators.formulas import Formula
from stream.indicators.levels import levels
from stream.judge.evaluation.detector_inputs import BlockContext, View
from stream.judge.evaluation.pane_counts import BlockCounts

FORESEEN_MS: Final = 5 * DAY_MS
"""Blocks of up to so much time are taken in beforehand: the past that they are compared with is older."""

Take = Callable[[Ints, Ints, Ints], None]
"""Takes in answers of panes that end then, in time order: ends, rows, and number, steps, squares of steps."""


class HeardHours:
    """Tells a memory of hours what comes in, each pane once."""

    def __init__(self, take: Take, formula: Formula, hours: OpenHours, pane_ms: int) -> None:
        self._tell: Final = take
        self._formula: Final = formula
        self._pane_ms: Final = pane_ms
        self._levels: Final = levels(formula)
        self._powers: Final = powers(self._levels.steps)
        self._hours: Final = OpenSlots(hours, pane_ms)
        self._taken = -1  # the last pane of which everything was taken in beforehand

    def panes(self, heard: BlockCounts) -> Ints:
        """Those that count, with something for the indicator."""
        return heard.panes(self._formula, self._hours)

    def take_block(self, of: BlockContext, changes: Ints) -> bool:
        """Take in a block, whose windows change at some panes; whether it is short enough for that."""
        panes, rows, counts = of.heard.by_level(self._formula, self._levels)
        times = np.concatenate([panes, changes])
        span = int(times.max() - times.min()) * self._pane_ms if len(times) else 0
        if span > FORESEEN_MS:
            return False
        own = self._hours.open(panes)
        self._take(panes[own], rows[own], counts[own])
        self._taken = of.block.through
        return True

    def take_pane(self, view: View) -> None:
        """Take in a pane, unless it was taken in with its block."""
        if view.pane <= self._taken or not self._hours.open(np.array([view.pane]))[0]:
            return
        heard, cells = view.fresh.by_cell(self._formula)
        counts = self._levels.counts(cells)
        some = counts.any(axis=1)
        self._take(np.full(int(some.sum()), view.pane), heard[some], counts[some])

    def _take(self, panes: Ints, rows: Ints, counts: Ints) -> None:
        self._tell((panes + 1) * self._pane_ms, rows, counts @ self._powers)
