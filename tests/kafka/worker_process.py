"""A `tocsin worker` of a test: started, asked over HTTP, told to end."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
WAIT_S: Final = 90.0


class WorkerProcess:
    """A worker on a free port; what it logs goes to `log`."""

    def __init__(
        self, broker: str, group: str, log: Path, *options: str, entry: Sequence[str] = ("-m", "stream")
    ) -> None:
        self.log = log
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, *entry, "worker", "--broker", broker, "--group", group),
                    *("--port", "0", "--session-timeout", "6", *options),
                ],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                cwd=ROOT,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        self.url = self.next_url()

    def next_url(self) -> str:
        """Where it says that it listens; empty when it ended instead."""
        assert self.process.stdout is not None
        metrics = self.process.stdout.readline().strip()
        self.process.stdout.readline()
        self.process.stdout.readline()
        return metrics.removesuffix("/metrics")

    def get(self, page: str) -> tuple[int, str]:
        """Status and text of a page; 0 when nobody answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/{page}", timeout=10) as answer:  # noqa: S310  # http, ours
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def metric(self, name: str) -> float:
        """The sum over all series of a metric."""
        lines = self.get("metrics")[1].splitlines()
        return sum(
            float(line.rpartition(" ")[2]) for line in lines if line.startswith((f"{name}{{", f"{name} "))
        )

    def rss_mb(self) -> float:
        """Resident memory now."""
        return self._memory_mb("VmRSS")

    def peak_rss_mb(self) -> float:
        """The most memory that was ever resident."""
        return self._memory_mb("VmHWM")

    def _memory_mb(self, name: str) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition(f"{name}:")[2].split()[0]) / 1024

    def cpu_s(self) -> float:
        """User and system time so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + WAIT_S
        while not holds():
            assert self.process.poll() is None, f"the worker ended: {self.log.read_text()}"
            assert time.monotonic() < deadline, f"{what} did not come true: {self.log.read_text()}"
            time.sleep(0.2)

    def ready(self) -> "WorkerProcess":
        """Wait until it has its partitions and their state."""
        self.until(lambda: self.get("readyz")[0] == 200, "readiness")
        return self

    def terminate(self) -> int:
        """Ask it to leave; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(WAIT_S)

    def kill(self) -> None:
        """Kill -9."""
        self.process.kill()
        self.process.wait()


@contextmanager
def worker(broker: str, group: str, log: Path, *options: str) -> Iterator[WorkerProcess]:
    """A worker that is gone at the end of the block."""
    started = WorkerProcess(broker, group, log, *options)
    try:
        yield started
    finally:
        started.kill()


def create_topics(broker: str, group: str, partitions: int) -> None:
    """As an operator does."""
    command = [sys.executable, "-m", "stream", "topics", "--broker", broker, "--group", group]
    subprocess.run([*command, "--partitions", str(partitions)], check=True, cwd=ROOT, capture_output=True)
