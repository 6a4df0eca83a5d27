"""Who is in a group and has which partitions, says the broker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import (
    ConsumerProtocolMemberAssignment,
    ConsumerProtocolMemberMetadata,
)

from stream.kafka.offsets import TP

STABLE: Final = "Stable"
"""Kafka's word for a group that is not being rebalanced."""


@dataclass(frozen=True, slots=True)
class GroupView:
    """Who has what, while nothing is being rebalanced: partitions by member."""

    members: Mapping[str, frozenset[TP]]
    said: Mapping[str, bytes] = field(default_factory=dict)
    """What each member said of itself when it joined."""

    def unowned(self, wanted: Sequence[TP]) -> frozenset[TP]:
        """The partitions that nobody has."""
        return frozenset(wanted).difference(*self.members.values())

    def topics(self) -> set[str]:
        """What its members have partitions of."""
        return {tp.topic for held in self.members.values() for tp in held}

    def having(self, topic: str) -> int:
        """How many members have partitions of a topic."""
        return sum(any(tp.topic == topic for tp in held) for held in self.members.values())


async def descriptions(client: AIOKafkaAdminClient, groups: Sequence[str]) -> list[Mapping[str, Any]]:
    """What the brokers say of groups.

    Raises:
        KafkaError: they do not tell.
    """
    answers = await client.describe_consumer_groups(list(groups))
    return [found for answer in answers for found in answer.to_object()["groups"]]


def group_view(groups: Sequence[Mapping[str, Any]]) -> GroupView | None:
    """What a broker's answer says of one group; None while it is being rebalanced, or if it does not tell.

    Tansu names members and leaves out what they said and have; one that has nothing has still said something.
    """
    if len(groups) != 1 or groups[0]["error_code"] or groups[0]["state"] != STABLE:
        return None
    members = {each["member_id"]: each for each in groups[0]["members"]}
    if members and not any(each["member_metadata"] or each["member_assignment"] for each in members.values()):
        return None
    return GroupView(
        {name: _held(each["member_assignment"]) for name, each in members.items()},
        {name: _said(each["member_metadata"]) for name, each in members.items()},
    )


def _held(data: bytes) -> frozenset[TP]:
    try:
        return frozenset(TP(*tp) for tp in ConsumerProtocolMemberAssignment.decode(data or b"").partitions())
    except Exception:  # noqa: BLE001  # a stranger in the group, who has nothing that we can read
        return frozenset()


def _said(data: bytes) -> bytes:
    try:
        return ConsumerProtocolMemberMetadata.decode(data or b"").user_data or b""
    except Exception:  # noqa: BLE001  # a stranger, as above
        return b""
