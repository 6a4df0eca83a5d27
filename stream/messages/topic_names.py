"""Names of the topics, as the code knows them and as the cluster calls them; which have partitions alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from stream.messages.records import Stream

INPUTS: Final = tuple(stream.topic for stream in Stream)
TALLIES: Final = "cx.tallies"
SCORES: Final = "cx.scores"
ALERTS: Final = "cx.alerts"
DEAD_LETTERS: Final = "cx.dead-letters"
DELIVERIES: Final = "cx.deliveries"
COMMANDS: Final = "cx.commands"
REDRIVES: Final = "cx.redrives"
COMMAND_ANSWERS: Final = "cx.command-answers"
CUSTOMERS: Final = "cx.customers"

HEARD_COMMANDS: Final = 0
"""The partition of cx.commands that workers follow, however many it has."""

DEFAULT_PARTITIONS: Final = 4
"""Where neither the operator nor a topic that is already there says otherwise."""
PREFIX: Final = "cx."
OWN: Final = frozenset(
    (TALLIES, SCORES, ALERTS, DEAD_LETTERS, DELIVERIES, COMMANDS, REDRIVES, COMMAND_ANSWERS)
)
"""Topics that belong to a group, beside its snapshots; the inputs are for all."""


@dataclass(frozen=True, slots=True)
class GroupTopics:
    """What a group's own topics are called: the code's name with another prefix than `cx.`.

    The code knows them by one name everywhere; the clients at the edge translate.  So a second group with a
    prefix of its own reads the same inputs, and neither reads nor writes what the first has written.
    """

    prefix: str = PREFIX

    def of(self, topic: str) -> str:
        """On the cluster; topics that are no group's stay as they are."""
        return self.prefix + topic.removeprefix(PREFIX) if topic in OWN else topic

    def known_as(self, topic: str) -> str:
        """In the code: the reverse."""
        known = PREFIX + topic.removeprefix(self.prefix)
        return known if topic.startswith(self.prefix) and known in OWN else topic


def intake_snapshots(group: str) -> str:
    """Topic with the intakes' snapshots of one consumer group."""
    return f"{group}-intake-snapshots"


def judge_snapshots(group: str) -> str:
    """Topic with the judges' snapshots of one consumer group."""
    return f"{group}-judge-snapshots"


def alike(group: str, topics: GroupTopics) -> tuple[str, ...]:
    """The topics that must have the same number of partitions: the inputs, and what is made of them."""
    own = topics.of(TALLIES), intake_snapshots(group), judge_snapshots(group)
    return *INPUTS, *own


def usual_partitions(found: Mapping[str, int], group: str, topics: GroupTopics) -> int:
    """As many as the first of `alike` has that is there: one that was deleted comes back as it was."""
    return next((found[name] for name in alike(group, topics) if name in found), DEFAULT_PARTITIONS)
