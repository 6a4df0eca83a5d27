"""What one group of workers puts out, and what must have come out of it: the first group's, or a trial's."""

import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.chaos import verdicts
from tests.chaos.oracle import PANE_MS, Oracle
from tests.chaos.receiver import Receiver
from tests.chaos.traffic import Sent, Shape, end_ms
from tests.chaos.wire import Alerts, Tallied, read_topic

TRIAL: Final = "trial."
"""How the topics of the trial's group begin."""


@dataclass(slots=True)
class GroupOutputs:
    """The topics of one group, which begin with `prefix`, and what has been read of them."""

    group: str
    prefix: str
    rules: Path
    broker: str
    shape: Shape
    tallied: Tallied = field(default_factory=Tallied)
    alerts: Alerts = field(default_factory=Alerts)
    letters: Counter[bytes] = field(default_factory=Counter)
    _read: dict[int, int] = field(default_factory=dict)

    async def read_tallies(self) -> None:
        """Take what has come since the last time."""
        for record in await read_topic(self.broker, f"{self.prefix}tallies", self._read):
            self.tallied.record(record.partition, record.value, record.headers)

    async def moved(self) -> tuple[int, int]:
        """Numbers that grow while something comes: alerts, and how far tallies are closed."""
        alerts = await read_topic(self.broker, f"{self.prefix}alerts")
        await self.read_tallies()
        return len(alerts), sum(self.tallied.through.values())

    def all_closed(self) -> bool:
        """Whether every source has told every judge of its last pane."""
        last = end_ms(self.shape) // PANE_MS
        closed = sum(through >= last for through in self.tallied.through.values())
        return closed >= 2 * self.shape.partitions**2

    async def problems(self, produced: Sequence[Sent], oracle: Oracle) -> dict[str, list[str]]:
        """Differences from what follows from the events that the broker holds, by what they are in."""
        await self.read_tallies()
        for record in await read_topic(self.broker, f"{self.prefix}alerts"):
            self.alerts.take(record.value)
        letters = await read_topic(self.broker, f"{self.prefix}dead-letters")
        self.letters = Counter(record.value for record in letters)
        until_ms = end_ms(self.shape)
        expected = await asyncio.to_thread(self._backtest, produced)
        return {
            "tallies": verdicts.tallies(self.tallied.counts, oracle.result(), until_ms),
            "history": verdicts.history(self.alerts, expected, until_ms),
            "gaps": verdicts.gaps(self.alerts),
            "dead_letters": verdicts.dead_letters(self.letters, oracle.bad),
        }

    def deliveries(self, receiver: Receiver) -> list[str]:
        """Differences between the alerts and what the receiver was told."""
        return verdicts.deliveries(self.alerts, receiver)

    def _backtest(self, produced: Sequence[Sent]) -> list[Mapping[str, Any]]:
        """What `tocsin backtest` says of the same events."""
        events = self.rules.with_suffix(".ndjson")
        with events.open("wb") as file:
            for sent in produced:
                if sent.kind != "bad":
                    file.write(sent.value + b"\n")
        command = [sys.executable, "-m", "stream", "backtest", "--rules", str(self.rules)]
        done = subprocess.run(
            [*command, "--events", str(events), "--json"], check=True, stdout=subprocess.PIPE
        )
        return [json.loads(line) for line in done.stdout.splitlines()]
