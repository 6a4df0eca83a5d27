"""Told when a group begins to work where another may: both would write, and tell, the same alerts."""

from collections.abc import Iterable

from stream.kafka.topics import TopicState
from stream.messages.topic_names import TALLIES, GroupTopics, intake_snapshots, judge_snapshots


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
