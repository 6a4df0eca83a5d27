"""When those are told who come next: a while after the first were, and nobody has taken care.

The while is counted from the message to the route's receiver (`GroupPlan`), whether that receiver could be
reached or not.  So what holds the first notice back (a silence, maintenance, the route's `active`) holds the
escalation too, and where a silence ends over an alert that still holds, the while begins anew: the desk
hears of it again, and has its time before the boss does.  Pure, as groups are.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from alerts.delivery.grouping.group_log import group_id
from alerts.delivery.grouping.groups import RESOLVED_WAIT_S, AlertGroup, GroupBook, GroupRule
from alerts.delivery.notices.notice import Notice

LATE_S: Final = 60.0
"""A message that leaves so much later than it was due was held back."""


@dataclass(frozen=True, slots=True)
class ToldFirst:
    """The group of those who are told before an escalation, and since when they are told of each alert."""

    group: AlertGroup
    begun: Mapping[str, float]


def first_of(group: AlertGroup, first: tuple[str, str], books: Iterable[GroupBook]) -> ToldFirst | None:
    """Who is told before an escalation; their group may lie on any partition."""
    sought = _first_id(first, tuple(group.labels.items()))
    for book in books:
        if (found := book.groups.get(sought)) is not None:
            return ToldFirst(found, book.begun.get(sought, {}))
    return None


@lru_cache(maxsize=50_000)
def _first_id(first: tuple[str, str], labels: tuple[tuple[str, str], ...]) -> str:
    return group_id(*first, dict(labels))


def escalated_s(
    group: AlertGroup, rule: GroupRule, first: ToldFirst | None, unsilenced_s: Callable[[Notice], float]
) -> float | None:
    """When an escalation's message is due; None: not as things stand.

    `unsilenced_s` says when a silence of an alert ended last (Unix time, 0 for none): it is known before the
    first have been told again, which another worker may do.
    """
    if group.plan is not None:
        return None
    due = [*_news_due(group, rule, first, unsilenced_s), *_again_due(group, rule, first)]
    if group.ended_s is not None:
        due.append(group.ended_s + RESOLVED_WAIT_S)
    return min(due, default=None)


def _news_due(
    group: AlertGroup, rule: GroupRule, first: ToldFirst | None, unsilenced_s: Callable[[Notice], float]
) -> Iterator[float]:
    for news in group.waiting.values():
        if news.alert in group.told and group.last_s is not None:
            yield max(group.since_s, group.last_s + rule.interval_s)
        elif first is None or not _held(first, news, group.since_s):
            begun_s = 0.0 if first is None else first.begun.get(news.alert, 0.0)
            yield max(group.since_s, begun_s, unsilenced_s(news)) + rule.wait_s


def _held(first: ToldFirst, news: Notice, since_s: float) -> bool:
    """Whether the first are still to be told of it: it waits, and no message about it has begun since."""
    waits = news.alert in first.group.waiting and all(
        each.alert != news.alert for each in first.group.planned
    )
    return waits and first.begun.get(news.alert, 0.0) < since_s


def _again_due(group: AlertGroup, rule: GroupRule, first: ToldFirst | None) -> Iterator[float]:
    """What both have heard of, and the first have heard again of after a silence."""
    if first is None or group.last_s is None:
        return
    for alert in group.told:
        if (begun_s := first.begun.get(alert, 0.0)) > group.last_s:
            yield begun_s + rule.wait_s


def is_anew(due_s: float | None, now_s: float, *, unsilenced: bool) -> bool:
    """Whether a message starts the while again: it follows a silence, or was held back otherwise."""
    return unsilenced or (due_s is not None and now_s > due_s + LATE_S)
