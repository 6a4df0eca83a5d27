"""Stride: long steps make the next ones shorter, short ones longer, and neither decides anything."""

from stream.judge.state import MOST_PANES, NO_LIMIT
from stream.worker.tasks.stride import LEAST_PANES, LONG_S, SHORT_S, Stride


def test_steps_find_their_length() -> None:
    """Half as many from the first long one on, and back where there is little to do."""
    stride = Stride()
    stride.took(LONG_S)
    assert stride.panes == NO_LIMIT
    stride.took(2 * LONG_S)
    assert stride.panes == MOST_PANES // 2
    for _ in range(20):
        stride.took(2 * LONG_S)
    assert stride.panes == LEAST_PANES
    stride.took(SHORT_S)
    assert stride.panes == LEAST_PANES
    for _ in range(80):
        stride.took(0.0)
    assert stride.panes == NO_LIMIT
