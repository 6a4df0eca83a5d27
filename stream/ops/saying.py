"""Commands from the command line: signed, written, and answered by whoever delivers notices."""

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec

from alerts.delivery import commands
from alerts.delivery.command_seal import HEEDED, CommandOutcome, CommandSeal
from alerts.delivery.commands import Command
from alerts.errors import UNREADABLE, SettingsError
from stream.kafka.clients import POLL_MS, producing, read_all, reading
from stream.kafka.settings import ClientSettings
from stream.messages.topic_names import COMMAND_ANSWERS, COMMANDS, HEARD_COMMANDS

ANSWER_S: Final = 5.0
"""How long an answer is waited for: a worker hears a command within a second, if one runs."""

WORDS: Final = {
    CommandOutcome.NOT_SIGNED: "it is not signed: want TOCSIN_COMMANDS_KEY or --commands-key-file, as the "
    "workers have, or `commands: trusted` in their rules",
    CommandOutcome.WRONG_SIGNATURE: "it is signed with another key than the workers have",
    CommandOutcome.EMPTY_MATCH: "it would silence everything: want at least one --match with a value",
}


class _Answer(msgspec.Struct):
    offset: int
    outcome: CommandOutcome


async def say(kafka: ClientSettings, said: Command, keys: Sequence[bytes]) -> CommandOutcome | None:
    """Write a command, and wait a little for the answer; None: there is none, it will be heard later.

    Raises:
        SettingsError: the workers refuse it.
        BrokerError: no broker answers or lets us in.
    """
    value = commands.encode(said)
    topic = kafka.topics.of(COMMANDS)
    headers = CommandSeal(topic, keys).headers(value)
    async with reading(kafka, COMMAND_ANSWERS, latest=True) as consumer:
        for partition in consumer.assignment():
            await consumer.position(partition)  # from here on, before anything can be answered
        async with producing(kafka) as producer:
            key = commands.key(said).encode()
            place = await producer.send_and_wait(
                topic, value, key=key, headers=headers, partition=HEARD_COMMANDS
            )
        outcome: CommandOutcome | None = None
        try:
            async with asyncio.timeout(ANSWER_S):
                while outcome is None:
                    for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                        answers = [_decode(record.value) for record in records]
                        found = [one.outcome for one in answers if one and one.offset == place.offset]
                        outcome = found[0] if found else outcome
        except TimeoutError:
            return None
    if outcome not in HEEDED:
        raise SettingsError(f"the workers refuse the command: {WORDS.get(outcome, outcome.value)}")
    return outcome


async def heeded(kafka: ClientSettings) -> list[Command]:
    """Every command that workers have accepted, or not answered yet, in order.

    Raises:
        BrokerError: no broker answers or lets us in, or a topic is not there.
    """
    outcomes = {}
    async for record in read_all(kafka, COMMAND_ANSWERS):
        if (answer := _decode(record.value)) is not None:
            outcomes[answer.offset] = answer.outcome
    found = []
    async for record in read_all(kafka, COMMANDS):
        if outcomes.get(record.offset, CommandOutcome.ACCEPTED) in HEEDED:
            said = commands.decode(record.value)
            found += [] if said is None else [said]
    return found


def _decode(value: bytes | None) -> _Answer | None:
    try:
        return msgspec.json.decode(value or b"", type=_Answer)
    except UNREADABLE:
        return None
