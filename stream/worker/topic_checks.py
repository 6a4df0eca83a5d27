"""The layout: how many partitions the topics have, looked at before anything is read from them."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

from alerts.errors import OperatorError
from stream.kafka.clients import BrokerError, admin_client, known_partitions
from stream.kafka.offsets import TP
from stream.kafka.outbox import COMMON
from stream.kafka.second_group import (
    groups_beside,
    refuse_other_prefix,
    told_beside,
    warning_of_second_group,
)
from stream.kafka.settings import ClientSettings
from stream.kafka.topic_specs import LARGEST, POLICY, specs
from stream.kafka.topics import UNSEEN, Mismatch, TopicState, ensure, group_options, inspect
from stream.messages.records import Stream
from stream.messages.topic_names import (
    ALERTS,
    CUSTOMERS,
    DEAD_LETTERS,
    DELIVERIES,
    INPUTS,
    REDRIVES,
    TALLIES,
    GroupTopics,
    alike,
    intake_snapshots,
    judge_snapshots,
)
from stream.worker.tasks.intake_processor import USUAL_LIMITS, MessageLimits

log = logging.getLogger(__name__)

SNAPSHOTS: Final = (intake_snapshots, judge_snapshots)
OTHERS: Final = (CUSTOMERS, REDRIVES)
"""Topics that no worker reads or writes: it goes on without them."""
OVERHEAD_BYTES: Final = 8192
"""For a batch's head, our headers, and lengths."""
LEAST_BYTES: Final = 16_384
"""A topic that takes less cannot be written to at all, and the worker says so and does not start."""
FIRST_WAIT_S: Final = 0.5
LONGEST_WAIT_S: Final = 5.0
LOOK_S: Final = 10.0
"""How often a worker looks whether its topics are still there: the clients wait for a topic for ever."""


@dataclass(frozen=True, slots=True)
class TopicLayout:
    """How many partitions inputs, tallies and snapshots have, and message limits.

    `alerts` is how many of cx.alerts and cx.deliveries are used: what was delivered of a partition of one is
    in the partition of the other.
    """

    partitions: int
    alerts: int
    limits: MessageLimits = USUAL_LIMITS


async def await_topics(kafka: ClientSettings, group: str) -> TopicLayout:
    """The numbers of partitions, as soon as a broker answers; waits for one for ever.

    Where the inputs are there, our own topics that are missing are created: the snapshots of a new group,
    above all, which nobody else could know of.

    Raises:
        OperatorError: inputs are missing, or topics do not fit together.
    """
    wait_s = FIRST_WAIT_S
    while True:
        try:
            await refuse_other_prefix(kafka, group)
            states = await inspect(kafka, group)
            if told := told_beside(await groups_beside(kafka, group), kafka):
                log.warning("%s", told)
            if only_ours_missing(states):
                states = await ensure(kafka, group=group)
                if told := warning_of_second_group(states, group, kafka.topics):
                    log.warning("%s", told)
        except BrokerError as error:
            log.warning("not yet, trying again in %.1f s: %s", wait_s, error)
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)
        else:
            counts = {state.name: state.partitions for state in states}
            topics = kafka.topics
            return TopicLayout(
                partitions(states, group, topics),
                min(counts[topics.of(ALERTS)], counts[topics.of(DELIVERIES)]),
                message_limits(states, group, topics),
            )


def message_limits(states: Sequence[TopicState], group: str, topics: GroupTopics = COMMON) -> MessageLimits:
    """What the brokers said that they take, where it is less than what we would send."""
    told = {
        state.name: max(int(each.found) - OVERHEAD_BYTES, LEAST_BYTES)
        for state in states
        for each in state.mismatches
        if each.what == LARGEST
    }
    usual = USUAL_LIMITS
    return MessageLimits(
        min(usual.letter_bytes, told.get(topics.of(DEAD_LETTERS), usual.letter_bytes)),
        min(usual.piece_bytes, told.get(topics.of(TALLIES), usual.piece_bytes)),
        min(usual.chunk_bytes, *(told.get(topics.of(name(group)), usual.chunk_bytes) for name in SNAPSHOTS)),
    )


def takes_too_little(mismatch: Mismatch) -> bool:
    """Whether a topic takes less than what cannot be cut any smaller."""
    return mismatch.what == LARGEST and int(mismatch.found) < LEAST_BYTES + OVERHEAD_BYTES


def spoils(topic: str, mismatch: Mismatch) -> bool:
    """Whether a topic has other partitions than those beside it, or loses what nobody writes again.

    Compacted, a topic takes no snapshots, and tallies are lost without a word; of inputs it may be meant so.
    """
    compacted = mismatch.what == POLICY and topic not in {stream.topic for stream in Stream}
    return compacted or mismatch.what == "partitions"


def only_ours_missing(states: Sequence[TopicState]) -> bool:
    """Whether topics are missing, and the inputs are not among them."""
    absent = [state for state in states if state.partitions == 0]
    missing = {state.name for state in absent if state.mismatches[0].found != UNSEEN}
    if missing.isdisjoint(INPUTS) and missing:
        log.info("creating topics: %s", ", ".join(sorted(missing)))
        return True
    return False


def partitions(states: Sequence[TopicState], group: str, topics: GroupTopics = COMMON) -> int:
    """How many partitions each of the topics has that must have the same number.

    Raises:
        OperatorError: there are some with which no worker can work; every problem, each with its fix.
    """
    same = alike(group, topics)
    wrong: list[str] = []
    for state in states:
        for mismatch in state.mismatches:
            line = f"{state.name}: {mismatch.sentence}"
            absent = state.partitions == 0 and state.name not in map(topics.of, OTHERS)
            if absent or takes_too_little(mismatch) or (state.name in same and spoils(state.name, mismatch)):
                wrong.append(line)
            else:
                log.warning("topic is not as it should be: %s", line)
    if wrong:
        raise OperatorError("\n".join(wrong))
    return next(state.partitions for state in states if state.name == Stream.INTERACTIONS.topic)


async def watch_topics(
    kafka: ClientSettings, group: str, partitions: int, added: Callable[[frozenset[TP]], None]
) -> NoReturn:
    """Look now and then whether the topics are still there; ends only by an error.

    `added` hears each time which partitions of the inputs are there that no worker knows of.

    Raises:
        OperatorError: a topic was deleted, or made anew with fewer partitions.
    """
    missed: frozenset[str] = frozenset()
    while True:
        await asyncio.sleep(LOOK_S)
        try:
            async with admin_client(kafka) as client:
                found = await known_partitions(client)
        except BrokerError:
            continue  # whether the broker answers is others' affair
        added(unread(found, partitions))
        missed = still_missed(missed, found, group, partitions, kafka.topics)


def unread(found: Mapping[str, int], partitions: int) -> frozenset[TP]:
    """Partitions that were added to the inputs after the workers had begun with so many."""
    return frozenset(
        TP(stream.topic, number)
        for stream in Stream
        for number in range(partitions, found.get(stream.topic, 0))
    )


def still_missed(
    before: frozenset[str],
    found: Mapping[str, int],
    group: str,
    partitions: int,
    topics: GroupTopics = COMMON,
) -> frozenset[str]:
    """The topics that are not there as they were at the start, of those `found` with so many partitions.

    Raises:
        OperatorError: some of them were missed `before` as well: a broker that has just started may not
            know all of them yet.
    """
    gone = frozenset(
        spec.name
        for spec in specs(partitions, group, topics)
        if found.get(spec.name, 0) < spec.partitions and spec.name not in map(topics.of, OTHERS)
    )
    if again := sorted(gone & before):
        anew = f"tocsin topics{group_options(group, topics.prefix)}"
        raise OperatorError(
            f"{', '.join(again)}: deleted under the worker; {anew} creates it anew, unless it is there and "
            "the worker may not see it any more (Describe)"
        )
    return gone
