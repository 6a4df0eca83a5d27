"""A second group on one cluster: other rules on the same traffic, and nothing of the first is touched.

With `--dry-run` nobody hears of its alerts, nor that it is there.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest

from stream.kafka.clients import producing, read_all
from stream.kafka.settings import ClientSettings
from tests.kafka.broker import Broker, running_broker
from tests.kafka.worker_process import ROOT, create_topics, worker

RULES = """
timing: {pane: 1s, lateness: 1s, idle_after: 3s}
rules:
  - {name: NAME, indicator: csat, by: [channel], window: 1m, critical: LIMIT, min_answers: 5, confidence: 0}
"""

WATCHDOG = """
receivers:
  - name: watchdog
    webhook: {url: "http://127.0.0.1:9/", secret: 0123456789abcdef0123456789abcdef}
    allow_private: true
heartbeat: {receiver: watchdog, every: 1s, canary: true}
"""


@pytest.fixture(scope="module")
def own() -> Iterator[Broker]:
    """A broker with the topics of both groups."""
    with running_broker() as broker:
        create_topics(broker.bootstrap, "first", 2)
        command = [sys.executable, "-m", "stream", "topics", "--broker", broker.bootstrap]
        subprocess.run([*command, "--group", "trial", "--topics", "trial."], check=True, cwd=ROOT)
        yield broker


def rules(folder: Path, name: str, limit: int) -> str:
    """A rules file."""
    path = folder / f"{name}.yaml"
    path.write_text(RULES.replace("NAME", name).replace("LIMIT", str(limit)))
    return str(path)


async def answers(broker: str, seconds: int) -> None:
    """Six of ten are happy."""
    async with producing(ClientSettings(brokers=(broker,))) as producer:
        for number in range(seconds * 10):
            event = {
                "id": f"e{number}", "at": time.time(), "channel": "phone", "indicator": "csat",
                "score": 5 if number % 10 < 6 else 1,
            }  # fmt: skip
            value = orjson.dumps(event)
            await producer.send_and_wait("cx.feedback", value, key=b"c%d" % number, partition=number % 2)
            await asyncio.sleep(0.1)


def values(broker: str, topic: str) -> list[Any]:
    """The values of a topic, by its own name."""

    async def found() -> list[Any]:
        return [orjson.loads(r.value) async for r in read_all(ClientSettings(brokers=(broker,)), topic)]

    return asyncio.run(found())


def _has_read_all(running: Any) -> bool:
    """Whether it has taken all events."""
    return bool(running.metric("tocsin_events_total") == 120)


def test_two_groups_with_one_prefix_are_told(own: Broker, tmp_path: Path) -> None:
    """By the doctor and by a worker that starts, though no group is new; a trial has its own prefix."""

    def told(group: str, *options: str) -> str:
        command = [sys.executable, "-m", "stream", "doctor", "--broker", own.bootstrap, "--group", group]
        return subprocess.run([*command, *options], check=True, capture_output=True, text=True).stdout

    mild = ("--rules", rules(tmp_path, "mild", 20))
    create_topics(own.bootstrap, "second", 2)
    with worker(own.bootstrap, "second", tmp_path / "one", *mild) as second:
        second.ready()
        assert "so everything is told twice: second (1 worker)" in told("first")
        assert "no other group than second" in told("second")
        assert "no other group than trial" in told("trial", "--topics", "trial.")
        with worker(own.bootstrap, "first", tmp_path / "two", *mild) as first:
            first.ready()
        assert second.terminate() == 0
    assert "so everything is told twice: second (1 worker)" in (tmp_path / "two").read_text()
    assert "no other group than first" in told("first")


def test_a_worker_with_another_prefix_is_refused(own: Broker, tmp_path: Path) -> None:
    """In the same group: the one that was there ended, or the other did, again and again."""
    mild = ("--rules", rules(tmp_path, "mild", 20))
    with worker(own.bootstrap, "first", tmp_path / "one", *mild) as first:
        first.ready()
        with worker(own.bootstrap, "first", tmp_path / "two", *mild, "--topics", "trial.") as other:
            assert other.process.wait(30) == 2
        assert first.ready().terminate() == 0
    assert "and they read cx.tallies" in (tmp_path / "two").read_text()


def test_workers_with_different_rules_are_told(own: Broker, tmp_path: Path) -> None:
    """By the doctor at once; by the workers when it lasts."""
    command = [sys.executable, "-m", "stream", "doctor", "--broker", own.bootstrap, "--group", "first"]
    mild, strict = (
        ("--rules", rules(tmp_path, name, limit)) for name, limit in (("mild", 20), ("strict", 80))
    )
    with (
        worker(own.bootstrap, "first", tmp_path / "one", *mild) as one,
        worker(own.bootstrap, "first", tmp_path / "two", *strict) as two,
    ):
        one.ready()
        two.ready()
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        assert "workers of this group have different rules" in told
        assert two.terminate() == 0
        one.ready()
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        assert "no other group than first" in told
        assert one.terminate() == 0


def test_a_trial_runs_beside(own: Broker, tmp_path: Path) -> None:
    """Rules that differ make alerts that differ, each on its own topics, from the same events."""
    file = rules(tmp_path, "strict", 80)
    with Path(file).open("a") as more:
        more.write(WATCHDOG)
    strict = ("--rules", file, "--topics", "trial.", "--dry-run")
    mild = ("--rules", rules(tmp_path, "mild", 20))
    with (
        worker(own.bootstrap, "first", tmp_path / "one", *mild) as first,
        worker(own.bootstrap, "trial", tmp_path / "two", *strict) as trial,
    ):
        first.ready()
        trial.ready()
        asyncio.run(answers(own.bootstrap, 12))
        trial.until(lambda: trial.metric("cx_alert_firing") == 1, "the trial's alert")
        for each in (first, trial):
            each.until(partial(_has_read_all, each), "reading all")
        assert first.metric("cx_alert_firing") == 0
        assert trial.metric("tocsin_canary_interval_seconds") == 0  # else its absence would page
        assert trial.terminate() == first.terminate() == 0
    assert values(own.bootstrap, "cx.alerts") == []
    assert {alert["rule"] for alert in values(own.bootstrap, "trial.alerts")} == {"strict"}
    for topic in ("cx.scores", "trial.scores"):
        assert {"csat"} <= {score["indicator"] for score in values(own.bootstrap, topic)}
    assert values(own.bootstrap, "trial.deliveries") == []
    for log in ("one", "two"):
        assert "Traceback" not in (tmp_path / log).read_text()
