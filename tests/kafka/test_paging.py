"""Paging by workers as operators run them: groups over workers, kill -9, acknowledging over HTTP."""

import json
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kafka.alerts_topic import until, write_alerts
from tests.kafka.broker import Broker, running_broker
from tests.kafka.doorbells import Doorbells, free_port, listening
from tests.kafka.worker_process import WorkerProcess, create_topics, worker
from tests.post import transition

ALERTS = 40
RULES = """
rules: [{{name: csat-low, indicator: csat}}]
receivers:
  - {{name: desk, webhook: {{url: "{url}/desk"}}, allow_private: true}}
  - {{name: boss, webhook: {{url: "{url}/boss"}}, allow_private: true}}
routes:
  - receiver: desk
    match: {{channel: phone}}
    group_by: [rule]
    group_wait: 3s
    group_interval: 1s
    repeat_interval: 2s
  - receiver: desk
    match: {{channel: chat}}
    group_by: ["..."]
    group_wait: 0s
    escalate: [{{after: 6s, receiver: boss}}]
"""


@pytest.fixture
def kafka() -> Iterator[Broker]:
    """A broker of this test's own, since the topics' names are fixed."""
    with running_broker() as running:
        create_topics(running.bootstrap, "paging", 4)
        yield running


def _acknowledge(started: WorkerProcess, alert: str) -> None:
    request = urllib.request.Request(  # noqa: S310  # http, ours
        f"{started.url}/api/alerts/{alert}/ack",
        b'{"by": "ann"}',
        {"Authorization": "Bearer t0ken"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
        assert json.load(answer)["outcome"] == "accepted"


def test_groups_survive_kill_9_and_an_acknowledgement_stops_all_workers(
    kafka: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One notice for a group over two workers; repeats go on at the other; then quiet within two seconds."""
    monkeypatch.setenv("TOCSIN_COMMANDS_KEY", "a-key-that-both-ends-have")
    monkeypatch.setenv("TOCSIN_TOKEN", "t0ken")
    with listening(Doorbells(free_port())) as bell:
        rules = tmp_path / "rules.yaml"
        rules.write_text(RULES.format(url=bell.url))
        options = ("--rules", str(rules))
        with (
            worker(kafka.bootstrap, "paging", tmp_path / "one.log", *options) as one,
            worker(kafka.bootstrap, "paging", tmp_path / "two.log", *options) as two,
        ):
            until(lambda: one.get("readyz")[0] == two.get("readyz")[0] == 200)
            write_alerts(kafka.bootstrap, *(transition(f"a{n}", 1) for n in range(ALERTS)))
            until(lambda: bell.at("desk"))
            assert bell.at("desk")[0].body["data"]["count"] == ALERTS
            until(lambda: len(bell.at("desk")) >= 3)  # it is repeated
            one.process.kill()
            one.process.wait()
            told = len(bell.at("desk"))
            until(lambda: len(bell.at("desk")) >= told + 2)
            by_key: dict[str, Any] = {}
            for ring in bell.at("desk"):
                assert ring.body["data"]["count"] == ALERTS
                assert by_key.setdefault(ring.key, ring.body) == ring.body
            for number in range(ALERTS):
                _acknowledge(two, f"a{number}")
            quiet_from = time.monotonic() + 2
            time.sleep(6)
            assert [ring.at_s for ring in bell.at("desk") if ring.at_s > quiet_from] == []
            _escalates(kafka.bootstrap, two, bell)


def _escalates(broker: str, started: WorkerProcess, bell: Doorbells) -> None:
    """Two alerts begin; one is acknowledged, so the boss hears of the other alone."""
    values = (transition("x1", 1), transition("y1", 1, severity="warning"))
    chat = [value.replace(b'"phone"', b'"chat"').replace(b"csat-low", b"r-" + value[7:9]) for value in values]
    write_alerts(broker, *chat)
    until(
        lambda: _told(bell) >= {"x1", "y1"}
    )  # one that was not acknowledged yet may have been repeated alone
    _acknowledge(started, "x1")
    until(lambda: bell.at("boss"))
    time.sleep(3)
    assert [ring.body["data"]["id"] for ring in bell.at("boss")] == ["y1"]


def _told(bell: Doorbells) -> set[str]:
    """The alerts that the desk has heard of one by one."""
    return {ring.body["data"]["id"] for ring in bell.at("desk") if "id" in ring.body["data"]}
