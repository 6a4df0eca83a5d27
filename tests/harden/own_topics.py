"""Our own topics, written on by anybody, before a real worker: copies by a seed, cut, changed and misplaced.

`python -m tests.harden.own_topics --seed 1`.  A sound stream runs on two partitions; meanwhile records of all
topics that a worker reads (tallies, alerts, deliveries, commands, answers, scores, snapshots) are written
again, damaged, in any place.  The worker is killed in between, and comes up from what it finds.  It must live
and be ready, the sound stream's score must have every answer once, and its alert fire and resolve once.  Exit
code 0 when all of that holds; the report is JSON.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
import orjson
from aiokafka import AIOKafkaProducer

from stream.kafka.clients import read_all
from stream.kafka.settings import ClientSettings
from stream.messages.topic_names import ALERTS, COMMAND_ANSWERS, COMMANDS, DELIVERIES, SCORES, TALLIES
from tests.harden.traffic import SOUND
from tests.kafka.broker import running_broker
from tests.kafka.worker_process import WorkerProcess, create_topics

GROUP: Final = "own"
PARTITIONS: Final = 2
RULES: Final = """
timing: {pane: 1s, lateness: 2s, idle_after: 3s}
commands: trusted
receivers:
  - {name: nobody, allow_private: true, webhook: {url: "http://127.0.0.1:9/x"}}
rules:
  - {name: low, indicator: csat, by: [channel], window: 5s, critical: 50, min_answers: 5, explain: []}
  - {name: whole, indicator: csat, by: [channel], window: 1h, critical: 0, min_answers: 1, explain: []}
"""
TOPICS: Final = (
    TALLIES, ALERTS, DELIVERIES, COMMANDS, COMMAND_ANSWERS, SCORES,
    f"{GROUP}-intake-snapshots", f"{GROUP}-judge-snapshots",
)  # fmt: skip
ONE_PARTITION: Final = frozenset({COMMANDS, COMMAND_ANSWERS})
NOTHING_OF_OURS: Final = (
    None, b"", b"\x00", b"[" * 2_000, b"\xdd\xff\xff\xff\xff", b"\xc1", b"null", b"x" * 50_000,
)  # fmt: skip
HEADERS: Final = ("tocsin-piece", "x", "")
CONTENTS: Final = (b"0/2 " + b"a" * 32, b"\xff", b"1/1 ", b"", b"00000/00000 " + b"0" * 32)
ROUNDS: Final = 40
BAD_ROUNDS: Final = range(8, 18)
KILLED_AT: Final = 22
FORGED: Final = 60
"""Records of a round."""
ODD: Final[tuple[Any, ...]] = (
    None, True, 0, -1, 2**31, 2**53, 2**63 - 1, -(2**63), 1e308, -0.0, 1e-320, "", "x" * 5_000, "\x00\x1b[2J",
    "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2026-01-01T00:00:00", [], {}, [[[]]], {"": ""},
    ["firing"] * 50, {f"k{number}": number for number in range(200)},
)  # fmt: skip
COMMANDS_THAT_DO_NOTHING: Final = (
    {"command": "silence", "id": "a", "match": {}, "until": "2999-01-01T00:00:00Z"},
    {"command": "silence", "id": "b", "match": {"channel": "elsewhere"}, "until": "2999-01-01T00:00:00Z"},
    {"command": "ack", "alert": "gone", "severity": "critical"},
    {"command": "verdict", "alert": "gone", "verdict": "known"},
)
SAID: Final = {"at": "2026-01-01T00:00:00Z", "by": "x"}
SETTLE_S: Final = 40.0


@dataclass(slots=True)
class Forger:
    """Damages what is on the topics; `seen` are values by topic."""

    dice: random.Random
    seen: dict[str, list[tuple[bytes | None, bytes | None]]] = field(default_factory=dict)

    def record(self) -> tuple[str, int, bytes | None, bytes | None, list[tuple[str, bytes]]]:
        """Topic, partition, key, value and headers of one more."""
        dice = self.dice
        topic = dice.choice(TOPICS)
        source = topic if dice.random() < 0.8 else dice.choice(TOPICS)
        known = self.seen.get(source) or [(b"k", b"{}")]
        key, value = dice.choice(known)
        if topic == COMMANDS:
            value = orjson.dumps({**dice.choice(COMMANDS_THAT_DO_NOTHING), **SAID})
        if dice.random() < 0.8:  # the others are copies, here or elsewhere
            value = self._damaged(value)
        partition = 0 if topic in ONE_PARTITION else dice.randrange(PARTITIONS)
        # Most of these topics are compacted, and a broker refuses a batch with a record that has no key.
        key = dice.choice((key, key, b"", b"\xff" * 40)) or b""
        headers = [(dice.choice(HEADERS), dice.choice(CONTENTS))]
        return topic, partition, key, value, headers if dice.random() < 0.2 else []

    def _damaged(self, value: bytes | None) -> bytes | None:
        dice = self.dice
        if value is None or dice.random() < 0.1:
            return dice.choice(NOTHING_OF_OURS)
        return dice.choice((_cut, _flipped, _longer, _other_json, _other_msgpack))(dice, value)


def _cut(dice: random.Random, value: bytes) -> bytes:
    return value[: dice.randrange(len(value) + 1)]


def _flipped(dice: random.Random, value: bytes) -> bytes:
    place = dice.randrange(len(value) or 1)
    return value[:place] + bytes([dice.randrange(256)]) + value[place + 1 :]


def _longer(dice: random.Random, value: bytes) -> bytes:
    return value + dice.choice((b"\x00", b"}", value, b" " * 100_000))


def _other_json(dice: random.Random, value: bytes) -> bytes:
    try:
        return orjson.dumps(_changed(dice, orjson.loads(value)))
    except (orjson.JSONDecodeError, TypeError):
        return _flipped(dice, value)


def _other_msgpack(dice: random.Random, value: bytes) -> bytes:
    try:
        return msgspec.msgpack.encode(_changed(dice, msgspec.msgpack.decode(value)))
    except (msgspec.DecodeError, OverflowError, TypeError, ValueError):
        return _cut(dice, value)


def _changed(dice: random.Random, value: Any) -> Any:
    """The same with one thing in it that is another, or not there."""
    if isinstance(value, dict) and value and dice.random() < 0.9:
        name = dice.choice(list(value))
        if dice.random() < 0.2:
            return {each: held for each, held in value.items() if each != name}
        return {**value, name: _changed(dice, value[name])}
    if isinstance(value, list) and value and dice.random() < 0.9:
        place = dice.randrange(len(value))
        return [*value[:place], _changed(dice, value[place]), *value[place + 1 :]]
    return dice.choice(ODD)


async def _look(broker: str, forger: Forger) -> None:
    """Take in what is on the topics."""
    for topic in TOPICS:
        found = [(each.key, each.value) async for each in read_all(ClientSettings(brokers=(broker,)), topic)]
        ours = [pair for pair in found if pair[1]]
        forger.seen[topic] = ours[-200:]


async def _stream(broker: str, seed: int, sent: Counter[int], own: Callable[[int], Any]) -> None:
    forger = Forger(random.Random(seed))
    producer = AIOKafkaProducer(bootstrap_servers=broker, linger_ms=5)
    await producer.start()
    try:
        for number in range(ROUNDS):
            began_s, score = time.time(), 1 if number in BAD_ROUNDS else 5
            await own(number)
            for each in range(10):
                sent[score] += 1
                event = {"id": f"{number}-{each}", "at": time.time(), "channel": SOUND, "indicator": "csat"}
                answer = orjson.dumps({**event, "score": score})
                await producer.send("cx.feedback", answer, key=b"c", partition=each % PARTITIONS)
            if number % 6 == 2:
                await _look(broker, forger)
            for _ in range(FORGED if number >= 2 else 0):
                topic, partition, key, value, headers = forger.record()
                await producer.send(topic, value, key=key, partition=partition, headers=headers)
            await producer.flush()
            await asyncio.sleep(max(0.0, began_s + 1 - time.time()))
    finally:
        await producer.stop()


class _Watched:
    """The worker, and what its metrics have said of the sound stream."""

    def __init__(self, start: Callable[[], WorkerProcess]) -> None:
        self._start: Final = start
        self.running = start()
        self.fired = False
        self.ended: list[int] = []

    async def round(self, number: int) -> None:
        """Look; once, kill it and start another."""
        if (code := self.running.process.poll()) is not None:
            self.ended.append(code)
            raise SystemExit(f"the worker ended with {code}")
        if number == KILLED_AT:
            self.running.kill()
            self.running = await asyncio.to_thread(self._start)
        firing = await asyncio.to_thread(self.gauge, "cx_alert_firing", 'rule="low"')
        self.fired |= firing == 1

    def gauge(self, name: str, label: str) -> float | None:
        """A gauge of the sound channel."""
        for line in self.running.get("metrics")[1].splitlines():
            if line.startswith(name + "{") and label in line and f'channel="{SOUND}"' in line:
                return float(line.rpartition(" ")[2])
        return None


async def tried(broker: str, folder: Path, seed: int) -> dict[str, Any]:
    """One run; the report, with what went wrong under `wrong`."""
    rules, log = folder / "rules.yaml", folder / "worker.log"
    rules.write_text(RULES)
    await asyncio.to_thread(create_topics, broker, GROUP, PARTITIONS)
    watched = _Watched(lambda: WorkerProcess(broker, GROUP, log, "--rules", str(rules)))
    sent: Counter[int] = Counter()
    try:
        await asyncio.to_thread(watched.running.ready)
        await _stream(broker, seed, sent, watched.round)
        await asyncio.to_thread(watched.running.ready)
        deadline, answers = time.monotonic() + SETTLE_S, None
        while time.monotonic() < deadline and answers != sent.total():
            answers = await asyncio.to_thread(watched.gauge, "cx_answers", 'window="1h"')
            await asyncio.sleep(1)
        score = watched.gauge("cx_score", 'window="1h"')
        firing = watched.gauge("cx_alert_firing", 'rule="low"')
        readyz, code = watched.running.get("readyz")[0], watched.running.process.poll()
        unreadable = watched.running.metric("tocsin_unreadable_records_total")
        rss_mb = round(watched.running.rss_mb())
    finally:
        watched.running.kill()
    text = log.read_text()
    bounds = {
        f"the worker ended with {code}, or is not ready: {readyz}": code is not None or readyz != 200,
        "the log has a traceback": "Traceback" in text,
        f"of {sent.total()} answers {answers} were counted": answers != sent.total(),
        f"the score is {score}": score is None or abs(score - 100 * sent[5] / sent.total()) > 0.001,
        f"the alert fired: {watched.fired}, and fires: {firing}": not watched.fired or firing != 0,
    }
    lines = Counter(" ".join(line.split()[2:])[:60] for line in text.splitlines() if " ERROR " in line)
    return {
        "seed": seed, "answers": sent.total(), "unreadable": unreadable, "rss_mb": rss_mb,
        "log_kb": len(text) // 1000, "errors": dict(lines.most_common(12)),
        "wrong": [what for what, holds in bounds.items() if holds],
    }  # fmt: skip


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="keep the worker's log in this folder")
    options = parser.parse_args()
    with running_broker() as broker, tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(tried(broker.bootstrap, options.keep or Path(folder), options.seed))
    sys.stdout.write(json.dumps(report) + "\n")
    return int(bool(report["wrong"]))


if __name__ == "__main__":
    sys.exit(main())
