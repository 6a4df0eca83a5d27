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

from typing import Final

from alerts.detect.findings import Flags, Floats, Ints
from alerts.detect.threshold import Judged, calm_of, past_some_limit
from alerts.rules import Family
from stream.indicators.formulas import Formula, Sums, interval
from stream.judge.evaluation.threshold_scale import ThresholdScale
from stream.judge.windows.coarse import Bins, Projection, coarse
from stream.judge.windows.layout import SUMS, Layout
from stream.judge.windows.lookahead import Ahead, Trajectory
from stream.judge.windows.sliding import Window

MOST_EDGES: Final = 48
"""Limits of one scale that a quantile is told apart by beforehand: each takes 8 bytes of every change."""


class ThresholdForesight:
    """Looks ahead for the rules of one scale.

    `read` says which columns of the window add up to each of the sums that it needs.  What is `ahead` has a
    row per reading and a column per sum, and then one per bin: `(readings, sums and bins)`.
    """

    def __init__(self, scale: ThresholdScale, layout: Layout) -> None:
        self._scale: Final = scale
        edges = [
            edge
            for each in scale.detects
            for edge in (each.warning, each.critical, each.recover, calm_of(each))
        ]
        self._edges: Final = {edge for edge in edges if edge is not None}
        self._bins: Final = self._binned()
        self._coarse, bucket = self._coarsened()
        upto = None if self._bins is None else self._bins.upto
        self.read: Final = Projection.of(layout, scale.formula.name, bucket, upto)

    def path(self, window: Window, ahead: Ahead) -> Trajectory:
        """What the rules will read in a block."""
        if self._scale.formula.info.family is not Family.QUANTILE:
            return ahead.of_formula(window, self._scale.formula.name)
        return ahead.trajectory(window, self.read)

    def surely_none(self, window: Window, ahead: Ahead) -> bool:
        """Whether it is told at one look that no rule finds a breach anywhere in a block."""
        if self._scale.formula.info.family is Family.QUANTILE:
            return False
        grid = ahead.grid(window)
        if grid is None:
            return False
        limits, ends = self._scale.limits, grid.ranges[self._scale.formula.name]
        return not any(limits.sign * end > limits.mildest for end in ends)

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
