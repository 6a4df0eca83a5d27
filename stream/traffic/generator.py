"""Generated traffic: the messages of a scenario in the order in which they are sent.

A function of scenario, start, rate, seed and run name alone: no clock.  Every contact leaves its customer
content or not, and everything that follows (CSAT, CES and NPS answers, repeats, mentions) comes of that,
so an incident that disappoints customers shows in all of them, each after its own delay.
"""

import heapq
from bisect import bisect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, count
from random import Random
from typing import Final, Protocol, TypeVar

import orjson

from alerts.rules import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from alerts.transitions import utc_text
from stream.messages.records import Stream
from stream.traffic.profiles import (
    COMMENTS,
    CONTENT,
    COUNTRIES,
    JOURNEY,
    SEGMENTS,
    STAGES,
    SURVEYS,
    UPSET,
    Channel,
    Curve,
    Incident,
    TrafficScenario,
    Weighted,
)

ANSWERED: Final = 0.35
"""Share of contacts that answer a survey (ours: high, so that a short demo has enough answers)."""
COMMENTED: Final = 0.1
CASES: Final = 0.12
"""Share of contacts that stay open as a case and are resolved later."""
REOPENED: Final = 0.05
ANONYMOUS: Final = 0.03
"""Share of contacts without a customer id."""
KNOWN_PER_TOPIC: Final = 500
"""From how many earlier customers a repeat contact is drawn."""

SHARED: Final = ("channel", "customer", "stage", "topic", "segment", "country")
"""What an answer, mention or case step has in common with its contact."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Message:
    """One record to send: not before event time `due_ms`, which is its event's `at` unless it is late."""

    due_ms: int
    stream: Stream
    key: str
    value: bytes


class Odds(Protocol):
    """How contacts go: of a channel on a healthy day, or of an incident's cause."""

    @property
    def satisfied(self) -> float:
        """Share of contacts that leave the customer content."""
        ...

    @property
    def repeat(self) -> float:
        """Share of contacts that are about what the customer was in touch about before."""
        ...

    @property
    def transferred(self) -> float:
        """Share of contacts that reached the wrong department."""
        ...

    @property
    def abandoned(self) -> float:
        """Share of contacts that give up in the queue."""
        ...


@dataclass(frozen=True, slots=True)
class Flow:
    """Contacts of one kind: those of a channel, or (`adds`) those that an incident brings on top."""

    channel: Channel
    incident: Incident | None
    adds: bool = False

    def is_cause(self, stage: str, topic: str) -> bool:
        """Whether the incident that is going on is about this stage and topic."""
        return self.incident is not None and (stage, topic) == (self.incident.stage, self.incident.topic)


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact that somebody took; what follows from it copies from its event."""

    at_ms: int
    done_ms: int
    channel: Channel
    odds: Odds
    event: dict[str, object]


def level_at(curve: Curve, at_ms: int) -> float:
    """Relative volume at a moment, 1 on the mean of the day."""
    hour, rest_ms = divmod(at_ms % DAY_MS, HOUR_MS)
    part = rest_ms / HOUR_MS
    now, then = curve[hour], curve[(hour + 1) % 24]
    return (now + (then - now) * part) * len(curve) / sum(curve)


def cause_share(incident: Incident) -> float:
    """Share of a channel's contacts that are about the incident's stage and topic on a healthy day."""
    stages, weights = STAGES
    weight = weights[stages.index(incident.stage)]
    return weight / sum(weights) / len(JOURNEY[incident.stage])


def messages_per_contact(scenario: TrafficScenario) -> float:
    """Contact, case steps, answer and mentions on a healthy day."""
    volume = sum(channel.volume for channel in scenario.channels)
    taken = sum(channel.volume * (1 - channel.abandoned) for channel in scenario.channels) / volume
    mentions = sum(channel.volume * channel.mentions for channel in scenario.channels) / volume
    return 1 + taken * (CASES * (1 + REOPENED) + ANSWERED + mentions)


def flows(scenario: TrafficScenario, elapsed_ms: int, at_ms: int) -> list[tuple[Flow, float]]:
    """What flows at a moment, each with its share of the mean volume of all contacts."""
    found: list[tuple[Flow, float]] = []
    for channel in scenario.channels:
        volume = channel.volume * level_at(channel.curve, at_ms)
        on = [i for i in scenario.incidents if i.channel == channel.name and i.is_on(elapsed_ms)]
        incident = on[0] if on else None
        found.append((Flow(channel, incident), volume))
        if incident is not None and incident.surge > 1:
            extra = volume * cause_share(incident) * (incident.surge - 1)
            found.append((Flow(channel, incident, adds=True), extra))
    return found


def arrivals(
    scenario: TrafficScenario, start_ms: int, contacts_per_ms: float, random: Random
) -> Iterator[tuple[int, Flow]]:
    """Contacts as a Poisson stream whose rate follows the day curves, minute by minute; never ends."""
    for minute_ms in count(start_ms, MINUTE_MS):
        flowing = flows(scenario, minute_ms - start_ms, minute_ms)
        bounds = list(accumulate(volume * contacts_per_ms for _, volume in flowing))
        at = minute_ms + random.expovariate(bounds[-1])
        while at < minute_ms + MINUTE_MS:
            yield int(at), flowing[bisect(bounds, random.random() * bounds[-1])][0]
            at += random.expovariate(bounds[-1])


class Traffic:
    """The messages of a scenario.  `rate` is the mean number of messages per second of event time.

    `run` begins every id and customer, so that two runs never look like duplicates of each other.
    """

    def __init__(
        self, scenario: TrafficScenario, start_ms: int, rate: float, seed: int = 0, run: str = "t"
    ) -> None:
        self._random = Random(seed)  # noqa: S311  # traffic, not secrets
        per_ms = rate / SECOND_MS / messages_per_contact(scenario)
        self._arrivals = arrivals(scenario, start_ms, per_ms, self._random)
        self._run = run
        self._ids = count(1)
        self._pending: list[tuple[int, int, Message]] = []
        self._known: dict[str, list[str]] = {}

    def __iter__(self) -> Iterator[Message]:
        """Every message from the start on, in the order of `due_ms`; never ends."""
        for at_ms, flow in self._arrivals:
            while self._pending and self._pending[0][0] < at_ms:
                yield heapq.heappop(self._pending)[2]
            self._contact(at_ms, flow)

    def _contact(self, at_ms: int, flow: Flow) -> None:
        """One contact and everything that follows from it."""
        stage, topic = self._subject(flow)
        cause = flow.incident if flow.is_cause(stage, topic) else None
        odds: Odds = cause.odds if cause else flow.channel
        event: dict[str, object] = {
            "id": self._id("i"),
            "at": utc_text(at_ms),
            "channel": flow.channel.name,
            "event": "contact",
            "customer": self._customer(topic, odds.repeat),
            "stage": stage,
            "topic": topic,
            "segment": self._pick(SEGMENTS),
            "country": self._pick(COUNTRIES),
        }
        if flow.channel.wait_s is not None:
            mean_s = flow.channel.wait_s * (cause.wait_factor if cause else 1)
            event["wait_s"] = round(self._random.expovariate(1 / mean_s), 1)
        if self._random.random() < odds.abandoned:
            self._send(at_ms, Stream.INTERACTIONS, event | {"outcome": "abandoned"})
            return
        event["handle_s"] = handle_s = round(self._random.gammavariate(2, flow.channel.handle_s / 2), 1)
        self._taken(Contact(at_ms, at_ms + int(handle_s * SECOND_MS), flow.channel, odds, event))

    def _taken(self, contact: Contact) -> None:
        """A contact that somebody took: its outcome, and perhaps a case, an answer, a mention."""
        draw, event = self._random.random, contact.event
        content = draw() < contact.odds.satisfied
        if draw() < CASES:
            event |= {"case": self._id("k"), "outcome": "unresolved"}
            self._case(contact)
        else:
            event["outcome"] = "transferred" if draw() < contact.odds.transferred else "resolved"
        self._send(contact.at_ms, Stream.INTERACTIONS, event)
        if draw() < ANSWERED:
            self._answer(contact, content=content)
        if draw() < contact.channel.mentions:
            self._mention(contact, content=content)

    def _case(self, contact: Contact) -> None:
        """Its resolution some hours later, and now and then it is opened again."""
        shared = {name: contact.event[name] for name in (*SHARED, "case")}
        at_ms = contact.at_ms + int(self._random.lognormvariate(0.7, 0.8) * HOUR_MS)
        event = {"id": self._id("i"), "at": utc_text(at_ms), "event": "resolved"} | shared
        self._send(at_ms, Stream.INTERACTIONS, event | {"opened_at": contact.event["at"]})
        if self._random.random() < REOPENED:
            at_ms += int(self._random.expovariate(1 / (2 * HOUR_MS)))
            event = {"id": self._id("i"), "at": utc_text(at_ms), "event": "reopened"} | shared
            self._send(at_ms, Stream.INTERACTIONS, event)

    def _answer(self, contact: Contact, *, content: bool) -> None:
        """A survey answer, some minutes after the contact ended."""
        at_ms = contact.done_ms + int(self._random.expovariate(1 / (5 * MINUTE_MS)))
        indicator = self._pick(SURVEYS)
        event: dict[str, object] = {"id": self._id("f"), "at": utc_text(at_ms), "indicator": indicator}
        event["score"] = self._pick((CONTENT if content else UPSET)[indicator])
        event |= {name: contact.event[name] for name in SHARED}
        event |= {"interaction": contact.event["id"], "interaction_at": contact.event["at"]}
        if self._random.random() < COMMENTED:
            event["comment"] = self._random.choice(COMMENTS[content])
        self._send(at_ms, Stream.FEEDBACK, event)

    def _mention(self, contact: Contact, *, content: bool) -> None:
        """A public mention by nobody known; negative as a rule where the customer is not content."""
        at_ms = contact.done_ms + int(self._random.expovariate(1 / (20 * MINUTE_MS)))
        event: dict[str, object] = {"id": self._id("f"), "at": utc_text(at_ms), "indicator": "sentiment"}
        event["score"] = self._pick((CONTENT if content else UPSET)["sentiment"])
        event |= {name: contact.event[name] for name in SHARED} | {"customer": None}
        event["reach"] = int(self._random.paretovariate(1.1) * 40)
        self._send(at_ms, Stream.FEEDBACK, event)

    def _subject(self, flow: Flow) -> tuple[str, str]:
        if flow.adds and flow.incident is not None:
            return flow.incident.stage, flow.incident.topic
        stage = self._pick(STAGES)
        return stage, self._random.choice(JOURNEY[stage])

    def _customer(self, topic: str, repeat: float) -> str | None:
        """A customer who was in touch about the topic before, or a new one, or nobody known."""
        known = self._known.setdefault(topic, [])
        if known and self._random.random() < repeat:
            return self._random.choice(known)
        if self._random.random() < ANONYMOUS:
            return None
        customer = self._id("c")
        if len(known) < KNOWN_PER_TOPIC:
            known.append(customer)
        else:
            known[self._random.randrange(KNOWN_PER_TOPIC)] = customer
        return customer

    def _pick(self, choices: Weighted[T]) -> T:
        return self._random.choices(*choices)[0]

    def _id(self, kind: str) -> str:
        return f"{self._run}-{kind}{next(self._ids)}"

    def _send(self, due_ms: int, stream: Stream, event: Mapping[str, object]) -> None:
        key = str(event["customer"] or event["id"])
        message = Message(due_ms, stream, key, orjson.dumps(event))
        heapq.heappush(self._pending, (due_ms, next(self._ids), message))
