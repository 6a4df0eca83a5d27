"""What the broker said that it has, compared with what it has in the end.

A broker that loses what it acknowledged is none of the product's faults, and must not be taken for one, nor
the other way round: so a difference is only the product's while this says nothing.  A record that the broker
never took was not sent, as far as the workers are concerned.
"""

import asyncio
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
from xxhash import xxh3_64_intdigest

from tests.chaos.traffic import Sent

NOTHING: Final = b""


class Log(NamedTuple):
    """One topic's partition."""

    topic: str
    partition: int


@dataclass(slots=True)
class Places:
    """Offsets, and a hash of what is at each."""

    offsets: "array[int]" = field(default_factory=lambda: array("q"))
    hashes: "array[int]" = field(default_factory=lambda: array("Q"))

    def put(self, offset: int, value: bytes | None) -> None:
        """One record."""
        self.offsets.append(offset)
        self.hashes.append(xxh3_64_intdigest(value or NOTHING))

    def missing_from(self, held: "Places") -> list[int]:
        """Offsets at which `held` has something else, or nothing."""
        ours, theirs = np.asarray(self.offsets, np.int64), np.asarray(held.offsets, np.int64)
        if not len(theirs):
            return sorted(set(ours.tolist()))
        order = np.argsort(theirs)
        at = order[np.minimum(np.searchsorted(theirs, ours, sorter=order), len(theirs) - 1)]
        same = (theirs[at] == ours) & (
            np.asarray(held.hashes, np.uint64)[at] == np.asarray(self.hashes, np.uint64)
        )
        return sorted(set(ours[~same].tolist()))


@dataclass(slots=True)
class Promises:
    """Records that a producer has word of, or that a consumer was given."""

    logs: dict[Log, Places] = field(default_factory=dict)

    def await_word(self, sent: asyncio.Future[Any], value: bytes) -> None:
        """Remember where a record is, once the broker says so; nothing was promised of what it refuses."""

        def heard(future: asyncio.Future[Any]) -> None:
            if not future.cancelled() and future.exception() is None:
                place = future.result()
                self.put(Log(place.topic, place.partition), place.offset, value)

        sent.add_done_callback(heard)

    def given(self, records: Iterable[Any]) -> None:
        """Remember what a consumer was given."""
        for record in records:
            self.put(Log(record.topic, record.partition), record.offset, record.value)

    def put(self, log: Log, offset: int, value: bytes | None) -> None:
        """Remember one record."""
        self.logs.setdefault(log, Places()).put(offset, value)

    def those_there(self, sent: Iterable[Sent]) -> list[Sent]:
        """The records of the traffic that are in their logs, whether the producer has word of them or not."""
        there = {log: set(places.hashes) for log, places in self.logs.items()}
        nowhere: set[int] = set()
        return [
            each
            for each in sent
            if xxh3_64_intdigest(each.value) in there.get(Log(each.topic, each.partition), nowhere)
        ]

    def lost(self, held: "Promises") -> list[str]:
        """A sentence for every log that has lost something; `held` is what all of them have now."""
        found = []
        for log, places in sorted(self.logs.items()):
            if gone := places.missing_from(held.logs.get(log, Places())):
                found.append(
                    f"{log.topic}/{log.partition}: records that the broker had acknowledged and lost: "
                    f"{len(gone)}, at offsets {gone[0]} to {gone[-1]}"
                )
        return found
