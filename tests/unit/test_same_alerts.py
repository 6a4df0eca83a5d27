"""Intake and judge together: the same alerts for any number of partitions, cut of batches and restart."""

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from random import Random
from zlib import crc32

import orjson
import pytest

from alerts.transitions import Transition
from stream.intake.intake import Intake
from stream.judge.judge import Judge
from stream.messages.records import FileRecord, Stream
from stream.messages.tallies import TallyMessage, decode, encode
from tests.builders import plan_of

RULES = """
rules:
  - {name: low, indicator: csat, by: [channel], window: 5m, warning: 80, critical: 50, for: 20s}
  - {name: sudden, indicator: csat, by: [channel], detect: sudden, floor: 75}
  - {name: nps, indicator: nps, by: [channel, stage], window: 20m, warning: 10, critical: 0, confidence: 0.9}
  - {name: burn, indicator: csat, by: [channel], detect: burn, target: 85}
  - {name: gap, indicator: csat, by: [], across: channel, detect: gap, window: 20m}
  - {name: fcr, indicator: fcr, by: [channel], window: 1h, warning: 90}
  - {name: hush, indicator: csat, by: [channel], detect: silence, at_least: 1 per 5m}
  - name: unheard
    indicator: contacts
    by: [channel]
    detect: silence
    where: {channel: [chat, fax, letter, sms]}
    at_least: 3 per 5m
  - {name: p90, indicator: ttr_p90, by: [channel], window: 1h, warning: 3000, confidence: 0}
"""
START_S = 1_700_000_000
PANES = 360

Event = tuple[float, Stream, str, bytes]
"""When, where to, whose, and the record."""


@cache
def events() -> tuple[Event, ...]:
    """An hour of traffic: phone is bad for ten minutes, most about a; mail is unheard for eight of them."""
    return tuple(sorted(_events(Random(5))))


def _events(random: Random) -> Iterator[Event]:
    for number in range(PANES * 8):
        at = round(START_S + random.random() * PANES * 10, 3)
        bad = 120 < (at - START_S) / 10 < 220
        channel = random.choice(["phone", "chat", "mail"])
        customer = f"c{random.randrange(800)}"
        event = {
            "id": f"i{number}",
            "at": at,
            "channel": channel,
            "topic": random.choice("abc"),
            "stage": "s",
        }
        event["customer"] = customer
        if bad and channel == "mail" and at < START_S + 1900:
            continue
        if random.random() < 0.7:
            share = (0.1 if event["topic"] == "a" else 0.35) if bad and channel == "phone" else 0.9
            happy = random.random() < share
            kind = random.choice(["csat", "nps"])
            event |= {"indicator": kind, "score": {"csat": 5, "nps": 9}[kind] if happy else 1}
            yield at, Stream.FEEDBACK, customer, orjson.dumps(event)
        else:
            if random.random() < 0.3:
                event |= {"event": "resolved", "opened_at": at - random.lognormvariate(7, 1)}
            yield at, Stream.INTERACTIONS, customer, orjson.dumps(event)


def run(partitions: int, seed: int, *, restarts: bool = False) -> list[Transition]:
    """Feed everything in batches of random size, out of order within four seconds, sources shuffled.

    Judges take what has come for them now and then.
    """
    plan, random = plan_of(RULES, partitions), Random(seed)
    intakes = [Intake(plan, partition) for partition in range(partitions)]
    judges = [Judge(plan, shard) for shard in range(partitions)]
    offsets: dict[tuple[int, Stream], int] = defaultdict(int)
    told: list[Transition] = []
    waiting: list[list[tuple[TallyMessage, int]]] = [[] for _ in judges]
    for batch in _batches(random):
        parts: dict[tuple[int, Stream], list[FileRecord]] = defaultdict(list)
        for _, stream, customer, value in batch:
            place = crc32(customer.encode()) % partitions, stream
            parts[place].append(FileRecord(offsets[place], value))
            offsets[place] += 1
        heartbeat_ms = int(max(at for at, *_ in batch) * 1000)
        places = [(partition, stream) for partition in range(partitions) for stream in Stream]
        for partition, stream in random.sample(places, len(places)):
            output = intakes[partition].feed(stream, parts[partition, stream], heartbeat_ms)
            for log, sections in zip(waiting, output.sections, strict=True):
                log += [(decode(encode(section)), 0) for section in sections]
        for judge, log in zip(judges, waiting, strict=True):
            if random.random() < 0.5:
                told += judge.feed_all(log)
                log.clear()
        if restarts and random.random() < 0.2:
            intakes = [Intake.restore(plan, at, each.snapshot()) for at, each in enumerate(intakes)]
            judges = [Judge.restore(plan, at, each.snapshot()) for at, each in enumerate(judges)]
    told += [each for judge, log in zip(judges, waiting, strict=True) for each in judge.feed_all(log)]
    return sorted(told, key=lambda each: (each.at, each.rule, sorted(each.scope.items()), each.seq))


def _batches(random: Random) -> Iterator[list[Event]]:
    start = 0
    while start < len(events()):
        stop = start + random.randrange(1, 200)
        yield sorted(events()[start:stop], key=lambda event: event[0] + 4 * random.random())
        start = stop


@cache
def reference() -> list[Transition]:
    """One partition, never stopped."""
    return run(1, seed=1)


def test_there_is_something_to_compare() -> None:
    """The hour has alerts of most kinds, from firing to resolved."""
    assert {each.rule for each in reference()} >= {"low", "sudden", "gap", "hush", "burn", "unheard"}
    assert {each.state for each in reference()} == {"pending", "firing", "resolved"}
    assert any(each.cause for each in reference())


@pytest.mark.parametrize(("partitions", "restarts"), [(1, False), (2, False), (8, False), (2, True)], ids=str)
def test_same_alerts(partitions: int, restarts: bool) -> None:  # noqa: FBT001  # a column of the table
    """Every field of every transition is the same."""
    assert run(partitions, seed=7 + partitions, restarts=restarts) == reference()
