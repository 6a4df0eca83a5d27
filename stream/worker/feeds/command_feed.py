"""cx.commands, heard from its beginning on by every notifier, and answered on cx.command-answers.

Every notifier hears the same records in the same order, so all give the same answer, keyed by the command's
offset: whoever reads answers takes any of them.  (Only whether an alert is over may have changed in between.)
What was answered before is not answered again.

What judges must learn is relayed before it is answered.  So is what nobody had answered when this worker
began, as soon as it knows how alerts stand.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from alerts.delivery import commands
from alerts.delivery.command_seal import CommandOutcome, CommandSeal, Heard
from alerts.delivery.mutes import Muting
from alerts.errors import UNREADABLE
from alerts.transitions import utc_text
from stream.kafka.offsets import TP
from stream.kafka.outbox import DeliveryError, Outbox, Outgoing
from stream.kafka.reader import Reader
from stream.messages.topic_names import COMMAND_ANSWERS, COMMANDS, HEARD_COMMANDS, GroupTopics
from stream.worker.feeds.follower import Follower
from stream.worker.feeds.verdict_relay import VerdictRelay

log = logging.getLogger(__name__)

ANSWERS_TP: Final = TP(COMMAND_ANSWERS, 0)
POLL_MS: Final = 1_000


class CommandAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The value of a cx.command-answers record: what became of the command at `offset` of cx.commands.

    `command` and `about` (the alert or the silence) are None where the record is no command; `at` is when
    the command was written (RFC 3339, UTC).
    """

    offset: int
    outcome: str
    command: str | None
    about: str | None
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandPorts:
    """Where commands come from and answers go; `count` hears of outcomes, `failed` of the end.

    `relay` tells judges, and `alerts_known` returns when all that is on cx.alerts is known.
    """

    outbox: Outbox
    options: dict[str, Any]
    count: Callable[[str], None]
    failed: Callable[[BaseException], None]
    topics: GroupTopics
    relay: VerdictRelay
    alerts_known: Callable[[], Awaitable[None]]


class HeardCommand(NamedTuple):
    """A record of cx.commands, and what became of it so far."""

    record: Any
    heard: Heard


class CommandFeed:
    """Keeps `muting` informed of what is said."""

    def __init__(self, ports: CommandPorts, seal: CommandSeal, muting: Muting) -> None:
        self._ports = ports
        self._tp = TopicPartition(ports.topics.of(COMMANDS), HEARD_COMMANDS)
        self._seal = seal
        self._muting = muting
        self._answered = -1
        self._next = 0
        self._unanswered: list[HeardCommand] = []  # heard while this worker began
        self._follower = Follower(ports.options, ports.failed)

    async def start(self) -> None:
        """Take in what is there, then follow."""
        if not self._seal.hears:
            log.warning(
                "commands are not heeded: want TOCSIN_COMMANDS_KEY, --commands-key-file, or "
                "`commands: trusted` in the rules where the broker's ACLs say who may write"
            )
        self._answered = await self._last_answered()
        consumer = await self._follower.open()
        consumer.assign([self._tp])
        first = (await consumer.beginning_offsets([self._tp]))[self._tp]
        end = (await consumer.end_offsets([self._tp]))[self._tp]
        self._answered = min(self._answered, end - 1)  # whatever somebody else has answered
        self._unanswered, self._next = [], 0
        while first < end and await consumer.position(self._tp) < end:
            self._unanswered += await self._heard(consumer)
        self._follower.follow(self._take)

    async def close(self) -> None:
        """Follow no more."""
        await self._follower.close()

    async def _take(self, consumer: AIOKafkaConsumer) -> None:
        taken, self._unanswered = self._unanswered, []
        await self._settle(taken or await self._heard(consumer))

    async def _heard(self, consumer: AIOKafkaConsumer) -> list[HeardCommand]:
        """Heed what has come; that which nobody has answered."""
        found = (await consumer.getmany(timeout_ms=POLL_MS)).values()
        taken = [self._hear(record) for records in found for record in records]
        return [each for each in taken if each.record.offset > self._answered]

    def _hear(self, record: Any) -> HeardCommand:
        """Heed a command, or pass it over."""
        if record.offset < self._next:
            log.error(
                "%s begins anew, offset=%d after %d: what was said before counts until workers start again",
                self._tp.topic, record.offset, self._next - 1,
            )  # fmt: skip
            self._answered = -1
        self._next = record.offset + 1
        try:
            heard = self._seal.hear(record.value, record.headers)
            if heard.outcome is CommandOutcome.ACCEPTED and heard.command is not None:
                self._muting.apply(heard.command)
        except Exception as error:  # noqa: BLE001  # our own fault: later commands must be heard
            log.error("cannot heed a command: offset=%d error=%s", record.offset, type(error).__name__)  # noqa: TRY400
            heard = Heard(CommandOutcome.INTERNAL)
        if heard.outcome is not CommandOutcome.ACCEPTED:
            log.warning("command refused: offset=%d outcome=%s", record.offset, heard.outcome)
        if record.offset <= self._answered or not self._concerns_judges(heard):
            self._ports.count(heard.outcome)
        return HeardCommand(record, heard)

    async def _settle(self, taken: list[HeardCommand]) -> None:
        """Tell judges, then answer."""
        if any(self._concerns_judges(each.heard) for each in taken):
            await self._ports.alerts_known()
        await self._answer([await self._answer_of(each) for each in taken])

    async def _answer_of(self, taken: HeardCommand) -> CommandAnswer:
        heard = taken.heard
        if heard.command is not None and self._concerns_judges(heard):
            outcome = await self._ports.relay.relay(heard.command, taken.record.offset)
            heard = Heard(outcome, heard.command)
            self._ports.count(outcome)
        return _answer(taken.record, heard)

    def _concerns_judges(self, heard: Heard) -> bool:
        return heard.outcome is CommandOutcome.ACCEPTED and self._ports.relay.concerns(heard.command)

    async def _answer(self, answers: list[CommandAnswer]) -> None:
        if not answers:
            return
        messages = [
            Outgoing(COMMAND_ANSWERS, msgspec.json.encode(each), b"%d" % each.offset, 0) for each in answers
        ]
        try:
            await self._ports.outbox.deliver(messages)
        except DeliveryError as error:
            log.warning("commands were heard but not answered: %s", error)
        self._answered = answers[-1].offset

    async def _last_answered(self) -> int:
        async with Reader(self._ports.options, [ANSWERS_TP], self._ports.topics) as reader:
            last = -1
            async for _, records in reader.ranges({ANSWERS_TP: await reader.bounds(ANSWERS_TP)}):
                last = max([last, *(each.offset for each in map(_read, records) if each is not None)])
        return last


def decode(value: bytes | None) -> CommandAnswer | None:
    """The answer in a record; None for anything else."""
    try:
        return msgspec.json.decode(value or b"", type=CommandAnswer)
    except UNREADABLE:
        return None


def _read(record: Any) -> CommandAnswer | None:
    """An answer of ours: its key is its offset."""
    answer = decode(record.value)
    return answer if answer is not None and record.key == b"%d" % answer.offset else None


def _answer(record: Any, heard: Heard) -> CommandAnswer:
    said = heard.command
    return CommandAnswer(
        offset=record.offset,
        outcome=heard.outcome.value,
        command=None if said is None else str(said.__struct_config__.tag),
        about=None if said is None else commands.key(said),
        at=utc_text(max(0, record.timestamp)),
    )
