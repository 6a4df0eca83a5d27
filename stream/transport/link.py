"""The link between the transport and the worker: what each hands to the other."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from stream.kafka.offsets import TP, Committed, OffsetTracker, Replicas, Slot
from stream.kafka.reader import Records
from stream.messages.topic_names import GroupTopics
from stream.transport.assignor import Family


@dataclass(frozen=True, slots=True)
class RecordBatch:
    """Records of one partition in offset order, and the slot to finish when all they cause is durable."""

    tp: TP
    records: Records
    slot: Slot


class Positions(NamedTuple):
    """Where fetching stands in a partition."""

    next: int
    """Offset of the record that is handed out next."""
    end: int
    """Offset after the last that the broker has."""
    told_s: float
    """When the broker said so (Unix seconds)."""
    held: int = 0
    """Records behind `end` that an open transaction keeps from being read."""
    replicas: Replicas = Replicas()


class GroupConsumer(Protocol):
    """What the group's consumer can say of offsets."""

    async def committed(self, tps: Iterable[TP]) -> Mapping[TP, Committed]:
        """What the group has committed of each partition."""
        ...

    def positions(self, tp: TP) -> Positions | None:
        """Where fetching stands; None while that is not known."""
        ...


class GroupOffsets:
    """Offsets of the group, for those who are made before its consumer is."""

    def __init__(self) -> None:
        self._consumer: GroupConsumer | None = None

    def ask(self, consumer: GroupConsumer) -> None:
        """From now on this consumer is asked."""
        self._consumer = consumer

    async def committed(self, tps: Iterable[TP]) -> Mapping[TP, Committed]:
        """What the group has committed of each partition.

        Raises:
            RuntimeError: there is no consumer yet, so no partition can have been assigned.
        """
        if self._consumer is None:
            raise RuntimeError("the group's consumer is not there yet")
        return await self._consumer.committed(tps)

    def positions(self, tp: TP) -> Positions | None:
        """Where fetching stands; None while that is not known."""
        return None if self._consumer is None else self._consumer.positions(tp)


class Owner(Protocol):
    """Who keeps the state of the partitions: told when they come and before they go."""

    async def release(self) -> None:
        """Finish what is in work; called before partitions are lost and before the worker ends."""
        ...

    async def keep(self) -> None:
        """Keep the state for whoever comes next; called once what is finished is committed."""
        ...

    def assigned(self, tps: Collection[TP]) -> None:
        """These are ours now; open each in `Link.slots` once its state is there."""
        ...


@dataclass(slots=True, kw_only=True)
class Link:
    """What the transport must know of the worker; set as `app.link` before the app starts.

    `consumer_options` go to the group's aiokafka consumer; `made_for` is committed beside every offset.
    `families` are the topics that go to workers together, with the partitions that they have,
    by their names on the cluster; `topics` translates the code's names, which are used for all else.
    """

    consumer_options: Mapping[str, Any]
    made_for: str
    families: Mapping[Family, int]
    topics: GroupTopics
    slots: OffsetTracker
    owner: Owner

    def here(self, tp: Any) -> TP:
        """What the code calls a partition of the cluster."""
        return TP(self.topics.known_as(tp.topic), tp.partition)

    def there(self, tp: Any) -> TP:
        """What the cluster calls it."""
        return TP(self.topics.of(tp.topic), tp.partition)
