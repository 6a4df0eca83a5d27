"""The desk of groups: writes news down for the groups that it belongs to, and tells what is due.

It follows all of cx.deliveries, so that whoever gets a partition knows its groups already, and acts on the
partitions that belong to its worker.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import Final

from alerts.delivery.alert_records import News
from alerts.delivery.backlog import Delivery
from alerts.delivery.grouping.desk_world import DeskWorld, Ownership
from alerts.delivery.grouping.escalations import NextTold, first_of, is_anew
from alerts.delivery.grouping.group_log import (
    GroupPlan,
    GroupRecord,
    GroupTold,
    message_key,
)
from alerts.delivery.grouping.group_message import DueMessage, GroupMessage, delivery_of, passed_over
from alerts.delivery.grouping.group_rules import GroupRules, news_of
from alerts.delivery.grouping.groups import AlertGroup, GroupBook, GroupRule, identities
from alerts.delivery.grouping.routing import labelled
from alerts.delivery.guarded_tasks import GuardedTasks
from alerts.delivery.mutes import Mute, is_for_good
from alerts.delivery.notices.notice import Notice
from alerts.delivery.retry_policy import DeliveryOutcome, Retry, Settled
from alerts.delivery.working_hours import opens_in_s
from alerts.rules import Rulebook

TICK_S: Final = 0.5
"""How often due groups are looked for when nothing wakes the desk."""
MOST_MEMBERS: Final = 4_000
"""Alerts of one message: what is written of them must fit into one of Kafka's.  More have the next."""
LOOK_AGAIN_S: Final = 5.0
"""How often a group is looked at again that is held back."""
AT_ONCE: Final = 500
"""Groups that are looked at before anybody else has the event loop."""


class GroupDesk:
    """Gathers and tells, from `start` to `close`."""

    def __init__(self, rulebook: Rulebook, world: DeskWorld, failed: Callable[[BaseException], None]) -> None:
        self._rulebook = rulebook
        self._rules = GroupRules(rulebook)
        self._world = world
        self._books: dict[int, GroupBook] = {}
        self._turns: dict[int, Ownership] = {}
        self._under_way: set[str] = set()
        self._held: dict[str, float] = {}
        self._repeated: dict[str, float] = {}
        self._changed: set[tuple[int, str]] = set()
        self._round_s = 0.0
        self._wake = asyncio.Event()
        self._tasks = GuardedTasks(failed)

    def start(self) -> None:
        """Begin to tell."""
        self._tasks.begin(self._run)

    async def close(self) -> None:
        """Tell nothing more."""
        await self._tasks.close()

    def fold(self, partition: int, record: GroupRecord) -> None:
        """Take a record of cx.deliveries into account."""
        book = self._books.setdefault(partition, GroupBook())
        book.fold(record)
        if isinstance(record, GroupTold):
            self._under_way.discard(record.group)
        if record.group not in book.groups:  # one of that name may come again, and is another
            self._held.pop(record.group, None)
            self._repeated.pop(record.group, None)
        self._changed.add((partition, record.group))
        self._wake.set()

    def own(self, partitions: Iterable[int]) -> None:
        """Act on these partitions from now on, once all that was written before has been folded."""
        turn = Ownership()
        self._turns |= dict.fromkeys(partitions, turn)
        self._tasks.begin(partial(self._take_over, turn))

    def forget(self, partitions: Iterable[int]) -> None:
        """These belong to another worker."""
        for partition in partitions:
            self._turns.pop(partition, None)
            self._under_way -= self._books.get(partition, GroupBook()).groups.keys()

    def owns(self, partition: int) -> bool:
        """Whether this worker acts on a partition."""
        turn = self._turns.get(partition)
        return turn is not None and turn.caught_up

    def turn(self, partition: int) -> Ownership | None:
        """Another each time that a partition is given to this worker; None while it is not."""
        return self._turns.get(partition)

    @property
    def partitions(self) -> tuple[int, ...]:
        """Those that this worker acts on."""
        return tuple(sorted(filter(self.owns, self._turns)))

    def owned(self) -> Iterator[tuple[int, AlertGroup]]:
        """The groups of this worker's partitions."""
        for partition in self.partitions:
            book = self._books.get(partition)
            for group in list(book.groups.values()) if book else ():
                yield partition, group

    def look(self) -> None:
        """Something may be due, or be held back no longer: a command has come."""
        self._held.clear()
        self._look_at_all()

    async def gather(self, told: Iterable[News]) -> None:
        """Write transitions down for every group that they belong to, or may have belonged to before."""
        if records := [record for each in told for record in self._records_of(each)]:
            await self._world.log.put(records)

    def _records_of(self, told: News) -> Iterator[GroupRecord]:
        news, record = told.notice, told.record
        at_s = min(record.written_ms / 1000, self._world.clock())  # the writer's clock may be ahead
        labels = labelled(self._rulebook, news.labels)
        knowing = [group for book in self._books.values() for group in book.knowing(news.alert)]
        return news_of(self._rulebook, told, labels, knowing, at_s)

    async def settled(self, message: GroupMessage, delivery: Delivery, settled: Settled) -> None:
        """A message has ended: write it down."""
        told = GroupTold(
            group=message.group.id,
            key=message.plan.key,
            members=message.plan.members,
            receiver=message.group.receiver,
            outcome=settled.outcome.value,
            reason=settled.reason,
            attempts=delivery.attempts,
            status=delivery.status,
            sent=delivery.reached,
            memory=delivery.memory,
            at_s=self._world.clock(),
        )
        if self._rules.of(message.group).quiet and not message.group.waiting and message.group.plan is None:
            self._repeated[message.group.id] = told.at_s
            self._under_way.discard(message.group.id)
            self._wake.set()
        else:
            await self._world.log.put([told])  # once it has been folded, the group may go on

    def unsent(self, message: GroupMessage, now_s: float) -> Settled | Retry | None:
        """Why a message must not be sent now: somebody takes care of all of it, or wants no news of it.

        Asked before each attempt, since a receiver may be down for long.  A message that tells an end goes.
        """
        if self._rules.of(message.group).quiet:
            return None
        mutes = [self._world.mutes.why(each, now_s) for each in message.notices]
        if not mutes or any(mute is None for mute in mutes):
            return None
        if all(map(is_for_good, mutes)):
            return Settled(DeliveryOutcome.SILENCED, "acknowledged")
        return Retry(LOOK_AGAIN_S)

    async def _take_over(self, turn: Ownership) -> None:
        """Own what was given in this turn, and has not gone to another worker while we caught up."""
        await self._world.log.caught_up()
        turn.caught_up = True
        self._look_at_all()

    def _look_at_all(self) -> None:
        self._round_s = 0.0
        self._wake.set()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._wake.clear()
            groups = list(self._moved())
            if loop.time() >= self._round_s:
                self._round_s = loop.time() + TICK_S
                groups = list(self.owned())
            for start in range(0, len(groups), AT_ONCE):
                await self._tell_due(groups[start : start + AT_ONCE])
                await asyncio.sleep(0)  # where nothing was due, nothing has waited
            with suppress(TimeoutError):
                async with asyncio.timeout_at(self._round_s):
                    await self._wake.wait()

    def _moved(self) -> Iterator[tuple[int, AlertGroup]]:
        """Our groups of which something was written: each record wakes us, and there may be thousands."""
        changed, self._changed = self._changed, set()
        for partition, name in changed:
            group = self._books[partition].groups.get(name)
            if group is not None and self.owns(partition):
                yield partition, group

    async def _tell_due(self, groups: Iterable[tuple[int, AlertGroup]]) -> None:
        """One wait for all that is written down, so that what is due together leaves together."""
        now_s = self._world.clock()
        due = [(partition, said) for partition, group in groups if (said := self._said_of(group, now_s))]
        self._under_way |= {said.group.id for _, said in due}
        if records := [said.record for _, said in due if said.record is not None]:
            await self._world.log.put(records)
        for partition, said in due:
            if said.message is not None and self.owns(partition):  # it may have moved meanwhile
                await self._world.send(said.group.receiver, delivery_of(said.message, partition))

    def _said_of(self, group: AlertGroup, now_s: float) -> DueMessage | None:
        """What is due; None where nothing is."""
        if group.id in self._under_way or self._held.get(group.id, 0.0) > now_s:
            return None
        if group.plan is not None:  # somebody was about to send it, and did not write down how it ended
            return DueMessage(group, None, GroupMessage(group, group.plan, group.planned))
        rule = self._rules.of(group)
        if self._begins_anew(group, rule, now_s) is None:
            return None
        closed_s = opens_in_s(rule, now_s)
        if closed_s:
            self._held[group.id] = now_s + min(closed_s, LOOK_AGAIN_S)
            return None
        seen = self._to_tell(group, rule, now_s)
        anew = self._begins_anew(seen, rule, now_s)
        if anew is None:
            self._hold(group, rule, now_s)
            return None
        return self._due(group, seen, rule, anew=anew)

    def _hold(self, group: AlertGroup, rule: GroupRule, now_s: float) -> None:
        """Look at it when what mutes any of it ends, and before, as that may end before its time."""
        mutes = [self._mute(group, rule, each, now_s) for each in group.members]
        ends_s = [mute.until_s for mute in mutes if mute and mute.until_s is not None]
        self._held[group.id] = min([now_s + LOOK_AGAIN_S, *ends_s])

    def _begins_anew(self, group: AlertGroup, rule: GroupRule, now_s: float) -> bool | None:
        """Whether the message that is due starts the while of an escalation again; None: none is due."""
        due_s = self._due_s(group, rule)
        if due_s is not None and not group.waiting and group.id in self._repeated:
            due_s = self._repeated[group.id] + (rule.repeat_s or 0.0)
        unsilenced = self._ends_silence(group, rule)
        if (due_s is None or due_s > now_s) and not unsilenced:
            return None
        return is_anew(due_s, now_s, unsilenced=unsilenced)

    def _to_tell(self, group: AlertGroup, rule: GroupRule, now_s: float) -> AlertGroup:
        """The group as if news that is muted or early had not come: it stays until it may be told or is over.

        News of what somebody takes care of stays too where the receiver has not heard of it, since that may
        be taken back; where it has, the news is done with.
        """
        left = self._next(group, rule, rule.first).too_early(now_s) if rule.first else set()
        for each in group.waiting.values():
            mute = self._mute(group, rule, each, now_s)
            if mute is not None and not (is_for_good(mute) and each.alert in group.told):
                left.add(each.alert)
        return group.without(left) if left else group

    def _mute(self, group: AlertGroup, rule: GroupRule, news: Notice, now_s: float) -> Mute | None:
        """A receiver that takes silence for health goes on hearing of what it was told of."""
        return None if rule.quiet and news.alert in group.told else self._world.mutes.why(news, now_s)

    def _due_s(self, group: AlertGroup, rule: GroupRule) -> float | None:
        if rule.first is None:
            return group.due_s(rule)
        return self._next(group, rule, rule.first).due_s()

    def _next(self, group: AlertGroup, rule: GroupRule, first: tuple[str, str]) -> NextTold:
        told = first_of(group, first, self._books.values())
        return NextTold(group, rule, told, self._world.mutes.ended_s)

    def _ends_silence(self, group: AlertGroup, rule: GroupRule) -> bool:
        """Whether something of what was told before a silence still holds after it."""
        if group.plan is not None or group.waiting or rule.quiet or rule.first:
            return False
        mutes, now_s = self._world.mutes, self._world.clock()
        ended = [each.notice for each in group.told.values() if mutes.ended_s(each.notice) > each.at_s]
        return any(mutes.why(each, now_s) is None for each in ended)

    def _due(self, group: AlertGroup, seen: AlertGroup, rule: GroupRule, *, anew: bool) -> DueMessage | None:
        """What may be told; what is muted for a while waits, what is muted for good is over."""
        now_s = self._world.clock()
        mutes = {each.alert: self._mute(group, rule, each, now_s) for each in group.members}
        for_good = [each for each in seen.waiting.values() if is_for_good(mutes[each.alert])]
        known = group.told.keys() | seen.waiting.keys()
        free = [each for each in group.members if each.alert in known and mutes[each.alert] is None]
        if for_good:  # the others have their turn when this has been folded
            return DueMessage(group, passed_over(group, for_good[:MOST_MEMBERS], now_s), None)
        if not free:
            self._hold(group, rule, now_s)
            return None
        free.sort(key=lambda each: each.alert not in group.waiting)  # news first
        del free[MOST_MEMBERS:]
        members = identities(free)
        key = message_key(group.id, members, now_s)
        plan = GroupPlan(group=group.id, key=key, members=members, at_s=now_s, anew=anew)
        written = free[0].alert in group.waiting or not rule.quiet
        return DueMessage(group, plan if written else None, GroupMessage(group, plan, tuple(free)))
