"""A batch of sound, fresh events as columns, in record order."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Generic

import numpy as np
from numpy.typing import NDArray

from stream.columnar.hashtable import Keys
from stream.columnar.timestamps import Ints
from stream.messages.events import EventT


@dataclass(frozen=True, slots=True)
class EventBatch(Generic[EventT]):
    """`column` is `codec.Decoded.column`; `closing` the pane whose closing carries the event.

    `clock_ms` is the source's clock with it, which never falls.
    """

    events: Sequence[EventT]
    ids: Keys
    at_ms: Ints
    column: Ints
    closing: Ints
    clock_ms: Ints

    def __len__(self) -> int:
        return len(self.events)

    def only(self, wanted: NDArray[np.bool_]) -> "EventBatch[EventT]":
        """Only some of the events."""
        if wanted.all():
            return self
        events = list(compress(self.events, wanted.tolist()))
        times = self.at_ms[wanted], self.column[wanted], self.closing[wanted], self.clock_ms[wanted]
        return EventBatch(events, self.ids[wanted], *times)
