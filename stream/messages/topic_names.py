"""Names of the topics: as the code knows them, and as a group's own are called on the cluster."""

from dataclasses import dataclass
from typing import Final

TALLIES: Final = "cx.tallies"
SCORES: Final = "cx.scores"
ALERTS: Final = "cx.alerts"
DEAD_LETTERS: Final = "cx.dead-letters"
DELIVERIES: Final = "cx.deliveries"
COMMANDS: Final = "cx.commands"
REDRIVES: Final = "cx.redrives"
COMMAND_ANSWERS: Final = "cx.command-answers"
CUSTOMERS: Final = "cx.customers"


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
