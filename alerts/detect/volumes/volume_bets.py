"""Bets on volumes: e-detectors for counts against a rhythm's bounds.  See `sudden` for the idea.

A bet on the rate being ρ times a bound multiplies by ρ^count · e^((1−ρ)Λ), Λ the events that the bound
expects.  For ρ < 1 no bet is expected to gain while the rate is at or above the lower bound, for ρ > 1 while
it is at or below the upper one, however the rate moves between.  All the time that is judged is staked as it
passes, so at least the budget's time per false page is expected to pass before an alarm.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from alerts.detect.findings import Floats, Ints

GREATEST: Final = 600.0
"""Logarithm at which wealth stops growing: far beyond any alarm, and still a float64."""


class Bets(NamedTuple):
    """The weights of bets in the mixture, and the share of the alarm that is staked on each pane."""

    weights: Sequence[float]
    stake: float


class VolumeBets:
    """Bets on some rates, with weights; the caller keeps the wealth, `(rows, bets)`, in shares of the alarm.

    `bound` is in events per millisecond; where it is 0 nothing is staked and nothing gained.
    """

    def __init__(self, rates: Sequence[float], weights: Sequence[float], budget_ms: float) -> None:
        self._against = 1 - np.array(rates)
        self._log_rates = np.array([math.log(rate) if rate else -GREATEST for rate in rates])
        self.weights = tuple(weights)
        self._budget_ms = budget_ms

    def quiet(self, wealth: Floats, bound: Floats, time_ms: Ints) -> Floats:
        """Wealth after a time without events: the integral over stakes that come in evenly."""
        grown, added = self.quiet_steps(bound, time_ms)
        after: Floats = np.where(bound[:, None] > 0, wealth * grown + added, wealth)
        return after

    def quiet_steps(self, bound: Floats, time_ms: Ints) -> tuple[Floats, Floats]:
        """What `quiet` multiplies wealth by, and what it adds, where the bound is above 0."""
        pace = self._against * np.where(bound > 0, bound, 1)[:, None]
        grown = np.exp(np.minimum(pace * time_ms[:, None], GREATEST))
        return grown, (grown - 1) / pace / self._budget_ms

    def pane_gain(self, bound: Floats, pane_ms: int, counts: Ints) -> Floats:
        """What a pane's events multiply wealth and stakes by, where the bound is above 0."""
        log_gain = counts[:, None] * self._log_rates + self._against * (bound * pane_ms)[:, None]
        gain: Floats = np.exp(np.minimum(log_gain, GREATEST))
        return gain

    def stake(self, pane_ms: int) -> float:
        """What is staked on a pane."""
        return pane_ms / self._budget_ms

    def bets(self, pane_ms: int) -> Bets:
        """What `volume_run` wants to know of the bets."""
        return Bets(self.weights, self.stake(pane_ms))

    def pane(self, wealth: Floats, bound: Floats, pane_ms: int, counts: Ints) -> Floats:
        """Wealth after a pane, which is staked on before its events."""
        gain = self.pane_gain(bound, pane_ms, counts)
        after: Floats = np.where(bound[:, None] > 0, (wealth + self.stake(pane_ms)) * gain, wealth)
        return after

    def evidence(self, wealth: Floats) -> Floats:
        """The mixture of all bets; 1 raises the alarm."""
        total: Floats = wealth[:, 0] * self.weights[0]
        for bet in range(1, len(self.weights)):
            total += wealth[:, bet] * self.weights[bet]
        return total
