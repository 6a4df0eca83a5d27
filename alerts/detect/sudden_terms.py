"""What sudden detection reckons of answers alone, whatever it remembers: gains of bets, and how many tell.

See `sudden` for what they are for.
"""

from typing import Final

import numpy as np

from alerts.detect.findings import Floats, Ints
from alerts.detect.open_time import NEVER, open_time
from alerts.detect.scale import Moments, Scale, powers
from alerts.rules import DAY_MS, Sudden

FALLS: Final = (0.08, 0.2, 0.4, 0.65, 0.9)
"""Bets, as the share of the floor that a score loses in the fall that each bet is best for."""
WEIGHTS: Final = (0.15, 0.2, 0.25, 0.25, 0.15)
"""Of the bets (see `FALLS`) in the mixture."""

START_BET: Final = 2
"""Place in `FALLS` of the bet whose own CUSUM says when the fall began."""
MILD_BET: Final = 0
"""The same for falls so mild that the other has nothing to say of them when the alarm comes."""

STAKED_SHARE: Final = 1 / 200
"""Share of the saved time that an answer stakes: the memory of the rate is some 200 answers."""

GREATEST: Final = 300.0
"""Logarithm of the greatest gain of one pane: far beyond any alarm, and far from the end of float64."""

SURE: Final = 3.0
"""Standard deviations between the bad score and the floor that the recovering mean must resolve."""
FEWEST, MOST = 20, 200
"""Answers that the recovering mean reaches back over, at least and at most where few come in."""

LEAST_QUIET_MS, MOST_QUIET_MS = DAY_MS, 7 * DAY_MS
"""Time without answers after which a breach is stale, at least and at most."""


class SuddenTerms:
    """The terms of one rule; `levels` are the answers that there can be, in steps of the scale."""

    def __init__(self, detect: Sudden, scale: Scale, levels: Ints) -> None:
        self.scale: Final = scale
        self.powers: Final = powers(levels)
        self.floor: Final = scale.goodness_of(detect.bound)
        share = detect.hours.share if detect.hours.limited else 1.0
        self.budget_ms: Final = detect.false_pages.per_ms / detect.false_pages.count * share
        self.open: Final = open_time(detect.hours) if detect.hours.limited else None
        self._goodness: Final = scale.goodness_at(levels)
        bets = np.array(FALLS) / (1 - self.floor)
        gain = self.floor - self._goodness
        self._log_gains: Final[Floats] = np.log1p(gain[:, None] * bets[None, :])  # (levels, bets)

    def passed_ms(self, start_ms: Ints, end_ms: Ints) -> Ints:
        """How much time that counts lies between instants (0: none of it is known)."""
        if self.open is None:
            return end_ms - start_ms
        return self.open.passed(np.where(start_ms > 0, start_ms, end_ms), end_ms)

    def after_ms(self, start_ms: Ints, span_ms: Ints) -> Ints:
        """When so much time that counts has passed since instants (0: never)."""
        found = np.full(len(start_ms), NEVER, np.int64)
        known = start_ms > 0
        if self.open is None:
            found[known] = start_ms[known] + span_ms[known]
        else:
            found[known] = self.open.after(start_ms[known], span_ms[known])
        return found

    def log_gain(self, counts: Ints) -> Floats:
        """What `counts`, `(rows, levels)`, add to the logarithm of each bet's wealth, `(rows, bets)`.

        Added level by level: a matrix product may round a row differently beside other rows, and what is
        said of a scope must not depend on which others share its judge.
        """
        total: Floats = counts[:, :1] * self._log_gains[0]
        for level in range(1, len(self.powers)):
            total += counts[:, level : level + 1] * self._log_gains[level]
        return total

    def log_gain_below(self, counts: Ints, floors: Floats) -> Floats:
        """The same against a floor of each row."""
        bets = np.array(FALLS) / (1 - floors[:, None])
        total: Floats = np.zeros((len(counts), len(FALLS)))
        for level, goodness in enumerate(self._goodness.tolist()):
            total += counts[:, level : level + 1] * np.log1p((floors[:, None] - goodness) * bets)
        return total

    def reach(
        self,
        run: Moments,
        floor: float | Floats,
        sure: float | Floats = SURE,
        most: float | Floats = MOST,
    ) -> Floats:
        """Answers that tell the score of the episode from the floor, by so many standard deviations."""
        missing = np.maximum(floor - self.scale.goodness(run), 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            wanted = sure * sure * self.scale.variance(run) / (missing * missing)
        reach: Floats = np.clip(np.where(np.isnan(wanted), most, wanted), FEWEST, most)
        return reach
