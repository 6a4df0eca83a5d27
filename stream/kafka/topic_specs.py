"""Every Kafka topic that Tocsin reads or writes, declared once."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from aiokafka.admin import NewTopic

from alerts.delivery.commands import KEPT_DAYS
from alerts.rules import DAY_MS
from stream.kafka.outbox import COMMON
from stream.kafka.settings import MAX_RECORD_BYTES
from stream.messages.records import Stream
from stream.messages.topic_names import (
    ALERTS,
    COMMAND_ANSWERS,
    COMMANDS,
    CUSTOMERS,
    DEAD_LETTERS,
    DELIVERIES,
    REDRIVES,
    SCORES,
    TALLIES,
    GroupTopics,
    intake_snapshots,
    judge_snapshots,
)

MOST_REPLICAS: Final = 3
"""Replicas unless set: as many as there are brokers, but no more than this."""

STATE_FILE_BYTES: Final = 64 * 2**20
SCORES_FILE_BYTES: Final = 16 * 2**20
"""A broker deletes and compacts whole files, and never the one that it writes: unless set, up to 1 GiB of
each partition would stay, however little of it counts."""

LARGEST: Final = "max.message.bytes"
USUAL_LARGEST: Final = str(2**20 + 12)
"""Kafka's default, for our own topics on brokers that have a smaller one."""
POLICY: Final = "cleanup.policy"
STAMPS: Final = "message.timestamp.type"
APPEND_TIME: Final = "LogAppendTime"
"""Of inputs the operator may choose otherwise; cx.tallies' stamps are the wall clock of judges."""


class TopicRole(StrEnum):
    """What a topic is for; decides what may be done about a wrong number of partitions."""

    INPUT = "input"
    INTERNAL = "internal"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic as it should be.  `config` holds Kafka's topic settings as text."""

    name: str
    role: TopicRole
    partitions: int
    config: Mapping[str, str] = field(default_factory=dict)


def specs(partitions: int, group: str, topics: GroupTopics = COMMON) -> tuple[TopicSpec, ...]:
    """All topics of a group, for `partitions` of each input topic."""
    return tuple(replace(spec, name=topics.of(spec.name)) for spec in _specs(partitions, group))


def _specs(partitions: int, group: str) -> tuple[TopicSpec, ...]:
    week, month = _kept(7), _kept(30)
    large = {LARGEST: str(MAX_RECORD_BYTES)}
    state = {**week, **large, "segment.bytes": str(STATE_FILE_BYTES)}
    # The broker's clock is the one that no producer can put forward; see stream/intake/agreement.py.
    inputs = {**week, STAMPS: APPEND_TIME}
    tallies = {**inputs, **large}  # it is the wall clock of judges
    scores = {POLICY: "compact", "segment.bytes": str(SCORES_FILE_BYTES)}
    return (
        TopicSpec(Stream.INTERACTIONS.topic, TopicRole.INPUT, partitions, inputs),
        TopicSpec(Stream.FEEDBACK.topic, TopicRole.INPUT, partitions, inputs),
        TopicSpec(TALLIES, TopicRole.INTERNAL, partitions, tallies),
        TopicSpec(intake_snapshots(group), TopicRole.INTERNAL, partitions, state),
        TopicSpec(judge_snapshots(group), TopicRole.INTERNAL, partitions, state),
        TopicSpec(SCORES, TopicRole.OUTPUT, partitions, scores),
        TopicSpec(ALERTS, TopicRole.OUTPUT, partitions, month),
        TopicSpec(DEAD_LETTERS, TopicRole.OUTPUT, partitions, {**month, **large}),
        TopicSpec(REDRIVES, TopicRole.INTERNAL, 1, month),
        TopicSpec(CUSTOMERS, TopicRole.OUTPUT, partitions, {POLICY: "compact"}),
        TopicSpec(DELIVERIES, TopicRole.OUTPUT, partitions, month),
        TopicSpec(COMMANDS, TopicRole.OUTPUT, 1, _kept(KEPT_DAYS)),  # every notifier reads all of it
        TopicSpec(COMMAND_ANSWERS, TopicRole.OUTPUT, 1, month),  # every notifier answers, all of them alike
    )


def _kept(days: int) -> Mapping[str, str]:
    return {POLICY: "delete", "retention.ms": str(days * DAY_MS)}


def new_topic(spec: TopicSpec, replicas: int) -> NewTopic:
    """What a broker is asked to make, so that it is as it should be whatever the broker's defaults are."""
    large = {} if spec.role is TopicRole.INPUT else {LARGEST: USUAL_LARGEST}
    safe = {"min.insync.replicas": "2"} if replicas >= MOST_REPLICAS else {}
    return NewTopic(spec.name, spec.partitions, replicas, topic_configs={**large, **spec.config, **safe})
