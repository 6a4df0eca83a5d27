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


@dataclass(frozen=True, slots=True, kw_only=True)
class EventBatch(Generic[EventT]):
    """`column` is `decode.Decoded.column`; `closing` the pane whose closing carries the event.

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
        return EventBatch(
            events=list(compress(self.events, wanted.tolist())),
            ids=self.ids[wanted],
            at_ms=self.at_ms[wanted],
            column=self.column[wanted],
            closing=self.closing[wanted],
            clock_ms=self.clock_ms[wanted],
        )
