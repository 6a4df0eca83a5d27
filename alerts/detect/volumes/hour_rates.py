"""Rates of single hours of the week, and shares of its days, from counts and the time they were counted in.

Where little comes in, single hours have nothing to tell: four Saturdays without an event from 10 to 11 h are
no proof if an hour brings half of one.  So an hour leans on the same hour of other days, and a Saturday on
which nobody ever wrote would be expected to bring nearly as much as a Friday.  Whole days do tell: they have
brought fewer events than days do, beyond chance.  Then what an hour leans on is taken by the day's share.

For example, a desk has six answers on each weekday and none on Saturdays.  After three weeks Saturdays have
brought none where fifteen were expected: a Saturday's share is two of fifteen, as many as chance allows.
A line that is open on Mondays only has a usual day as well, which is its Monday.

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
FEWER: Final = 2.0
"""Standard deviations below what is expected of a day, from which it is a day of its own."""
NEXT_TO_NOTHING: Final = 0.1
"""Share of the mean day below which a day is a closed one."""


def rate_of(counts: Floats, hours: Floats) -> Floats:
    """Events per hour; at least half of one in all."""
    rate: Floats = np.maximum(counts, 0.5) / np.maximum(hours, ENOUGH_HOURS)
    return rate


def shrunk(counts: Floats, hours: Floats, pace: Floats, shares: Floats) -> Floats:
    """Events per hour by day, drawn by one event to the same hour on all days, taken by each day's share.

    Where little comes in, single hours have nothing to tell.
    """
    usual = (counts.sum(axis=-1) + 1) / (hours.sum(axis=-1) + 1 / pace)
    rates: Floats = (counts + shares) / (hours + 1 / usual[..., None])
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


def day_shares(counts: Floats, hours: Floats, variation: Floats) -> Floats:
    """What days bring of a usual day, `(entries, days)`: 1, or less as far as that is beyond chance.

    Counts and hours are of `(entries, hours of the week)`.  Days seen once only tell nothing.
    """
    came, over = counts.reshape(-1, 7, 24), hours.reshape(-1, 7, 24)
    at_hour = came.sum(axis=1) / np.maximum(over.sum(axis=1), ENOUGH_HOURS)
    total, alike = came.sum(axis=-1), (over * at_hour[:, None]).sum(axis=-1)
    expected = alike * _usual_day((total + 0.5) / (alike + 0.5))
    strays = np.sqrt(total + 1 + variation[:, None] * expected**2)
    seen = over.sum(axis=-1) >= np.maximum(SEEN_ONCE * (over > 0).sum(axis=-1), ENOUGH_HOURS)
    fewer = seen & (total + 1 + FEWER * strays < expected)
    most = total + 1 + np.sqrt(total + 1 + variation[:, None] * total**2)
    shares: Floats = np.where(fewer, np.minimum(most / np.maximum(expected, 1), 1), 1)
    return shares


def _usual_day(shares: Floats) -> Floats:
    """The median of days' shares, `(entries, 1)`; if most bring next to nothing, that of the others."""
    usual: Floats = np.median(shares, axis=-1, keepdims=True)
    shut = usual[:, 0] < NEXT_TO_NOTHING
    if shut.any():
        others = np.where(shares[shut] < NEXT_TO_NOTHING, np.nan, shares[shut])  # one is the mean's at least
        usual[shut] = np.nanmedian(others, axis=-1, keepdims=True)
    return usual
