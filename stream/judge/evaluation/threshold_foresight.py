"""What threshold rules would say of readings that are still ahead, from as few sums as will do.

Most readings of a block of panes change nothing, so they are not judged in full.  What they would say is
told from few columns: a share needs three sums, and a quantile its answers by coarse buckets, one between
each two limits of the rules, and its single times by such bins, since the times decide where there are few.
On which side of a limit a quantile lies depends on nothing finer.

For example, rules on `ttr_p90` with limits of 1 h and 4 h need three coarse buckets: up to 1 h, up to 4 h,
and more.  Of 20 resolutions in them, 15, 4 and 1, the 18th shortest decides the p90: it is past 1 h and
not past 4 h, wherever exactly it lies.

Sometimes that little does not decide.  Then the foresight is vague: it tells which readings are past the
mildest limit, and every such reading is judged in full.
"""

from functools import cached_property
from typing import Final

import numpy as np

from alerts.detect.findings import Flags, Floats, Ints
from alerts.detect.threshold import Judged, calm_of, past_some_limit
from alerts.rules import Family
from alerts.transitions import DECIMALS
from stream.indicators.formulas import FIRST, LATTICE, Formula, N, Sums, interval, lowest_rank
from stream.indicators.ranges import LINEAR
from stream.judge.evaluation.threshold_scale import ThresholdScale
from stream.judge.windows.coarse import Bins, Projection, coarse
from stream.judge.windows.grid import Grid
from stream.judge.windows.layout import SUMS, Layout
from stream.judge.windows.lookahead import Ahead, Trajectory
from stream.judge.windows.sliding import Window
from stream.judge.windows.tails import first_beyond

MOST_EDGES: Final = 48
"""Limits of one scale that a quantile is told apart by beforehand: each takes 8 bytes of every change."""
NEAR: Final = 1e-6
"""Of a score's unit: how near to a limit a bound may come that is past it for all that floats can tell."""


class ThresholdForesight:
    """Looks ahead for the rules of one scale.

    `read` says which columns of the window add up to each of the sums that it needs.  What is `ahead` has a
    row per reading and a column per sum, and then one per bin: `(readings, sums and bins)`.
    """

    def __init__(self, scale: ThresholdScale, layout: Layout) -> None:
        self._scale: Final = scale
        self._weights: Final = layout.weights(scale.formula.name)
        edges = [
            edge
            for each in scale.detects
            for edge in (each.warning, each.critical, each.recover, calm_of(each))
        ]
        self._edges: Final = {round(edge, DECIMALS) for edge in edges if edge is not None}
        self._bins: Final = self._binned()
        self._coarse, bucket = self._coarsened()
        upto = None if self._bins is None else self._bins.upto
        self.read: Final = Projection.of(layout, scale.formula.name, bucket, upto)

    def path(self, window: Window, ahead: Ahead) -> Trajectory:
        """What the rules will read in a block."""
        if self._scale.formula.info.family is not Family.QUANTILE:
            return ahead.of_formula(window, self._scale.formula.name)
        return ahead.trajectory(window, self.read)

    def has_grid(self, window: Window, ahead: Ahead) -> bool:
        """Whether all readings of a block are made at once."""
        return self._scale.formula.info.family is not Family.QUANTILE and ahead.grid(window) is not None

    def surely_none(self, window: Window, ahead: Ahead) -> bool:
        """Whether it is told at one look that no rule finds a breach anywhere in a block."""
        grid = ahead.grid(window)
        if grid is None:
            return False
        if self._scale.formula.info.family is Family.QUANTILE:
            return self._within(grid, window, ahead)
        limits, ends = self._scale.limits, grid.ranges[self._scale.formula.name]
        return not any(limits.sign * end > limits.mildest for end in ends)

    def of_rows(self, window: Window, ahead: Ahead, rows: Ints) -> Trajectory:
        """What the rules will read of some rows, ascending."""
        return ahead.of_rows(window, self.read, rows)

    def in_reach(self, window: Window, ahead: Ahead) -> tuple[Ints, int]:
        """The rows, ascending, of which some reading in a block may be a breach, and how many rows change.

        Told without a look at when counts come and leave: if of all changes those alone came that are for the
        worse, a scope would have that many answers at most and be no further past the mildest limit.
        """
        known, table = ahead.changes(window), self._for_the_worse
        columns = np.minimum(known.columns, len(table) - 1)
        told: Flags = np.any(table, axis=1)
        used, read = np.flatnonzero(told[columns]), np.flatnonzero(told)
        rows, columns, counts = known.rows[used], columns[used], known.counts[used]
        touched = np.flatnonzero(np.bincount(rows, minlength=1))
        gained = [np.bincount(rows, np.maximum(worse[columns] * counts, 0))[touched] for worse in table.T]
        n, past = (window.counts(touched, read) @ table[read]).T + gained
        enough = (n > 0) & (n >= self._scale.limits.min_answers.min())
        return touched[enough & (past > -NEAR * LATTICE * n)], len(touched)

    @cached_property
    def _for_the_worse(self) -> Floats:
        """By narrow column, and at last of none: answers, and what the sums are past the mildest limit by.

        A score is past a limit where the latter are above nothing.  Where that is not told by sums of counts
        they count for nothing.
        """
        formula, limits = self._scale.formula, self._scale.limits
        weights = self._weights
        table = np.zeros((len(weights) + 1, 2))
        table[:-1, 0] = weights[:, N]
        limit = limits.sign * limits.mildest
        if formula.info.family in LINEAR and formula.low <= limit <= formula.high:
            n, first = LATTICE * weights[:, N], weights[:, FIRST]
            table[:-1, 1] = limits.sign * ((formula.low - limit) * n + (formula.high - formula.low) * first)
        return table

    @property
    def vague(self) -> bool:
        """Whether no more is known beforehand than which readings are past the mildest limit.

        The interval of a mean duration takes all buckets, and very many limits as many coarse ones.
        """
        if self._scale.formula.info.family is Family.QUANTILE:
            return len(self._edges) > MOST_EDGES
        return self._scale.z > 0 and self._scale.formula.info.family is Family.DURATION

    def may_breach(self, ahead: Floats) -> Flags:
        """`(readings,)`: True where some rule may find a breach.  No rule finds one where it is False."""
        scale, sums = self._scale, self._sums(ahead)
        value, n, found = scale.scored(self._coarse, sums)
        if found.any() and not self.vague:
            low, high = value[found], value[found]
            if scale.z:
                low, high = interval(self._coarse, sums.of(found), scale.z)
            found[found] = past_some_limit(scale.limits, n[found], low, high)
        return found

    def judged(self, ahead: Floats) -> tuple[Flags, Judged | None]:
        """Which readings are past the mildest limit, and what each rule says of each; None where vague."""
        sums = self._sums(ahead)
        value, n, question = self._scale.scored(self._coarse, sums)
        if self.vague:
            return question, None
        return question, self._scale.judged(self._coarse, sums, value, n, question)

    def _within(self, grid: Grid, window: Window, ahead: Ahead) -> bool:
        """Whether everywhere so few cases took longer than the mildest limit that no rule finds a breach."""
        formula, limits = self._scale.formula, self._scale.limits
        if limits.sign < 0 or not window.adds_alone():  # what was taken away may be shorter, or longer
            return False
        n = grid.sums[window.layout.place(formula.name) + N]
        longer = ahead.beyond(window, grid, first_beyond(limits.mildest))
        asked = np.flatnonzero((n >= max(1, limits.min_answers.min())) & (longer > 0))
        n = n.flat[asked]
        return not (n - longer.flat[asked] < lowest_rank(formula.name, n, self._scale.z)).any()

    def _coarsened(self) -> tuple[Formula, Ints | None]:
        """The formula by which readings are judged beforehand, and which of its buckets each one goes to."""
        formula = self._scale.formula
        if formula.info.family is not Family.QUANTILE:
            return formula, None
        return coarse(formula, self._told_apart())

    def _binned(self) -> Bins | None:
        """By which bins single times are counted; None where they do not matter."""
        if self._scale.formula.info.family is not Family.QUANTILE:
            return None
        return Bins.between(self._told_apart())

    def _told_apart(self) -> set[float]:
        """The limits between which readings are told apart."""
        limits = self._scale.limits
        return {float(limits.mildest * limits.sign)} if self.vague else self._edges

    def _sums(self, ahead: Floats) -> Sums:
        if self._bins is None:
            return Sums(ahead[:, :3])
        first = SUMS + self.read.coarse
        return Sums(ahead[:, :3], ahead[:, 3:first], self._bins.times(ahead[:, 0], ahead[:, first:]))
