"""Every expression of every panel, mark, recording and alerting rule, asked of a real Prometheus.

It scrapes a running worker and a running gateway on a real Kafka.  An expression that never returns data is
wrong, or stands in `SILENT` with the reason.  What was recorded a week ago is put into Prometheus beforehand.
"""

import asyncio
import json
import math
import re
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from zlib import crc32

import orjson
import pytest
import yaml
from aiokafka import AIOKafkaProducer

from tests.dashboards import NAMES, RULES, asked, variables
from tests.kafka.broker import running_broker
from tests.kafka.gateway_process import GatewayProcess, gateway
from tests.kafka.worker_process import ROOT, WorkerProcess, create_topics, worker
from tests.prometheus.programs import Prometheus, configured
from tests.webhooks import SECRET, zendesk

SILENT = {
    "TocsinAbsent": "`absent` has nothing to return while there is a worker",
}
"""What returns nothing here, and why."""

PARTITIONS = 2
WEEK_S = 7 * 86_400
SETTLES_S = 100.0
CHOSEN = {
    "job": ".+", "instance": ".+", "rule": ".+", "channel": "phone",
    "__rate_interval": "15s", "__range": "1h", "__range_s": "3600",
}  # fmt: skip
RULEBOOK = """
timing: {{pane: 1s, lateness: 1s, idle_after: 3s}}
commands: trusted
rules:
  - {{name: low, indicator: csat, by: [channel], window: 1m, warning: 80, critical: 50, min_answers: 5}}
  - {{name: effort, indicator: ces, by: [channel], window: 1m, warning: 5, min_answers: 5}}
  - {{name: detractors, indicator: nps, by: [channel], window: 1m, warning: 0, min_answers: 5}}
  - {{name: again, indicator: fcr, by: [channel], window: 1m, warning: 60, min_answers: 5}}
  - {{name: stage-low, indicator: csat, by: [channel, stage], window: 1m, critical: 30, min_answers: 5}}
  - {{name: topic-low, indicator: csat, by: [channel, topic], window: 1m, critical: 30, min_answers: 5}}
  - {{name: given-up, indicator: abandonment, by: [channel], window: 1m, warning: 50}}
  - {{name: slow, indicator: wait, by: [channel], window: 1m, warning: 10}}
  - {{name: buzz, indicator: sentiment, by: [channel], window: 1m, warning: 99}}
  - {{name: spent, indicator: csat, by: [channel], detect: burn, target: 90}}
heartbeat: {{receiver: desk, every: 1s, canary: true}}
receivers:
  - {{name: desk, webhook: {{url: "{url}"}}, allow_private: true}}
"""
SOURCES = """
sources:
  - {name: ours, kind: events, path: /in/ours-0123456789abcdef0123456789}
  - {name: desk, kind: zendesk, path: /in/desk-0123456789abcdef0123456789, secret_env: SECRET}
"""
OURS = "/in/ours-0123456789abcdef0123456789"
DESK = "/in/desk-0123456789abcdef0123456789"
SCORES = {"csat": "1-5", "ces": "1-7", "nps": "0-10"}


@contextmanager
def _desk() -> Iterator[str]:
    """A receiver that takes every notice."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _events(number: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """What one customer does and says: a contact, its end, and what they think of it."""
    at = time.time()
    common = {
        "at": at, "channel": "phone", "stage": f"s{number % 2}", "topic": f"t{number % 2}",
        "customer": f"c{number % 40}",
    }  # fmt: skip
    yield "cx.interactions", {**common, "id": f"i{number}", "wait_s": number % 40}
    ended = {"event": "resolved", "case": f"case{number}", "opened_at": at - 60 * (number % 50 + 1)}
    yield "cx.interactions", {**common, **ended, "id": f"r{number}"}
    for indicator, scale in SCORES.items():
        bad = scale.partition("-")[2] if indicator == "ces" else scale.partition("-")[0]
        yield "cx.feedback", {
            **common, "id": f"{indicator}{number}", "indicator": indicator, "score": int(bad), "scale": scale,
        }  # fmt: skip
    yield "cx.feedback", {**common, "id": f"m{number}", "indicator": "sentiment", "score": "negative"}


async def _produce(broker: str, first: int) -> None:
    """A second of events, some of them wrong."""
    producer = AIOKafkaProducer(bootstrap_servers=broker, acks="all")
    await producer.start()
    for number in range(first, first + 20):
        for topic, event in _events(number):
            key = event["customer"].encode()
            await producer.send(topic, orjson.dumps(event), key, partition=crc32(key) % PARTITIONS)
    await producer.send("cx.feedback", b"no event", b"c1")
    await producer.stop()


def _webhooks(running: GatewayProcess, number: int) -> None:
    """What vendors send: good, wrong, forged, and a test."""
    event = {"id": f"g{number}", "at": time.time(), "channel": "web"}
    assert running.ask("POST", OURS, orjson.dumps([event, {"id": f"h{number}"}]))[0] == 200
    assert running.ask("POST", OURS, b" ")[0] == 200
    assert running.ask("POST", DESK, orjson.dumps(zendesk("created", {})))[0] == 401


def _said(started: WorkerProcess) -> bool:
    """Whether an alert fires, which then is acknowledged and judged."""
    found = json.loads(started.get("api/alerts")[1])["alerts"]
    firing = [each["id"] for each in found if each["state"] == "firing"]
    for name, body in (("ack", {"by": "ann"}), ("verdict", {"by": "ann", "verdict": "true"})):
        for alert in firing[:1]:
            request = urllib.request.Request(  # noqa: S310  # http, ours
                f"{started.url}/api/alerts/{alert}/{name}",
                json.dumps(body).encode(),
                {"Authorization": "Bearer t0ken", "Content-Type": "application/json"},
                method="POST",
            )
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
                assert json.load(answer)["outcome"] == "accepted"
    return bool(firing)


class _Life:
    """Customers who come, vendors who send and people who answer, for as long as somebody asks Prometheus.

    Rates are over some seconds: were it to end before the questions do, they would find nothing.
    """

    def __init__(self, broker: str, running: WorkerProcess, receiving: GatewayProcess) -> None:
        self.errors: list[Exception] = []
        self._broker, self._running, self._receiving = broker, running, receiving
        self._over, self._said = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._go_on)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def until_said(self, log: Path) -> None:
        """Wait until an alert has fired and somebody has said something about it."""
        assert self._said.wait(SETTLES_S), (self.errors, log.read_text())

    def end(self) -> None:
        """End, whatever has come of it."""
        self._over.set()
        self._thread.join()

    def _go_on(self) -> None:
        number = 0
        while not self._over.is_set():
            try:
                asyncio.run(_produce(self._broker, number * 20))
                _webhooks(self._receiving, number)
                if not self._said.is_set() and _said(self._running):
                    self._said.set()
            except Exception as error:  # noqa: BLE001  # told by whoever waits
                self.errors.append(error)
                return
            number += 1
            self._over.wait(0.2)


@contextmanager
def _life(broker: str, running: WorkerProcess, receiving: GatewayProcess) -> Iterator[_Life]:
    life = _Life(broker, running, receiving)
    life.start()
    try:
        yield life
    finally:
        life.end()


def _last_week(folder: Path) -> None:
    """What Prometheus recorded a week ago, a sample each five seconds for as long as the test may take."""
    lines = ["# TYPE channel:cx_score:max gauge"]
    begin = int(time.time()) - WEEK_S - 60
    for indicator, window in {(each, w) for each in _shown() for w in ("1m", "30m")}:
        labels = f'job="tocsin",channel="phone",indicator="{indicator}",window="{window}"'
        lines += [f"channel:cx_score:max{{{labels}}} 80 {begin + step}" for step in range(0, 600, 5)]
    history = folder / "history.txt"
    history.write_text("\n".join([*lines, "# EOF\n"]))
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(history), str(folder / "tsdb")]
    subprocess.run(command, check=True, capture_output=True)


def _shown() -> set[str]:
    """Indicators that are drawn against the week before."""
    weekly = (expr for _, expr in asked(CHOSEN) if "offset 1w" in expr)
    return {name for expr in weekly for name in re.findall(r'indicator="(\w+)"', expr)}


def _configuration(folder: Path, running: WorkerProcess, receiving: GatewayProcess) -> Path:
    """Both scraped each second, our rules evaluated each second."""
    rules = (ROOT / "grafana/prometheus-rules.yml").read_text()
    (folder / "rules.yml").write_text(re.sub(r"(?m)^    interval: \w+$", "    interval: 1s", rules))
    targets = {"tocsin": running.url, "tocsin-gateway": receiving.url}
    jobs = [
        {"job_name": job, "static_configs": [{"targets": [url.removeprefix("http://")]}]}
        for job, url in targets.items()
    ]
    config = folder / "prometheus.yml"
    times = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config.write_text(yaml.safe_dump({"global": times, "rule_files": ["rules.yml"], "scrape_configs": jobs}))
    return config


@pytest.fixture(scope="module")
def scraped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus that has scraped both while customers came, vendors sent and people answered."""
    folder = tmp_path_factory.mktemp("every")
    _last_week(folder)
    (folder / "sources.yaml").write_text(SOURCES)
    (folder / "token").write_text("t0ken")
    with ExitStack() as stack:
        kafka = stack.enter_context(running_broker())
        create_topics(kafka.bootstrap, "every", PARTITIONS)
        (folder / "rules.yaml").write_text(RULEBOOK.format(url=stack.enter_context(_desk())))
        options = ("--rules", str(folder / "rules.yaml"), "--token-file", str(folder / "token"))
        running = stack.enter_context(worker(kafka.bootstrap, "every", folder / "w.log", *options)).ready()
        receiving = stack.enter_context(
            gateway(kafka.bootstrap, folder / "sources.yaml", folder / "g.log", {"SECRET": SECRET})
        )
        server = stack.enter_context(configured(_configuration(folder, running, receiving)))
        life = stack.enter_context(_life(kafka.bootstrap, running, receiving))
        life.until_said(folder / "w.log")
        yield server
        assert not life.errors


def _shows(server: Prometheus, expr: str) -> bool:
    return any(not math.isnan(float(sample["value"][1])) for sample in server.query(expr))


def _unconditional(expr: str) -> str:
    """An alerting rule's expression that says 0 or 1 instead of nothing while all is well."""
    return re.sub(r"(==|>)(?= -?[0-9])", r"\1 bool", expr)


def _everything() -> dict[str, str]:
    found = dict(asked(CHOSEN))
    for rule in RULES:
        found[rule.get("alert") or rule["record"]] = _unconditional(rule["expr"])
    for name in NAMES:
        for variable in variables(name).values():
            query = re.fullmatch(r"label_values\((.+), (\w+)\)", str(variable.get("definition")))
            if query:
                series = query[1].replace("$job", ".+")
                found[f"{name}: variable {variable['name']}"] = f"count by ({query[2]}) ({series})"
    return found


@pytest.mark.timeout(280)
def test_every_expression_returns_data_or_is_listed_with_the_reason(scraped: Prometheus) -> None:
    """Panels, marks and variables of all dashboards, recording and alerting rules."""
    expressions = _everything()
    assert len(expressions) > 150
    silent = dict(expressions)
    deadline = time.monotonic() + SETTLES_S
    while not silent.keys() <= SILENT.keys() and time.monotonic() < deadline:
        silent = {name: expr for name, expr in silent.items() if not _shows(scraped, expr)}
        time.sleep(1)
    assert silent.keys() <= SILENT.keys(), {name: silent[name] for name in set(silent) - set(SILENT)}
    for name in SILENT:  # a scrape that took too long makes up for it with the next
        while _shows(scraped, expressions[name]):
            assert time.monotonic() < deadline + SETTLES_S, name
            time.sleep(1)


def test_no_rule_fails(scraped: Prometheus) -> None:
    """Prometheus has evaluated every rule, without an error."""
    with urllib.request.urlopen(f"{scraped.url}/api/v1/rules", timeout=10) as answer:  # noqa: S310  # ours
        groups = json.load(answer)["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len(rules) == len(RULES)
    assert {rule["health"] for rule in rules} == {"ok"}


def test_recorded_series_are_what_is_recorded(scraped: Prometheus) -> None:
    """A whole channel has one value for each indicator and window, whichever worker it comes from."""
    found = scraped.query('channel:cx_score:max{channel="phone",indicator="csat",window="1m"}')
    assert [sample["metric"]["job"] for sample in found] == ["tocsin"]
