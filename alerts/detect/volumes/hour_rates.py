"""Rates of single hours of the week, from counts and the hours that they were counted over.

The last axis of `counts` and `hours` is the days of the week, where there are several.
"""

from typing import Final

import numpy as np

from alerts.detect.findings import Floats

SEEN_ONCE: Final = 1.5
"""Hours below which an hour of the week has been seen once only."""
BUSIER: Final = 1.5
"""How much busier than all others a day of the week may be that was seen once."""
ENOUGH_HOURS: Final = 0.5
"""Less of an hour's time than this was not seen at all."""


def rate_of(counts: Floats, hours: Floats) -> Floats:
    """Events per hour; at least half of one in all."""
    rate: Floats = np.maximum(counts, 0.5) / np.maximum(hours, ENOUGH_HOURS)
    return rate


def shrunk(counts: Floats, hours: Floats, pace: Floats) -> Floats:
    """Events per hour by day, drawn by one event to the same hour on all days.

    Where little comes in, single hours have nothing to tell.
    """
    usual = (counts.sum(axis=-1) + 1) / (hours.sum(axis=-1) + 1 / pace)
    rates: Floats = (counts + 1) / (hours + 1 / usual[..., None])
    return rates


def error_of(counts: Floats, hours: Floats, variation: Floats) -> Floats:
    """The squared relative errors of rates."""
    error: Floats = 1 / np.maximum(counts, 1) + variation / np.maximum(hours, ENOUGH_HOURS)
    return error


def tempered(counts: Floats, hours: Floats, others: tuple[Floats, Floats]) -> Floats:
    """Counts of a day, kept within what the busiest of the others makes likely."""
    seen = others[1] >= ENOUGH_HOURS
    busiest = np.where(seen, rate_of(*others), 0).max(axis=-1) * hours
    most = busiest * BUSIER + 2 * np.sqrt(busiest) + 1
    return np.where(busiest > 0, np.minimum(counts, most), counts)


def usual_of(rates: Floats, hours: Floats, otherwise: Floats) -> Floats:
    """The median rate of the days seen, so that a weekend does not pull weekdays down; else `otherwise`."""
    watched = hours >= ENOUGH_HOURS
    days = np.sort(np.where(watched, rates, np.inf), axis=-1)
    seen = watched.sum(axis=-1)
    lower = np.maximum(seen - 1, 0) // 2
    upper = np.maximum(seen, 1) // 2
    middle = np.take_along_axis(days, np.stack([lower, upper], axis=-1), axis=-1)
    median: Floats = np.where(seen > 0, (middle[..., 0] + middle[..., 1]) / 2, otherwise)
    return median
