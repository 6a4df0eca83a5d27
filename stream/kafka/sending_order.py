"""Nothing leaves a producer after a message that did not: what it writes has no holes.

A batch that is refused, or waits too long for its broker, fails, and aiokafka goes on with the next one.
Readers of cx.tallies take each source's panes once and in order, so they would pass over the pane that
failed, although it is sent again later.  For example: pane 7 is on its way, pane 8 waits; the broker is
away, and comes back just after pane 7 has run out of time.  Sent on its own, pane 8 would be what judges
have, and pane 7 would be late for ever.  Here pane 8 fails with pane 7, and both are sent by who comes next.

It has to happen in the same step in which the batch fails: callbacks come too late for a sender that is
just about to run.  What is short of replicas does not fail, see `short_of_replicas`.  It relies on private
names of aiokafka, so tests hold it to a real broker.
"""

import time
from functools import partial
from itertools import chain
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import ProducerClosed
from aiokafka.producer.message_accumulator import BatchBuilder, MessageAccumulator, MessageBatch
from aiokafka.structs import TopicPartition

from stream.kafka.short_of_replicas import NO_LEADER, ShortOfReplicas

FOR_EVER_S: Final = 1e9
"""For room in the queue: whatever is in it leaves, or fails, and then those who wait hear of it."""


def end_at_first_failure(producer: AIOKafkaProducer) -> ShortOfReplicas:
    """Let everything that a producer has not sent by then fail with its first message that does.

    It has not been used yet.  What is on its way to other partitions may still arrive.  Returns what is
    waited for.
    """
    queue, short = producer._message_accumulator, ShortOfReplicas()  # noqa: SLF001  # aiokafka offers no other way
    short.heed(producer.client)
    queue._append_batch = partial(_append_batch, queue, short)  # noqa: SLF001
    add, add_batch = queue.add_message, queue.add_batch

    async def add_when_there_is_room(*message: Any, **more: Any) -> Any:
        tp, key, value, _ = message
        return await add(tp, key, value, FOR_EVER_S, **more)

    async def add_batch_when_there_is_room(builder: BatchBuilder, tp: TopicPartition, _: float) -> Any:
        return await add_batch(builder, tp, FOR_EVER_S)

    queue.add_message, queue.add_batch = add_when_there_is_room, add_batch_when_there_is_room
    return short


def give_up(producer: AIOKafkaProducer) -> None:
    """Let everything fail that waits to be sent, and what is on its way when it would be tried again."""
    _refuse_all(producer._message_accumulator, ProducerClosed())  # noqa: SLF001  # aiokafka offers no other way


class _OrderedBatch(MessageBatch):  # type: ignore[misc]  # aiokafka has no types here
    """A batch that takes the whole queue with it when it fails."""

    def __init__(self, queue: MessageAccumulator, short: ShortOfReplicas, *args: Any) -> None:
        super().__init__(*args)
        self._queue: Final = queue
        self._short: Final = short

    def expired(self) -> bool:
        """Whether it is too old to be tried again; not while its partition lacks replicas."""
        if self._queue._cluster.leader_for_partition(self.tp) == NO_LEADER:  # noqa: SLF001
            self._short.refused(self.tp)
        began_s = max(self._ctime, self._short.last_s(self.tp))
        return bool(time.monotonic() - began_s > self._ttl)

    def failure(self, exception: Exception) -> None:
        """Fail; everything that waits does as well, and what would come later is refused.

        The error says which topic it came from.
        """
        if self._queue._exception is None:  # noqa: SLF001
            exception.add_note(self.tp.topic)
        super().failure(exception)
        self._drain_waiter.exception()  # nobody need have waited for it
        _refuse_all(self._queue, exception)

    def is_empty(self) -> bool:
        """Whether the sender has nothing to send: a batch that was made to fail stays in the queue."""
        return self._queue._exception is not None or bool(super().is_empty())  # noqa: SLF001

    def done_noack(self) -> None:
        """Called for what is not sent: nothing in it, or a retry that comes after the failure of another."""
        if (error := self._queue._exception) is not None:  # noqa: SLF001
            super().failure(error)
        super().done_noack()


def _refuse_all(queue: MessageAccumulator, exception: Exception) -> None:
    if queue._exception is None:  # noqa: SLF001
        queue._exception = exception  # noqa: SLF001
        for waiting in list(chain.from_iterable(queue._batches.values())):  # noqa: SLF001
            waiting.failure(exception)


def _append_batch(
    queue: MessageAccumulator, short: ShortOfReplicas, builder: BatchBuilder, tp: TopicPartition
) -> MessageBatch:
    """As aiokafka's own, with our kind of batch."""
    batch = _OrderedBatch(queue, short, tp, builder, queue._batch_ttl, queue._linger_time)  # noqa: SLF001
    queue._batches[tp].append(batch)  # noqa: SLF001
    if not queue._waiter_future.done():  # noqa: SLF001
        queue._waiter_future.set_result(None)  # noqa: SLF001
    return batch
