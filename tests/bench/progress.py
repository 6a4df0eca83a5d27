"""How far a group is, by what it has committed: asked of the broker, at no cost to the workers."""

from types import TracebackType
from typing import Final, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

INPUTS: Final = ("cx.interactions", "cx.feedback")
WORKED_OFF: Final = (*INPUTS, "cx.tallies")
"""When these are committed to their ends, all is counted, all panes that are complete are judged, and what
came of them is on its topics: a worker commits nothing before."""


class Progress:
    """Looks at one group, as a context."""

    def __init__(self, broker: str, group: str) -> None:
        self._admin = AIOKafkaAdminClient(bootstrap_servers=broker)
        self._consumer = AIOKafkaConsumer(bootstrap_servers=broker)
        self._group = group

    async def __aenter__(self) -> Self:
        """Connect."""
        await self._admin.start()
        await self._consumer.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect."""
        await self._consumer.stop()
        await self._admin.close()

    async def events(self) -> int:
        """Input records that are committed."""
        return sum(at for tp, at in (await self._committed()).items() if tp.topic in INPUTS)

    async def done(self) -> bool:
        """Whether nothing is left to do.

        What is committed is looked at first: when the inputs are, cx.tallies grows no more.
        """
        committed = await self._committed()
        ends = await self._consumer.end_offsets(await self._tps())
        return all(committed.get(tp, 0) >= end for tp, end in ends.items())

    async def _committed(self) -> dict[TopicPartition, int]:
        """What the group has committed; nothing while the broker cannot say."""
        try:
            found = await self._admin.list_consumer_group_offsets(self._group)
        except KafkaError as error:
            if not error.retriable:
                raise
            return {}
        return {tp: at.offset for tp, at in found.items()}

    async def _tps(self) -> list[TopicPartition]:
        topics = await self._admin.describe_topics([*WORKED_OFF])
        return [
            TopicPartition(topic["topic"], each["partition"])
            for topic in topics
            for each in topic["partitions"]
        ]
