"""The board in a real Chromium, served by workers on a real Kafka: it outlives the one that serves it."""

import asyncio
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer
from playwright.sync_api import ConsoleMessage, sync_playwright

from tests.demo.served_board import alert, score
from tests.kafka.broker import Broker, free_ports
from tests.kafka.worker_process import WorkerProcess

SHOWN_S = 5.0
"""From the record's acknowledgement by Kafka to the browser's screen."""
BACK_S = 60.0


def _run(work: Coroutine[Any, Any, None]) -> None:
    """In a thread: the browser's driver has this one's event loop."""
    thread = threading.Thread(target=asyncio.run, args=(work,))
    thread.start()
    thread.join()


async def _write(broker: Broker, topic: str, key: bytes, value: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap)
    await producer.start()
    await producer.send_and_wait(topic, value, key=key)
    await producer.stop()


def test_the_page_survives_a_rebalance_and_the_death_of_its_worker(
    fresh_broker: Broker, tmp_path: Path
) -> None:
    """What came meanwhile is shown when a worker answers again; a browser need not be told."""
    tocsin = [sys.executable, "-m", "stream"]
    subprocess.run([*tocsin, "topics", "--broker", fresh_broker.bootstrap, "--group", "board"], check=True)
    place = ("--port", str(free_ports(1)[0]))
    first = WorkerProcess(fresh_broker.bootstrap, "board", tmp_path / "first.log", *place)
    second = None
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        # The browser itself notes that nobody answers; nothing else may be wrong.
        if message.type == "error" and "net::ERR" not in message.text:
            complaints.append(message.text)

    try:
        first.until(lambda: first.get("readyz")[0] == 200, "ready")
        with sync_playwright() as play:
            chromium = shutil.which("chromium") or "chromium"
            page = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"]).new_page()
            page.on("console", hear)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto(f"{first.url}/board")
            _run(_write(fresh_broker, "cx.scores", b"a", score(40, channel="phone")))
            page.wait_for_selector("article:has-text('phone')")
            _run(_write(fresh_broker, "cx.alerts", b"one", alert("one", channel="phone")))
            page.wait_for_selector("[data-alert=one]", timeout=SHOWN_S * 1000)
            second = WorkerProcess(fresh_broker.bootstrap, "board", tmp_path / "second.log")
            _run(_write(fresh_broker, "cx.alerts", b"two", alert("two", channel="phone")))
            page.wait_for_selector("[data-alert=two]", timeout=SHOWN_S * 1000)
            second.until(lambda: second.get("readyz")[0] == 200, "ready after the rebalance")
            # Whatever it has said a moment ago: the page must not take each new try for a sign of life.
            _run(_write(fresh_broker, "cx.alerts", b"late", alert("late", channel="phone")))
            page.wait_for_selector("[data-alert=late]", timeout=SHOWN_S * 1000)
            first.process.send_signal(signal.SIGKILL)
            first.process.wait()
            page.wait_for_selector("#pulse.lost", timeout=10_000)
            assert page.locator("[data-alert=two]").count() == 1
            _run(_write(fresh_broker, "cx.alerts", b"three", alert("three", channel="phone")))
            first = WorkerProcess(fresh_broker.bootstrap, "board", tmp_path / "again.log", *place)
            page.wait_for_selector("[data-alert=three]", timeout=BACK_S * 1000)
            page.wait_for_selector("#pulse:not(.lost):has-text('live')")
            again_s = time.monotonic()
            _run(_write(fresh_broker, "cx.alerts", b"four", alert("four", channel="phone")))
            page.wait_for_selector("[data-alert=four]", timeout=SHOWN_S * 1000)
            assert time.monotonic() - again_s < 2 * SHOWN_S
    finally:
        for worker in (first, second):
            if worker is not None:
                worker.process.kill()
                worker.process.wait()
    assert complaints == []
