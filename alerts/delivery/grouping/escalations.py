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


@dataclass(frozen=True, slots=True)
class NextTold:
    """A group of those who come next, behind the first (None where their group is not known).

    `unsilenced_s` says when a silence of an alert ended last (Unix time, 0 for none): it is known before the
    first have been told again, which another worker may do.
    """

    group: AlertGroup
    rule: GroupRule
    first: ToldFirst | None
    unsilenced_s: Callable[[Notice], float]

    def due_s(self) -> float | None:
        """When a message is due; None: not as things stand."""
        if self.group.plan is not None:
            return None
        due = [*self._news_due(), *self._again_due()]
        if self.group.ended_s is not None:
            due.append(self.group.ended_s + RESOLVED_WAIT_S)
        return min(due, default=None)

    def too_early(self, now_s: float) -> set[str]:
        """Alerts that they have not heard of, and are not to hear of yet."""
        group = self.group
        over = {alert: self._over_s(news) for alert, news in group.waiting.items() if alert not in group.told}
        return {alert for alert, at_s in over.items() if at_s is None or at_s > now_s}

    def _news_due(self) -> Iterator[float]:
        group = self.group
        free_s = 0.0 if group.last_s is None else group.last_s + self.rule.interval_s
        for news in group.waiting.values():
            if news.alert in group.told and group.last_s is not None:
                yield max(group.since_s, free_s)
            elif (over_s := self._over_s(news)) is not None:
                yield max(over_s, free_s)

    def _over_s(self, news: Notice) -> float | None:
        """When the while of an alert is over; None: the first are still to be told of it."""
        came_s = self.group.came_s[news.alert]
        if self.first is not None and _held(self.first, news, came_s):
            return None
        begun_s = 0.0 if self.first is None else self.first.begun.get(news.alert, 0.0)
        return max(came_s, begun_s, self.unsilenced_s(news)) + self.rule.wait_s

    def _again_due(self) -> Iterator[float]:
        """What both have heard of, and the first have heard again of after a silence."""
        begun = {} if self.first is None else self.first.begun
        for alert, told in self.group.told.items():
            if begun.get(alert, 0.0) > told.at_s:
                yield begun[alert] + self.rule.wait_s


def _held(first: ToldFirst, news: Notice, since_s: float) -> bool:
    """Whether the first are still to be told of it: it waits, and no message about it has begun since."""
    waits = news.alert in first.group.waiting and all(
        each.alert != news.alert for each in first.group.planned
    )
    return waits and first.begun.get(news.alert, 0.0) < since_s


def is_anew(due_s: float | None, now_s: float, *, unsilenced: bool) -> bool:
    """Whether a message starts the while again: it follows a silence, or was held back otherwise."""
    return unsilenced or (due_s is not None and now_s > due_s + LATE_S)
