"""All six ways to detect, through intake and judge: the same alerts however the work is shared and cut."""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple
from zlib import crc32

import numpy as np
import orjson
import pytest

from alerts.rules import DAY_MS, HOUR_MS
from alerts.transitions import Transition
from stream.backtest import Engine
from stream.records import FileRecord, Stream
from tests.builders import plan_of

RULES = """
timing: {pane: 1h, lateness: 1h}
indicators: {csat: {scale: 1-5}, contacts: {}}
rules:
  - {name: low,    indicator: csat, by: [channel], window: 3h, critical: 70}
  - {name: sudden, indicator: csat, by: [channel], detect: sudden, floor: 75}
  - {name: burn,   indicator: csat, by: [channel], detect: burn, target: 80}
  - {name: gap,    indicator: csat, by: [stage], across: channel, detect: gap, window: 12h}
  - {name: silent, indicator: contacts, by: [channel], detect: silence, at_least: 2 per 2h}
  - {name: hush,   indicator: contacts, by: [channel], detect: silence, learn: 2d}
  - {name: surge,  indicator: contacts, by: [channel], detect: surge, learn: 2d}
"""
KINDS = {"low", "sudden", "burn", "gap", "silent", "hush", "surge"}
START_MS = 20_000 * DAY_MS
DAYS = 9
TROUBLE_MS = START_MS + 8 * DAY_MS
CHANNELS = ("phone", "chat", "email", "store")


class Event(NamedTuple):
    """One event, and its customer."""

    at_ms: int
    stream: Stream
    customer: str
    value: bytes


@cache
def events() -> list[Event]:
    """Nine days of contacts and answers.

    On the ninth phone's answers are bad, chat has five times the contacts, and email has none.
    """
    rng = np.random.default_rng(6)
    return sorted(event for channel in CHANNELS for event in _channel(rng, channel))


def _channel(rng: np.random.Generator, channel: str) -> Iterator[Event]:
    for hour in range(24 * DAYS):
        start_ms = START_MS + hour * HOUR_MS
        trouble = start_ms >= TROUBLE_MS
        contacts = rng.poisson(12 * (5 if trouble and channel == "chat" else 1))
        if trouble and channel == "email" and hour < 24 * 8 + 12:
            contacts = 0
        for _ in range(contacts):
            yield _event(rng, start_ms, Stream.INTERACTIONS, {"channel": channel})
        for _ in range(rng.poisson(5)):
            happy = 0.3 if trouble and channel == "phone" else 0.88
            score = int(rng.choice([4, 5] if rng.random() < happy else [1, 2, 3]))
            answer = {"channel": channel, "stage": "support", "indicator": "csat", "score": score}
            yield _event(rng, start_ms, Stream.FEEDBACK, answer)


def _event(rng: np.random.Generator, start_ms: int, stream: Stream, fields: dict[str, object]) -> Event:
    at_ms = start_ms + int(rng.integers(HOUR_MS))
    customer = f"c{rng.integers(5_000)}"
    fields |= {"id": f"{rng.integers(1 << 60):x}", "at": at_ms, "customer": customer}
    return Event(at_ms, stream, customer, orjson.dumps(fields))


def told(partitions: int, cut: int) -> list[Transition]:
    """What comes of the events when they are fed `cut` at a time to so many partitions."""
    engine = Engine(plan_of(RULES, partitions))
    offsets = {(stream, number): 0 for stream in Stream for number in range(partitions)}
    found: list[Transition] = []
    for first in range(0, len(events()), cut):
        chunk = events()[first : first + cut]
        for (stream, number), offset in offsets.copy().items():
            mine = [
                event.value
                for event in chunk
                if event.stream is stream and crc32(event.customer.encode()) % partitions == number
            ]
            offsets[stream, number] += len(mine)
            records = [FileRecord(offset + at, value) for at, value in enumerate(mine)]
            found += engine.feed(number, stream, records)[1]
        for stream, number in offsets:
            found += engine.feed(number, stream, (), chunk[-1].at_ms)[1]
    return sorted(found, key=lambda each: (each.at, each.rule, each.id, each.seq))


@cache
def reference() -> list[Transition]:
    """One partition, one piece."""
    return told(1, len(events()))


def test_every_way_to_detect_has_something_to_say() -> None:
    """The ninth day's troubles, each in its own words and scope."""
    firing = {(each.rule, each.scope["channel"]) for each in reference() if each.state == "firing"}
    assert {rule for rule, _ in firing} == KINDS
    assert {
        ("low", "phone"), ("sudden", "phone"), ("burn", "phone"), ("gap", "phone"), ("silent", "email"),
        ("hush", "email"), ("surge", "chat"),
    } <= firing  # fmt: skip


def test_what_was_quiet_resolves_when_it_is_heard_again() -> None:
    """Email comes back after half a day."""
    resolved = {(each.rule, each.scope["channel"]) for each in reference() if each.state == "resolved"}
    assert {("silent", "email"), ("hush", "email")} <= resolved


@pytest.mark.parametrize(("partitions", "cut"), [(1, 900), (8, 3_700)])
def test_partitions_and_batches_do_not_matter(partitions: int, cut: int) -> None:
    """The same transitions, to the last digit."""
    assert told(partitions, cut) == reference()
