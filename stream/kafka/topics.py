"""Every Kafka topic that Tocsin reads or writes, declared once; created, or checked against the broker."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, for_code

from alerts.delivery.commands import KEPT_DAYS
from alerts.rules import DAY_MS
from stream.kafka.clients import BrokerError, admin_client, partition_counts
from stream.kafka.outbox import COMMON
from stream.kafka.settings import MAX_RECORD_BYTES, ClientSettings
from stream.messages.records import Stream
from stream.messages.topic_names import (
    ALERTS,
    COMMAND_ANSWERS,
    COMMANDS,
    CUSTOMERS,
    DEAD_LETTERS,
    DELIVERIES,
    PREFIX,
    REDRIVES,
    SCORES,
    TALLIES,
    GroupTopics,
    intake_snapshots,
    judge_snapshots,
    usual_partitions,
)

MOST_REPLICAS: Final = 3
"""Replicas unless set: as many as there are brokers, but no more than this."""

STATE_FILE_BYTES: Final = 64 * 2**20
SCORES_FILE_BYTES: Final = 16 * 2**20
"""A broker deletes and compacts whole files, and never the one that it writes: unless set, up to 1 GiB of
each partition would stay, however little of it counts."""

LEAST_MESSAGE: Final = str(64 * 2**10)
"""What every topic that we write to must take: an alert with all of its evidence has some kilobytes."""

LARGEST: Final = "max.message.bytes"
USUAL_LARGEST: Final = str(2**20 + 12)
"""Kafka's default, for our own topics on brokers that have a smaller one."""
STAMPS: Final = "message.timestamp.type"
APPEND_TIME: Final = "LogAppendTime"
"""Of inputs the operator may choose otherwise; cx.tallies' stamps are the wall clock of judges."""

_READY_S: Final = 15.0
_POLL_S: Final = 0.1


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


@dataclass(frozen=True, slots=True)
class GroupPlace:
    """Where a group's topics are: what a command that mends them has to be told."""

    broker: str
    group: str = "tocsin"
    prefix: str = PREFIX

    @property
    def command(self) -> str:
        """`tocsin topics` for these and no others."""
        return f"tocsin topics --broker {self.broker}{group_options(self.group, self.prefix)}"


def group_options(group: str, prefix: str) -> str:
    """The options of a command by which it looks at this group's topics; none for the usual one's."""
    return f" --group {group}" * (group != "tocsin") + f" --topics {prefix}" * (prefix != PREFIX)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One property of a topic that is not as it should be, and the command that puts it right."""

    what: str
    wanted: str
    found: str
    fix: str

    @property
    def sentence(self) -> str:
        """What was wanted and found, and how to mend it."""
        return f"{self.what}: want {self.wanted}, found {self.found}; {self.fix}"


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic after `ensure`: just created, as it should be, or with what is wrong."""

    name: str
    partitions: int
    created: bool
    mismatches: tuple[Mismatch, ...] = ()


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
    scores = {"cleanup.policy": "compact", "segment.bytes": str(SCORES_FILE_BYTES)}
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
        TopicSpec(CUSTOMERS, TopicRole.OUTPUT, partitions, {"cleanup.policy": "compact"}),
        TopicSpec(DELIVERIES, TopicRole.OUTPUT, partitions, month),
        TopicSpec(COMMANDS, TopicRole.OUTPUT, 1, _kept(KEPT_DAYS)),  # every notifier reads all of it
        TopicSpec(COMMAND_ANSWERS, TopicRole.OUTPUT, 1, month),  # every notifier answers, all of them alike
    )


def _kept(days: int) -> Mapping[str, str]:
    return {"cleanup.policy": "delete", "retention.ms": str(days * DAY_MS)}


async def ensure(
    settings: ClientSettings,
    partitions: int | None = None,
    replication: int | None = None,
    group: str = "tocsin",
) -> list[TopicState]:
    """Create the topics that are missing, check the rest, and wait until all can be written to.

    `partitions` None takes `usual_partitions`, `replication` None as many as there are brokers, up to
    `MOST_REPLICAS`.  Nothing that exists is changed.

    Raises:
        BrokerError: the broker does not answer, or refuses to create a topic.
    """
    async with admin_client(settings) as client:
        found = await partition_counts(client)
        if partitions is None:
            partitions = usual_partitions(found, group, settings.topics)
        wanted = specs(partitions, group, settings.topics)
        missing = [spec for spec in wanted if spec.name not in found]
        if missing:
            await _create(client, missing, replication or await usual_replicas(client))
        await _wait_ready(client, wanted)
        configs = await topic_configs(client, [spec.name for spec in wanted if spec.name in found])
    place = GroupPlace(settings.bootstrap, group, settings.topics.prefix)
    return [_state(spec, found, configs, place) for spec in wanted]


async def inspect(settings: ClientSettings, group: str = "tocsin") -> list[TopicState]:
    """Check without creating; a topic that is not there has 0 partitions and says so.

    Raises:
        BrokerError: the broker does not answer.
    """
    async with admin_client(settings) as client:
        found = await partition_counts(client)
        wanted = specs(usual_partitions(found, group, settings.topics), group, settings.topics)
        configs = await topic_configs(client, [spec.name for spec in wanted if spec.name in found])
    place = GroupPlace(settings.bootstrap, group, settings.topics.prefix)
    missing = Mismatch("topic", "to be there", "nothing", place.command)
    return [
        _state(spec, found, configs, place)
        if spec.name in found
        else TopicState(spec.name, 0, False, (missing,))
        for spec in wanted
    ]


def mismatches(
    spec: TopicSpec, partitions: int, config: Mapping[str, str], place: GroupPlace
) -> tuple[Mismatch, ...]:
    """What is wrong with a topic that has so many partitions and these settings.

    Settings that the broker does not tell are taken to be right.  Retention is the operator's own choice.
    """
    wrong = []
    if partitions != spec.partitions:
        fix = _partitions_fix(spec, partitions, place)
        wrong.append(Mismatch("partitions", str(spec.partitions), str(partitions), fix))
    policy, wanted = config.get("cleanup.policy"), spec.config["cleanup.policy"]
    if policy is not None and policy != wanted:
        fix = _config_fix(spec.name, "cleanup.policy", wanted, place.broker)
        wrong.append(Mismatch("cleanup.policy", wanted, policy, fix))
    largest, least = config.get(LARGEST), spec.config.get(LARGEST, LEAST_MESSAGE)
    if spec.role is not TopicRole.INPUT and largest is not None and int(largest) < int(least):
        fix = _config_fix(spec.name, LARGEST, least, place.broker)
        wrong.append(Mismatch(LARGEST, f"at least {least}", largest, fix))
    stamps, meant = config.get(STAMPS), spec.config.get(STAMPS)
    if spec.role is TopicRole.INTERNAL and stamps is not None and meant not in (None, stamps):
        fix = _config_fix(spec.name, STAMPS, APPEND_TIME, place.broker)
        wrong.append(Mismatch(STAMPS, APPEND_TIME, stamps, fix))
    return tuple(wrong)


def _partitions_fix(spec: TopicSpec, found: int, place: GroupPlace) -> str:
    tool = f"kafka-topics.sh --bootstrap-server {place.broker}"
    if spec.role is TopicRole.INPUT and found > spec.partitions:
        return f"{place.command} --partitions {found}"  # partitions cannot be taken away
    if spec.role is not TopicRole.INTERNAL and found < spec.partitions:
        return f"{tool} --alter --topic {spec.name} --partitions {spec.partitions}"
    return f"{tool} --delete --topic {spec.name} && {place.command}"  # which takes the inputs' number


def _config_fix(topic: str, name: str, value: str, broker: str) -> str:
    change = f"--alter --entity-type topics --entity-name {topic} --add-config {name}={value}"
    return f"kafka-configs.sh --bootstrap-server {broker} {change}"


def _state(
    spec: TopicSpec, found: Mapping[str, int], configs: Mapping[str, Mapping[str, str]], place: GroupPlace
) -> TopicState:
    if spec.name not in found:
        return TopicState(spec.name, spec.partitions, created=True)
    wrong = mismatches(spec, found[spec.name], configs.get(spec.name, {}), place)
    return TopicState(spec.name, found[spec.name], created=False, mismatches=wrong)


def new_topic(spec: TopicSpec, replicas: int) -> NewTopic:
    """What a broker is asked to make, so that it is as it should be whatever the broker's defaults are."""
    large = {} if spec.role is TopicRole.INPUT else {LARGEST: USUAL_LARGEST}
    safe = {"min.insync.replicas": "2"} if replicas >= MOST_REPLICAS else {}
    return NewTopic(spec.name, spec.partitions, replicas, topic_configs={**large, **spec.config, **safe})


async def _create(client: AIOKafkaAdminClient, missing: Sequence[TopicSpec], replicas: int) -> None:
    answer = (await client.create_topics([new_topic(spec, replicas) for spec in missing])).to_object()
    for topic in answer["topic_errors"]:
        error = for_code(topic["error_code"])
        if topic["error_code"] and error is not TopicAlreadyExistsError:  # somebody else was faster
            told = topic.get("error_message") or error.description
            raise BrokerError(f"topic {topic['topic']} could not be created: {told}")


async def usual_replicas(client: AIOKafkaAdminClient) -> int:
    """As many as there are brokers now, up to `MOST_REPLICAS`."""
    brokers = (await client.describe_cluster())["brokers"]
    return min(MOST_REPLICAS, max(1, len(brokers)))


async def _wait_ready(client: AIOKafkaAdminClient, wanted: Sequence[TopicSpec]) -> None:
    """Until every topic is in the metadata, so that the first producer finds its leaders."""
    names = {spec.name for spec in wanted}
    for _ in range(int(_READY_S / _POLL_S)):
        if names <= set(await partition_counts(client)):
            return
        await asyncio.sleep(_POLL_S)
    raise BrokerError(f"topics were created but did not come up within {_READY_S:g} s")


async def topic_configs(client: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, dict[str, str]]:
    """The settings of topics that are in force, their own or the cluster's."""
    if not names:
        return {}
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    answers = [answer.to_object() for answer in await client.describe_configs(asked)]
    return {
        resource["resource_name"]: {
            entry["config_names"]: entry["config_value"]
            for entry in resource["config_entries"]
            if entry["config_value"] is not None
        }
        for answer in answers
        for resource in answer["resources"]
    }
