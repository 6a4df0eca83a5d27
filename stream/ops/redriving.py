"""Dead letters sent again: each once, however often it is asked for, and with where they came from.

What was sent is noted on cx.redrives, since nothing else says so: a record that is accepted the second time
leaves no trace.  One that is refused again becomes another letter, which holds its descent in headers; it
was sent once already, so it stays as well.  `again` sends both.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from alerts.errors import UNREADABLE
from stream.kafka.clients import producing, read_all, read_places
from stream.kafka.letters import Letter, LetterChoice, read
from stream.kafka.outbox import Outgoing
from stream.kafka.settings import ClientSettings
from stream.messages.topic_names import DEAD_LETTERS, INPUTS, REDRIVES

AT_ONCE: Final = 1_000
"""Letters that are on their way at a time."""
ORIGIN_HEADER: Final = "tocsin-origin"
"""Of a record that was sent again: where it first was, `cx.feedback/2@17`."""
LETTER_HEADER: Final = "tocsin-redriven"
"""And the letter that it was: partition and offset in cx.dead-letters, `0@4`."""

LetterId = tuple[int, int, int]
"""Partition, offset and timestamp of a letter: the topic may have been made anew."""


class KeptLetter(StrEnum):
    """Why a letter is not sent."""

    SENT_BEFORE = "sent before"
    NO_RECORD = "no record"  # with nothing in it
    OF_GATEWAY = "of the gateway"  # whose sources were not said
    NO_EVENT = "no event"  # of the gateway: its source still makes none of it, or is not there
    CUT = "only its beginning is here"
    INTERNAL = "of a topic that workers alone write"
    REFUSED = "refused by the broker"  # too large, or to a partition that is not there


Mapped = Callable[[Letter], Sequence[Outgoing]]
"""The events that a message to the gateway becomes by now; none where it is still refused."""


@dataclass(slots=True)
class Redriven:
    """How many letters were sent, by reason, and how many were not, by why."""

    sent: Counter[str] = field(default_factory=Counter)
    kept: Counter[KeptLetter] = field(default_factory=Counter)


class _Note(msgspec.Struct):
    """The value of a cx.redrives record."""

    letters: list[LetterId]


@dataclass(frozen=True, slots=True)
class _Found:
    identity: LetterId
    letter: Letter

    def is_in(self, noted: set[LetterId]) -> bool:
        """Whether it was sent, or its record was, once already, and refused again."""
        return self.identity in noted or any(name == LETTER_HEADER for name, _ in self.letter.headers)


_Sending = tuple[_Found, Sequence[Outgoing]]


async def chosen(kafka: ClientSettings, choice: LetterChoice) -> AsyncIterator[_Found]:
    """The letters that are meant, with what identifies them; anything else in the topic is passed over."""
    async for tp, record in read_places(kafka, DEAD_LETTERS):
        letter = read(record)
        if letter is not None and choice.holds(letter):
            yield _Found((tp.partition, record.offset, record.timestamp), letter)


async def redrive(
    kafka: ClientSettings, choice: LetterChoice, *, dry_run: bool, again: bool, mapped: Mapped | None = None
) -> Redriven:
    """Send letters, or only count them; messages to the gateway as what they are `mapped` to.

    Raises:
        BrokerError: no broker answers or lets us in, or a topic is not there.
    """
    done, noted = Redriven(), await _noted(kafka)
    async with producing(kafka) as producer:
        batch: list[_Sending] = []
        async for found in chosen(kafka, choice):
            records = to_send(found.letter, mapped)
            if not isinstance(records, KeptLetter) and not again and found.is_in(noted):
                records = KeptLetter.SENT_BEFORE
            if isinstance(records, KeptLetter):
                done.kept[records] += 1
            elif dry_run:
                done.sent[found.letter.reason] += 1
            else:
                batch.append((found, records))
            if len(batch) >= AT_ONCE:
                await _send(producer, kafka.topics.of(REDRIVES), batch, done)
                batch = []
        await _send(producer, kafka.topics.of(REDRIVES), batch, done)
    return done


def to_send(letter: Letter, mapped: Mapped | None = None) -> Sequence[Outgoing] | KeptLetter:
    """What is sent of a letter, or why it cannot be."""
    if letter.source is not None:
        return KeptLetter.OF_GATEWAY if mapped is None else mapped(letter) or KeptLetter.NO_EVENT
    if letter.key is None and letter.value is None:
        return KeptLetter.NO_RECORD
    if letter.topic not in INPUTS:
        return KeptLetter.INTERNAL
    # Without a key nothing says where it belongs but where it was.
    partition = letter.partition if letter.key is None else None
    record = Outgoing(letter.topic, letter.value, letter.key, partition)
    return [record] if letter.is_whole else KeptLetter.CUT


async def _send(producer: AIOKafkaProducer, notes: str, batch: list[_Sending], done: Redriven) -> None:
    """Send some letters, and note the ones that were taken."""
    results = await asyncio.gather(*(_one(producer, *sending) for sending in batch))
    taken = [found for (found, _), ended in zip(batch, results, strict=True) if ended]
    done.kept[KeptLetter.REFUSED] += len(batch) - len(taken)
    done.sent.update(found.letter.reason for found in taken)
    if taken:
        note = msgspec.json.encode(_Note([found.identity for found in taken]))
        await producer.send_and_wait(notes, note, partition=0)


async def _one(producer: AIOKafkaProducer, found: _Found, records: Sequence[Outgoing]) -> bool:
    """Send what a letter has; whether the broker took it."""
    headers = descended(found.letter, found.identity)
    try:
        for record in records:
            if record.partition not in {None, *await producer.partitions_for(record.topic)}:
                return False
            await producer.send_and_wait(
                record.topic, record.value, record.key, record.partition, headers=headers
            )
    except (KafkaError, ValueError):
        return False
    return True


def descended(letter: Letter, identity: LetterId) -> list[tuple[str, bytes]]:
    """The record's headers, and where it comes from: its first place and its last letter."""
    ours = (ORIGIN_HEADER, LETTER_HEADER)
    first = [value for name, value in letter.headers if name == ORIGIN_HEADER]
    own = [pair for pair in letter.headers if pair[0] not in ours]
    origin = first[0] if first else letter.place.encode()
    return [*own, (ORIGIN_HEADER, origin), (LETTER_HEADER, b"%d@%d" % identity[:2])]


async def _noted(kafka: ClientSettings) -> set[LetterId]:
    found: set[LetterId] = set()
    async for record in read_all(kafka, REDRIVES):
        found.update(_decode(record))
    return found


def _decode(record: Any) -> list[LetterId]:
    try:
        return msgspec.json.decode(record.value or b"", type=_Note).letters
    except UNREADABLE:
        return []
