"""Bets on volumes: e-detectors for counts against a rhythm's bounds.  See `sudden` for the idea.

A bet on the rate being ρ times a bound multiplies by ρ^count · e^((1−ρ)Λ), Λ the events that the bound
expects.  For ρ < 1 no bet is expected to gain while the rate is at or above the lower bound, for ρ > 1 while
it is at or below the upper one, however the rate moves between.  All the time that is judged is staked as it
passes, pane by pane and before the pane's events are known, so at least the budget's time per false page is
expected to pass before an alarm.

Panes without events are not gone through one by one.  With s staked on each and y = (ρ−1)Λ, Λ now of one
pane, a pane without events multiplies by e^−y.  So n of them leave of their stakes

    s (e^−y + e^−2y + … + e^−ny)  =  s (1 − e^−ny) / (e^y − 1).

Stakes that came in evenly would leave s (1 − e^−ny) / y.  For a surge y is positive and that is more: a bet
with even stakes where nothing comes in, and with one before the pane where something does, would be expected
to gain ((1 − e^−y) / y − e^−y) e^−Λ of each.  With Λ = 0.5 those on 1.5, 2 and 4 times the bound would gain
6, 11 and 18 %.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from alerts.detect.findings import Floats, Ints

GREATEST: Final = 300.0
"""Logarithm at which wealth stops growing: far beyond any alarm, and twice that is still a float64's."""
MOST: Final = math.exp(GREATEST)
LOST: Final = -1e9
"""Instead of the logarithm of a rate of 0: whatever a pane expects, one event loses all."""


class Bets(NamedTuple):
    """The weights of bets in the mixture, and the share of the alarm that is staked on each pane."""

    weights: Sequence[float]
    stake: float


class VolumeBets:
    """Bets on some rates, with weights; the caller keeps the wealth, `(rows, bets)`, in shares of the alarm.

    `bound` is in events per millisecond; where it is 0 nothing is staked and nothing gained.
    """

    def __init__(
        self, rates: Sequence[float], weights: Sequence[float], budget_ms: float, pane_ms: int
    ) -> None:
        self._against = 1 - np.array(rates)
        self._log_rates = np.array([math.log(rate) if rate else LOST for rate in rates])
        self._pane_ms = pane_ms
        self.budget_ms: Final = budget_ms
        self.bets: Final = Bets(tuple(weights), pane_ms / budget_ms)

    def quiet(self, wealth: Floats, bound: Floats, time_ms: Ints) -> Floats:
        """Wealth after a time without events, most often of whole panes."""
        grown, added = self.quiet_steps(bound, time_ms)
        after: Floats = np.where(bound[:, None] > 0, np.minimum(wealth * grown + added, MOST), wealth)
        return after

    def quiet_one(self, wealth: Floats, bound: float, time_ms: int) -> Floats:
        """The same of one row, `(bets,)`."""
        if bound <= 0:
            return wealth
        grown, added = self._steps(self._against * bound, time_ms)
        after: Floats = wealth * grown + added
        return after

    def quiet_steps(self, bound: Floats, time_ms: Ints) -> tuple[Floats, Floats]:
        """What `quiet` multiplies wealth by, and what it adds, where the bound is above 0."""
        pace = self._against * np.where(bound > 0, bound, 1)[:, None]
        return self._steps(pace, time_ms[:, None])

    def _steps(self, pace: Floats, time_ms: Ints | int) -> tuple[Floats, Floats]:
        """The same by the pace at which bets gain, in their logarithms per millisecond."""
        grown: Floats = np.exp(np.minimum(pace * time_ms, GREATEST))
        lost = np.expm1(np.minimum(-pace * self._pane_ms, GREATEST))
        return grown, (1 - grown) / lost * self.bets.stake

    def pane_gain(self, bound: Floats, counts: Ints) -> Floats:
        """What a pane's events multiply wealth and stakes by, where the bound is above 0."""
        log_gain = counts[:, None] * self._log_rates + self._against * (bound * self._pane_ms)[:, None]
        gain: Floats = np.exp(np.minimum(log_gain, GREATEST))
        return gain

    def whole_steps(self, bound: Floats, time_ms: Ints, counts: Ints | int) -> tuple[Floats, Floats]:
        """What a time is worth as a whole, whenever its events came: the factor of wealth, and what is added.

        All of it is staked on before.
        """
        came = np.broadcast_to(counts, bound.shape)[:, None] * self._log_rates
        grown: Floats = np.exp(np.minimum(came + self._against * (bound * time_ms)[:, None], GREATEST))
        return grown, grown * (time_ms / self._pane_ms * self.bets.stake)[:, None]

    @property
    def gains(self) -> tuple[Floats, Floats]:
        """By bet the logarithms of what an event is worth, and of what one that the bound expects costs."""
        return self._log_rates, self._against

    @property
    def greatest_gain(self) -> float:
        """What an event, or the lack of one, is worth at most, as a logarithm."""
        return float(max(self._log_rates.max(), self._against.max()))

    def pane(self, wealth: Floats, bound: Floats, counts: Ints) -> Floats:
        """Wealth after a pane, which is staked on before its events."""
        gain = self.pane_gain(bound, counts)
        grown = np.minimum((wealth + self.bets.stake) * gain, MOST)
        after: Floats = np.where(bound[:, None] > 0, grown, wealth)
        return after

    def evidence(self, wealth: Floats) -> Floats:
        """The mixture of all bets; 1 raises the alarm."""
        weights = self.bets.weights
        total: Floats = wealth[:, 0] * weights[0]
        for bet in range(1, len(weights)):
            total += wealth[:, bet] * weights[bet]
        return total

    def mixture_one(self, wealth: Floats) -> float:
        """The same of one row, `(bets,)`."""
        (total, *rest), (first, *others) = wealth.tolist(), self.bets.weights
        total *= first
        for one, weight in zip(rest, others, strict=True):
            total += one * weight
        return float(total)
