"""Who gets which partition: cx.interactions/p and cx.feedback/p always together, the rest each by itself.

One machine is fed by both inputs, so their partitions travel as one unit.  Units are shared out evenly,
family by family, and stay where they were as far as evenness allows: state that is in memory is kept.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from typing import Any, Final

from stream.kafka.offsets import TP, UNKNOWN_RULES

Family = tuple[str, ...]
"""Topics whose equal partitions go to the same worker."""

PROTOCOL: Final = "tocsin-1"
"""Name of the group protocol; all members of a group must agree on one."""
_VERSION: Final = 0
_MADE_FOR: Final = -1


def share_out(
    families: Mapping[Family, int], held: Mapping[str, Collection[TP]]
) -> dict[str, dict[str, list[int]]]:
    """Topics and partitions for each member.

    `families` maps each family to its number of partitions, `held` each member to what it had before.
    Of every family no member gets two more than another; whoever has least in all gets what is over.
    """
    load = dict.fromkeys(sorted(held), 0)
    given: dict[str, dict[str, list[int]]] = {member: {} for member in load}
    for family, partitions in families.items():
        shares = _shares(partitions, load)
        for member, wanted in _sticky(family, partitions, shares, held).items():
            load[member] += len(wanted)
            for topic in family:
                given[member][topic] = sorted(wanted)
    return given


def _shares(partitions: int, load: Mapping[str, int]) -> dict[str, int]:
    """How many of a family each member gets."""
    each, over = divmod(partitions, len(load))
    by_load = sorted(load, key=lambda member: (load[member], member))
    return {member: each + (rank < over) for rank, member in enumerate(by_load)}


def _sticky(
    family: Family, partitions: int, shares: Mapping[str, int], held: Mapping[str, Collection[TP]]
) -> dict[str, list[int]]:
    """Which of a family each member gets: what it held, up to its share, then what nobody took."""
    free = set(range(partitions))
    wanted: dict[str, list[int]] = {}
    for member, share in shares.items():
        kept = [p for p in sorted(free) if TP(family[0], p) in held[member]][:share]
        free.difference_update(kept)
        wanted[member] = kept
    rest = iter(sorted(free))
    for member, share in shares.items():
        wanted[member] += [p for _, p in zip(range(share - len(wanted[member])), rest, strict=False)]
    return wanted


def encode_held(held: Iterable[TP], made_for: str = UNKNOWN_RULES) -> bytes:
    """What a member tells of its last assignment, and of the rules and program that it works with.

    The latter look like a partition, which no topic has: older members pass over it.
    """
    return json.dumps([*sorted(held), TP(made_for, _MADE_FOR)]).encode()


def decode_held(data: bytes | None) -> set[TP]:
    """The reverse; whatever cannot be read counts as nothing held."""
    try:
        return {tp for tp in _told(data) if tp.partition != _MADE_FOR}
    except (ValueError, TypeError):
        return set()


def made_for(data: bytes | None) -> str:
    """Which rules and program a member works with; unknown of older ones, and of whatever cannot be read."""
    with suppress(ValueError, TypeError):
        return next((tp.topic for tp in _told(data) if tp.partition == _MADE_FOR), UNKNOWN_RULES)
    return UNKNOWN_RULES


def _told(data: bytes | None) -> list[TP]:
    return [TP(str(topic), int(partition)) for topic, partition in json.loads(data or b"[]")]


class Assignor:
    """The shape that aiokafka asks of an assignor; an instance per consumer, since it remembers."""

    name = PROTOCOL

    def __init__(self, families: Mapping[Family, int], made_for: str, wire: Any) -> None:
        """`families` map to the partitions that they have at least, as the worker found them at its start.

        `made_for` says which rules and program this member works with.  `wire` is
        `aiokafka.coordinator.protocol`, whose structs go over the line.
        """
        self._families = dict(families)
        self._made_for = made_for
        self._wire = wire
        self._held: set[TP] = set()

    def metadata(self, topics: Iterable[str]) -> Any:
        """What this member says when it joins."""
        return self._wire.ConsumerProtocolMemberMetadata(
            _VERSION, sorted(topics), encode_held(self._held, self._made_for)
        )

    def assign(self, cluster: Any, members: Mapping[str, Any]) -> dict[str, Any]:
        """Called on the group's leader: everybody's partitions."""
        # A broker that has just come back may not know all topics yet.  Partitions never go away, so what
        # it leaves out is handed out all the same: whoever gets it waits for its leader.
        families = {
            family: max(least, self._partitions(cluster, family)) for family, least in self._families.items()
        }
        held = {member: decode_held(metadata.user_data) for member, metadata in members.items()}
        return {
            member: self._wire.ConsumerProtocolMemberAssignment(_VERSION, sorted(topics.items()), b"")
            for member, topics in share_out(families, held).items()
        }

    def on_assignment(self, assignment: Any) -> None:
        """Remember what this member got."""
        self._held = {TP(*tp) for tp in assignment.partitions()}

    @staticmethod
    def _partitions(cluster: Any, family: Family) -> int:
        """Partitions that all of the family's topics have."""
        return min(len(cluster.partitions_for_topic(topic) or ()) for topic in family)
