"""Groups: news that belongs together, gathered and told as one message.  Pure: a fold of `group_log` records.

Alertmanager's semantics, but for one thing: that an alert is over is told at once, not after
`group_interval`, since whoever is called for nothing wants to know.  Example, with a wait of 30 s and an
interval of 5 min: alerts a and b begin at 0 and 10 s, are told together at 30 s; c begins at 60 s and is told
at 330 s; a is over at 400 s and that is told at 401 s, with b and c as they stand.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import orjson

from alerts.delivery.grouping.group_log import GroupNews, GroupPlan, GroupRecord, GroupTold
from alerts.delivery.notices.notice import NotATransition, Notice, notice
from alerts.delivery.retry_policy import DeliveryOutcome
from alerts.hours import OpenHours

MOST_SEEN: Final = 50_000
"""Alerts of groups that are remembered per partition, so that what is written again is not told again."""
RESOLVED_WAIT_S: Final = 1.0
"""How long the end of an alert waits for others that end with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRule:
    """How the groups of one route tell.  All in seconds; `repeat_s` None: only news is told.

    `quiet`: repeats are not written down, since the receiver wants them all the time.  Within `active` alone,
    and not within `muted`, where these are given.  `first`: receiver and place of the group that an
    escalation stands behind.
    """

    wait_s: float
    interval_s: float
    repeat_s: float | None = None
    quiet: bool = False
    active: OpenHours | None = None
    muted: OpenHours | None = None
    first: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ToldNews:
    """What a receiver was told last of an alert, and when (Unix time)."""

    notice: Notice
    at_s: float


@dataclass(slots=True, kw_only=True)
class AlertGroup:
    """What one receiver is told together.

    `told` are the open alerts that it has heard of, as of the last message; `waiting` is news since, the
    latest of each alert, and `came_s` since when each waits.  `plan` is a message under way.
    """

    id: str
    receiver: str
    place: str
    labels: Mapping[str, str]
    told: dict[str, ToldNews] = field(default_factory=dict)
    waiting: dict[str, Notice] = field(default_factory=dict)
    came_s: dict[str, float] = field(default_factory=dict)
    ended_s: float | None = None
    last_s: float | None = None
    plan: GroupPlan | None = None
    planned: tuple[Notice, ...] = ()
    memory: str = ""

    @property
    def since_s(self) -> float:
        """Since when anything waits; 0 where nothing does."""
        return min((self.came_s[alert] for alert in self.waiting), default=0.0)

    def due_s(self, rule: GroupRule) -> float | None:
        """When a message is due; None while one is under way, or nothing is to be said."""
        if self.plan is not None:
            return None
        if self.waiting:
            if self.last_s is None:
                return self.since_s + rule.wait_s
            due_s = max(self.since_s, self.last_s + rule.interval_s)
            return due_s if self.ended_s is None else min(due_s, self.ended_s + RESOLVED_WAIT_S)
        if rule.repeat_s is not None and self.last_s is not None and self.told:
            return self.last_s + rule.repeat_s
        return None

    def has_news_since(self, plan: GroupPlan) -> bool:
        """Whether something waits that a message does not tell."""
        told = dict(plan.members)
        return any(each.seq > told.get(each.alert, 0) for each in self.waiting.values())

    def without(self, alerts: Collection[str]) -> "AlertGroup":
        """The group as it would be had nothing come of some alerts since the last message."""
        waiting = {alert: news for alert, news in self.waiting.items() if alert not in alerts}
        return replace(self, waiting=waiting)

    def knows(self, alert: str) -> bool:
        """Whether it has told of an alert that is not over, or is to tell of it."""
        return (
            alert in self.told or alert in self.waiting or any(each.alert == alert for each in self.planned)
        )

    @property
    def members(self) -> list[Notice]:
        """Every alert as it stands now: what was told before, and news."""
        told = {alert: each.notice for alert, each in self.told.items()}
        return list({**told, **self.waiting}.values())


class GroupBook:
    """The groups of one partition of cx.deliveries."""

    def __init__(self, most: int = MOST_SEEN) -> None:
        self.groups: dict[str, AlertGroup] = {}
        self.begun: dict[str, dict[str, float]] = {}
        """By group, when each open alert was about to be told first, or again after it had been held back."""
        self._most = most
        self._seen: OrderedDict[str, dict[str, int]] = OrderedDict()

    def knowing(self, alert: str) -> list[AlertGroup]:
        """The groups that know of an alert."""
        found = map(self.groups.get, self._seen.get(alert, ()))
        return [group for group in found if group is not None and group.knows(alert)]

    def fold(self, record: GroupRecord) -> None:
        """Take a record into account, in the order of the partition; what repeats changes nothing."""
        match record:
            case GroupNews():
                self._news(record)
            case GroupPlan():
                self._plan(record)
            case GroupTold():
                self._told(record)

    def _news(self, record: GroupNews) -> None:
        try:
            news = notice(orjson.dumps(record.value))
        except (NotATransition, orjson.JSONEncodeError):  # what msgspec reads, orjson may not write
            return
        if news is None or self._repeats(record.group, news):
            return
        group = self.groups.get(record.group)
        if group is None:
            if record.follow or (news.final and not record.owed):
                return  # nobody has heard of it, so nobody needs to hear more
            group = self.groups[record.group] = AlertGroup(
                id=record.group, receiver=record.receiver, place=record.place, labels=record.labels
            )
        self._add(group, news, record)

    def _add(self, group: AlertGroup, news: Notice, record: GroupNews) -> None:
        unheard = news.alert not in group.told and all(each.alert != news.alert for each in group.planned)
        if record.follow and unheard and news.alert not in group.waiting:
            return
        if news.final and unheard and not record.owed:
            group.waiting.pop(news.alert, None)
            self._drop_empty(group)
            return
        if not group.waiting:
            group.ended_s = None
        if news.alert not in group.waiting:
            group.came_s[news.alert] = record.at_s
        group.waiting[news.alert] = news
        if news.final and group.ended_s is None:  # many that ended together come one after the other
            group.ended_s = max(record.at_s, group.last_s or 0.0)

    def _repeats(self, group: str, news: Notice) -> bool:
        """Whether the transition has come before: a judge that starts again writes some once more."""
        seen = self._seen.setdefault(news.alert, {})
        if seen.get(group, 0) >= news.seq:
            return True
        seen[group] = news.seq
        self._seen.move_to_end(news.alert)
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)
        return False

    def _plan(self, record: GroupPlan) -> None:
        group = self.groups.get(record.group)
        if group is None:
            return
        now = {each.alert: each for each in group.members}
        planned = tuple(now[alert] for alert in dict(record.members) if alert in now)
        if planned:  # a message of nothing is none: somebody else has written it
            group.plan, group.planned = record, planned
            begun = self.begun.setdefault(group.id, {})
            for each in planned:
                if record.anew or each.alert not in begun:
                    begun[each.alert] = record.at_s

    def _told(self, record: GroupTold) -> None:
        group = self.groups.get(record.group)
        if group is None:
            return
        planned = {each.alert: each for each in group.planned}
        gives_way = record.outcome == DeliveryOutcome.EXPIRED
        for alert, seq in record.members:
            waits = group.waiting.get(alert)
            news = planned.get(alert) or waits
            if record.outcome == DeliveryOutcome.SILENCED and alert not in group.told:
                continue  # it is in somebody's care, which may be taken back
            if gives_way:
                self._gives_way(group, news, record)
                continue
            if waits is not None and waits.seq <= seq:
                del group.waiting[alert]
            if news is not None and record.sent:
                group.told[alert] = ToldNews(news, record.at_s)
            if news is not None and news.final:
                group.told.pop(alert, None)
                self.begun.get(group.id, {}).pop(alert, None)
        since_s = [record.at_s if gives_way else group.came_s[alert] for alert in group.waiting]
        group.came_s = dict(zip(group.waiting, since_s, strict=True))
        if record.sent and not gives_way:
            group.last_s = record.at_s
        group.memory = record.memory or group.memory
        group.plan, group.planned = None, ()
        group.ended_s = record.at_s if any(each.final for each in group.waiting.values()) else None
        self._drop_empty(group)

    @staticmethod
    def _gives_way(group: AlertGroup, news: Notice | None, record: GroupTold) -> None:
        """A message was too late: what it told of is news again, as it stands now.

        The receiver may have heard of it when `sent`; otherwise what has come to an end is no news.
        """
        if news is None:
            return
        if record.sent and not news.final:
            group.told[news.alert] = ToldNews(news, record.at_s)
        latest = max(filter(None, (news, group.waiting.get(news.alert))), key=lambda each: each.seq)
        if latest.final and news.alert not in group.told:
            group.waiting.pop(news.alert, None)
        else:
            group.waiting[news.alert] = latest

    def _drop_empty(self, group: AlertGroup) -> None:
        if not group.told and not group.waiting and group.plan is None:
            self.groups.pop(group.id, None)
            self.begun.pop(group.id, None)


def identities(notices: Iterable[Notice]) -> list[tuple[str, int]]:
    """Alert id and seq of each."""
    return [(each.alert, each.seq) for each in notices]
