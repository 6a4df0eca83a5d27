"""Whether all members of a group work by the same rules: else judges lack what others do not count."""

from typing import Final

from stream.kafka.group_members import GroupView
from stream.kafka.offsets import UNKNOWN_RULES
from stream.transport.assignor import made_for

DIFFER: Final = (
    "workers of this group have different rules, or versions of Tocsin: scores and alerts lack what others "
    "do not count"
)


def differ(view: GroupView) -> bool:
    """Whether members have different rules, or versions, as far as they tell."""
    return len({made_for(each) for each in view.said.values()} - {UNKNOWN_RULES}) > 1
