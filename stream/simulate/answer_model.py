"""Answering: people whose answers have a given score on average.

Between the worst and the best answer the likelihoods grow or shrink evenly from level to level, the least
that can be assumed when only the mean is known (maximum entropy).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from alerts.errors import SettingsError
from alerts.rules import Direction
from stream.indicators.cells import CELLS
from stream.indicators.formulas import FIRST, LATTICE, Floats, Formula, Ints, N, formula

HALVINGS = 200


@dataclass(frozen=True, slots=True)
class Answering:
    """`steps` has the place of each kind of answer between the ends, in steps of the lattice.

    `extra` are cells that a kind counts in beside its own, -1 for none.
    """

    of: Formula
    steps: Ints
    own: Ints
    extra: Ints

    @property
    def configured_by(self) -> str:
        """The indicator's key in the `indicators:` block."""
        return self.of.info.configured_by

    def check(self, score: float) -> None:
        """Whether people can answer so.

        Raises:
            SettingsError: the score is not between the ends.
        """
        if not self.of.low <= score <= self.of.high:
            wanted = f"want a score of {self.of.low:g} to {self.of.high:g} for {self.of.name}"
            raise SettingsError(f"{wanted}, got {score:g}")

    def check_fall(self, score: float, healthy: float) -> None:
        """Whether a score that people can give is a fall from the healthy one.

        Raises:
            SettingsError: it is not.
        """
        self.check(score)
        low_is_bad = self.of.direction is Direction.LOW_IS_BAD
        if (score >= healthy) if low_is_bad else (score <= healthy):
            side = "below" if low_is_bad else "above"
            raise SettingsError(f"--fall: want a score {side} the healthy {healthy:g}, got {score:g}")

    def likelihoods(self, score: float) -> Floats:
        """Of each kind, such that the mean is the score."""
        mean = (score - self.of.low) / (self.of.high - self.of.low) * LATTICE
        places = self.steps / LATTICE
        low, high = -500.0, 500.0
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if _tilted(places, middle) @ self.steps < mean else (low, middle)
        return _tilted(places, (low + high) / 2)

    def draw(self, rng: np.random.Generator, score: float, count: int) -> Ints:
        """So many answers, as kinds."""
        edges = self.likelihoods(score).cumsum()
        return np.searchsorted(edges / edges[-1], rng.random(count), "right")

    def cells(self, rows: Ints, kinds: Ints) -> tuple[Ints, Ints]:
        """Rows and cells that the answers count in."""
        also = self.extra[kinds] >= 0
        return (
            np.concatenate([rows, rows[also]]),
            np.concatenate([self.own[kinds], self.extra[kinds[also]]]),
        )


def answering(indicator: str, options: Mapping[str, Mapping[str, object]]) -> Answering:
    """The people who answer for an indicator, on the scale that is configured.

    Raises:
        SettingsError: the indicator's single values have no two ends.
    """
    of = formula(indicator, options)
    if not of.info.bounded:
        raise SettingsError(f"want an indicator whose answers have two ends, got {indicator}")
    scale = options[of.info.configured_by].get("scale")
    weighted = list(zip(of.cells.tolist(), of.weights.tolist(), strict=True))
    kinds = [
        (weights[FIRST], cell, -1)
        for cell, weights in weighted
        if weights[N] > 0 and (scale is None or CELLS[cell].split("/")[1] == scale)
    ]
    parts = [(weights[FIRST], cell) for cell, weights in weighted if not weights[N]]
    # Cells that take a count back (short abandons) are no answer of anybody.
    kinds += [(step, cell, part) for step, part in parts for _, cell, _ in kinds[:1]]
    steps, own, extra = np.array(kinds, np.int64).T
    return Answering(of, steps, own, extra)


def counting(indicator: str, options: Mapping[str, Mapping[str, object]]) -> Answering:
    """Whatever counts in an indicator, where only how much comes in matters: one kind of event."""
    of = formula(indicator, options)
    one = np.flatnonzero(of.weights[:, N] > 0)[:1]
    return Answering(of, np.zeros(1, np.int64), of.cells[one], np.full(1, -1))


def _tilted(places: Floats, tilt: float) -> Floats:
    """Likelihoods in proportion to e^(tilt · place)."""
    weights = np.exp(tilt * (places - (1 if tilt > 0 else 0)))
    likelihoods: Floats = weights / weights.sum()
    return likelihoods
