"""What each receiver has heard of each alert: so that news follows news, and nothing is told twice."""

from collections import OrderedDict
from collections.abc import Iterator
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
        """How far a receiver is; asking makes it one of those concerned."""
        known = self._alerts.setdefault(alert, {})
        self._alerts.move_to_end(alert)
        if len(self._alerts) > self._most:
            self._alerts.popitem(last=False)
        return known.setdefault(receiver, DeliveryProgress())

    def settled(self, entry: Entry) -> None:
        """A notice is settled."""
        progress = self.progress(entry.alert, entry.receiver)
        progress.seq = max(progress.seq, entry.seq)
        progress.told |= entry.told
        progress.memory = entry.memory or progress.memory
        progress.at_s = max(progress.at_s, entry.at_s)

    def told(self, alert: str) -> Iterator[tuple[str, DeliveryProgress]]:
        """The receivers that have heard of an alert, and how far they are."""
        for name, progress in self._alerts.get(alert, {}).items():
            if progress.told:
                yield name, progress
