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

from alerts.detect.findings import Floats, Ints

GREATEST: Final = 600.0
"""Logarithm at which wealth stops growing: far beyond any alarm, and still a float64."""


class VolumeBets:
    """Bets on some rates, with weights; wealth is kept by the caller, rows × bets, in shares of the alarm.

    `bound` is in events per millisecond; where it is 0 nothing is staked and nothing gained.
    """

    def __init__(self, rates: Sequence[float], weights: Sequence[float], budget_ms: float) -> None:
        self._against = 1 - np.array(rates)
        self._log_rates = np.array([math.log(rate) if rate else -GREATEST for rate in rates])
        self._weights = tuple(weights)
        self._budget_ms = budget_ms

    def quiet(self, wealth: Floats, bound: Floats, time_ms: Ints) -> Floats:
        """Wealth after a time without events: the integral over stakes that come in evenly."""
        judged = bound > 0
        pace = self._against * np.where(judged, bound, 1)[:, None]
        grown = np.exp(np.minimum(pace * time_ms[:, None], GREATEST))
        after: Floats = np.where(
            judged[:, None], wealth * grown + (grown - 1) / pace / self._budget_ms, wealth
        )
        return after

    def pane(self, wealth: Floats, bound: Floats, pane_ms: int, counts: Ints) -> Floats:
        """Wealth after a pane, which is staked on before its events."""
        log_gain = counts[:, None] * self._log_rates + self._against * (bound * pane_ms)[:, None]
        gain = np.exp(np.minimum(log_gain, GREATEST))
        after: Floats = np.where(bound[:, None] > 0, (wealth + pane_ms / self._budget_ms) * gain, wealth)
        return after

    def evidence(self, wealth: Floats) -> Floats:
        """The mixture of all bets; 1 raises the alarm."""
        total: Floats = wealth[:, 0] * self._weights[0]
        for bet in range(1, len(self._weights)):
            total += wealth[:, bet] * self._weights[bet]
        return total
