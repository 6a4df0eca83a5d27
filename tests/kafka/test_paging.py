"""Paging by workers as operators run them: groups over workers, kill -9, acknowledging over HTTP."""

import asyncio
import json
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaProducer

from tests.kafka.broker import Broker, running_broker
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


@dataclass
class Doorbell:
    """What came, by path: key and body of each request, and when."""

    url: str
    rung: dict[str, list[tuple[str, dict[str, Any], float]]] = field(default_factory=dict)

    def at(self, name: str) -> list[tuple[str, dict[str, Any], float]]:
        """What came to one receiver."""
        return list(self.rung.get(f"/{name}", ()))


@contextmanager
def _doorbell() -> Iterator[Doorbell]:
    bell = Doorbell("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            bell.rung.setdefault(self.path, []).append((self.headers["webhook-id"], body, time.monotonic()))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    bell.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield bell
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def kafka() -> Iterator[Broker]:
    """A broker of this test's own, since the topics' names are fixed."""
    with running_broker() as running:
        create_topics(running.bootstrap, "paging", 4)
        yield running


def _until(happened: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.1)


async def _write(broker: str, *values: bytes) -> None:
    """Write transitions as judges do."""
    producer = AIOKafkaProducer(bootstrap_servers=broker, acks="all")
    await producer.start()
    for value in values:
        await producer.send("cx.alerts", value, key=orjson.loads(value)["id"].encode())
    await producer.stop()


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
    with _doorbell() as bell:
        rules = tmp_path / "rules.yaml"
        rules.write_text(RULES.format(url=bell.url))
        options = ("--rules", str(rules))
        with (
            worker(kafka.bootstrap, "paging", tmp_path / "one.log", *options) as one,
            worker(kafka.bootstrap, "paging", tmp_path / "two.log", *options) as two,
        ):
            _until(lambda: one.get("readyz")[0] == two.get("readyz")[0] == 200)
            asyncio.run(_write(kafka.bootstrap, *(transition(f"a{n}", 1) for n in range(ALERTS))))
            _until(lambda: bell.at("desk"))
            _, first, _ = bell.at("desk")[0]
            assert first["data"]["count"] == ALERTS
            _until(lambda: len(bell.at("desk")) >= 3)  # it is repeated
            one.process.kill()
            one.process.wait()
            told = len(bell.at("desk"))
            _until(lambda: len(bell.at("desk")) >= told + 2)
            by_key: dict[str, Any] = {}
            for key, body, _ in bell.at("desk"):
                assert body["data"]["count"] == ALERTS
                assert by_key.setdefault(key, body) == body
            for number in range(ALERTS):
                _acknowledge(two, f"a{number}")
            quiet_from = time.monotonic() + 2
            time.sleep(6)
            assert [at for _, _, at in bell.at("desk") if at > quiet_from] == []
            _escalates(kafka.bootstrap, two, bell)


def _escalates(broker: str, started: WorkerProcess, bell: Doorbell) -> None:
    """Two alerts begin; one is acknowledged, so the boss hears of the other alone."""
    values = (transition("x1", 1), transition("y1", 1, severity="warning"))
    chat = [value.replace(b'"phone"', b'"chat"').replace(b"csat-low", b"r-" + value[7:9]) for value in values]
    asyncio.run(_write(broker, *chat))
    _until(
        lambda: {body["data"]["id"] for _, body, _ in bell.at("desk") if "id" in body["data"]} == {"x1", "y1"}
    )
    _acknowledge(started, "x1")
    _until(lambda: bell.at("boss"))
    time.sleep(3)
    assert [body["data"]["id"] for _, body, _ in bell.at("boss")] == ["y1"]
