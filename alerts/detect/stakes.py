"""Stakes on volumes: e-detectors for counts against a rhythm's bounds.  See `sudden` for the idea.

A bet on the rate being ρ times a bound multiplies by ρ^count · e^((1−ρ)Λ), Λ the events that the bound
expects.  For ρ < 1 no bet is expected to gain while the rate is at or above the lower bound, for ρ > 1 while
it is at or below the upper one, however the rate moves between.  All the time that is judged is staked as it
passes, so at least the budget's time per false page is expected to pass before an alarm.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from alerts.detect.findings import Flags, Floats, Ints

GREATEST: Final = 600.0
"""Logarithm at which wealth stops growing: far beyond any alarm, and still a float64."""


class Stakes:
    """Bets on some rates, with weights; wealth is kept by the caller, rows × bets, in shares of the alarm.

    `bound` is in events per millisecond; where it is 0 or infinite nothing is staked and nothing gained.
    """

    def __init__(self, rates: Sequence[float], weights: Sequence[float], budget_ms: float) -> None:
        self.bets: Final = len(rates)
        self._rates = tuple(rates)
        self._weights = tuple(weights)
        self._budget_ms = budget_ms

    def quiet(self, wealth: Floats, bound: Floats, time_ms: Floats) -> Floats:
        """Wealth after a time without events: the integral over stakes that come in evenly."""
        judged = _judged(bound)
        expected = np.where(judged, bound, 1)
        after = np.empty_like(wealth)
        for bet, rate in enumerate(self._rates):
            pace = (1 - rate) * expected
            grown = np.exp(np.minimum(pace * time_ms, GREATEST))
            staked = (grown - 1) / pace / self._budget_ms
            after[:, bet] = np.where(judged, wealth[:, bet] * grown + staked, wealth[:, bet])
        return after

    def pane(self, wealth: Floats, bound: Floats, pane_ms: int, counts: Ints) -> Floats:
        """Wealth after a pane, which is staked on before its events."""
        judged = _judged(bound)
        expected = np.where(judged, bound, 0) * pane_ms
        after = np.empty_like(wealth)
        for bet, rate in enumerate(self._rates):
            log_gain = counts * (math.log(rate) if rate else -GREATEST) + (1 - rate) * expected
            gain = np.exp(np.minimum(log_gain, GREATEST))
            staked = wealth[:, bet] + pane_ms / self._budget_ms
            after[:, bet] = np.where(judged, staked * gain, wealth[:, bet])
        return after

    def evidence(self, wealth: Floats) -> Floats:
        """The mixture of all bets; 1 raises the alarm."""
        total = np.zeros(len(wealth))
        for bet, weight in enumerate(self._weights):
            total += weight * wealth[:, bet]
        return total


def _judged(bound: Floats) -> Flags:
    judged: Flags = (bound > 0) & np.isfinite(bound)
    return judged
