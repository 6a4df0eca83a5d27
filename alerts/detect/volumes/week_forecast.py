"""What to expect of an hour of the week and of its two neighbours, from a week of counts.

See `weekly_profile` for what an hour leans on.  Everything here is a function of the weeks given, entry by
entry: an entry is one scope at one time, so many scopes, or many times of one, are reckoned at once, and come
out as each would alone.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, Self

import numpy as np

from alerts.detect.findings import Flags, Floats, Ints
from alerts.detect.opening_hours import HOURS_PER_WEEK
from alerts.detect.volumes.hour_rates import (
    ENOUGH_HOURS,
    SEEN_ONCE,
    day_shares,
    error_of,
    rate_of,
    shrunk,
    tempered,
    usual_of,
)

KEPT: Final = 0.8
"""What an hour's past still weighs a week later; sums up to five weeks."""
LEAST_VARIATION, MOST_VARIATION = 0.05**2, 0.7**2
AGREEING: Final = 2.0
"""Standard deviations up to which an hour agrees with the same hour of the other days."""
NEIGHBOURLY: Final = 1.5
"""Standard deviations up to which an hour agrees with the next."""
SOME: Final = 3
"""Events that the week's pace would have brought, beyond which an hour without any is empty by nature."""
TOLD_BY: Final = 8
"""Events that an alarm takes, about: where an hour brings fewer, hours' own errors average out before it."""
LEAST_PACE: Final = 1e-6
SHIFTS: Final = (0, -1, 1)
"""An hour, the one before, and the one after."""


def _day_hours() -> Ints:
    """By hour of the week and shift, the seven hours of the week at that time of day."""
    hour = np.arange(HOURS_PER_WEEK)[:, None] + np.array(SHIFTS)
    found: Ints = np.arange(7) * 24 + (hour % HOURS_PER_WEEK % 24)[:, :, None]
    return found


DAY_HOURS: Final = _day_hours()
AROUND: Final[Ints] = np.stack([(DAY_HOURS + shift) % HOURS_PER_WEEK for shift in SHIFTS], axis=2)
"""By hour of the week and shift: the hours of `DAY_HOURS`, those before them, and those after."""
HOUR: Final[Ints] = (np.arange(HOURS_PER_WEEK)[:, None] + np.array(SHIFTS)) % HOURS_PER_WEEK
OWN_DAY: Final[Ints] = HOUR // 24
OTHER_DAYS: Final[Ints] = np.array([[day for day in range(7) if day != own] for own in range(7)])


class Weeks(NamedTuple):
    """Counts, and the hours that they were counted over; `(entries, hours of the week)`.

    Each entry has a variation, the squared coefficient beyond Poisson's.
    """

    counts: Floats
    hours: Floats
    variation: Floats

    def pace(self) -> Floats:
        """Events an hour over the hours of the week that were seen."""
        pace: Floats = self.counts.sum(axis=-1) / np.maximum(self.hours.sum(axis=-1), ENOUGH_HOURS)
        return pace


class HourForecast(NamedTuple):
    """Events an hour, and the squared error of their logarithm; `(entries, shifts)`.

    An hour was `seen` or not, and had `some` events.
    """

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

    def only(self, entries: slice | tuple[int, Ints]) -> "HourForecast":
        """Some of the entries."""
        return HourForecast(self.mean[entries], self.error[entries], self.seen[entries], self.some[entries])

    @classmethod
    def blank(cls, shape: tuple[int, ...]) -> Self:
        """Room for so many entries."""
        size = *shape, len(SHIFTS)
        return cls(np.zeros(size), np.zeros(size), np.zeros(size, np.bool_), np.zeros(size, np.bool_))

    @classmethod
    def joined(cls, parts: Sequence["HourForecast"]) -> Self:
        """Several as one, in their order."""
        return cls(
            np.concatenate([part.mean for part in parts]),
            np.concatenate([part.error for part in parts]),
            np.concatenate([part.seen for part in parts]),
            np.concatenate([part.some for part in parts]),
        )


def forecast(weeks: Weeks, hour: Ints, *, borrows: bool) -> HourForecast:
    """The hours around each entry's `hour`, without the level.

    `borrows` says that an hour never seen is taken from other days.
    """
    own_day = OWN_DAY[hour]
    variation = np.clip(weeks.variation, LEAST_VARIATION, MOST_VARIATION)[:, None]
    counts, hours = _smooth(weeks, hour, variation)
    others = OTHER_DAYS[own_day]
    entries, shifts = np.arange(len(hour))[:, None], np.arange(len(SHIFTS))
    own_place = entries, shifts, own_day
    other_places = entries[:, :, None], shifts[:, None], others
    counted, watched = counts[other_places], hours[other_places]
    count, length = counts[own_place], hours[own_place]
    once = weeks.hours[entries, HOUR[hour]] < SEEN_ONCE
    count = np.where(once, tempered(count, length, (counted, watched)), count)
    counts[own_place] = count
    pace = np.maximum(weeks.pace(), LEAST_PACE)[:, None]
    shares = day_shares(weeks.counts, weeks.hours, variation[:, 0])
    rates = shrunk(counts, hours, pace, shares[:, None])
    own, own_error = rates[own_place], error_of(count, length, variation)
    rest = usual_of(rates[other_places], watched, own) * shares[own_place[0], own_day]
    rest_error = variation + error_of(counted.max(axis=-1), watched.max(axis=-1), variation)
    agree = np.abs(np.log(own / rest)) <= AGREEING * np.sqrt(own_error + rest_error)
    weight = np.where(agree, own_error / (own_error + rest_error), 0)
    seen, some = length >= ENOUGH_HOURS, (count > 0) | (pace * length < SOME)
    error = (1 - weight) * own_error
    if borrows:
        borrowed = ~seen & (watched >= ENOUGH_HOURS).any(axis=-1)
        weight, error = np.where(borrowed, 1, weight), np.where(borrowed, rest_error, error)
        seen, some = seen | borrowed, np.where(borrowed, counted.any(axis=-1), some)
    mean = own * (rest / own) ** weight
    total = np.maximum(weeks.counts.sum(axis=-1), 1)[:, None]
    error = error / np.maximum(1, TOLD_BY / mean) + 1 / total
    return HourForecast(mean, error + variation, seen, some)


def _smooth(weeks: Weeks, hour: Ints, variation: Floats) -> tuple[Floats, Floats]:
    """Counts and hours, `(entries, shifts, days)`, with half of each neighbour that agrees."""
    entries = np.arange(len(hour))[:, None, None, None]
    counts, hours = weeks.counts[entries, AROUND[hour]], weeks.hours[entries, AROUND[hour]]
    rates, errors = np.log(rate_of(counts, hours)), error_of(counts, hours, variation[..., None, None])
    seen = hours >= ENOUGH_HOURS
    more, longer = counts[:, :, 0], hours[:, :, 0]
    for beside in (1, 2):
        off = np.abs(rates[:, :, beside] - rates[:, :, 0])
        agree = off <= NEIGHBOURLY * np.sqrt(errors[:, :, 0] + errors[:, :, beside])
        joins = agree & seen[:, :, beside] & seen[:, :, 0]
        more = more + np.where(joins, counts[:, :, beside] / 2, 0)
        longer = longer + np.where(joins, hours[:, :, beside] / 2, 0)
    return more, longer
