"""Sends generated traffic: to Kafka at its pace, or to a file as fast as it goes."""

import asyncio
import gzip
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice, takewhile
from pathlib import Path
from typing import IO, Final, Protocol

from alerts.errors import SettingsError
from alerts.rules import SECOND_MS
from stream.messages.records import Stream
from stream.traffic.faults import messed
from stream.traffic.generator import Message, Traffic
from stream.traffic.pacing import Due, Pace
from stream.traffic.profiles import TrafficScenario

TICK_S: Final = 0.02
"""How often the sender looks what is due."""
AT_ONCE: Final = 2_000
"""Messages handed to the producer before others get their turn."""


class Producing(Protocol):
    """Where messages go: `stream.kafka.confirmed.Confirmed`."""

    async def send(self, messages: Iterable[tuple[str, bytes, bytes]]) -> None:
        """Hand over topic, value and key of messages; raises if one, or one before them, does not arrive."""
        ...

    async def flush(self) -> None:
        """Wait until all have arrived."""
        ...


@dataclass(frozen=True, slots=True)
class Play:
    """What to send: a scenario from `start_ms` on, `rate` messages per second of event time."""

    scenario: TrafficScenario
    start_ms: int
    rate: float
    seed: int
    run: str

    def messages(self) -> Iterable[Message]:
        """All of them, in sending order, without end."""
        traffic = Traffic(self.scenario, self.start_ms, self.rate, self.seed, self.run)
        return messed(traffic, self.scenario.mess, self.seed) if self.scenario.mess else traffic


@dataclass(frozen=True, slots=True)
class SendLimits:
    """When to stop: at an event time, after a number of messages; None: never."""

    until_ms: int | None = None
    messages: int | None = None

    def of(self, messages: Iterable[Message]) -> Iterator[Message]:
        """Those messages that are within the limits."""
        until_ms = self.until_ms
        if until_ms is not None:
            messages = takewhile(lambda message: message.due_ms < until_ms, messages)
        return islice(messages, self.messages)


def wall_ms() -> int:
    """Unix time in milliseconds."""
    return time.time_ns() // 1_000_000


def run_name(scenario: TrafficScenario, now_ms: int) -> str:
    """A name that no earlier run on the same machine has: scenario and time in base 36."""
    digits = ""
    while now_ms:
        now_ms, digit = divmod(now_ms, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return f"{scenario.name}-{digits}"


async def send(
    producer: Producing,
    messages: Iterable[Message],
    pace: Pace,
    told: Callable[[Counter[Stream]], None] = lambda _: None,
) -> Counter[Stream]:
    """Send each message when it is due until there are no more; `told` hears how many were sent so far.

    Raises:
        KafkaError: a message does not arrive.
    """
    due, sent = Due(messages), Counter[Stream]()
    while not due.ended:
        batch = due.until(pace.event_ms(wall_ms()), AT_ONCE)
        if batch:
            await producer.send((each.stream.topic, each.value, each.key.encode()) for each in batch)
            sent.update(each.stream for each in batch)
            told(sent)
        if len(batch) < AT_ONCE:
            await asyncio.sleep(TICK_S)
    await producer.flush()
    return sent


def write(to: Path, messages: Iterable[Message]) -> Counter[Stream]:
    """Write messages as NDJSON, gzipped where the name ends in .gz; `-` is stdout.

    Raises:
        SettingsError: the file cannot be written.
    """
    sent = Counter[Stream]()
    with _opened(to) as file:
        for message in messages:
            file.write(message.value + b"\n")
            sent[message.stream] += 1
    return sent


@contextmanager
def _opened(to: Path) -> Iterator[IO[bytes]]:
    if str(to) == "-":
        yield sys.stdout.buffer
        return
    try:
        with gzip.open(to, "wb") if to.suffix == ".gz" else to.open("wb") as file:
            yield file  # type: ignore[misc]  # GzipFile writes bytes as well
    except OSError as error:
        raise SettingsError(f"--to: want a file that can be written, got {to}: {error.strerror}") from error


def limits(pace: Pace, seconds: float | None, messages: int | None) -> SendLimits:
    """Limits of a run of `seconds` at a pace."""
    until_ms = None if seconds is None else pace.start_ms + int(seconds * pace.speed * SECOND_MS)
    return SendLimits(until_ms, messages)
