"""Batches: events and their columns are filtered together."""

import numpy as np

from stream.intake.batch import EventBatch
from stream.messages.events import Interaction


def test_only_some_of_the_events_remain() -> None:
    """With their own ids, times and panes; all of them is the batch itself."""
    events = [Interaction(id=name, at=0.0, channel="phone") for name in "abc"]
    column = np.arange(3)
    batch = EventBatch(
        events=events,
        ids=column.astype(np.uint64),
        at_ms=column + 10,
        column=column + 20,
        closing=column + 30,
        clock_ms=column + 40,
    )
    some = batch.only(np.array([True, False, True]))
    assert [event.id for event in some.events] == ["a", "c"]
    assert [part.tolist() for part in (some.ids, some.at_ms, some.column, some.closing, some.clock_ms)] == [
        [0, 2], [10, 12], [20, 22], [30, 32], [40, 42],
    ]  # fmt: skip
    assert len(some) == 2
    assert batch.only(np.ones(3, bool)) is batch
