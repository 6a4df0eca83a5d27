"""What each receiver has heard of each alert: so that news follows news, and nothing is told twice."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from alerts.delivery.delivery_log import Entry

MOST_ALERTS: Final = 50_000
"""Alerts remembered per partition; those not heard of for longest are forgotten first."""


@dataclass(slots=True)
class DeliveryProgress:
    """One receiver's knowledge of one alert: notices up to `seq` are settled; `told`: one was sent.

    `memory` is what its channel wants back, such as where its chat message stands; `at_s` is when the latest
    was settled (Unix time).
    """

    seq: int = 0
    told: bool = False
    memory: str = ""
    at_s: float = 0.0


class HeardTransitions:
    """The alerts of one partition of cx.alerts."""

    def __init__(self, most: int = MOST_ALERTS) -> None:
        self._most = most
        self._alerts: OrderedDict[str, dict[str, DeliveryProgress]] = OrderedDict()

    def concerned(self, alert: str) -> frozenset[str]:
        """Receivers that had a notice of the alert; they get whatever follows, whatever routes say."""
        return frozenset(self._alerts.get(alert, ()))

    def progress(self, alert: str, receiver: str) -> DeliveryProgress:
        """How far a receiver is with an alert; at the very beginning if it has never been enrolled."""
        return self._alerts.get(alert, {}).get(receiver) or DeliveryProgress()

    def enrol(self, alert: str, receiver: str) -> DeliveryProgress:
        """Make a receiver one of those concerned, if it is not; how far it is."""
        known = self._alerts.setdefault(alert, {})
        self._alerts.move_to_end(alert)
        if len(self._alerts) > self._most:
            self._alerts.popitem(last=False)
        return known.setdefault(receiver, DeliveryProgress())

    def settled(self, entry: Entry) -> None:
        """A notice is settled; its receiver is concerned with the alert from then on."""
        progress = self.enrol(entry.alert, entry.receiver)
        progress.seq = max(progress.seq, entry.seq)
        progress.told |= entry.told
        progress.memory = entry.memory or progress.memory
        progress.at_s = max(progress.at_s, entry.at_s)

    def told_s(self, alert: str) -> Iterator[tuple[str, float]]:
        """The receivers that have heard of an alert, and when each heard last."""
        for name, progress in self._alerts.get(alert, {}).items():
            if progress.told:
                yield name, progress.at_s


class HeardPartitions:
    """What is known of the partitions that belong to this worker; each is read once."""

    def __init__(
        self, history: Callable[[int], Awaitable[Iterable[Entry]]], turn: Callable[[int], object]
    ) -> None:
        """`history` reads every entry of a partition, oldest first.

        `turn` is another object each time that a partition is given to this worker; None: it is not.
        """
        self._history = history
        self._turn = turn
        self._reading = asyncio.Lock()
        self.known: Final[dict[int, HeardTransitions]] = {}

    async def read(self, partition: int) -> HeardTransitions:
        """What is known of a partition; reads its log if that was not done before."""
        async with self._reading:
            if partition in self.known:
                return self.known[partition]
            turn, heard = self._turn(partition), HeardTransitions()
            for entry in await self._history(partition):
                heard.settled(entry)
            if turn is not None and turn is self._turn(partition):  # else others write there, unread by us
                self.known[partition] = heard
            return heard

    def forget(self, partition: int) -> None:
        """A partition belongs to somebody else."""
        self.known.pop(partition, None)
