"""The numbers of published scores: those of shares and means in a few steps for all indicators of a window.

A hundred rules read some seventy scores of a dozen scopes each.  One by one it is the steps that cost, not
the scopes.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from alerts.intervals import PUBLISHED_CONFIDENCE, normal_quantile
from alerts.rules import Family
from stream.indicators.formulas import (
    FIRST,
    Flags,
    Floats,
    Formula,
    Ints,
    N,
    Sums,
    interval,
    linear,
    linear_interval,
    score,
)
from stream.indicators.ranges import LINEAR

Z: Final = normal_quantile(PUBLISHED_CONFIDENCE)


class ScoreNumbers(NamedTuple):
    """Values, how many answers they are of, and their intervals."""

    value: Floats
    n: Ints
    low: Floats
    high: Floats


def numbers(formula: Formula, sums: Sums) -> ScoreNumbers:
    """Those of one indicator, `(scopes,)`."""
    return ScoreNumbers(*score(formula, sums), *interval(formula, sums, Z))


class NumbersTogether:
    """Works out those of some indicators that are shares or means."""

    def __init__(self, formulas: Sequence[Formula]) -> None:
        plain = [place for place, each in enumerate(formulas) if each.info.family in LINEAR]
        shares = [formulas[place].info.family is Family.SHARE for place in plain]
        self._at: Final = {place: number for number, place in enumerate(plain)}
        self._places: Final = np.array(plain, np.int64)
        self._shares: Final = np.array(shares, np.bool_)
        self._low: Final = np.array([formulas[place].low for place in plain])
        self._high: Final = np.array([formulas[place].high for place in plain])

    def __contains__(self, place: int) -> bool:
        """Whether the indicator at a place is among them."""
        return place in self._at

    def of(self, sums: Floats) -> ScoreNumbers:
        """Of sums, `(scopes, indicators, 3)`, the numbers of those that are among them, `(scopes, these)`."""
        sums = sums[:, self._places]
        n = np.maximum(sums[..., N], 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            value = linear(self._low, self._high, n, sums[..., FIRST])
            low, high = self._interval(n, sums)
        value, low, high = (np.where(n > 0, each, np.nan) for each in (value, low, high))
        return ScoreNumbers(value, n.astype(np.int64), low, high)

    def at(self, every: ScoreNumbers, place: int, scopes: Flags) -> ScoreNumbers:
        """Of all numbers those of the indicator at a place, in some scopes."""
        number = self._at[place]
        return ScoreNumbers(*(each[scopes, number] for each in every))

    def _interval(self, n: Floats, sums: Floats) -> tuple[Floats, Floats]:
        low, high = np.empty(n.shape), np.empty(n.shape)
        for share, own in ((True, self._shares), (False, ~self._shares)):
            ends = self._low[own], self._high[own]
            low[:, own], high[:, own] = linear_interval(ends, n[:, own], sums[:, own], Z, share=share)
        return low, high
