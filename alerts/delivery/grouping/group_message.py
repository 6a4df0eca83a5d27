"""A group's message on its way to its receiver."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from alerts.delivery.backlog import Delivery
from alerts.delivery.grouping.group_log import GroupPlan, GroupRecord, GroupTold, message_key
from alerts.delivery.grouping.groups import AlertGroup, identities
from alerts.delivery.notices.notice import Notice, TransitionNews, cover_of
from alerts.delivery.retry_policy import DeliveryOutcome


@dataclass(frozen=True, slots=True)
class GroupMessage:
    """A message of a group on its way; `notices` are its members."""

    group: AlertGroup
    plan: GroupPlan
    notices: tuple[Notice, ...]

    @property
    def open(self) -> list[Notice]:
        """Members whose alerts are not over."""
        return [each for each in self.notices if not each.final]

    @property
    def state(self) -> str:
        """Of all together: firing where one of them fires."""
        if any(each.state == "firing" for each in self.open):
            return "firing"
        return "stale" if self.open else "resolved"

    @property
    def severity(self) -> Literal["warning", "critical"]:
        """That of the loudest that is not over, or of the loudest."""
        loud = any(each.news.severity == "critical" for each in self.open or self.notices)
        return "critical" if loud else "warning"


@dataclass(frozen=True, slots=True)
class DueMessage:
    """What a group says now: `record` is written down first, then `message` is sent; either may be None."""

    group: AlertGroup
    record: GroupRecord | None
    message: GroupMessage | None


def delivery_of(message: GroupMessage, partition: int) -> Delivery:
    """A message as its receiver's queue takes it; `partition` is that of its group on cx.deliveries."""
    return Delivery(
        notice=cover(message),
        partition=partition,
        written_s=message.plan.at_s,
        message=message,
        superseded=partial(message.group.has_news_since, message.plan),
    )


def cover(message: GroupMessage) -> Notice:
    """What stands for a group in its receiver's queue: the queue keeps the order of one group's messages."""
    group, plan = message.group, message.plan
    first = message.notices[0].news if message.notices else None
    news = TransitionNews(
        id=group.id,
        seq=1,
        rule=first.rule if first else "",
        severity=message.severity,
        state=message.state,
        indicator=first.indicator if first else "",
        scope={},
        at=first.at if first else "",
    )
    return cover_of(plan.key, news, dict(group.labels))


def passed_over(group: AlertGroup, notices: Iterable[Notice], now_s: float) -> GroupTold:
    """Somebody takes care of what the receiver has heard of: news of it is settled without a message."""
    members = identities(notices)
    return GroupTold(
        group=group.id,
        key=message_key(group.id, members, now_s),
        members=members,
        receiver=group.receiver,
        outcome=DeliveryOutcome.SILENCED.value,
        reason="acknowledged",
        attempts=0,
        status=None,
        sent=False,
        at_s=now_s,
    )
