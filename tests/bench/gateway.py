"""The gateway's load: acknowledged requests a second, beside a bare aiohttp handler, in one run.

The client, the gateway and Kafka share the machine, so the ratio says more than the rates.  Measured are
single events of our own and signed ratings of Zendesk at full speed, single events at a steady rate for
the latency, and batches of 500.
"""

import argparse
import asyncio
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from tests.bench.http_load import Answers, closed_loop, open_loop, request_of
from tests.bench.machine import RESULTS, markdown, publish
from tests.kafka.broker import running_broker
from tests.kafka.worker_process import ROOT, create_topics
from tests.webhooks import SECRET, Webhook, zendesk

CONNECTIONS: Final = 64
BATCH: Final = 500
STEADY: Final = 1_000
SOURCES: Final = """
sources:
  - {name: ours, kind: events, path: /in/ours, token_env: TOKEN}
  - {name: desk, kind: zendesk, path: /in/desk, secret_env: SECRET, topics: {topic_billing: billing}}
"""
SECRETS: Final = {"TOKEN": "t", "SECRET": SECRET}
TOKEN: Final = {"Authorization": "Bearer t"}


@dataclass(frozen=True, slots=True)
class Measurement:
    """One way of asking: what came back, how many events an answer stands for, CPU seconds of the server."""

    name: str
    answers: Answers
    events: int = 1
    cpu_s: float = 0.0

    @property
    def cpu_us(self) -> float:
        """Of the server, for each request."""
        return self.cpu_s / self.answers.statuses.total() * 1e6

    @property
    def cells(self) -> list[str]:
        """A row of the table."""
        bad = self.answers.statuses.total() - self.answers.statuses[200]
        return [
            self.name,
            f"{self.answers.rate:,.0f}",
            f"{self.answers.rate * self.events:,.0f}",
            f"{self.answers.percentile_s(0.5) * 1000:.0f}",
            f"{self.answers.percentile_s(0.99) * 1000:.0f}",
            f"{self.cpu_us:,.0f}",
            str(bad),
        ]


HEADER: Final = ["", "requests/s", "events/s", "p50 ms", "p99 ms", "CPU µs per request", "not 200"]


@contextmanager
def serving(command: Sequence[str], **variables: str) -> Iterator[tuple[str, int]]:
    """A server's URL, which is its first line, and its process id; killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, **variables},
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process.pid
    finally:
        process.kill()
        process.wait()


def events() -> Iterator[dict[str, object]]:
    """Answers of customers who differ."""
    for number in itertools.count():
        yield {
            "id": f"a-{number:09}",
            "at": time.time(),
            "channel": "web",
            "indicator": "csat",
            "score": 1 + number % 5,
            "scale": "1-5",
            "customer": f"customer-{number % 100_000}",
            "topic": "billing",
        }


def single(url: str, path: str) -> Iterator[bytes]:
    """One event a request."""
    return (request_of(url, path, orjson.dumps(event), TOKEN) for event in events())


def batches(url: str) -> Iterator[bytes]:
    """`BATCH` events a request, made beforehand, since making them takes longer than reading them."""
    source = events()
    made = [
        request_of(url, "/in/ours", orjson.dumps(list(itertools.islice(source, BATCH))), TOKEN)
        for _ in range(100)
    ]
    return itertools.cycle(made)


def ratings(url: str) -> Iterator[bytes]:
    """Ratings of Zendesk, each signed."""
    for number in itertools.count():
        body = zendesk("csat_received", {"satisfaction_score": {"score": "GOOD"}}, account_id=number)
        webhook = Webhook(kind="zendesk", body=body, events=[])
        yield request_of(url, "/in/desk", webhook.raw, webhook.signed())


def measure(broker: str, seconds: float) -> dict[str, Measurement]:
    """All of it, warmed up, on a broker with our topics."""
    found: dict[str, Measurement] = {}

    def run(name: str, pid: int, work: object, events_each: int = 1) -> None:
        assert asyncio.iscoroutine(work)
        before_s = cpu_s(pid)
        answers = asyncio.run(work)
        found[name] = Measurement(name, answers, events_each, cpu_s(pid) - before_s)

    with tempfile.TemporaryDirectory() as folder:
        sources = Path(folder) / "sources.yaml"
        sources.write_text(SOURCES)
        gateway = ("stream", "gateway", "--broker", broker, "--sources", str(sources), "--port", "0")
        with (
            serving(("tests.bench.bare_gateway", broker)) as (bare, bare_pid),
            serving((*gateway, "--log-level", "error"), **SECRETS) as (url, pid),
        ):
            time.sleep(3)
            asyncio.run(closed_loop(bare, single(bare, "/in/bare"), 4, 1))
            asyncio.run(closed_loop(url, single(url, "/in/ours"), 4, 1))
            run("bare", bare_pid, closed_loop(bare, single(bare, "/in/bare"), CONNECTIONS, seconds))
            run("gateway", pid, closed_loop(url, single(url, "/in/ours"), CONNECTIONS, seconds))
            run("zendesk", pid, closed_loop(url, ratings(url), CONNECTIONS, seconds))
            run("steady", pid, open_loop(url, single(url, "/in/ours"), STEADY, seconds))
            run("batches", pid, closed_loop(url, batches(url), 8, seconds), BATCH)
    return found


def cpu_s(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=10.0, help="of each measurement")
    parser.add_argument("--output", type=Path, default=RESULTS / "gateway.md")
    options = parser.parse_args(arguments)
    with running_broker(steady=True) as broker:
        create_topics(broker.bootstrap, "bench", 4)
        found = measure(broker.bootstrap, options.seconds)
    ratio = found["gateway"].answers.rate / found["bare"].answers.rate
    cost = found["bare"].cpu_us / found["gateway"].cpu_us
    table = markdown(HEADER, [each.cells for each in found.values()])
    told = f"{ratio:.2f} × the requests, {cost:.2f} × the requests per CPU second"
    publish("The gateway's load", f"{table}\n\ngateway beside bare: {told}", options.output)


if __name__ == "__main__":
    main()
