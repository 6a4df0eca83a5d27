"""Faust's Kafka transport, handing an agent the whole list of records fetched for one partition.

Stock Faust moves one record at a time and reckons commits from acknowledged offsets; neither survives
lists.  Here a message's value is a `RecordBatch`, and `OffsetTracker` says what is committed: an agent's
acknowledgement only tells Faust that the agent has taken the list, never that it is finished.  The rest
of Faust (threads, group membership, rebalancing, supervision) is used as it is.

We override private methods, so the version is asserted at start.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import aiokafka
import faust
from aiokafka.coordinator import protocol as wire
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from faust.transport.drivers import TRANSPORTS
from faust.transport.drivers import aiokafka as stock
from faust.types import ConsumerMessage

from stream.kafka.connecting import persistently
from stream.kafka.lenient_batches import install
from stream.kafka.offsets import TP, Committed
from stream.kafka.outbox import DeliveryError
from stream.kafka.parting import stop_consumer
from stream.kafka.settings import READS
from stream.kafka.whole_batches import hasten
from stream.transport.assignor import Assignor
from stream.transport.committed import heed_refusals
from stream.transport.fetching import begins_anew, standing, unless_overtaken
from stream.transport.idle_producer import Producer
from stream.transport.link import Link, Positions, RecordBatch

log = logging.getLogger(__name__)
_FAUSTS_LOG: Final = logging.getLogger("faust.tocsin")
"""What Faust's own code says through our classes."""

SCHEME: Final = "tocsin"
FAUST_VERSION: Final = "0.15.3"
RELIED_ON: Final = (
    (stock.Consumer, ("_get_active_partitions", "_getmany", "perform_seek", "force_commit",
                      "wait_empty", "on_partitions_revoked", "on_partitions_assigned", "_add_gap",
                      "_to_message", "_new_consumer_thread")),
    (stock.AIOKafkaConsumerThread, ("on_start", "_create_worker_consumer", "_commit", "_ensure_consumer",
                                    "seek_to_beginning", "call_thread", "getmany", "_fetch_records")),
    (stock.Producer, ("_settings_auth",)),
)  # fmt: skip
"""Methods of Faust that are overridden or called below."""

CROWDED_POLL_S: Final = 0.01
"""How long a fetch waits while a partition has no room: it may have some again at any moment."""
SHUT_POLL_S: Final = 0.1
"""How long a fetch waits while a partition's state is still being restored."""
STEP_S: Final = 10.0
"""How long each of the three steps before partitions are lost may take: all of them, and Faust's own, must
be over when the group's rebalance timeout is."""


class ConsumerThread(stock.AIOKafkaConsumerThread):  # type: ignore[misc]
    """The group's consumer with our settings; Faust hard-codes some of its own."""

    logger = _FAUSTS_LOG

    async def on_start(self) -> None:
        """Connect; while no broker is there, tries again."""
        await persistently(super().on_start, self._give_up)
        heed_refusals(self._ensure_consumer()._coordinator)  # noqa: SLF001  # Faust offers no other way

    def set_shutdown(self) -> None:
        """Tell the worker's loop, unless it was closed before this thread ended: a failure waits for none."""
        with suppress(RuntimeError):
            super().set_shutdown()

    async def _give_up(self) -> None:
        await stop_consumer(self._ensure_consumer())

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:  # noqa: ARG002  # Faust's
        link: Link = self.app.link
        install()
        return aiokafka.AIOKafkaConsumer(
            **READS,
            group_id=self.app.conf.id,
            partition_assignment_strategy=[Assignor(link.families, link.made_for, wire)],
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            **link.consumer_options,
        )

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """Commit; False when it could not be done, which the next commit makes good."""
        made_for = self.app.link.made_for
        there = self.app.link.there
        entries = {TopicPartition(*there(tp)): OffsetAndMetadata(at, made_for) for tp, at in offsets.items()}
        try:
            await self._ensure_consumer().commit(entries)
        except KafkaError as error:
            log.warning("commit refused error=%s", type(error).__name__)
            return False
        return True

    async def _fetch_records(self, consumer: aiokafka.AIOKafkaConsumer, *args: Any, **options: Any) -> Any:
        """Fetch; what was fetched for readers of before a rebalance or seek is given back."""
        hasten(consumer._fetcher)  # noqa: SLF001  # aiokafka offers no other way
        fetching = super()._fetch_records(consumer, *args, **options)
        return await unless_overtaken(fetching, lambda: self.consumer.epoch, consumer.seek)

    async def committed(self, tps: Iterable[TP]) -> dict[TP, Committed]:
        """What the group has committed of each partition."""
        coordinator = self._ensure_consumer()._coordinator  # noqa: SLF001  # one request for all of them
        link: Link = self.app.link
        asked = [TopicPartition(*link.there(tp)) for tp in tps]
        found = await self.call_thread(coordinator.fetch_committed_offsets, asked)
        return {
            link.here(tp): Committed(max(0, found[tp].offset), found[tp].metadata)
            if tp in found
            else Committed(0, "")
            for tp in asked
        }


class Consumer(stock.Consumer):  # type: ignore[misc]
    """Yields batches instead of records, and commits by slots."""

    logger = _FAUSTS_LOG

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    @property
    def link(self) -> Link:
        """The worker's side."""
        link: Link = self.app.link
        return link

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.epoch = 0
        """Moves on before positions are set anew, so that older fetches can be told."""
        self._room = asyncio.Event()
        self.link.slots.on_room = self._room.set

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[Any, ConsumerMessage]]:  # noqa: ASYNC109  # Faust's
        """Fetch, and yield one message per partition whose value is a Batch."""
        if not self.flow_active:
            await self.wait(self.can_resume_flow)
        epoch = self.epoch
        for faust_tp, records in (await self._fetch(timeout)).items():
            if self.epoch != epoch or not self.flow_active:
                return  # a rebalance, a seek or the end; what is left is fetched again
            tp = self.link.here(faust_tp)
            if begins_anew(tp, self._read_offset[faust_tp], records[-1].offset):
                self._read_offset[faust_tp] = None
                self.link.slots.forget([tp])
            slot = self.link.slots.put(tp, records[-1].offset, self.loop.time())
            if slot is not None:
                yield faust_tp, self._to_message(faust_tp, RecordBatch(tp, records, slot))

    async def _fetch(self, timeout: float) -> Mapping[Any, Sequence[Any]]:  # noqa: ASYNC109  # as getmany
        """Records of the partitions that have room; waits for less long while some have none."""
        slots, here = self.link.slots, self.link.here
        active = self._get_active_partitions()
        wanted = {tp for tp in active if slots.has_room(here(tp))}
        self._room.clear()
        if not wanted:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._room.wait(), timeout)
            return {}
        waits = (CROWDED_POLL_S if slots.is_open(here(tp)) else SHUT_POLL_S for tp in active - wanted)
        fetched: Mapping[Any, Sequence[Any]] = await self._getmany(wanted, min(waits, default=timeout))
        return fetched or {}

    def _to_message(self, tp: Any, batch: RecordBatch) -> ConsumerMessage:
        last = batch.records[-1]
        return ConsumerMessage(
            topic=tp.topic,
            partition=tp.partition,
            offset=last.offset,
            timestamp=last.timestamp / 1000,
            timestamp_type=last.timestamp_type,
            headers=[],
            key=None,
            value=batch,
            checksum=None,
            serialized_key_size=0,
            serialized_value_size=0,
            tp=tp,
            generation_id=self.app.consumer_generation_id,
        )

    async def _add_gap(self, tp: Any, offset_from: int, offset_to: int) -> None:
        """Slots need no gaps."""

    async def perform_seek(self) -> None:
        """Go back to what is committed: to the beginning where nothing is, which stock Faust leaves out."""
        self.epoch += 1
        self.link.slots.forget(map(self.link.here, self.assignment()))
        await super().perform_seek()
        committed = await self.committed(map(self.link.here, self.assignment()))
        if fresh := [tp for tp, known in committed.items() if known.offset == 0]:
            await self._thread.seek_to_beginning(*(TopicPartition(*self.link.there(tp)) for tp in fresh))

    async def rejoin(self) -> None:
        """Ask the group for a rebalance."""
        thread = self._thread
        coordinator = thread._ensure_consumer()._coordinator  # noqa: SLF001  # Faust offers no other way

        async def ask() -> None:
            coordinator.request_rejoin()

        await thread.call_thread(ask)

    async def committed(self, tps: Iterable[TP]) -> dict[TP, Committed]:
        """What the group has committed of each partition."""
        return dict(await self._thread.committed(tps))

    async def force_commit(
        self,
        topics: Any = None,  # noqa: ARG002  # Faust's signature
        start_new_transaction: bool = True,  # noqa: ARG002, FBT001, FBT002  # Faust's signature
    ) -> bool:
        """Commit what the slots say; also drops what Faust noted about acknowledgements."""
        for noted in (self._acked, self._acked_index, self._gap):
            noted.clear()
        ours = set(map(self.link.here, self.assignment()))
        offsets = {tp: at for tp, at in self.link.slots.committable().items() if tp in ours}
        if not offsets or not await self._thread.commit(offsets):
            return False
        self.link.slots.committed(offsets.items())
        return True

    async def wait_empty(self) -> None:
        """Finish and commit what is in work, as far as it goes in the time that there is."""
        owner = self.link.owner
        for step in (owner.release, self.commit, owner.keep):
            try:
                async with asyncio.timeout(STEP_S):
                    await step()
            except (TimeoutError, DeliveryError):  # the latter where time is up for all
                log.warning("no time to %s before the partitions go: it will be done again", step.__name__)

    async def on_partitions_revoked(self, revoked: set[Any]) -> None:
        """Finish and commit before Faust forgets; it does it the other way round."""
        self.epoch += 1
        self.stop_flow()
        self.app.flow_control.suspend()
        self.app.flow_control.clear()
        if revoked and not self.app.should_stop:
            await self.wait_empty()
        self.link.slots.assign(())
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[Any], generation_id: int = 0) -> None:
        """Tell the owner of the state; its partitions stay shut until it opens them."""
        tps = set(map(self.link.here, assigned))
        self.link.slots.assign(tps)
        await super().on_partitions_assigned(assigned, generation_id)
        if not self.app.should_stop:
            self.link.owner.assigned(tps)

    def verify_event_path(self, now: float, tp: Any) -> None:
        """Faust's own livelock messages count records; `stream.worker.watchdog` does it by slots."""

    def positions(self, tp: TP) -> Positions | None:
        """Where fetching stands; None while that is not known."""
        return standing(self._thread._consumer, TopicPartition(*self.link.there(tp)))  # noqa: SLF001


class Transport(stock.Transport):  # type: ignore[misc]
    """What `faust.App(broker="tocsin://…")` finds."""

    Consumer = Consumer
    Producer = Producer
    driver_version = f"tocsin on aiokafka={aiokafka.__version__}"


def prepare(found: str = faust.__version__) -> None:
    """Make Faust know the transport, and make sure that it is the Faust that we know.

    Raises:
        RuntimeError: another version, or one without the methods that are overridden.
    """
    if found != FAUST_VERSION:
        raise RuntimeError(f"stream.transport was written for faust-streaming {FAUST_VERSION}, found {found}")
    missing = [f"{owner.__name__}.{name}" for owner, names in RELIED_ON for name in names
               if not callable(getattr(owner, name, None))]  # fmt: skip
    if missing:
        raise RuntimeError(f"faust-streaming {found} lacks {', '.join(missing)}")
    TRANSPORTS.aliases.setdefault(SCHEME, "stream.transport.faust_transport:Transport")
