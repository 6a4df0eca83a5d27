"""News that somebody takes care of an alert, for receivers that show it: PagerDuty, a Slack bot."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from alerts.delivery.backlog import Delivery
from alerts.delivery.commands import Acknowledge
from alerts.delivery.grouping.group_log import GroupPlan
from alerts.delivery.grouping.group_message import GroupMessage
from alerts.delivery.grouping.groups import AlertGroup, identities
from alerts.delivery.notices.notice import Notice, TransitionNews, notice
from alerts.delivery.notices.writer import Writer
from alerts.delivery.progress import HeardTransitions
from alerts.paging import Receiver
from alerts.receivers.kinds import KINDS
from alerts.receivers.message import NewsState, ReceiverMessage

FRESH_S: Final = 120.0
"""Older acknowledgements are what a worker reads when it starts: they were told when they were new."""


@dataclass(frozen=True, slots=True)
class AckMessage:
    """An acknowledgement on its way; `memory` is where the message stands, of the alert or of its `group`."""

    notice: Notice
    memory: str
    group: GroupMessage | None = None


def shows_acks(receiver: Receiver) -> bool:
    """Whether a receiver can show that somebody takes care, without one more message."""
    return KINDS[receiver.kind].acks_with in receiver.settings


def acknowledged(command: Acknowledge, news: TransitionNews | None, now_s: float) -> Notice | None:
    """The alert that an acknowledgement is about; None where it is over or the acknowledgement is old."""
    if news is None or news.state == "resolved" or now_s - command.at.timestamp() > FRESH_S:
        return None
    return notice(msgspec.json.encode(news))


def ack_deliveries(
    about: Notice,
    receivers: Iterable[Receiver],
    heard: Mapping[int, HeardTransitions],
    groups: Iterable[tuple[int, AlertGroup]],
    in_care: Callable[[Notice], bool],
    now_s: float,
) -> Iterator[tuple[str, Delivery]]:
    """Who is told, and what: those who have heard of the alert, by itself or in a group all in care."""
    showing = {each.name for each in receivers if shows_acks(each)}
    for partition, known in heard.items():
        for name in sorted(known.concerned(about.alert) & showing):
            progress = known.progress(about.alert, name)
            if progress.told:
                yield name, _delivery(AckMessage(about, progress.memory), partition, now_s)
    for partition, group in groups:
        if group.receiver in showing and about.alert in group.told:
            told = tuple(each.notice for each in group.told.values())
            if all(map(in_care, told)):
                yield group.receiver, _delivery(_of_group(about, group, told, now_s), partition, now_s)


def _of_group(about: Notice, group: AlertGroup, told: tuple[Notice, ...], now_s: float) -> AckMessage:
    plan = GroupPlan(group=group.id, key=f"{group.id}.ack", members=identities(told), at_s=now_s)
    return AckMessage(about, group.memory, GroupMessage(group, plan, told))


def ack_message(message: AckMessage, writer: Writer, receiver: Receiver) -> ReceiverMessage:
    """The message of the alert, or of its group, as it stands, with who takes care of it."""
    group = message.group
    written = writer.alone(message.notice, receiver) if group is None else writer.group(group, receiver)
    return replace(written, key=f"{message.notice.alert}.ack", state=NewsState.ACKNOWLEDGED.value)


def _delivery(said: AckMessage, partition: int, now_s: float) -> Delivery:
    return Delivery(notice=said.notice, partition=partition, written_s=now_s, message=said)
