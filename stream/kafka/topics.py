"""Topics on a broker: created, or checked against what is declared, each fault with its fix."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, TopicAuthorizationFailedError, for_code

from stream.kafka.clients import START_BROKERS, BrokerError, Led, admin_client, leaders, partition_counts
from stream.kafka.settings import ClientSettings
from stream.kafka.topic_specs import (
    APPEND_TIME,
    LARGEST,
    MOST_REPLICAS,
    POLICY,
    STAMPS,
    TopicRole,
    TopicSpec,
    new_topic,
    specs,
)
from stream.messages.topic_names import PREFIX, usual_partitions

LEAST_MESSAGE: Final = str(64 * 2**10)
"""What every topic that we write to must take: an alert with all of its evidence has some kilobytes."""

NOTHING: Final = "nothing"
UNSEEN: Final = "no right, whether it is there or not"
GRANT: Final = "grant what docs/operating.md says that each part may do"

_READY_S: Final = 15.0
_POLL_S: Final = 0.1


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
        found = await leaders(client)
        if partitions is None:
            partitions = usual_partitions(_counts(found), group, settings.topics)
        wanted = specs(partitions, group, settings.topics)
        missing = [spec for spec in wanted if spec.name not in found]
        if missing:
            await _create(client, missing, replication or await usual_replicas(client))
            await _wait_ready(client, missing)
        configs = await topic_configs(client, [spec.name for spec in wanted if spec.name in found])
    place = GroupPlace(settings.bootstrap, group, settings.topics.prefix)
    return [
        _state(spec, found[spec.name], configs.get(spec.name, {}), place)
        if spec.name in found
        else TopicState(spec.name, spec.partitions, created=True)
        for spec in wanted
    ]


async def inspect(settings: ClientSettings, group: str) -> list[TopicState]:
    """Check without creating; a topic that is not there, or that we may not see, has 0 partitions.

    Raises:
        BrokerError: the broker does not answer.
    """
    async with admin_client(settings) as client:
        found = await leaders(client)
        wanted = specs(usual_partitions(_counts(found), group, settings.topics), group, settings.topics)
        configs = await topic_configs(client, [spec.name for spec in wanted])
    place = GroupPlace(settings.bootstrap, group, settings.topics.prefix)
    return [
        _state(spec, found[spec.name], configs.get(spec.name, {}), place)
        if spec.name in found
        else _absent(spec, configs.get(spec.name, {}), place)
        for spec in wanted
    ]


def _counts(found: Mapping[str, Led]) -> dict[str, int]:
    return {topic: led.partitions for topic, led in found.items()}


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
    policy, wanted = config.get(POLICY), spec.config[POLICY]
    if policy is not None and policy != wanted:
        fix = _config_fix(spec.name, POLICY, wanted, place.broker)
        wrong.append(Mismatch(POLICY, wanted, policy, fix))
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


def _state(spec: TopicSpec, found: Led, config: Mapping[str, str] | None, place: GroupPlace) -> TopicState:
    """A topic that is there; `config` None: we may not see its settings."""
    wrong = list(mismatches(spec, found.partitions, config or {}, place))
    if found.lacking:
        wrong.append(Mismatch("leaders", "one of each partition", found.lacking, START_BROKERS))
    if config is None:
        wrong.append(Mismatch("settings", "the right to see them (DescribeConfigs)", "none", GRANT))
    return TopicState(spec.name, found.partitions, created=False, mismatches=tuple(wrong))


def _absent(spec: TopicSpec, config: Mapping[str, str] | None, place: GroupPlace) -> TopicState:
    """A topic that is not in the metadata.  Whoever may see no settings, or sees them, may not see it."""
    wrong = Mismatch("topic", "to be there", NOTHING, place.command)
    if config is None or config:
        wrong = Mismatch("topic", "the right to see it (Describe, DescribeConfigs)", UNSEEN, GRANT)
    return TopicState(spec.name, 0, created=False, mismatches=(wrong,))


async def _create(client: AIOKafkaAdminClient, missing: Sequence[TopicSpec], replicas: int) -> None:
    answer = (await client.create_topics([new_topic(spec, replicas) for spec in missing])).to_object()
    for topic in answer["topic_errors"]:
        error = for_code(topic["error_code"])
        if topic["error_code"] and error is not TopicAlreadyExistsError:  # somebody else was faster
            told = topic.get("error_message") or error.description
            if error is TopicAuthorizationFailedError:
                told += " To create it takes Create, to see one that is there Describe."
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
    raise BrokerError(
        f"{', '.join(sorted(names))}: created, or there before, and not seen within {_READY_S:g} s: "
        "no broker leads all partitions, or we have no right to see them (Describe)"
    )


async def topic_configs(
    client: AIOKafkaAdminClient, names: Sequence[str]
) -> dict[str, dict[str, str] | None]:
    """The settings of topics that are in force, their own or the cluster's; None: we may not see them.

    A topic that is not there has none.
    """
    if not names:
        return {}
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    answers = [answer.to_object() for answer in await client.describe_configs(asked)]
    return {
        resource["resource_name"]: None
        if for_code(resource["error_code"]) is TopicAuthorizationFailedError
        else {
            entry["config_names"]: entry["config_value"]
            for entry in resource["config_entries"]
            if entry["config_value"] is not None
        }
        for answer in answers
        for resource in answer["resources"]
    }
