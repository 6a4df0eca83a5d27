"""One measured process: from its first event to its last, in wall seconds and CPU seconds."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TICK_S: Final = os.sysconf("SC_CLK_TCK")
GIVE_UP_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What one process took for `events`, start-up left out."""

    events: int
    wall_s: float
    cpu_s: float
    rss_mb: float

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.wall_s

    @property
    def cpu_per_million(self) -> float:
        """CPU seconds per million events, of all threads and children."""
        return self.cpu_s / self.events * 1e6


def cpu_s(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK_S


def rss_mb(pid: int) -> float:
    """Resident memory now."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found.group(1)) / 1024 if found else 0.0


def announced(command: Sequence[str], events: int) -> Measured:
    """Measure a process that prints "first" and "done".

    Raises:
        RuntimeError: it ended before it was done.
    """
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    began = (0.0, 0.0)
    try:
        for line in process.stdout or ():
            if line.strip() == "first":
                began = (time.monotonic(), cpu_s(process.pid))
            elif line.strip() == "done":
                now = (time.monotonic(), cpu_s(process.pid))
                return Measured(events, now[0] - began[0], now[1] - began[1], rss_mb(process.pid))
        raise RuntimeError(f"ended before it was done: {' '.join(command)}")
    finally:
        process.kill()
        process.wait()


async def worker(broker: str, rules: Path, events: int, group: str, workers: int = 1) -> Measured:
    """Measure `tocsin worker`, from its first counted event to the last, by its own /metrics."""
    from tests.kafka.broker import free_ports  # noqa: PLC0415  # only this measurement needs a port

    ports = free_ports(workers)
    processes = [_start_worker(broker, rules, group, port) for port in ports]
    try:
        return await _watch(processes, ports, events)
    finally:
        for process in processes:
            process.send_signal(signal.SIGKILL)
            process.wait()


def _start_worker(broker: str, rules: Path, group: str, port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "stream", "worker", "--broker", broker, "--rules", str(rules)]
    with Path(f"/tmp/{group}-{port}.log").open("wb") as log:  # noqa: S108  # read when a benchmark fails
        return subprocess.Popen(
            [*command, "--port", str(port), "--group", group], stdout=log, stderr=subprocess.STDOUT
        )


async def _watch(processes: list[subprocess.Popen[bytes]], ports: list[int], events: int) -> Measured:
    began: tuple[float, float, float] | None = None
    until = time.monotonic() + GIVE_UP_S
    while time.monotonic() < until:
        await asyncio.sleep(0.1)
        if any(process.poll() is not None for process in processes):
            break
        counted = sum([await asyncio.to_thread(_counted, port) for port in ports])
        now = (time.monotonic(), sum(cpu_s(p.pid) for p in processes), counted)
        if began is None and counted:
            began = now
        if began is not None and counted >= events:
            memory = max(rss_mb(p.pid) for p in processes)
            return Measured(int(events - began[2]), now[0] - began[0], now[1] - began[1], memory)
    raise RuntimeError("the worker did not get through its events; its log is in /tmp")


def _counted(port: int) -> float:
    """Sum of tocsin_events_total; 0 while the worker does not answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            text = answer.read().decode()
    except OSError:
        return 0.0
    return sum(float(line.rpartition(" ")[2]) for line in text.splitlines()
               if line.startswith("tocsin_events_total{"))  # fmt: skip
