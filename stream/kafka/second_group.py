"""Told when a group works where another does, or may: both write, and tell, the same alerts.

And when workers of one group would work with topics of two.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import islice
from typing import Final

from aiokafka.errors import KafkaError

from alerts.errors import SettingsError
from stream.kafka.clients import admin_client, known_partitions
from stream.kafka.group_members import GroupView, descriptions, group_view
from stream.kafka.settings import ClientSettings
from stream.kafka.topics import TopicState
from stream.messages.topic_names import (
    PREFIX,
    TALLIES,
    GroupTopics,
    intake_snapshots,
    judge_snapshots,
)

MOST_GROUPS: Final = 50
"""So many are asked about: each is a request or two."""


def warning_of_second_group(states: Iterable[TopicState], group: str, topics: GroupTopics) -> str | None:
    """What to say of topics that `ensure` has just looked at; None where the group is not new there.

    Its snapshots were made now, and tallies were there: those of a group with the same prefix.
    """
    made = {state.name for state in states if state.created}
    tallies = topics.of(TALLIES)
    if tallies in made or not {intake_snapshots(group), judge_snapshots(group)} <= made:
        return None
    return (
        f"group {group} is new, and {tallies} was there before it: if another group works with it, "
        f"everything is told twice; a second group wants a prefix of its own, such as --topics {group}."
    )


async def groups_beside(kafka: ClientSettings, group: str) -> dict[str, int | None]:
    """How many workers other groups have that work with the same prefix now.

    A group is known by its snapshots, and works with a prefix if its members have partitions of its tallies.
    None: it has workers, and the broker does not tell what of, ever (Tansu) or while they are handed out.

    Raises:
        BrokerError: no broker answers.
    """
    ending = judge_snapshots("")
    async with admin_client(kafka) as client:
        there = sorted(await known_partitions(client))
        others = [name.removesuffix(ending) for name in there if name.endswith(ending)]
        found: dict[str, int | None] = {}
        for other in islice((each for each in others if each not in {group, ""}), MOST_GROUPS):
            try:
                told = await descriptions(client, [other])
            except KafkaError:  # of a group that is others' affair we may not be told
                continue
            if (view := group_view(told)) is None and any(each["members"] for each in told):
                found[other] = None
            elif view is not None and (workers := view.having(kafka.topics.of(TALLIES))):
                found[other] = workers
    return found


async def view_of(kafka: ClientSettings, group: str) -> GroupView | None:
    """Who has what of a group; None while it is being rebalanced, and where the broker does not tell.

    Raises:
        BrokerError: no broker answers.
    """
    async with admin_client(kafka) as client:
        with suppress(KafkaError):
            return group_view(await descriptions(client, [group]))
    return None


async def refuse_other_prefix(kafka: ClientSettings, group: str) -> None:
    """The members of a group must have one prefix: one that comes with another ends those that are there.

    Raises:
        SettingsError: workers of this group work with another.
        BrokerError: no broker answers.
    """
    view, tallies = await view_of(kafka, group), kafka.topics.of(TALLIES)
    read = set() if view is None else view.topics() - {tallies}
    if others := sorted(topic for topic in read if topic.endswith(TALLIES.removeprefix(PREFIX))):
        raise SettingsError(
            f"--topics: want what the other workers of group {group} have, or another --group; got "
            f"{kafka.topics.prefix}, and they read {', '.join(others)}"
        )


def told_beside(others: Mapping[str, int | None], kafka: ClientSettings) -> str | None:
    """What to say of groups that work beside; None where none does, as far as is known."""
    known = [f"{group} ({many} worker{'s' * (many != 1)})" for group, many in others.items() if many]
    if not known:
        return None
    who = ", ".join(known)
    return f"another group works with {kafka.topics.of(TALLIES)}, so everything is told twice: {who}"


def untold_beside(others: Mapping[str, int | None], kafka: ClientSettings) -> str | None:
    """What to say of groups that may work beside; None where it is known of all."""
    if not (unknown := ", ".join(group for group, many in others.items() if many is None)):
        return None
    return (
        f"the broker does not tell whether other groups work with {kafka.topics.of(TALLIES)}, too: {unknown}"
    )
