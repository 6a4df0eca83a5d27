"""`python -m tests.chaos.soak`: steady traffic for long, while everything expires several times.

A worker on a real Kafka with the default horizons; event time runs fast instead (120 days in the hour).
Kill -9 twice in the first quarter, so that one process is watched for the rest, and once at the end.
Exit code 0 when memory, state and topics stopped growing and every record was counted exactly once.
"""

import argparse
import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from tests.chaos import disk
from tests.chaos.growth import Growth
from tests.chaos.steady import DAY_MS, Steady, Totals
from tests.chaos.traffic import FEEDBACK, INTERACTIONS
from tests.chaos.wire import Tallied
from tests.kafka.broker import JavaBroker, java_broker
from tests.kafka.topic_settings import change
from tests.kafka.worker_process import WorkerProcess, create_topics

GROUP: Final = "soak"
TALLIES: Final = "cx.tallies"
STATE: Final = (f"{GROUP}-intake-snapshots", f"{GROUP}-judge-snapshots")
WATCHED: Final = (*STATE, TALLIES, "cx.scores", "cx.dead-letters")
KILLS: Final = (0.1, 0.2)
"""When the worker is killed, as parts of the whole: so that one process is watched for the rest."""
SETTLE_S: Final = 120.0

BROKER: Final = {
    "log.retention.check.interval.ms": "5000",
    "log.initial.task.delay.ms": "5000",
    "log.segment.delete.delay.ms": "1000",
    "log.cleaner.backoff.ms": "5000",
    "num.partitions": "1",
}
"""A broker looks for what may go every five minutes; here, every five seconds."""
RETAINED: Final = {"retention.ms": "{retention_ms}", "segment.bytes": str(2 << 20)}
LEAST_RETENTION_S: Final = 60.0
"""More than a worker is away after a kill."""
TOPICS: Final = {
    **dict.fromkeys((INTERACTIONS, FEEDBACK, TALLIES, "cx.dead-letters"), RETAINED),
    **{topic: {"segment.bytes": str(8 << 20)} for topic in STATE},
    "cx.scores": {"segment.bytes": str(1 << 20), "min.cleanable.dirty.ratio": "0.2"},
}
"""Days of retention are a twelfth of the run here, and files accordingly small."""


@dataclass(frozen=True, slots=True)
class Options:
    """What `--help` says."""

    seconds: float
    rate: int
    days: float
    pane: str
    partitions: int
    every_s: float
    log: Path | None

    @property
    def traffic(self) -> Steady:
        """The traffic that lasts so long."""
        span_ms = int(self.days * DAY_MS)
        return Steady(int(self.seconds * self.rate), span_ms, 20 * 60_000, self.partitions)


@dataclass(slots=True)
class Counted:
    """What left on cx.tallies, added up while it is there."""

    tallied: Tallied = field(default_factory=Tallied)
    totals: Totals = field(default_factory=Totals)

    async def follow(self, broker: str, partitions: int) -> None:
        """Read until cancelled."""
        consumer = AIOKafkaConsumer(bootstrap_servers=broker, auto_offset_reset="earliest")
        await consumer.start()
        consumer.assign([TopicPartition(TALLIES, number) for number in range(partitions)])
        try:
            while True:
                for tp, records in (await consumer.getmany(timeout_ms=1000)).items():
                    for record in records:
                        self.tallied.record(tp.partition, record.value, record.headers)
                self._add_up()
        finally:
            await consumer.stop()

    def _add_up(self) -> None:
        for (_, channel, cell), count in self.tallied.counts.items():
            self.totals[channel, cell] += count
        self.tallied.counts.clear()


@dataclass(slots=True)
class Soak:
    """One run: its broker, its worker, and what was seen."""

    options: Options
    broker: JavaBroker
    folder: Path
    traffic: Steady
    samples: list[dict[str, Any]] = field(default_factory=list)
    counted: Counted = field(default_factory=Counted)
    kills: int = 0
    _began: float = field(default_factory=time.monotonic)
    _took_s: float = 0.0
    _worker: WorkerProcess | None = None

    async def go(self) -> dict[str, Any]:
        """Everything, in order; returns the report."""
        create_topics(self.broker.bootstrap, GROUP, self.options.partitions)
        await self._set_up()
        await asyncio.to_thread(self._start)
        self._began = time.monotonic()
        tasks = [
            asyncio.create_task(self.counted.follow(self.broker.bootstrap, self.options.partitions)),
            asyncio.create_task(self._sample()),
            asyncio.create_task(self._kill()),
        ]
        try:
            await self._produce()
            self._took_s = time.monotonic() - self._began
            await asyncio.to_thread(self._restart)
            settled = await self._settle()
        finally:
            for task in tasks:
                task.cancel()
            self._worker_now().kill()
        return self._report(settled_s=settled)

    async def _set_up(self) -> None:
        retention_ms = str(int(1000 * max(LEAST_RETENTION_S, self.options.seconds / 12)))
        for topic, settings in TOPICS.items():
            texts = {name: text.format(retention_ms=retention_ms) for name, text in settings.items()}
            await change(self.broker.bootstrap, topic, texts)

    def _start(self) -> None:
        rules = self.folder / "rules.yaml"
        text = (Path(__file__).parent / "soak.yaml").read_text().replace("PANE", self.options.pane)
        rules.write_text(text)
        log = self.folder / "worker.log"
        self._worker = WorkerProcess(self.broker.bootstrap, GROUP, log, "--rules", str(rules)).ready()

    def _restart(self) -> None:
        self._worker_now().kill()
        self.kills += 1
        self._start()

    def _worker_now(self) -> WorkerProcess:
        if self._worker is None:
            raise LookupError("no worker has been started")
        return self._worker

    async def _kill(self) -> None:
        """Kill -9 and start again, early on."""
        for part in KILLS:
            await asyncio.sleep(self._began + part * self.options.seconds - time.monotonic())
            await asyncio.to_thread(self._restart)

    async def _produce(self) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self.broker.bootstrap, acks="all", linger_ms=50)
        await producer.start()
        for number, sent in enumerate(self.traffic):
            await producer.send(sent.topic, sent.value, key=sent.key, partition=sent.partition)
            if number % (self.options.rate // 10) == 0:
                await asyncio.sleep(max(0.0, self._began + number / self.options.rate - time.monotonic()))
        await producer.stop()

    async def _settle(self) -> float | None:
        """Seconds until every pane of the traffic has been closed; None when that never came."""
        started = time.monotonic()
        want = 2 * self.options.partitions**2
        while time.monotonic() - started < SETTLE_S:
            await asyncio.sleep(1)
            through = self.counted.tallied.through.values()
            if sum(pane * self._pane_ms() >= self.traffic.end_ms for pane in through) >= want:
                await asyncio.sleep(2)
                return round(time.monotonic() - started, 1)
        return None

    def _pane_ms(self) -> int:
        number, unit = int(self.options.pane[:-1]), self.options.pane[-1]
        return number * {"s": 1_000, "m": 60_000, "h": 3_600_000}[unit]

    async def _sample(self) -> None:
        """Look at everything now and then, and write it down at once."""
        with (self.options.log or self.folder / "samples.ndjson").open("w") as file:
            number = 0
            while True:
                number += 1
                await asyncio.sleep(self._began + number * self.options.every_s - time.monotonic())
                sample = await asyncio.to_thread(self._look)
                if sample is not None:
                    self.samples.append(sample)
                    print(json.dumps(sample), file=file, flush=True)

    def _look(self) -> dict[str, Any] | None:
        """One sample; None while the worker is down."""
        worker = self._worker_now()
        _, page = worker.get("metrics")
        entries = {
            line.partition('kind="')[2].partition('"')[0]: float(line.rpartition(" ")[2])
            for line in page.splitlines()
            if line.startswith("tocsin_state_entries{")
        }
        if not entries or worker.process.poll() is not None:
            return None
        return {
            "at_s": round(time.monotonic() - self._began),
            "pid": worker.process.pid,
            "rss_mb": round(worker.rss_mb(), 1),
            "cpu_s": round(worker.cpu_s(), 1),
            "lag": worker.metric("tocsin_lag_records"),
            "entries": entries,
            "disk_kb": {topic: disk.used_kb(self.broker.data, topic) for topic in WATCHED},
            "first_file_gone": {topic: disk.has_rolled(self.broker.data, topic) for topic in WATCHED},
        }

    def _report(self, settled_s: float | None) -> dict[str, Any]:
        wrong = {
            f"{channel} {cell}": [self.traffic.totals[channel, cell], self.counted.totals[channel, cell]]
            for channel, cell in sorted(self.traffic.totals.keys() | self.counted.totals.keys())
            if channel != "end" and not cell.startswith("ttr.bucket")
            and self.traffic.totals[channel, cell] != self.counted.totals[channel, cell]
        }  # fmt: skip
        growth = Growth(self.samples, self._took_s, WATCHED)
        problems = growth.problems(memory=self.options.seconds >= 600)
        if settled_s is None:
            problems.append("not all panes were closed in the end")
        if wrong:
            problems.append(f"{len(wrong)} totals are wrong (wanted, found): {dict(list(wrong.items())[:5])}")
        if self.kills != len(KILLS) + 1:
            problems.append(f"want {len(KILLS) + 1} kills, found {self.kills}")
        return {
            "ok": not problems,
            "problems": problems,
            "seconds": round(self._took_s),
            "records": sum(self.traffic.sent.values()),
            "sent": dict(self.traffic.sent),
            "event_days": self.options.days,
            "kills": self.kills,
            "settled_s": settled_s,
            "totals_compared": len(self.traffic.totals),
            **growth.figures(),
        }


def read_options(arguments: Sequence[str] | None = None) -> Options:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3600, help="how long the traffic takes")
    parser.add_argument("--rate", type=int, default=2000, help="records a second")
    parser.add_argument("--days", type=float, default=160, help="how long it is in event time")
    parser.add_argument("--pane", default="30m", help="pane and lateness of the rules")
    parser.add_argument("--partitions", type=int, default=4)
    parser.add_argument("--every", type=float, default=10, help="seconds between two looks")
    parser.add_argument("--log", type=Path, help="where the samples go, one JSON object a line")
    given = parser.parse_args(arguments)
    return Options(
        given.seconds, given.rate, given.days, given.pane, given.partitions, given.every, given.log
    )


def run(options: Options) -> dict[str, Any]:
    """One run on a broker of its own; its folder stays when something is wrong."""
    folder = Path(tempfile.mkdtemp(prefix="tocsin-soak-"))
    broker = java_broker(BROKER)
    try:
        broker.start()
        report = asyncio.run(Soak(options, broker, folder, options.traffic).go())
        if report["ok"]:
            shutil.rmtree(folder)
        return report | {"folder": str(folder)}
    except subprocess.CalledProcessError as error:
        return {"ok": False, "problems": [f"{error}: {error.stderr!r}"]}
    finally:
        broker.close()


def main() -> None:
    """Run, print the report, say by the exit code whether all is well."""
    report = run(read_options())
    print(json.dumps(report, indent=2))  # noqa: T201
    sys.exit(0 if report["ok"] else 1)


if __name__ == "__main__":
    main()
