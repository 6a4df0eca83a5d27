"""A flood of distinct channels and topics through a real broker and worker: memory, /metrics, the true alert.

`python -m tests.harden.cardinality --values 1000000`.  Exit code 0 when the worker lives within its bounds
and the alert of the sound channel fires and resolves, 1 otherwise; the report is JSON.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson
from aiokafka import AIOKafkaProducer

from stream.kafka.clients import read_all
from stream.kafka.settings import ClientSettings
from tests.harden.traffic import SOUND
from tests.kafka.broker import running_broker
from tests.kafka.worker_process import WorkerProcess, create_topics, worker

RULES: Final = """
timing: {pane: 1s, lateness: 2s, idle_after: 3s}
rules:
  - {name: low, indicator: csat, by: [channel], window: 10s, critical: 50, min_answers: 5, explain: [topic]}
  - {name: talk, indicator: contacts, by: [channel, topic], window: 10s, critical: 1000000}
"""
CHUNK: Final = 2_000
BAD_FROM: Final = 0.3
BAD_UNTIL: Final = 0.6
"""When the sound channel is unhappy, as shares of the run."""
LEAST_S: Final = 60.0
MOST_RSS_MB: Final = 700
MOST_PAGE_MB: Final = 20
MOST_PAGE_S: Final = 1.0
MOST_DELAY_S: Final = 15.0


@dataclass
class Seen:
    """The worst of what the worker was asked for."""

    rss_mb: float = 0.0
    page_mb: float = 0.0
    page_s: list[float] = field(default_factory=list)

    def look(self, running: WorkerProcess) -> None:
        """Ask once."""
        began = time.monotonic()
        status, text = running.get("metrics")
        if status == 200:
            self.page_s.append(time.monotonic() - began)
            self.page_mb = max(self.page_mb, len(text) / 1e6)
        self.rss_mb = max(self.rss_mb, running.rss_mb())


async def _flood(broker: str, values: int) -> None:
    """So many events with a channel and a topic of their own, and the sound channel's answers between."""
    producer = AIOKafkaProducer(bootstrap_servers=broker, compression_type="lz4", linger_ms=5)
    await producer.start()
    began, sent = time.time(), 0
    try:
        while sent < values or time.time() - began < LEAST_S:
            bad = BAD_FROM <= sent / values < BAD_UNTIL
            for number in range(10):
                answer = {
                    "id": f"s{sent}-{number}-{time.time()}",
                    "channel": SOUND,
                    "indicator": "csat",
                    "score": 1 if bad else 5,
                }
                await producer.send("cx.feedback", _event(answer), partition=number % 2)
            for number in range(sent, min(sent + CHUNK, values)):
                event = {"id": f"i{number}", "channel": f"channel {number}", "topic": f"topic {number}"}
                await producer.send("cx.interactions", _event(event), partition=number % 2)
            sent = min(sent + CHUNK, values)
            await producer.flush()
            ahead_s = LEAST_S * sent / values - (time.time() - began)
            await asyncio.sleep(max(0.0, ahead_s) if sent < values else 0.2)
    finally:
        await producer.stop()


def _event(fields: dict[str, Any]) -> bytes:
    return orjson.dumps(fields | {"at": time.time()})


async def _watched(running: WorkerProcess, seen: Seen) -> None:
    while True:
        await asyncio.to_thread(seen.look, running)
        await asyncio.sleep(2)


async def _alerts(broker: str) -> list[tuple[str, float]]:
    """States of the sound channel's alert, each with the seconds from its moment to its record."""
    found = []
    async for record in read_all(ClientSettings(brokers=(broker,)), "cx.alerts"):
        alert = orjson.loads(record.value)
        if alert["scope"] == {"channel": SOUND}:
            at_s = _epoch(alert["at"])
            found.append((alert["state"], round(record.timestamp / 1000 - at_s, 1)))
    return found


def _epoch(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


async def flooded(broker: str, folder: Path, values: int) -> dict[str, Any]:
    """One run; the report, with what went wrong under `wrong`."""
    rules = folder / "rules.yaml"
    rules.write_text(RULES)
    await asyncio.to_thread(create_topics, broker, "flood", 2)
    log, seen = folder / "worker.log", Seen()
    with worker(broker, "flood", log, "--rules", str(rules)) as running:
        await asyncio.to_thread(running.ready)
        watching = asyncio.create_task(_watched(running, seen))
        await _flood(broker, values)
        began = time.monotonic()
        while running.process.poll() is None and time.monotonic() - began < 90:
            lag = await asyncio.to_thread(running.metric, "tocsin_lag_records")
            ready = await asyncio.to_thread(running.metric, "tocsin_ready")
            if lag == 0 and ready:
                break
            await asyncio.sleep(1)
        caught_up_s = time.monotonic() - began
        await asyncio.sleep(8)
        watching.cancel()
        seen.look(running)
        readyz, code = running.get("readyz")[0], running.process.poll()
        cpu_s = running.cpu_s()
    alerts = await _alerts(broker)
    text = log.read_text()
    bounds = {
        f"the worker ended with {code}, or is not ready: {readyz}": code is not None or readyz != 200,
        "the log has a traceback": "Traceback" in text,
        f"memory: {seen.rss_mb:.0f} MB": seen.rss_mb > MOST_RSS_MB,
        f"/metrics: {seen.page_mb:.1f} MB": seen.page_mb > MOST_PAGE_MB,
        f"/metrics: {max(seen.page_s):.1f} s": max(seen.page_s) > MOST_PAGE_S,
        f"the alert went {alerts}": [state for state, _ in alerts] != ["firing", "resolved"]
        or max(delay for _, delay in alerts) > MOST_DELAY_S,
    }
    pages = sorted(seen.page_s)
    return {
        "values": values, "rss_mb": round(seen.rss_mb), "cpu_s": round(cpu_s, 1), "alerts": alerts,
        "page_mb": round(seen.page_mb, 1), "page_s": [round(pages[len(pages) // 2], 2), round(pages[-1], 2)],
        "caught_up_s": round(caught_up_s, 1), "wrong": [what for what, holds in bounds.items() if holds],
    }  # fmt: skip


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--values", type=int, default=1_000_000)
    options = parser.parse_args()
    with running_broker() as broker, tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(flooded(broker.bootstrap, Path(folder), options.values))
    sys.stdout.write(json.dumps(report) + "\n")
    return int(bool(report["wrong"]))


if __name__ == "__main__":
    sys.exit(main())
