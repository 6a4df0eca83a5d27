"""An alert called known: its judge learns it through cx.tallies, exactly, whoever is killed in between."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaProducer

from alerts.transitions import encode
from stream.files.rule_files import load
from stream.indicators.plan import Plan
from stream.judge.judge import Judge
from stream.messages import tallies, verdicts
from tests.chaos.wire import read_topic
from tests.kafka.broker import Broker, running_broker
from tests.kafka.worker_process import ROOT, WorkerProcess, create_topics, worker

GROUP = "known"
KEY = "a-key-that-both-ends-have"
PARTITIONS = 2
RULES = """
timing: {pane: 10s, lateness: 10s, idle_after: 3s}
rules:
  - {name: low, indicator: csat, by: [channel], window: 10m, critical: 80, min_answers: 20, explain: []}
  - {name: fell, indicator: csat, by: [channel], detect: sudden, floor: 75, explain: []}
"""
START_S = 1_767_571_200
Alert = dict[str, Any]


@pytest.fixture(scope="module")
def kafka() -> Iterator[Broker]:
    """A broker with the topics of a group."""
    with running_broker() as running:
        create_topics(running.bootstrap, GROUP, PARTITIONS)
        yield running


def send(broker: str, topic: str, *values: bytes) -> None:
    """Write records to the first partition."""

    async def write() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=broker, acks="all")
        await producer.start()
        for value in values:
            await producer.send(topic, value, key=b"c", partition=0)
        await producer.stop()

    asyncio.run(write())


def answer(broker: str, first: int, count: int, *scores: int) -> None:
    """Answers on the chat, one a second from the first on, of these scores in turn."""
    events = [
        {"id": str(at), "at": START_S + at, "channel": "chat", "indicator": "csat", "score": score}
        for at in range(first, first + count)
        for score in [scores[at % len(scores)]]
    ]
    send(broker, "cx.feedback", *map(orjson.dumps, events))


def alerts(broker: str) -> list[Alert]:
    """Each transition on cx.alerts once; none is told in two ways."""
    found: dict[tuple[str, int], bytes] = {}
    for record in asyncio.run(read_topic(broker, "cx.alerts")):
        told = orjson.loads(record.value)
        assert found.setdefault((told["id"], told["seq"]), record.value) == record.value
    return [orjson.loads(value) for value in found.values()]


def short(broker: str, rule: str) -> list[tuple[str, str]]:
    """State and reason of a rule's transitions."""
    told = [each for each in alerts(broker) if each["rule"] == rule]
    ordered = sorted(told, key=lambda each: (each["started_at"], each["seq"]))
    return [(each["state"], each["evidence"].get("reason", "")) for each in ordered]


def say(broker: str, *said: str) -> str:
    """What a command about an alert prints."""
    command = (
        sys.executable,
        "-m",
        "stream",
        "alerts",
        *said,
        *(() if said[0] == "show" else ("--by", "ann")),
    )
    done = subprocess.run(
        (*command, "--broker", broker), cwd=ROOT, check=True, capture_output=True, text=True
    )
    return done.stdout


def outcomes(broker: str) -> list[str]:
    """The answer to each command, the last one of each."""
    records = asyncio.run(read_topic(broker, "cx.command-answers"))
    answers = {each["offset"]: each["outcome"] for each in (orjson.loads(one.value) for one in records)}
    return [answers[offset] for offset in sorted(answers)]


def replayed(broker: str, rules: Path) -> dict[tuple[str, int], Alert]:
    """What judges make of cx.tallies when they read all of it at once."""
    plan = Plan(load(rules), PARTITIONS)
    found = {}
    for shard in range(PARTITIONS):
        log = [
            (
                verdicts.decode(record.value, shard)
                if verdicts.is_verdict(record.value)
                else tallies.decode(record.value, shard),
                record.timestamp,
            )
            for record in asyncio.run(read_topic(broker, "cx.tallies"))
            if record.partition == shard
        ]
        for told in Judge(plan, shard).feed_all(log):
            found[told.id, told.seq] = orjson.loads(encode(told))
    return found


def test_a_known_alert_ends_and_only_what_is_worse_fires(
    kafka: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said while no worker lives; workers are killed before and after; reading the log anew says the same."""
    monkeypatch.setenv("TOCSIN_COMMANDS_KEY", KEY)
    broker, rules = kafka.bootstrap, tmp_path / "rules.yaml"
    rules.write_text(RULES)
    started = (broker, GROUP, tmp_path / "log", "--rules", str(rules))

    def firing(running: WorkerProcess, transitions: int) -> dict[str, str]:
        running.until(lambda: len(alerts(broker)) == transitions, f"{transitions} transitions")
        return {each["rule"]: each["id"] for each in alerts(broker) if each["state"] == "firing"}

    with worker(*started) as first:
        first.ready()
        answer(broker, 0, 400, 5, 1)
        ids = firing(first, 2)
        first.kill()
    assert say(broker, "ack", ids["low"], "--as", "known").splitlines() == [
        f"{ids['low']} is acknowledged by ann", f"{ids['low']} was known, says ann",
    ]  # fmt: skip
    assert say(broker, "verdict", ids["fell"], "new normal") == f"{ids['fell']} was new_normal, says ann\n"
    with worker(*started) as second:
        second.until(lambda: len(alerts(broker)) == 4, "the end of both alerts")
        second.kill()
    with worker(*started) as third:
        third.ready()
        answer(broker, 400, 400, 5, 1)
        answer(broker, 800, 200, 1)
        worse = firing(third, 5)["fell"]
        assert say(broker, "verdict", ids["fell"], "known").endswith("it was over, so nothing changes\n")
        unsigned = {"command": "verdict", "alert": worse, "verdict": "known", "by": "x"}
        send(broker, "cx.commands", orjson.dumps({**unsigned, "at": "2026-01-05T00:00:00Z"}), b"{}")
        third.until(lambda: len(outcomes(broker)) == 6, "an answer to each command")
        assert third.metric("cx_alert_firing") == 1
        assert third.terminate() == 0
    assert " by x" not in say(broker, "show", worse), "nobody has heeded it"
    assert outcomes(broker) == [*["accepted"] * 3, "over", "not_signed", "malformed"]
    assert short(broker, "low") == [("firing", ""), ("resolved", "known")]
    assert short(broker, "fell") == [("firing", ""), ("resolved", "new_normal"), ("firing", "")]
    assert replayed(broker, rules) == {(each["id"], each["seq"]): each for each in alerts(broker)}
