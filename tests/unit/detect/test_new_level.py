"""New levels: what lasts is told once, when it has become usual; what passes is not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.detect.volumes.silence import TOO_LOW
from alerts.detect.volumes.surge import TOO_HIGH, SurgeDetector
from alerts.detect.volumes.volume_evidence import new_levels
from alerts.rules import DAY_MS, MINUTE_MS, Budget, Surge
from alerts.states import Verdict

ROWS, PANE_MS = np.arange(8), 10 * MINUTE_MS
LEARNED_HOURS = 15 * 24


def endings(hours: int, times: int) -> tuple[dict[int, object], dict[int, object]]:
    """What was said at the first end of a breach, by row, during so many hours of so much, and after them."""
    made, rng = SurgeDetector(Surge(14 * DAY_MS, Budget(1, 30 * DAY_MS)), PANE_MS), np.random.default_rng(5)
    made.grow(len(ROWS))
    told: tuple[dict[int, object], dict[int, object]] = {}, {}
    was = np.zeros(len(ROWS), np.bool_)
    for pane in range((LEARNED_HOURS + hours + 24) * 6):
        hour = pane // 6 - LEARNED_HOURS
        factor = times if 0 <= hour < hours else 1
        found = made.step((pane + 1) * PANE_MS, ROWS, rng.poisson(4 * factor, len(ROWS)))
        now = found.verdict == Verdict.BREACH
        for row in np.flatnonzero(was & ~now).tolist() if hour >= 0 else []:
            level = found.evidence.get(row, {}).get("new_level")
            told[0 if hour < hours else 1].setdefault(row, level)
        was = now
    return told


def test_a_lasting_surge_ends_as_a_new_level() -> None:
    """Seventy-two an hour where 24 were usual: most say so when it is no longer news."""
    during, after = endings(96, 3)
    levels = [level for level in during.values() if level is not None]
    assert len(levels) >= 5
    assert after == {}
    for level in levels:
        assert isinstance(level, dict)
        assert level["severity"] == "info"
        assert level["usual"] == pytest.approx(24, rel=0.2)
        assert 40 < level["now"] < 90


def test_a_surge_that_passes_ends_as_ever() -> None:
    """After an hour and more of sixfold volume it is back to what is usual."""
    _, after = endings(2, 6)
    assert len(after) >= 6
    assert set(after.values()) == {None}


@given(st.floats(1, 1e4), st.floats(1.31, 10), st.floats(1e3, 1e4))
def test_a_level_is_new_where_much_more_came_lately_than_was_usual(
    usual: float, times: float, expected: float
) -> None:
    """For too much and for too little alike; it is told in events an hour."""
    for side, moved in ((TOO_HIGH, times), (TOO_LOW, 1 / times)):
        some, now = np.array([usual]), np.array([usual * moved])
        as_usual, as_now = np.array([[expected / moved, expected]]), np.array([[expected, expected]])
        assert new_levels(some, now, as_now, side) == pytest.approx(now)
        assert new_levels(some, now, as_usual, side) == 0
        assert new_levels(some, some, as_now, side) == 0
        much = np.array([[expected * moved, expected]])
        assert new_levels(some, some, much, side) == 0  # nothing was learned of it
        assert new_levels(some, now, np.zeros((1, 2)), side) == 0
