"""What is personal, planted everywhere, comes out nowhere but in dead letters, which keep what was sent."""

import asyncio
import json
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaProducer

from stream.kafka.clients import read_all
from stream.kafka.settings import ClientSettings
from tests.kafka.broker import Broker, running_broker
from tests.kafka.doorbells import Doorbells, free_port, listening
from tests.kafka.worker_process import WorkerProcess, create_topics, worker

PLANTED = {
    "mail": "zoe.planted@example.com",
    "phone": "+33 6 98 76 54 32",
    "iban": "FR76 3000 6000 0112 3456 7890 189",
    "secret": "whsec_cGxhbnRlZHBsYW50ZWRwbGFudGVkcGxhbnRlZA==",
}
TOKEN = "xoxb-planted-4711"  # noqa: S105  # what must not be shown
RULES = """
timing: {{pane: 1s, lateness: 1s, idle_after: 2s}}
rules:
  - {{name: low, indicator: csat, by: [channel, topic, team], window: 10s, critical: 50, min_answers: 5}}
receivers:
  - {{name: desk, webhook: {{url: "{url}/desk?key={token}", secret: "{secret}"}}, allow_private: true}}
  - {{name: down, webhook: {{url: "http://127.0.0.1:{shut}/{token}"}}, allow_private: true}}
  - {{name: chat, slack: {{bot_token: "{token}", channel: "#cx", url: "{url}/slack"}}, allow_private: true}}
  - {{name: mail, email: {{to: [cx@example.org], from: tocsin@example.org, smtp: "127.0.0.1:{shut}", user: u,
     password: "{token}"}}, allow_private: true, lang: fr}}
"""


@pytest.fixture
def kafka() -> Iterator[Broker]:
    """A broker of this test's own, since the topics' names are fixed."""
    with running_broker() as running:
        create_topics(running.bootstrap, "private", 2)
        yield running


def _events(at_s: float) -> Iterator[tuple[str, dict[str, Any]]]:
    """Bad answers and contacts with something planted in each place that there is."""
    for number, (name, text) in enumerate(PLANTED.items()):
        for copy in range(8):
            base = {
                "id": f"{text} {number}.{copy}", "at": at_s, "customer": text, "channel": text, "topic": text,
                "team": text if copy % 2 else "north", "stage": text, "segment": text, "product": text,
            }  # fmt: skip
            yield "cx.feedback", {**base, "indicator": "csat", "score": 1, "comment": f"call me: {text}"}
            yield "cx.interactions", {**base, "case": text}
            good = {**base, "id": f"{name}.{copy}", "channel": "phone", "topic": "billing", "team": "north"}
            yield "cx.feedback", {**good, "indicator": "csat", "score": 1, "comment": text}
        yield "cx.feedback", {"id": text, "at": at_s, "channel": text, "indicator": "csat", "score": text}
        yield "cx.feedback", {"id": f"x{text}", "at": text, "channel": text, "indicator": text}
        yield "cx.interactions", {"id": f"y{text}", "at": at_s, "channel": text, "event": text}


async def _produce(broker: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=broker, acks="all")
    await producer.start()
    for topic, event in _events(time.time() - 1):
        text = str(event["id"]).encode()
        headers = [("ce_id", text), (event["channel"], text)]
        await producer.send(topic, orjson.dumps(event), key=text, headers=headers)
    for planted in PLANTED.values():
        broken = {
            "cx.feedback": f"{{'{planted}'",
            "cx.alerts": f'{{"id": "{planted}"}}',
            "cx.commands": f'{{"command": "{planted}"}}',
        }
        for topic, value in broken.items():
            await producer.send(topic, value.encode(), key=planted.encode())
    await producer.stop()


async def _topics(broker: str) -> dict[str, bytes]:
    found = {}
    for topic in ("cx.scores", "cx.alerts", "cx.deliveries", "cx.command-answers", "cx.tallies"):
        records = [each async for each in read_all(ClientSettings(brokers=(broker,)), topic)]
        ours = [each for each in records if not any(each.key == text.encode() for text in PLANTED.values())]
        found[topic] = b"\n".join((each.key or b"") + b" " + (each.value or b"") for each in ours)
    return found


def _leaks(places: dict[str, bytes]) -> list[str]:
    """Where something planted is to be seen: as it is, in small letters, or as URLs and JSON write it."""
    found = []
    for place, content in places.items():
        low = content.lower()
        for name, text in {**PLANTED, "token": TOKEN}.items():
            spellings = {
                text,
                urllib.parse.quote(text),
                urllib.parse.quote_plus(text),
                json.dumps(text)[1:-1],
            }
            spellings |= {text.replace(" ", "")}
            found += [f"{name} in {place}" for each in spellings if each.lower().encode() in low][:1]
    return found


def test_what_is_personal_comes_out_nowhere(kafka: Broker, tmp_path: Path) -> None:
    """Addresses, numbers, accounts and secrets in ids, texts, dimensions, headers, comments and settings."""
    bells = Doorbells(free_port())
    bells.answers["slack/chat.postMessage"] = {"ok": False, "error": f"not_authed {TOKEN}"}
    rules = tmp_path / "rules.yaml"
    settings = {"url": bells.url, "token": TOKEN, "secret": PLANTED["secret"], "shut": free_port()}
    rules.write_text(RULES.format(**settings))
    log = tmp_path / "worker.log"
    options = ("--rules", str(rules), "--log-level", "debug")
    with listening(bells), worker(kafka.bootstrap, "private", log, *options) as started:
        started.ready()
        asyncio.run(_produce(kafka.bootstrap))
        desk = f"desk?key={TOKEN}"
        started.until(lambda: len(_scopes(bells, desk)) >= 2, "alerts of what is and of what is not personal")
        started.until(lambda: bool(bells.asked.get("slack/chat.postMessage")), "the chat is told")
        time.sleep(3)
        places = {page: started.get(page)[1].encode() for page in _pages(started)}
        places |= {f"notices of {name}": _said(bells, name) for name in bells.asked}
    places |= asyncio.run(_topics(kafka.bootstrap))
    places["log"] = log.read_bytes()
    assert len(places["metrics"]) > 1000
    assert b"(personal)" in places["metrics"]
    assert {"phone", "(personal)"} <= {scope["channel"] for scope in _scopes(bells, desk)}
    assert _leaks(places) == []


def _pages(started: WorkerProcess) -> tuple[str, ...]:
    """Everything that the worker shows; the board reads its topics when it is looked at first."""
    started.get("board/state.json")
    return ("metrics", "readyz", "api/alerts?state=all", "api/silences", "board", "board/state.json")


def _scopes(bells: Doorbells, name: str) -> list[dict[str, str]]:
    return [ring.body["data"]["scope"] for ring in bells.at(name)]


def _said(bells: Doorbells, name: str) -> bytes:
    return b"\n".join(orjson.dumps(ring.body) for ring in bells.at(name))
