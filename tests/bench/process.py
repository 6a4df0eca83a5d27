"""One measured process: from its first event to its last, in wall seconds and CPU seconds.

A peer says itself when it took its first event and its last.  `tocsin worker` is watched from outside:
measuring starts when each worker's /metrics has counted an event (what came before is left out, its CPU
seconds too), and ends when the group has committed both inputs and cx.tallies to their ends, so that all
is counted, judged, and written.  In between only the broker is asked, since a scrape is work for the worker.
"""

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bench.progress import Progress
from tests.kafka.broker import free_ports

TICK_S: Final = os.sysconf("SC_CLK_TCK")
GIVE_UP_S: Final = 600.0
LOOK_S: Final = 0.1
LOOKS_PER_QUESTION: Final = 5
"""Looks at the processes for each question to the broker, which has other work to do."""
BUSY: Final = 0.3
"""Share of its average CPU time above which a worker still works: commits come once a second, its last event
sooner."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one process (or several workers together) took for `events`, start-up left out.

    `peak_mb` is the greatest resident memory of one process.
    """

    events: int
    wall_s: float
    cpu_s: float
    peak_mb: float

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.wall_s

    @property
    def cpu_per_million(self) -> float:
        """CPU seconds per million events, of all threads."""
        return self.cpu_s / self.events * 1e6


@dataclass(frozen=True, slots=True)
class Fleet:
    """Workers of one group: the rules they have, and how many there are."""

    broker: str
    rules: Path
    group: str
    workers: int = 1


def cpu_s(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK_S


def peak_mb(pid: int) -> float:
    """The greatest resident memory that a process has had."""
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found.group(1)) / 1024 if found else 0.0


def announced(command: Sequence[str], events: int) -> Measured:
    """Measure a process that prints "first" and "done".

    Raises:
        RuntimeError: it ended before it was done.
    """
    began = (0.0, 0.0)
    with tempfile.TemporaryFile("w+") as log, _peer(command, log.fileno()) as process:
        for line in process.stdout or ():
            if line.strip() == "first":
                began = (time.monotonic(), cpu_s(process.pid))
            elif line.strip() == "done":
                now = (time.monotonic(), cpu_s(process.pid))
                return Measured(events, now[0] - began[0], now[1] - began[1], peak_mb(process.pid))
        log.seek(0)
        raise RuntimeError(f"ended before it was done: {' '.join(command)}\n{log.read()[-2000:]}")


@contextmanager
def _peer(command: Sequence[str], log: int) -> Iterator[subprocess.Popen[str]]:
    """A peer that is gone at the end of the block, and what it kept on disk too."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-", ignore_cleanup_errors=True) as scratch:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, env={**os.environ, "TMPDIR": scratch}
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


async def worker(fleet: Fleet, events: int, warm_up: float = 0.0) -> Measured:
    """Measure `tocsin worker` on what its input topics hold: `events` records.

    With `warm_up` that share of them is left out too, so that what is done once per scope or rule, when it
    is first met, does not count.

    Raises:
        RuntimeError: it ended, or did not get through, or one of several workers came too late.
    """
    with running(fleet) as (processes, ports):
        watch = _Watch(processes)
        counted = await _first(watch, ports)
        async with Progress(fleet.broker, fleet.group) as progress:
            if warm_up:
                await _warm(progress, warm_up * events)
                counted = await _first(watch, ports)
            while not await progress.done():
                for _ in range(LOOKS_PER_QUESTION):
                    await asyncio.sleep(LOOK_S)
                    watch.look()
    if events - counted < events / 4:
        raise RuntimeError("too few events were left when all workers had begun; take more --events")
    return watch.measured(round(events - counted))


@contextmanager
def running(fleet: Fleet) -> Iterator[tuple[list[subprocess.Popen[bytes]], list[int]]]:
    """Worker processes and the ports of their web servers; killed at the end of the block."""
    ports = free_ports(fleet.workers)
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        processes = [_start(fleet, port, Path(folder) / f"{port}.log") for port in ports]
        try:
            yield processes, ports
        except BaseException:
            for port in ports:
                sys.stderr.write((Path(folder) / f"{port}.log").read_text()[-2000:])
            raise
        finally:
            for process in processes:
                process.kill()
                process.wait()


def _start(fleet: Fleet, port: int, log: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "stream", "worker", "--broker", fleet.broker]
    options = ["--rules", str(fleet.rules), "--group", fleet.group, "--port", str(port)]
    with log.open("wb") as out:
        return subprocess.Popen([*command, *options], stdout=out, stderr=subprocess.STDOUT)


class _Watch:
    """Looks at processes; keeps when it looked and how much CPU time they had used by then."""

    def __init__(self, processes: Sequence[subprocess.Popen[bytes]]) -> None:
        self._pids = [process.pid for process in processes]
        self._processes = processes
        self._until = time.monotonic() + GIVE_UP_S
        self.looks: list[tuple[float, float]] = []
        self._peak_mb = 0.0

    def begin(self) -> None:
        """What was before does not count."""
        self.looks.clear()
        self.look()

    def look(self) -> None:
        """One look.

        Raises:
            RuntimeError: a process has ended, or this takes too long.
        """
        if any(process.poll() is not None for process in self._processes) or time.monotonic() > self._until:
            raise RuntimeError("the worker did not get through its events")
        self._peak_mb = max(map(peak_mb, self._pids))
        self.looks.append((time.monotonic(), sum(map(cpu_s, self._pids))))

    def measured(self, events: int) -> Measured:
        """From the first look to the last after which the processes were still busy."""
        first, last = self.looks[0], self.looks[-1]
        least = BUSY * (last[1] - first[1]) / (last[0] - first[0])
        pairs = zip(self.looks, self.looks[1:], strict=False)
        end_s = max(now[0] for then, now in pairs if now[1] - then[1] >= least * (now[0] - then[0]))
        return Measured(events, end_s - first[0], last[1] - first[1], self._peak_mb)


async def _first(watch: _Watch, ports: Sequence[int]) -> float:
    """Wait until every worker has counted something; returns how much all have."""
    while True:
        watch.begin()
        found = [await asyncio.to_thread(metric, port, "tocsin_events_total") for port in ports]
        if all(found):
            return sum(found)
        await asyncio.sleep(LOOK_S)


async def _warm(progress: Progress, least: float) -> None:
    """Wait until so many events are committed: a second after they are counted, so no place to begin at."""
    while await progress.events() < least:  # noqa: ASYNC110  # the broker tells when it is asked
        await asyncio.sleep(LOOK_S)


def metric(port: int, name: str) -> float:
    """Sum over all series of a worker's metric; 0 while it does not answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
            text = answer.read().decode()
    except OSError:
        return 0.0
    lines = (line for line in text.splitlines() if line.startswith((f"{name}{{", f"{name} ")))
    return sum(float(line.rpartition(" ")[2]) for line in lines)
