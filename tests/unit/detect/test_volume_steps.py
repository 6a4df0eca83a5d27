"""Stretches of quiet taken together leave gauges as they would one after the other, to the last bit."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from alerts.detect.volumes.silence import TOO_LOW
from alerts.detect.volumes.surge import TOO_HIGH
from alerts.detect.volumes.volume_run import Side
from alerts.detect.volumes.volume_steps import follow, follow_quiet
from alerts.rules import HOUR_MS

ROWS = 5


@given(st.sampled_from([TOO_LOW, TOO_HIGH]), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_together_as_one_after_the_other(side: Side, stretches: int, seed: int) -> None:
    """Breaches and none, gauges at 0 and above, and stretches in which nothing is allowed."""
    random = np.random.default_rng(seed)
    gauges = random.exponential(2, (ROWS, 6)) * (random.random((ROWS, 6)) < 0.6)
    lately = random.exponential(2, (ROWS, 2))
    fired = random.random(ROWS) < 0.4
    allowed = random.exponential(0.4, (stretches, ROWS)) * (random.random((stretches, ROWS)) < 0.7)
    expected = allowed + random.random((stretches, ROWS))
    ends_ms = (np.arange(stretches)[:, None] + 1) * HOUR_MS + random.integers(0, HOUR_MS, ROWS)
    one_by_one, together = (gauges.copy(), lately.copy()), (gauges.copy(), lately.copy())
    for turn in range(stretches):
        follow(side.likely, one_by_one, fired, ends_ms[turn], (allowed[turn], expected[turn], None))
    follow_quiet(together, fired, ends_ms, ((1 - side.likely) * allowed, allowed, expected))
    for mine, theirs in zip(together, one_by_one, strict=True):
        np.testing.assert_array_equal(mine, theirs)
