"""Acknowledging in every way there is, at two workers: repeats and escalation stop within two seconds."""

import json
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.kafka.alerts_topic import until, write_alerts
from tests.kafka.broker import Broker, running_broker
from tests.kafka.doorbells import Doorbells, free_port, listening
from tests.kafka.worker_process import ROOT, create_topics, worker

KEY = "a-key-that-both-ends-have"
ALERTS = ("command1", "http1", "board1", "link1", "nobody1")
WITHIN_S = 2.0
RULES = """
rules: [{{name: csat-low, indicator: csat}}]
receivers:
  - {{name: desk, webhook: {{url: "{url}/desk"}}, allow_private: true}}
  - {{name: boss, webhook: {{url: "{url}/boss"}}, allow_private: true}}
  - {{name: chat, slack: {{bot_token: xoxb-1, channel: "#cx", url: "{url}/slack"}}, allow_private: true}}
routes:
  - receiver: desk
    group_by: ["..."]
    group_wait: 0s
    group_interval: 1s
    repeat_interval: 1s
    escalate: [{{after: 25s, receiver: boss}}]
  - {{receiver: chat}}
"""


@pytest.fixture
def kafka() -> Iterator[Broker]:
    """A broker of this test's own, since the topics' names are fixed."""
    with running_broker() as running:
        create_topics(running.bootstrap, "acks", 4)
        yield running


def _news(alert: str) -> bytes:
    """It begins; each is of a channel of its own, so that each is a group."""
    begun = "2026-11-22T10:00:00Z"
    places: dict[str, Any] = {"scope": {"channel": alert}, "definition": {}, "evidence": {}, "cause": None}
    told = {"id": alert, "seq": 1, "rule": "csat-low", "severity": "critical", "state": "firing"}
    score = {"indicator": "csat", "window_s": 1800, "value": 41.0, "n": 40, "low": 30.0, "high": 49.0}
    when = {"at": begun, "started_at": begun, "limit": 50.0, "summary": "CSAT is 41 %"}
    return orjson.dumps({**told, **score, **when, **places})


def _post(url: str, body: bytes, headers: dict[str, str]) -> str:
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310  # http, ours
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
        text: str = answer.read().decode()
        return text


def _rings(bells: Doorbells, name: str, alert: str) -> list[float]:
    """When a receiver was told of an alert, by itself."""
    return [ring.at_s for ring in bells.at(name) if ring.body["data"].get("id") == alert]


def _link_in_chat(bells: Doorbells, alert: str) -> str:
    """The link of the button that the chat's message of an alert has."""
    posted = [ring.body for ring in bells.at("slack/chat.postMessage")]
    urls = [
        element["url"]
        for body in posted
        for block in body.get("blocks", ())
        for element in block.get("elements", ())
    ]
    (found,) = {url for url in urls if f"alert={alert}&" in url}
    return str(found)


def _by_command(broker: str, alert: str) -> None:
    command = (sys.executable, "-m", "stream", "alerts", "ack", alert, "--by", "ann", "--broker", broker)
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout == f"{alert} is acknowledged by ann\n"


def _by_http(url: str, alert: str) -> None:
    headers = {"Authorization": "Bearer t0ken", "Content-Type": "application/json"}
    told = json.loads(_post(f"{url}/api/alerts/{alert}/ack", b'{"by": "ann"}', headers))
    assert told == {"outcome": "accepted", "about": alert}


def _by_link(link: str) -> None:
    with urllib.request.urlopen(link, timeout=20) as answer:  # noqa: S310  # http, ours
        page = answer.read().decode()
    assert re.search(r"<button>Acknowledge</button>", page)  # looking at it does nothing
    told = _post(link, urllib.parse.urlencode({"by": "ann"}).encode(), {})
    assert "repeats and escalation stop" in told


def test_every_way_to_acknowledge_stops_repeats_and_escalation_in_all_workers(
    kafka: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By command, over HTTP, from the board and by the button in Slack; a kill -9 then changes nothing."""
    monkeypatch.setenv("TOCSIN_COMMANDS_KEY", KEY)
    monkeypatch.setenv("TOCSIN_TOKEN", "t0ken")
    ports = free_port(), free_port()
    bells = Doorbells(free_port())
    bells.answers["slack/chat.postMessage"] = {"ok": True, "channel": "C1", "ts": "1.1"}
    bells.answers["slack/chat.update"] = {"ok": True, "channel": "C1", "ts": "1.1"}
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES.format(url=bells.url))
    options: list[tuple[str, ...]] = [
        ("--rules", str(rules), "--port", str(port), "--public-url", f"http://127.0.0.1:{ports[1]}")
        for port in ports
    ]
    with (
        listening(bells),
        worker(kafka.bootstrap, "acks", tmp_path / "one.log", *options[0]) as one,
        worker(kafka.bootstrap, "acks", tmp_path / "two.log", *options[1]) as two,
    ):
        until(lambda: one.get("readyz")[0] == two.get("readyz")[0] == 200, "both are ready")
        write_alerts(kafka.bootstrap, *map(_news, ALERTS))
        until(lambda: all(len(_rings(bells, "desk", each)) > 1 for each in ALERTS), "all are repeated")
        # The chat takes one message a second.  What is acknowledged before its turn is never shown.
        until(lambda: len(bells.at("slack/chat.postMessage")) >= len(ALERTS), "the chat knows all")
        said: dict[str, float] = {}
        link = _link_in_chat(bells, "link1")
        ways: dict[str, Callable[[], Any]] = {
            "command1": lambda: _by_command(kafka.bootstrap, "command1"),
            "http1": lambda: _by_http(one.url, "http1"),
            "board1": lambda: _by_http(two.url, "board1"),
            "link1": lambda: _by_link(link),
        }
        for alert, way in ways.items():
            way()
            said[alert] = time.monotonic()
        until(lambda: len(_shown_as_taken(bells)) == len(ways), "the chat shows who takes care", 10)
        time.sleep(WITHIN_S)
        one.kill()
        told = len(_rings(bells, "desk", "nobody1"))
        until(lambda: len(_rings(bells, "desk", "nobody1")) > told + 1, "repeats go on at the other")
        until(lambda: bells.at("boss"), "somebody else is told of what nobody takes care of")
        time.sleep(3)
        for alert, at_s in said.items():
            late = [round(ring_s - at_s, 2) for ring_s in _rings(bells, "desk", alert) if ring_s > at_s]
            assert [each for each in late if each > WITHIN_S] == [], alert
            assert _rings(bells, "boss", alert) == [], alert
        assert {ring.body["data"]["id"] for ring in bells.at("boss")} == {"nobody1"}


def _shown_as_taken(bells: Doorbells) -> list[str]:
    """Messages of the chat that were changed to show who takes care."""
    changed = [orjson.dumps(ring.body).decode() for ring in bells.at("slack/chat.update")]
    return [text for text in changed if ":eyes:" in text]
