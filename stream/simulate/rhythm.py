"""Rhythm: how much comes in, hour by hour of the week, and how real volumes stray from it.

Real volumes are busier on some days than on others, hour after hour alike, and drift.  So each scope's hour
brings Poisson's number around

    profile[hour of the week] × day × hour × (1 + drift)^months

`day` is drawn once a day, `hour` wanders from hour to hour (half of its stray is over after two hours); both
are log-normal with mean 1, with `noise` and 0.8 × `noise` as the standard deviations of their logarithms.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from alerts.rules import DAY_MS, HOUR_MS
from stream.indicators.formulas import Floats, Ints

WEEK_HOURS: Final = 168
MONDAY_MS: Final = 4 * DAY_MS
"""The first Monday of Unix time."""
HOURLY: Final = 0.8
"""How much hours stray, in shares of how much days do."""
LASTING: Final = 0.7
"""What of an hour's stray is left in the next hour."""
MONTH_MS: Final = 30 * DAY_MS


@dataclass(frozen=True, slots=True)
class Rhythm:
    """`hourly` are events by hour of the week, from Monday 00:00 UTC on; `drift` is growth in 30 days."""

    hourly: tuple[float, ...]
    noise: float = 0.0
    drift: float = 0.0

    @property
    def per_day(self) -> float:
        """Events a day, on average."""
        return sum(self.hourly) / 7

    @property
    def busiest(self) -> float:
        """Events in the busiest hour."""
        return max(self.hourly)

    @classmethod
    def even(cls, per_hour: float, noise: float = 0.0, drift: float = 0.0) -> "Rhythm":
        """The same in every hour."""
        return cls((per_hour,) * WEEK_HOURS, noise, drift)


def hour_of_week(at_ms: int) -> int:
    """0 is Monday from 00:00 to 01:00 UTC."""
    return (at_ms - MONDAY_MS) // HOUR_MS % WEEK_HOURS


class VolumeCourse:
    """How much comes in of each of some rows, as time goes on."""

    def __init__(self, rhythm: Rhythm, rows: int, start_ms: int) -> None:
        self._hourly: Final = np.array(rhythm.hourly)
        self._rhythm: Final = rhythm
        self._start_ms: Final = start_ms
        self._day = self._hour = -1  # for which the strays were drawn
        self._of_day: Floats = np.zeros(rows)
        self._of_hour: Floats = np.zeros(rows)

    def pieces(self, start_ms: int, end_ms: int) -> list[tuple[int, int]]:
        """A time, cut where hours end."""
        first = start_ms // HOUR_MS + 1
        cuts = [start_ms, *(hour * HOUR_MS for hour in range(first, -(-end_ms // HOUR_MS))), end_ms]
        return list(pairwise(cuts))

    def counts(self, rng: np.random.Generator, start_ms: int, end_ms: int, times: Floats) -> Ints:
        """What comes in of each row in a time within one hour; times go on from call to call."""
        self._stray(rng, start_ms)
        noise = self._rhythm.noise
        log_stray = noise * (self._of_day + HOURLY * self._of_hour)
        log_stray -= noise * noise * (1 + HOURLY * HOURLY) / 2
        grown = (1 + self._rhythm.drift) ** ((start_ms - self._start_ms) / MONTH_MS)
        usual = self._hourly[hour_of_week(start_ms)] * (end_ms - start_ms) / HOUR_MS * grown
        found: Ints = rng.poisson(usual * times * np.exp(log_stray))
        return found

    def _stray(self, rng: np.random.Generator, at_ms: int) -> None:
        """Draw the strays of the day and the hour, once each."""
        day, hour, rows = at_ms // DAY_MS, at_ms // HOUR_MS, len(self._of_day)
        if not self._rhythm.noise:
            return
        if day != self._day:
            self._day, self._of_day = day, rng.standard_normal(rows)
        if hour != self._hour:
            fresh = rng.standard_normal(rows)
            going_on = self._hour >= 0
            left = LASTING * self._of_hour + np.sqrt(1 - LASTING**2) * fresh
            self._hour, self._of_hour = hour, left if going_on else fresh
