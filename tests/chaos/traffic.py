"""Seeded traffic for the chaos suite: duplicates, disorder within the lateness, bad records, incidents.

Plain code; shares nothing with the core.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from zlib import crc32

import orjson

INTERACTIONS: Final = "cx.interactions"
FEEDBACK: Final = "cx.feedback"
CHANNELS: Final = ("phone", "shop", "email", "chat", "app", "web")
STAGES: Final = ("awareness", "purchase", "delivery", "support")
TOPICS: Final = ("billing", "delivery", "product", "")
DISORDER_MS: Final = 8_000
"""Less than the lateness of the suite's rules (10 s), so nothing is late."""
START_MS: Final = 1_767_571_200_000
"""2026-01-05T00:00:00Z: the past, since the traffic runs faster than life."""
REPEAT_WINDOW_MS: Final = 3_600_000
"""`repeat_window: 1h` of the suite's rules, so that contacts expire during a run."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One record as produced.  `kind` says what the sender meant: event, duplicate or bad."""

    topic: str
    partition: int
    key: bytes
    value: bytes
    kind: str


@dataclass(frozen=True, slots=True)
class Shape:
    """How much traffic, over how long an event time, into how many partitions."""

    seed: int
    events: int
    partitions: int
    span_ms: int
    customers: int = 100_000


def generate(shape: Shape) -> Iterator[Sent]:
    """The whole traffic, in the order in which it is produced; ends with records that close every pane."""
    rng = random.Random(shape.seed)
    recent: list[Sent] = []
    for number in range(shape.events):
        base_ms = START_MS + 60_000 + number * shape.span_ms // shape.events
        roll = rng.random()
        if roll < 0.01 and recent:
            copied = recent[rng.randrange(len(recent))]
            yield Sent(copied.topic, copied.partition, copied.key, copied.value, "duplicate")
        elif roll < 0.02:
            yield _bad(rng, number, shape.partitions)
        else:
            sent = _event(rng, number, base_ms, shape)
            if len(recent) < 5_000:
                recent.append(sent)
            elif rng.random() < 0.2:
                recent[rng.randrange(len(recent))] = sent
            yield sent
    yield from _closing(shape)


def end_ms(shape: Shape) -> int:
    """All panes that end by then are closed by the closing records."""
    return START_MS + 60_000 + shape.span_ms


def _event(rng: random.Random, number: int, base_ms: int, shape: Shape) -> Sent:
    customer = f"c{int(shape.customers * rng.random() ** 2)}"
    channel = CHANNELS[rng.randrange(len(CHANNELS))]
    event: dict[str, object] = {
        "id": f"e{number}",
        "at": (base_ms - rng.randrange(DISORDER_MS)) / 1000,
        "channel": channel,
        "customer": customer,
        "topic": TOPICS[rng.randrange(len(TOPICS))] or None,
        "stage": STAGES[rng.randrange(len(STAGES))],
    }
    topic = FEEDBACK if rng.random() < 0.4 else INTERACTIONS
    if topic == FEEDBACK:
        _answer(rng, event, _falls(channel, base_ms))
    else:
        _contact(rng, event, base_ms, _falls(channel, base_ms))
    return _record(topic, customer, {k: v for k, v in event.items() if v is not None}, shape.partitions)


def _falls(channel: str, base_ms: int) -> bool:
    """Every channel has its bad quarter of an hour, once every two hours, one after the other."""
    minute = (base_ms - START_MS) // 60_000 % 120
    return int(minute) // 20 == CHANNELS.index(channel) and int(minute) % 20 >= 5


def _answer(rng: random.Random, event: dict[str, object], falls: bool) -> None:  # noqa: FBT001
    roll = rng.random()
    if roll < 0.7:
        good = rng.random() < (0.45 if falls else 0.88)
        event |= {"indicator": "csat", "score": rng.choice((4, 5) if good else (1, 2, 3))}
    elif roll < 0.85:
        event |= {"indicator": "nps", "score": rng.choice((0, 3, 6, 7) if falls else (7, 9, 10, 10))}
    else:
        event |= {"indicator": "ces", "score": rng.choice((5, 6, 7) if falls else (1, 2, 3))}
    if rng.random() < 0.01:
        event["consent"] = False


def _contact(rng: random.Random, event: dict[str, object], base_ms: int, falls: bool) -> None:  # noqa: FBT001
    roll = rng.random()
    if roll < (0.3 if falls else 0.05):
        event["event"] = "abandoned"
    elif roll < 0.9:
        if rng.random() < 0.03:
            event["outcome"] = "transferred"
        event["wait_s"] = rng.randrange(60)
    else:
        event |= {"event": "resolved", "opened_at": (base_ms - 20_000 - rng.randrange(10**8)) / 1000}


def _bad(rng: random.Random, number: int, partitions: int) -> Sent:
    topic = rng.choice((INTERACTIONS, FEEDBACK))
    value = rng.choice((b"not json %d", b'{"id": "b%d"}', b'["%d"]', b'{"id": %d, "at": true}')) % number
    key = str(number).encode()
    return Sent(topic, crc32(key) % partitions, key, value, "bad")


def _record(topic: str, customer: str, event: dict[str, object], partitions: int) -> Sent:
    key = customer.encode()
    return Sent(topic, crc32(key) % partitions, key, orjson.dumps(event), "event")


def _closing(shape: Shape) -> Iterator[Sent]:
    """One record per partition of either topic, a minute later: every pane before it closes."""
    at = (end_ms(shape) + 60_000) / 1000
    for partition in range(shape.partitions):
        for topic in (INTERACTIONS, FEEDBACK):
            event: dict[str, object] = {"id": f"end-{topic}-{partition}", "at": at, "channel": "web"}
            if topic == FEEDBACK:
                event |= {"indicator": "csat", "score": 5}
            yield Sent(topic, partition, b"end", orjson.dumps(event), "event")
