"""Rates of single hours of the week, from counts and the hours that they were counted over."""

from typing import Final, NamedTuple

import numpy as np

from alerts.detect.findings import Flags, Floats

SEEN_ONCE: Final = 1.5
"""Hours below which an hour of the week has been seen once only."""
BUSIER: Final = 1.5
"""How much busier than all others a day of the week may be that was seen once."""
ENOUGH_HOURS: Final = 0.5
"""Less of an hour's time than this was not seen at all."""


class HourForecast(NamedTuple):
    """Events an hour, the squared error of their logarithm, and whether the hour was seen and had events."""

    mean: Floats
    error: Floats
    seen: Flags
    some: Flags

    def low(self, reach: Floats) -> Floats:
        """The lower bound; an hour never seen bounds nothing."""
        return np.where(self.seen, np.where(self.some, self.mean * np.exp(-reach), 0), np.inf)

    def high(self, reach: Floats) -> Floats:
        """The upper bound; an hour never seen bounds nothing."""
        return np.where(self.seen, self.mean * np.exp(reach), 0)


def rate_of(counts: Floats, hours: Floats) -> Floats:
    """Events per hour; at least half of one in all."""
    rate: Floats = np.maximum(counts, 0.5) / np.maximum(hours, ENOUGH_HOURS)
    return rate


def shrunk(counts: Floats, hours: Floats, pace: Floats) -> Floats:
    """Events per hour, rows × days, drawn by one event to the same hour on all days.

    Where little comes in, single hours have nothing to tell.
    """
    usual = (counts.sum(axis=1) + 1) / (hours.sum(axis=1) + 1 / pace)
    rates: Floats = (counts + 1) / (hours + 1 / usual[:, None])
    return rates


def error_of(counts: Floats, hours: Floats, variation: Floats) -> Floats:
    """The squared relative errors of rates, rows × days; `variation` is by row."""
    error: Floats = 1 / np.maximum(counts, 1) + variation[:, None] / np.maximum(hours, ENOUGH_HOURS)
    return error


def tempered(counts: Floats, hours: Floats, others: tuple[Floats, Floats]) -> Floats:
    """Counts of a day, kept within what the busiest of the others makes likely."""
    seen = others[1] >= ENOUGH_HOURS
    busiest = np.where(seen, rate_of(*others), 0).max(axis=1) * hours
    most = busiest * BUSIER + 2 * np.sqrt(busiest) + 1
    return np.where(busiest > 0, np.minimum(counts, most), counts)


def usual_of(rates: Floats, hours: Floats, otherwise: Floats) -> Floats:
    """The median rate of the days seen, so that a weekend does not pull weekdays down; else `otherwise`."""
    days = np.sort(np.where(hours >= ENOUGH_HOURS, rates, np.inf), axis=1)
    seen = (hours >= ENOUGH_HOURS).sum(axis=1)
    row, middle = np.arange(len(days)), np.maximum(seen - 1, 0) // 2
    median: Floats = np.where(
        seen > 0, (days[row, middle] + days[row, np.maximum(seen, 1) // 2]) / 2, otherwise
    )
    return median
