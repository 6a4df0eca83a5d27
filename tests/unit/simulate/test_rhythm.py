"""Rhythms: how much comes in, and how it strays."""

import numpy as np
import pytest

from alerts.rules import DAY_MS, HOUR_MS
from stream.simulate.rhythm import MONDAY_MS, MONTH_MS, Rhythm, VolumeCourse

ROWS = 400


def course(rhythm: Rhythm) -> VolumeCourse:
    """Some rows from a Monday on."""
    return VolumeCourse(rhythm, ROWS, MONDAY_MS)


def test_hours_of_the_week_bring_what_the_profile_says() -> None:
    """Poisson's number, so many times over."""
    made = course(Rhythm(tuple(float(hour) for hour in range(168))))
    rng = np.random.default_rng(1)
    at_ms = MONDAY_MS + 30 * HOUR_MS
    for times in (0.0, 1.0, 2.0):
        counts = made.counts(rng, at_ms, at_ms + HOUR_MS, np.full(ROWS, times))
        assert counts.mean() == pytest.approx(30 * times, abs=1)
        assert counts.var() == pytest.approx(30 * times, rel=0.3)


def test_noise_keeps_the_mean_and_lasts_from_hour_to_hour() -> None:
    """Of 10,000 events an hour nearly all of what varies is noise: 0.2 × √(1 + 0.8²) of them."""
    made, rng = course(Rhythm.even(1e4, 0.2)), np.random.default_rng(1)
    hours = np.array(
        [
            made.counts(rng, MONDAY_MS + hour * HOUR_MS, MONDAY_MS + (hour + 1) * HOUR_MS, np.ones(ROWS))
            for hour in range(72)
        ]
    )
    assert hours.mean() == pytest.approx(1e4, rel=0.03)
    assert np.log(hours[0]).std() == pytest.approx(0.256, rel=0.15)
    near, far = (np.corrcoef(hours[0], hours[hour])[0, 1] for hour in (1, 71))
    assert near > 0.7
    assert far < 0.2


def test_drift_is_growth_in_thirty_days() -> None:
    """Half as much more a month later."""
    made, rng = course(Rhythm.even(100, 0, 0.5)), np.random.default_rng(1)
    at_ms = MONDAY_MS + MONTH_MS
    assert made.counts(rng, at_ms, at_ms + HOUR_MS, np.ones(ROWS)).mean() == pytest.approx(150, rel=0.03)


def test_time_is_cut_where_hours_end() -> None:
    """However it lies."""
    made = course(Rhythm.even(1))
    start_ms, end_ms = MONDAY_MS + HOUR_MS // 2, MONDAY_MS + 2 * HOUR_MS
    assert made.pieces(start_ms, end_ms) == [
        (start_ms, MONDAY_MS + HOUR_MS),
        (MONDAY_MS + HOUR_MS, end_ms),
    ]
    assert len(made.pieces(MONDAY_MS, MONDAY_MS + DAY_MS)) == 24
