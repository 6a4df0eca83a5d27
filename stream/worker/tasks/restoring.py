"""From which snapshot a partition's state goes on: the newest that can be read and is of these topics.

A snapshot topic is a topic like any other: bytes in it may be damaged, or somebody else's.  One that cannot
be used is passed over for the one before it, which only takes longer to catch up from.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic

from aiokafka.errors import KafkaError

from alerts.errors import OperatorError
from stream.kafka.offsets import TP, Committed
from stream.kafka.reader import ReadError
from stream.kafka.snapshot_log import Manifest, Snapshot, complete
from stream.kafka.topics import group_options
from stream.messages.topic_names import TALLIES, GroupTopics
from stream.worker.log_lines import described
from stream.worker.tasks.context import Input, M, TaskContext, TaskSpec

log = logging.getLogger(__name__)

DAY_S: Final = 86_400.0
LOOK_S: Final = 0.5
LOOK_BACK: Final = 10
"""Offsets from the end in which the newest record is looked for: transactions end in a marker each."""
MOST_OFFSET: Final = 2**53
"""No log is so long: a snapshot that claims it is not ours."""


@dataclass(frozen=True, slots=True)
class Origin(Generic[M]):
    """What is restored: one task's partition, from what `reader` reads."""

    spec: TaskSpec[M]
    partition: int
    reader: Input


@dataclass(frozen=True, slots=True)
class Restored(Generic[M]):
    """A processor, and what it goes on from."""

    processor: M
    manifest: Manifest


async def newest_usable(
    origin: Origin[M], committed: Mapping[TP, Committed], reach: int | None, around: TaskContext
) -> Restored[M] | None:
    """The newest snapshot that can be used; None when there is none, or none that goes beyond `reach`.

    Raises:
        OperatorError: there are snapshots, and all of them are of other topics than these.
        KafkaError: brokers cannot tell now.
        ReadError: the same.
    """
    spec = origin.spec
    complaint: OperatorError | None = None
    async for snapshot in complete(origin.reader.log(TP(spec.snapshots, origin.partition))):
        if reach is not None and reach >= snapshot.manifest.reach:
            return None
        try:
            await _fits(origin, snapshot.manifest, around)
            return _restored(origin, snapshot)
        except OperatorError as error:
            complaint = complaint or error
            if _forgotten(snapshot.manifest, origin, committed):
                break  # older ones are of the topics that are gone as well
        except (KafkaError, ReadError):
            raise  # the broker's fault: that it cannot be read now says nothing of what is in it
        except Exception as error:  # noqa: BLE001  # whatever is wrong with it, there may be one before it
            around.unreadable(spec.snapshots)
            log.error(  # noqa: TRY400  # the bytes are at fault, not the way to here
                "snapshot cannot be used, looking for the one before it: task=%s/%d error=%s",
                spec.name, origin.partition, described(error),
            )  # fmt: skip
    if complaint is not None:
        raise complaint
    return None


def _forgotten(manifest: Manifest, origin: Origin[M], committed: Mapping[TP, Committed]) -> bool:
    """Whether a topic was read and has no commit: Kafka forgets commits with their topic."""
    topics = origin.spec.topics
    return any(manifest.next[topic] and not committed[TP(topic, origin.partition)].offset for topic in topics)


async def _fits(origin: Origin[M], manifest: Manifest, around: TaskContext) -> None:
    """Look whether a snapshot can be of these topics.

    Raises:
        ValueError: it claims what nobody can have read.
        OperatorError: the topics have other partitions, or were made anew.
    """
    for topic in origin.spec.topics:
        tp, at = TP(topic, origin.partition), manifest.next[topic]
        if not 0 <= at < MOST_OFFSET:
            raise ValueError("offsets that no log has")
        _, end = await _bounds(origin.reader, tp, at, strict=around.strict)
        if around.strict and at > end:
            raise made_anew(tp, at, end, around.topics)
    if manifest.partitions != origin.spec.partitions:
        raise OperatorError(
            f"{around.topics.of(origin.spec.topics[0])}: want {manifest.partitions} partitions, as when the "
            f"state of this group was kept, found {origin.spec.partitions}; more partitions move customers "
            f"to others. {_start_anew(around.topics)}"
        )


def _restored(origin: Origin[M], snapshot: Snapshot) -> Restored[M]:
    manifest, spec = snapshot.manifest, origin.spec
    processor = spec.restore(origin.partition, snapshot)
    log.info(
        "snapshot read task=%s/%d bytes=%d reach=%d same_rules=%s",
        spec.name, origin.partition, manifest.size, manifest.reach, manifest.made_for == spec.made_for,
    )  # fmt: skip
    return Restored(processor, manifest)


async def newest_age_s(reader: Input, tps: Sequence[TP], wall_s: float) -> dict[str, float]:
    """How old the newest record of each topic is, by Kafka's timestamp; a day and more count as a day.

    A topic without records counts as a day old; one that ends in markers alone is left out.
    """
    ages: dict[str, float] = {}
    for tp in tps:
        first, end = await reader.bounds(tp)
        newest_ms: int | None = 0 if first >= end else None
        async for _, records in reader.ranges({tp: (max(first, end - LOOK_BACK), end)}):
            newest_ms = max(record.timestamp for record in records)
        if newest_ms is not None:
            ages[tp.topic] = min(DAY_S, max(0.0, wall_s - newest_ms / 1000))
    return ages


async def look_for(reader: Input, tp: TP, at: int, commit: Committed, around: TaskContext) -> bool:
    """Whether there is input from where a state is to where the group has committed.

    Nothing of it counts where the commit is beyond the log's end, as nobody can have read so far: fetching
    begins with the first record that is left then, and what the state has not seen is worked off aloud.

    Raises:
        OperatorError: it is not the input that the state has seen.
    """
    committed, start = commit.offset, around.starts.of(tp, at)
    first, end = await _bounds(reader, tp, start, strict=around.strict)
    if start > end and around.strict:
        raise made_anew(tp, start, end, around.topics)
    if committed > end:
        log.error("commit is beyond the end topic=%s partition=%d by=%d", *tp, committed - end)
    seen = start or committed  # by others, where the state is made anew for want of a snapshot
    if not start and 0 < first <= committed and commit.made_for:
        _tell_lacking(tp, first, committed, around)
    if 0 < seen < first:
        log.error("input is gone topic=%s partition=%d records=%d", tp.topic, tp.partition, first - seen)
        around.missing(tp.topic, first - seen)
    if start < first:
        around.starts.learn(tp, at, first)
    return start < committed <= end


def _tell_lacking(tp: TP, first: int, committed: int, around: TaskContext) -> None:
    """A state without a snapshot lacks what a worker has committed and the input has no more.

    Where some of that is left, the state may be whole, as of a group that began there and has just begun:
    judges tell by when it begins.
    """
    gone = first == committed
    log.log(
        logging.ERROR if gone else logging.WARNING,
        "no snapshot: the state has nothing of what the input has no more: %s/%d below=%d", *tp, first,
    )  # fmt: skip
    if gone:
        around.missing(tp.topic, 1)


async def _bounds(reader: Input, tp: TP, seen: int, *, strict: bool) -> tuple[int, int]:
    """Where a log begins and ends; asked again where it is shorter than what was seen, until that is sure."""
    looks = 1
    while True:
        first, end = await reader.bounds(tp)
        if end >= seen or not strict or (await reader.replicas(tp)).end_is_sure(looks):
            return first, end
        if looks == 1:
            log.warning("a log seems to be shorter than what was read, looking again: %s/%d", *tp)
        looks += 1
        await asyncio.sleep(LOOK_S)


def is_behind(processor: M, committed: Mapping[TP, Committed], tps: Sequence[TP]) -> bool:
    """Whether others have worked on a processor's partitions since it has."""
    at = processor.next_offsets()
    return any(committed[tp].offset > at[tp.topic] for tp in tps)


def _start_anew(topics: GroupTopics) -> str:
    """What to do so that another group judges all of the input, in the names of this group's topics."""
    anew = group_options("NEW", topics.prefix)
    return (
        f"To start anew, which reads the input from its start: stop all workers, delete the topic "
        f"{topics.of(TALLIES)}, run `tocsin topics{anew}`, and start workers with{anew}"
    )


def made_anew(tp: TP, seen: int, end: int, topics: GroupTopics) -> OperatorError:
    """The complaint about a log that ends before what was read of it."""
    return OperatorError(
        f"{topics.of(tp.topic)}/{tp.partition}: want at least {seen} records, which this group has read, "
        f"found {end}; was the topic created anew? {_start_anew(topics)}"
    )
