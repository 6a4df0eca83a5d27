"""Ends of a large incident: many alerts that end together are few messages, however slowly they come."""

from itertools import pairwise

import orjson

from alerts.delivery.grouping.group_log import GroupNews, GroupPlan, GroupTold
from alerts.delivery.grouping.groups import RESOLVED_WAIT_S, AlertGroup, GroupBook, GroupRule, identities
from tests.post import transition

GROUP = "g0123456789"
RULE = GroupRule(wait_s=0.0, interval_s=300.0)


def _news(alert: str, seq: int, state: str, at_s: float) -> GroupNews:
    value = orjson.loads(transition(alert, seq, state))
    return GroupNews(group=GROUP, receiver="desk", place="0", labels={}, value=value, at_s=at_s)


def _tell(book: GroupBook, at_s: float) -> AlertGroup:
    """All that is known is told."""
    group = book.groups[GROUP]
    members = identities(group.members)
    book.fold(GroupPlan(group=GROUP, key=f"k{at_s}", members=members, at_s=at_s))
    book.fold(
        GroupTold(
            group=GROUP, key=f"k{at_s}", members=members, receiver="desk", outcome="delivered",
            reason="HTTP 200", attempts=1, status=200, sent=True, at_s=at_s,
        )
    )  # fmt: skip
    return group


def test_ends_that_come_late_wait_for_each_other() -> None:
    """Forty ends of one second that are written down over four are five messages at most, not forty."""
    book = GroupBook()
    for number in range(40):
        book.fold(_news(f"a{number}", 1, "firing", 100.0))
    group, told_s = _tell(book, 100.0), []
    for number in range(40):  # all ended at 200; each is written down a tenth of a second after the other
        now_s = 200.0 + number / 10
        due_s = group.due_s(RULE)
        if due_s is not None and due_s <= now_s:
            _tell(book, now_s)
            told_s.append(now_s)
        book.fold(_news(f"a{number}", 2, "resolved", 200.0))
    assert len(told_s) <= 4
    assert all(later - earlier >= RESOLVED_WAIT_S for earlier, later in pairwise(told_s))


def test_a_single_end_waits_a_second_only() -> None:
    """Whoever is called for nothing wants to know."""
    book = GroupBook()
    book.fold(_news("a", 1, "firing", 100.0))
    book.fold(_news("b", 1, "firing", 100.0))
    group = _tell(book, 100.0)
    book.fold(_news("a", 2, "resolved", 200.0))
    assert group.due_s(RULE) == 200.0 + RESOLVED_WAIT_S
