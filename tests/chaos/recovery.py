"""`python -m tests.chaos.recovery`: how long a worker with very many open contacts takes to be back.

The contacts are produced to a real Kafka and counted by the worker itself; nothing is put into its state
from outside.  Then a trickle goes on, the worker is killed with kill -9, and another is started at once.
Exit code 0 when it judged again in time and memory stayed within its bounds.
"""

import argparse
import asyncio
import json
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from aiokafka import AIOKafkaProducer

from tests.chaos.traffic import CHANNELS, FEEDBACK, INTERACTIONS, START_MS
from tests.kafka.broker import Broker, running_broker
from tests.kafka.worker_process import WorkerProcess, create_topics

GROUP: Final = "recovery"
SPAN_MS: Final = 6 * 86_400_000
"""Event time of the filling: less than the repeat window of a week, so every contact stays open."""
BATCH: Final = 2_000
WARM: Final = 50_000
"""Contacts after which a worker has all its buffers: what it grows by from there on is contacts."""
TRICKLE: Final = 200
"""Records a second, which take a pane of ten minutes each."""
PANE_MS: Final = 600_000
SESSION_S: Final = 6.0
"""As `WorkerProcess` sets it: for so long the group takes a killed worker for alive."""
MOST_S: Final = ((1_000_000, 20.0), (10_000_000, 60.0))
MOST_MB: Final = 300.0
MOST_BYTES_EACH: Final = 150.0
GIVE_UP_S: Final = 1_800.0


@dataclass(frozen=True, slots=True)
class Options:
    """What `--help` says."""

    contacts: int
    partitions: int


@dataclass(slots=True)
class Recovery:
    """One measurement."""

    options: Options
    broker: Broker
    folder: Path

    async def go(self) -> dict[str, Any]:
        """Fill, kill, measure; returns the report."""
        create_topics(self.broker.bootstrap, GROUP, self.options.partitions)
        worker = await asyncio.to_thread(self._start)
        began = time.monotonic()
        filling = asyncio.create_task(self._fill())
        await self._until(worker, lambda: worker.metric("tocsin_events_total") >= WARM)
        warm_mb, warm = worker.rss_mb(), _entries(worker, "contacts")
        await filling
        produced_s = time.monotonic() - began
        trickling = asyncio.create_task(self._trickle())
        try:
            await self._until(worker, lambda: worker.metric("tocsin_events_total") >= self.options.contacts)
            filled_s = time.monotonic() - began
            contacts = _entries(worker, "contacts")
            await asyncio.sleep(5)  # a commit, and panes that close at the trickle's pace
            before_mb, before = worker.rss_mb(), _judged_s(worker)
            worker.kill()
            killed = time.time()
            worker = await asyncio.to_thread(self._start)
            await self._until(
                worker, lambda: worker.metric("tocsin_ready") == 1 and _judged_s(worker) > before
            )
            back_s = time.time() - killed
            return self._report(
                contacts_open=contacts,
                contacts_open_after=_entries(worker, "contacts"),
                produced_s=produced_s,
                filled_s=filled_s,
                back_s=back_s,
                back_cpu_s=worker.cpu_s(),
                assigned_s=self._logged("partitions assigned") - killed,
                ready_s=self._logged(" ready intakes=") - killed,
                contacts_warm=warm,
                rss_warm_mb=warm_mb,
                rss_before_mb=before_mb,
                rss_after_mb=worker.rss_mb(),
            )
        finally:
            trickling.cancel()
            worker.kill()

    def _start(self) -> WorkerProcess:
        rules = str(Path(__file__).parent / "recovery.yaml")
        started = WorkerProcess(self.broker.bootstrap, GROUP, self.folder / "log", "--rules", rules)
        started.until(lambda: started.get("healthz")[0] == 200, "an answer")
        return started

    async def _fill(self) -> None:
        """Every contact another customer's, in batches straight to the partitions."""
        producer = AIOKafkaProducer(bootstrap_servers=self.broker.bootstrap, acks="all", max_batch_size=2**20)
        await producer.start()
        for first in range(0, self.options.contacts, BATCH):
            batch = producer.create_batch()
            for number in range(first, min(first + BATCH, self.options.contacts)):
                at_ms = START_MS + number * SPAN_MS // self.options.contacts
                batch.append(key=b"c%d" % number, value=_contact(number, at_ms), timestamp=None)
            partition = first // BATCH % self.options.partitions
            await producer.send_batch(batch, INTERACTIONS, partition=partition)
        await producer.stop()

    async def _trickle(self) -> None:
        """Both inputs of every partition, a pane a second, until cancelled."""
        producer = AIOKafkaProducer(bootstrap_servers=self.broker.bootstrap, acks="all")
        await producer.start()
        began, number = time.monotonic(), self.options.contacts
        try:
            while True:
                at_ms = START_MS + SPAN_MS + int((time.monotonic() - began) * PANE_MS)
                for each in range(number, number + TRICKLE // 10):
                    partition = each % self.options.partitions
                    topic, value = INTERACTIONS, _contact(each, at_ms)
                    if each // self.options.partitions % 2:
                        topic, value = FEEDBACK, _answer(each, at_ms)
                    await producer.send(topic, value, key=b"c%d" % each, partition=partition)
                number += TRICKLE // 10
                await asyncio.sleep(0.1)
        finally:
            await producer.stop()

    async def _until(self, worker: WorkerProcess, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + GIVE_UP_S
        while not await asyncio.to_thread(holds):
            if worker.process.poll() is not None or time.monotonic() > deadline:
                raise TimeoutError(f"the worker ended or was too slow; its log is in {self.folder}")
            await asyncio.sleep(0.1)

    def _logged(self, what: str) -> float:
        """When the log says so for the last time (Unix seconds)."""
        lines = (self.folder / "log").read_text().splitlines()
        last = next(line for line in reversed(lines) if what in line)
        return datetime.strptime(last[:23], "%Y-%m-%d %H:%M:%S,%f").astimezone().timestamp()

    def _report(self, **figures: float) -> dict[str, Any]:
        contacts = figures["contacts_open"]
        grown_mb = figures["rss_before_mb"] - figures["rss_warm_mb"]
        each = grown_mb * 2**20 / max(contacts - figures["contacts_warm"], 1)  # few contacts: all were warm
        most_s = next((limit for number, limit in MOST_S if self.options.contacts <= number), MOST_S[-1][1])
        session_s = min(SESSION_S, figures["assigned_s"])
        own_s = figures["back_s"] - session_s
        problems = []
        if contacts < self.options.contacts:
            problems.append(f"want {self.options.contacts} open contacts, found {contacts:.0f}")
        if figures["contacts_open_after"] < contacts:
            problems.append("contacts were lost")
        if own_s > most_s:
            problems.append(f"judging again after {own_s:.1f} s, want {most_s:.0f} s")
        if self.options.contacts <= MOST_S[0][0] and figures["rss_before_mb"] > MOST_MB:
            problems.append(f"resident memory is {figures['rss_before_mb']:.0f} MB, want {MOST_MB:.0f} MB")
        if self.options.contacts >= MOST_S[0][0] and each > MOST_BYTES_EACH:
            problems.append(f"{each:.0f} bytes for each contact, want {MOST_BYTES_EACH:.0f}")
        return {
            "ok": not problems,
            "problems": problems,
            "judging_again_s": round(own_s, 1),
            "session_timeout_s": round(session_s, 1),
            "bytes_per_open_contact": round(each),
            **{name: round(figure, 1) for name, figure in figures.items()},
            "tasks": re.findall(r"state is up task=(\S+ fed_again=\d+ seconds=\S+)", self._last_start()),
        }

    def _last_start(self) -> str:
        return (self.folder / "log").read_text().rpartition("partitions assigned")[2]


def _contact(number: int, at_ms: int) -> bytes:
    return b'{"id":"e%d","at":%d,"channel":"%s","customer":"c%d","topic":"billing"}' % (
        number, at_ms, CHANNELS[number % len(CHANNELS)].encode(), number,
    )  # fmt: skip


def _answer(number: int, at_ms: int) -> bytes:
    return b'{"id":"e%d","at":%d,"channel":"phone","indicator":"csat","score":5}' % (number, at_ms)


def _entries(worker: WorkerProcess, kind: str) -> float:
    found = re.search(rf'tocsin_state_entries{{kind="{kind}"}} (\S+)', worker.get("metrics")[1])
    return float(found.group(1)) if found else 0.0


def _judged_s(worker: WorkerProcess) -> float:
    """Event time up to which every judge has judged; 0 while that is not known of one."""
    lines = re.findall(r"tocsin_watermark_timestamp_seconds{.*cx.tallies.*} (\S+)", worker.get("metrics")[1])
    return min(map(float, lines), default=0.0)


def measure(options: Options) -> dict[str, Any]:
    """One measurement on a broker of its own; its folder stays when something is wrong."""
    folder = Path(tempfile.mkdtemp(prefix="tocsin-recovery-"))
    with running_broker() as broker:
        report = asyncio.run(Recovery(options, broker, folder).go())
    if report["ok"]:
        shutil.rmtree(folder)
    return report | {"folder": str(folder)}


def read_options(arguments: Sequence[str] | None = None) -> Options:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--partitions", type=int, default=4)
    given = parser.parse_args(arguments)
    return Options(given.contacts, given.partitions)


def main() -> None:
    """Measure, print the report, say by the exit code whether all is well."""
    report = measure(read_options())
    print(json.dumps(report, indent=2))  # noqa: T201
    sys.exit(0 if report["ok"] else 1)


if __name__ == "__main__":
    main()
