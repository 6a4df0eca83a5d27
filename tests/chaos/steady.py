"""Steady traffic without end, and what must be counted of it, kept in little memory; plain code.

Customers come, make contact about ten times within a day, and never come back, so that whoever
keeps a history must also forget.  Interactions are in event-time order, so that first and repeat contacts
can be told as they are made; answers are in disorder.
"""

import random
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from zlib import crc32

import orjson

from tests.chaos.traffic import CHANNELS, FEEDBACK, INTERACTIONS, STAGES, START_MS, Sent

DAY_MS: Final = 86_400_000
REPEAT_WINDOW_MS: Final = 7 * DAY_MS
RESOLVED_WITHIN_MS: Final = DAY_MS
TOPICS: Final = ("billing", "delivery", "product")
EVENTS_EACH: Final = 10
"""Events of one customer, about."""
AGAIN_MS: Final = DAY_MS // 2
"""Age of records that are sent once more, at most; far less than the deduplication horizon."""

Totals = Counter[tuple[str, str]]
"""(channel, cell) to count."""


@dataclass(slots=True)
class Steady:
    """`events` records over `span_ms` of event time; `disorder_ms` must be less than the lateness."""

    events: int
    span_ms: int
    disorder_ms: int
    partitions: int
    seed: int = 1
    totals: Totals = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    _latest: dict[int, dict[str, int]] = field(default_factory=dict)
    _opened: dict[int, dict[str, int]] = field(default_factory=dict)
    _recent: deque[Sent] = field(default_factory=deque)

    def __iter__(self) -> Iterator[Sent]:
        """All records in the order in which they are produced; the last ones close every pane."""
        rng = random.Random(self.seed)
        self._recent = deque(maxlen=max(1, self.events * AGAIN_MS // self.span_ms))
        for number in range(self.events):
            sent = self._one(rng, number)
            self.sent[f"{sent.topic} {sent.kind}"] += 1
            yield sent
        yield from self._closing()

    @property
    def end_ms(self) -> int:
        """All panes that end by then are closed by the closing records."""
        return START_MS + self.span_ms

    def _one(self, rng: random.Random, number: int) -> Sent:
        roll = rng.random()
        if roll < 0.01 and self._recent:
            again = self._recent[rng.randrange(len(self._recent))]
            return Sent(again.topic, again.partition, again.key, again.value, "duplicate")
        if roll < 0.012:
            return self._record(INTERACTIONS, f"b{number}", b'{"id": "b%d"}' % number, "bad")
        at_ms = START_MS + number * self.span_ms // self.events
        around = max(1, self.events * DAY_MS // self.span_ms // EVENTS_EACH)
        customer = number // EVENTS_EACH + rng.randrange(around)
        self._forget(number // EVENTS_EACH - 1)
        event: dict[str, object] = {
            "id": f"e{number}",
            "channel": CHANNELS[rng.randrange(len(CHANNELS))],
            "stage": STAGES[rng.randrange(len(STAGES))],
            "customer": f"c{customer}",
        }
        if rng.random() < 0.4:
            self._answer(rng, event, max(START_MS, at_ms - rng.randrange(self.disorder_ms)))
            topic = FEEDBACK
        else:
            self._interaction(rng, event, customer, at_ms)
            topic = INTERACTIONS
        sent = self._record(topic, str(event["customer"] or event["id"]), orjson.dumps(event), "event")
        self._recent.append(sent)
        return sent

    def _answer(self, rng: random.Random, event: dict[str, object], at_ms: int) -> None:
        indicator, scale, scores = rng.choice((("csat", "1-5", (2, 4, 5, 5)), ("nps", "0-10", (5, 8, 9, 10))))
        score = rng.choice(scores)
        event |= {"at": at_ms / 1000, "indicator": indicator, "score": score}
        self._count(event, f"{indicator}/{scale}/{score}")

    def _interaction(self, rng: random.Random, event: dict[str, object], customer: int, at_ms: int) -> None:
        topic, roll = TOPICS[rng.randrange(len(TOPICS))], rng.random()
        event |= {"at": at_ms / 1000, "topic": topic}
        opened = self._opened.setdefault(customer, {})
        if roll < 0.05:
            event |= {"event": "abandoned", "customer": None}
            self._count(event, "contacts")
            self._count(event, "abandoned")
        elif roll < 0.2:
            event["event"] = "resolved"
            if topic in opened:
                took_ms = at_ms - opened.pop(topic)
                self._count(event, "ttr.within" if took_ms <= RESOLVED_WITHIN_MS else "ttr.over")
                self._count(event, "ttr.sum_ms", took_ms)
        else:
            self._count(event, "contacts")
            opened.setdefault(topic, at_ms)
            latest = self._latest.setdefault(customer, {})
            repeat = topic in latest and at_ms - latest[topic] <= REPEAT_WINDOW_MS
            latest[topic] = at_ms
            self._count(event, "fcr.failed" if repeat else "fcr.resolved")

    def _forget(self, gone: int) -> None:
        """A customer who never comes back."""
        self._latest.pop(gone, None)
        self._opened.pop(gone, None)

    def _count(self, event: dict[str, object], cell: str, count: int = 1) -> None:
        self.totals[str(event["channel"]), cell] += count

    def _record(self, topic: str, key: str, value: bytes, kind: str) -> Sent:
        return Sent(topic, crc32(key.encode()) % self.partitions, key.encode(), value, kind)

    def _closing(self) -> Iterator[Sent]:
        at_s = (self.end_ms + 3 * DAY_MS) / 1000
        for partition in range(self.partitions):
            for topic in (INTERACTIONS, FEEDBACK):
                event: dict[str, object] = {"id": f"end-{topic}-{partition}", "at": at_s, "channel": "end"}
                if topic == FEEDBACK:
                    event |= {"indicator": "csat", "score": 5}
                yield Sent(topic, partition, b"end", orjson.dumps(event), "event")
