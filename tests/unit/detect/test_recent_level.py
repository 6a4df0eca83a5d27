"""The level of a scope's volume, and where its dense part begins."""

import numpy as np
import pytest

from alerts.detect.volumes import recent_level


def lived(hours: int, came: float, usual: float) -> np.ndarray:
    """One row's sums after so many hours alike."""
    sums = np.zeros((1, recent_level.WIDTH))
    for _ in range(hours):
        one = (np.array([x]) for x in (1.0, came, usual, came))
        recent_level.follow(sums, *one)
    return sums


@pytest.mark.parametrize(("came", "level"), [(20, 1.0), (30, 1.5), (15, 0.75)])
def test_the_level_follows_what_lasts(came: float, level: float) -> None:
    """Within two days at twenty an hour."""
    assert recent_level.levels(lived(48, came, 20))[0] == pytest.approx(level, abs=0.05)


def test_an_hour_moves_the_level_little() -> None:
    """A doubling is not followed before it can be seen."""
    sums = lived(48, 20, 20)
    recent_level.follow(sums, np.array([1.0]), np.array([40.0]), np.array([20.0]), np.array([40.0]))
    assert 1.0 < recent_level.levels(sums)[0] < 1.1


def test_a_dense_part_is_more_than_a_burst() -> None:
    """Ten an hour after a stray a day: hour after hour, and not within three hours."""
    pace = np.array([1 / 24])
    assert not recent_level.dense(lived(3, 10, 0), pace)[0]
    assert recent_level.dense(lived(12, 10, 0), pace)[0]
    assert not recent_level.dense(lived(12, 10, 10), np.array([10.0]))[0]


def test_a_storm_is_no_dense_part() -> None:
    """Thirty hours of twenty times the usual, where two an hour are usual: that is no time of strays."""
    assert not recent_level.dense(lived(30, 40, 2), np.array([2.0]))[0]
