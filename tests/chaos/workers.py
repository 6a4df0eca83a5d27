"""Worker processes and the supervisor that any production has: an unexpected exit is followed by a start."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

SESSION_TIMEOUT_S = 8
READY = re.compile(r" (?:ready|partitions assigned) intakes=(\d+)")
COUNTED = re.compile(r'^tocsin_events_total\{outcome="(\w+)",topic="(\S+?)"\} (\S+)$', re.MULTILINE)


@dataclass(slots=True)
class Fleet:
    """Starts, ends and revives workers; each has a log file of its own."""

    command: list[str]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    frozen: set[str] = field(default_factory=set)
    ended_by_us: set[str] = field(default_factory=set)
    revived: list[tuple[str, int]] = field(default_factory=list)
    started: int = 0

    def start(self) -> str:
        """One more worker; returns its name."""
        self.started += 1
        name = f"w{self.started}"
        log = (self.folder / f"{name}.log").open("wb")
        self.running[name] = subprocess.Popen(
            self.command, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **self.environment}
        )
        log.close()
        return name

    def kill(self, name: str) -> None:
        """Kill -9."""
        self.running.pop(name).kill()
        self.frozen.discard(name)

    def terminate(self, name: str) -> None:
        """SIGTERM; it leaves by itself."""
        self.ended_by_us.add(name)
        self.running[name].terminate()

    def freeze(self, name: str) -> None:
        """SIGSTOP."""
        self.running[name].send_signal(signal.SIGSTOP)
        self.frozen.add(name)

    def thaw(self, name: str) -> None:
        """SIGCONT, if it is still there."""
        if name in self.running:
            self.running[name].send_signal(signal.SIGCONT)
        self.frozen.discard(name)

    def idle_hands(self) -> list[str]:
        """Workers that nothing is being done to."""
        return [n for n in self.running if n not in self.frozen and n not in self.ended_by_us]

    def at_work(self) -> list[str]:
        """Idle hands that have been given partitions, by the last that their logs say of it."""
        given = {name: READY.findall((self.folder / f"{name}.log").read_text()) for name in self.idle_hands()}
        return [name for name, counts in given.items() if counts and counts[-1] != "0"]

    def reap(self) -> None:
        """Notice exits; start another for each that we did not ask for."""
        for name, process in list(self.running.items()):
            code = process.poll()
            if code is None:
                continue
            del self.running[name]
            self.frozen.discard(name)
            if name not in self.ended_by_us:
                self.revived.append((name, code))
                self.start()

    def blamed(self) -> list[str]:
        """Who ended by itself and said that an operator had made a mistake."""
        return [f"{name}: told of a mistake that nobody made" for name, code in self.revived if code == 2]

    def counted(self) -> dict[str, float]:
        """`topic outcome` to count, by the /metrics of the workers that run now."""
        total: dict[str, float] = {}
        for name in self.running:
            found = re.search(r"http://(\S+)/metrics", (self.folder / f"{name}.log").read_text())
            if found is None:
                continue
            connection = HTTPConnection(found.group(1), timeout=10)
            connection.request("GET", "/metrics")
            for outcome, topic, count in COUNTED.findall(connection.getresponse().read().decode()):
                total[f"{topic} {outcome}"] = total.get(f"{topic} {outcome}", 0) + float(count)
        return total

    def stop(self, within_s: float = 40) -> list[str]:
        """End all gracefully; returns the names of those that had to be killed."""
        for name in list(self.running):
            self.thaw(name)
            self.terminate(name)
        deadline = time.monotonic() + within_s
        stubborn = []
        for name, process in self.running.items():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                stubborn.append(name)
        self.running.clear()
        return stubborn


def worker_command(broker: str, rules: Path, entry: tuple[str, ...], group: str, topics: str) -> list[str]:
    """How one worker of a group is started, whose topics begin with `topics`."""
    return [
        *(sys.executable, *entry, "worker", "--broker", broker, "--rules", str(rules), "--port", "0"),
        *("--group", group, "--topics", topics, "--session-timeout", str(SESSION_TIMEOUT_S)),
    ]
