"""Ranges: between what the scores of many indicators lie, over many scopes and times, in a few steps."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from alerts.rules import Family
from stream.indicators.formulas import FIRST, Floats, Formula, N, Sums, linear, score

LINEAR: Final = (Family.SHARE, Family.MEAN, Family.BALANCE)
"""Families whose scores are a mean step: those of all their indicators are worked out together."""

Range = tuple[float, float]


def score_ranges(formulas: Sequence[Formula], sums: Floats) -> dict[str, Range]:
    """The lowest and the highest score of each formula but quantiles; NaN where nobody answered.

    `sums` are three for each formula, one after the other, with any shape behind.
    """
    flat = sums.reshape(len(formulas), 3, -1)
    if not flat.shape[2]:
        return {each.name: (np.nan, np.nan) for each in formulas}
    places = [place for place, each in enumerate(formulas) if each.info.family in LINEAR]
    low, high = (np.array([[getattr(formulas[place], end)] for place in places]) for end in ("low", "high"))
    found = {}
    if places:
        n = np.maximum(flat[places, N], 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            values = linear(low, high, n, flat[places, FIRST])
        ends = np.fmin.reduce(values, axis=1), np.fmax.reduce(values, axis=1)
        found = {
            formulas[place].name: (float(ends[0][at]), float(ends[1][at])) for at, place in enumerate(places)
        }
    for own, each in zip(flat, formulas, strict=True):
        if each.info.family in (Family.COUNT, Family.DURATION):
            value, _ = score(each, Sums(own.T))
            found[each.name] = float(np.fmin.reduce(value)), float(np.fmax.reduce(value))
    return found
