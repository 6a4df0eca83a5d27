"""Commits that are not taken make a worker unready; having nothing to commit does not."""

import pytest

from stream.kafka.offsets import TP, OffsetTracker
from stream.worker.commit_watch import LATE, LATE_LOOKS, CommitWatch

FEEDBACK = TP("cx.feedback", 0)


def test_what_is_finished_and_not_committed_for_long(caplog: pytest.LogCaptureFixture) -> None:
    """It is told once, until a commit is taken."""
    caplog.set_level("INFO")
    slots = OffsetTracker(lambda _: 4)
    slots.assign([FEEDBACK])
    slots.open(FEEDBACK)
    watch = CommitWatch(slots)
    for _ in range(2 * LATE_LOOKS):
        watch.look()
    assert watch.why_late() is None
    slot = slots.put(FEEDBACK, 6, 0.0)
    assert slot is not None
    slot.finish()
    for _ in range(LATE_LOOKS):
        assert watch.why_late() is None
        watch.look()
    watch.look()
    assert watch.why_late() == LATE
    slots.committed([(FEEDBACK, 7)])
    watch.look()
    assert watch.why_late() is None
    assert caplog.messages == [LATE, "commits are taken again"]
