"""Rehearsals: hours taken together, with or without events, teach what they do one after the other."""

from typing import Final

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.detect.opening_hours import calendar_of
from alerts.detect.volumes.arrivals import Arrivals
from alerts.detect.volumes.rehearsal import rehearse
from alerts.detect.volumes.weekly_profile import WeeklyProfile
from alerts.hours import OpenHours
from alerts.rules import DAY_MS, HOUR_MS

PANE_MS: Final = 10_000
START_MS: Final = 20_003 * DAY_MS
PACES: Final = np.array([0.02, 0.2, 1.5, 0.0])
"""Events an hour of each row; the last one is heard of late, if at all."""
OFFICE: Final = OpenHours("Europe/Paris", tuple((day, 480, 1080) for day in range(5)))


def came(random: np.random.Generator, hours: int, *, late: bool) -> np.ndarray:
    """What comes in by hour and row: now and then a burst, which teaches less than it brings."""
    counts = random.poisson(PACES * np.where(random.random((hours, 1)) < 0.03, 6, 1), (hours, len(PACES)))
    counts[hours // 2 :, -1] += random.poisson(0.1, hours - hours // 2) * late
    return counts


def turn(profile: WeeklyProfile, counts: np.ndarray) -> None:
    """A stretch brings so many events by row, in its second pane, and is over."""
    rows = np.flatnonzero(counts)
    profile.add(profile.stretch.start_ms + PANE_MS, rows, counts[rows])
    profile.turn()


@given(st.sampled_from([OpenHours(), OFFICE]), st.sampled_from([1, 3, 7]), st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_together_as_one_after_the_other(hours: OpenHours, learn_days: int, seed: int) -> None:
    """Whatever is known of a week when it begins: before and after it was learned."""
    random = np.random.default_rng(seed)
    profile = WeeklyProfile(calendar_of(hours), learn_days * DAY_MS)
    profile.grow(len(PACES))
    profile.begin(START_MS)
    for counts in came(random, int(random.integers(0, 400)), late=False):
        turn(profile, counts)
    stretches, counts = [profile.stretch], came(random, 150, late=True)
    while len(stretches) < len(counts):
        stretches.append(profile.calendar.stretch(stretches[-1].end_ms))
    rows, places = np.nonzero(counts.T)
    end_ms = np.array([stretches[place].start_ms + 2 * PANE_MS for place in places], np.int64)
    arrivals = Arrivals(rows, end_ms, counts.T[rows, places], stretches[-1].end_ms)
    lessons = rehearse(profile, arrivals, PANE_MS)
    assert lessons is not None
    for place, brought in enumerate(counts):
        assert lessons.stretches[place] == profile.stretch
        for name, of in lessons.before.items():
            np.testing.assert_array_equal(of[place], profile.memory()[name], name)
        for mine, of in zip(profile.bounds(), lessons.bounds, strict=True):
            np.testing.assert_array_equal(
                np.where(profile.mean > 0, mine, 0), np.where(profile.mean > 0, of[place], 0)
            )
        hour = profile.stretch.hour
        np.testing.assert_array_equal(lessons.came[place], brought)
        turn(profile, brought)
        for name, of in lessons.left.items():
            np.testing.assert_array_equal(of[place], profile.memory()[name][:, hour], name)
    assert lessons.stretches[-1].start_ms >= stretches[0].start_ms + HOUR_MS
