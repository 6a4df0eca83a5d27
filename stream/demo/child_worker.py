"""A worker as a child process of ours, for the demo: started, awaited, asked how it is doing, stopped."""

import asyncio
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp

from alerts.errors import OperatorError
from stream.demo.brokers import tethered as tether
from stream.demo.brokers.loopback import LOOPBACK

READY_S: Final = 60.0
POLL_S: Final = 0.1
STOP_S: Final = 10.0
TAIL_LINES: Final = 15
EVENTS: Final = re.compile(r'^tocsin_events_total\{[^}]*outcome="(\w+)"[^}]*\} ([0-9.e+]+)$', re.MULTILINE)

NOTHING: Final[Mapping[str, str]] = {}


class WorkerError(OperatorError):
    """The worker ended or never got ready; carries the end of its log."""


@dataclass(frozen=True, slots=True)
class ChildWorker:
    """A worker with its metrics on `port` of the loopback and its log in a file."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def url(self) -> str:
        """Where its metrics and health are."""
        return f"http://{LOOPBACK}:{self.port}"

    async def ready(self, http: aiohttp.ClientSession) -> None:
        """Wait until it has its partitions and is caught up.

        Raises:
            WorkerError: it ended, or is not ready after a minute.
        """
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            self.check()
            try:
                async with http.get(f"{self.url}/readyz") as answer:
                    if answer.ok:
                        return
            except aiohttp.ClientError:
                pass  # it does not listen yet
            await asyncio.sleep(POLL_S)
        raise WorkerError(f"the worker is not ready after {READY_S:g} s{self._tail()}")

    async def events(self, http: aiohttp.ClientSession) -> Counter[str]:
        """How many events it has taken in since it started, by outcome."""
        self.check()
        try:
            async with http.get(f"{self.url}/metrics") as answer:
                text = await answer.text()
        except aiohttp.ClientError:
            return Counter()
        return counted_events(text)

    def check(self) -> None:
        """Make sure that it runs.

        Raises:
            WorkerError: it has ended.
        """
        if self.process.poll() is not None:
            raise WorkerError(f"the worker ended with exit code {self.process.returncode}{self._tail()}")

    def _tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
        return "; the end of its log:\n" + "\n".join(lines)


def counted_events(metrics: str) -> Counter[str]:
    """Events by outcome, over all topics, in the text format of Prometheus."""
    counted: Counter[str] = Counter()
    for outcome, number in EVENTS.findall(metrics):
        counted[outcome] += int(float(number))
    return counted


@asynccontextmanager
async def worker(
    arguments: list[str], port: int, log: Path, settings: Mapping[str, str] = NOTHING
) -> AsyncIterator[ChildWorker]:
    """Run `tocsin worker` with these arguments and settings, of the same installation as ours."""
    command = [sys.executable, "-m", "stream", "worker", "--port", str(port), *arguments]
    # The user's own settings are for a worker of theirs.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    environment |= settings
    with log.open("wb") as output:
        process = tether.start(command, environment, output)
    try:
        yield ChildWorker(process, port, log)
    finally:
        # In a thread, since what it still delivers may come to a receiver in this very process.
        await asyncio.to_thread(tether.stop, process, STOP_S)
