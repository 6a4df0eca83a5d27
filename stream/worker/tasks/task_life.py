"""The life of one partition's state in a worker.

A task begins empty.  When the group gives its partition to this worker, the task catches up: from what it
has in memory, from a snapshot, or from nothing.  Then it is live and is fed with what comes.  When the
partition goes, the task is paused: what it has in memory is as good as a snapshot, since all that it said
has left, and the partition may come back.

A state is torn when it has said something that did not leave, or may not have.  Kafka lacks those messages,
and a state that goes on would never say them again.  So a torn state is fed with nothing and is never
saved; the next catching up drops it and starts from a snapshot.

For example: a live task says two tallies, the partition goes before Kafka has acknowledged them (`CUT_OFF`),
and the task is torn.  It catches up from the last snapshot, is fed the records again, and says both again.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final


class Life(Enum):
    """Where a task's state stands."""

    EMPTY = "empty"  # nothing in memory
    CATCHING_UP = "catching up"  # memory is being brought to where the group has committed
    LIVE = "live"  # fed with what comes
    PAUSED = "paused"  # in memory, for when the partition comes back
    TORN = "torn"  # in memory, and of no use


class TaskEvent(Enum):
    """What happens to a task."""

    BEGUN = "begun"  # catching up begins: what was in memory is looked at, and taken or dropped
    RESTORED = "restored"  # catching up has come to its end
    BROKEN_OFF = "broken off"  # catching up has failed, or was cancelled
    RELEASED = "released"  # the partition goes, and all that was said has left
    CUT_OFF = "cut off"  # the partition goes while something is on its way
    LOST = "lost"  # a message did not leave, or feeding failed half way


ON_EVENT: Final[Mapping[Life, Mapping[TaskEvent, Life]]] = {
    Life.EMPTY: {
        TaskEvent.BEGUN: Life.CATCHING_UP,
        TaskEvent.RESTORED: Life.EMPTY,
        TaskEvent.BROKEN_OFF: Life.EMPTY,
        TaskEvent.RELEASED: Life.EMPTY,
        TaskEvent.CUT_OFF: Life.EMPTY,
        TaskEvent.LOST: Life.EMPTY,
    },
    Life.CATCHING_UP: {
        TaskEvent.BEGUN: Life.CATCHING_UP,
        TaskEvent.RESTORED: Life.LIVE,
        TaskEvent.BROKEN_OFF: Life.EMPTY,
        TaskEvent.RELEASED: Life.EMPTY,
        TaskEvent.CUT_OFF: Life.EMPTY,
        TaskEvent.LOST: Life.TORN,
    },
    Life.LIVE: {
        TaskEvent.BEGUN: Life.CATCHING_UP,
        TaskEvent.RESTORED: Life.LIVE,
        TaskEvent.BROKEN_OFF: Life.LIVE,
        TaskEvent.RELEASED: Life.PAUSED,
        TaskEvent.CUT_OFF: Life.TORN,
        TaskEvent.LOST: Life.TORN,
    },
    Life.PAUSED: {
        TaskEvent.BEGUN: Life.CATCHING_UP,
        TaskEvent.RESTORED: Life.PAUSED,
        TaskEvent.BROKEN_OFF: Life.PAUSED,
        TaskEvent.RELEASED: Life.PAUSED,
        TaskEvent.CUT_OFF: Life.TORN,
        TaskEvent.LOST: Life.TORN,
    },
    Life.TORN: {
        TaskEvent.BEGUN: Life.CATCHING_UP,
        TaskEvent.RESTORED: Life.TORN,
        TaskEvent.BROKEN_OFF: Life.TORN,
        TaskEvent.RELEASED: Life.TORN,
        TaskEvent.CUT_OFF: Life.TORN,
        TaskEvent.LOST: Life.TORN,
    },
}
"""Moves of a task.  Total: every life answers every event.  Only catching up mends a torn state."""

TRUE: Final = frozenset({Life.LIVE, Life.PAUSED})
"""Lives whose memory is worth as much as a snapshot."""
