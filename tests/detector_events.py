"""Nine days in which each of the six ways to detect has something to find."""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
import orjson

from alerts.rules import DAY_MS, HOUR_MS
from stream.messages.records import Stream

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
