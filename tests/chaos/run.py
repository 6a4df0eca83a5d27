"""`make chaos`: workers on a real Kafka, faults while traffic flows, compared exactly with an oracle.

Exit code 0 when everything that came out is what must have come out, 1 otherwise; the report is JSON.
"""

import asyncio
import json
import logging
import random
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.chaos.faults import TALLIES, Hands
from tests.chaos.options import Options, read_options
from tests.chaos.oracle import Oracle
from tests.chaos.outputs import TRIAL, GroupOutputs
from tests.chaos.producing import produce, tell
from tests.chaos.promises import Promises
from tests.chaos.receiver import SECRET, Receiver
from tests.chaos.traffic import FEEDBACK, INTERACTIONS, Sent
from tests.chaos.wire import Arrivals, what_is_held
from tests.chaos.workers import Fleet, worker_command
from tests.kafka.broker import Broker, running_broker
from tests.kafka.cluster import running_cluster
from tests.kafka.topic_settings import change

SAME_LOOKS: Final = 4
"""Looks in a row, five seconds and more each, without a notice: a loaded machine is slow to send."""
COMMITTED_S: Final = 3.0
"""Of what is worked on for so long, some is committed: that happens each second."""
START_S: Final = 60.0
"""How long the first tallies are waited for; before them, nothing can be disturbed."""


@dataclass(slots=True)
class Run:
    """One run: its folder, its processes and what it has seen."""

    options: Options
    broker: Broker
    folder: Path
    receiver: Receiver = field(default_factory=Receiver)
    produced: list[Sent] = field(default_factory=list)

    doing: str = "starting"
    _hands: Hands | None = None
    _outputs: list[GroupOutputs] = field(default_factory=list)
    _arrivals: Arrivals = field(default_factory=Arrivals)
    _promises: Promises = field(default_factory=Promises)

    async def go(self) -> dict[str, Any]:
        """Everything, in order; returns the report."""
        await self.receiver.start()
        fleets = self._fleets()
        for outputs in self._outputs:
            self._create_topics(outputs)
        await self._want_all_replicas()
        rng = random.Random(self.options.shape.seed)
        most = self.options.workers + 1
        hands = Hands(
            fleets,
            self.broker,
            rng,
            self.options.kinds,
            self.options.down_s,
            most,
            at_work=self.options.biting,
        )
        self._hands = hands
        for fleet, workers in zip(fleets, (self.options.workers, self.options.trial), strict=False):
            for _ in range(workers):
                fleet.start()
        started = time.monotonic()
        listening = asyncio.create_task(
            self._arrivals.follow(self.broker.bootstrap, self.options.shape.partitions)
        )
        try:
            producing = asyncio.create_task(
                produce(self.options, self.broker.bootstrap, self.produced, self._promises)
            )
            await self._faults(hands, producing)
            self._now("the rest of the traffic is produced")
            await producing
            waited = await self._settle(hands)
            counted = await asyncio.to_thread(fleets[0].counted)
            self._now("the workers leave")
            stubborn = [name for fleet in fleets for name in await asyncio.to_thread(fleet.stop)]
            self._now("what came out is compared")
            report = await self._judge(hands)
        finally:
            listening.cancel()
            for fleet in fleets:
                fleet.stop(0)
            await self.receiver.stop()
        return report | {
            "seconds": round(time.monotonic() - started),
            "settled_after_s": round(waited, 1),
            "stubborn": stubborn,
            "revived": [revived for fleet in fleets for revived in fleet.revived],
            "counted": counted,
            "produced": Counter(f"{sent.topic} {sent.kind}" for sent in self.produced),
        }

    def broken_off(self, reason: str) -> dict[str, Any]:
        """The report of a run that was not finished."""
        done = dict(self._hands.done) if self._hands else {}
        return {"ok": False, "problems": {"run": [reason]}, "events": len(self.produced), "faults": done}

    def _now(self, doing: str) -> None:
        self.doing = doing
        tell(doing)

    def _fleets(self) -> list[Fleet]:
        """The group, and the trial's if there is one; where each puts out is kept in `_outputs`."""
        here = Path(__file__).parent
        rules = self.folder / "rules.yaml"
        webhook = f"webhook: {{url: '{self.receiver.url}', secret: {SECRET}}}"
        receivers = f"receivers:\n  - {{name: hook, {webhook}, allow_private: true}}\n"
        rules.write_text((here / "rules.yaml").read_text() + receivers)
        fleets = [Fleet(self._command("chaos", "cx.", rules), self.folder)]
        if self.options.trial:
            folder = self.folder / "trial"
            folder.mkdir()
            other = folder / "trial.yaml"
            other.write_text((here / "trial.yaml").read_text() + receivers)
            fleets.append(Fleet([*self._command("chaos-trial", TRIAL, other), "--dry-run"], folder))
        return fleets

    def _command(self, group: str, prefix: str, rules: Path) -> list[str]:
        """How a worker of a group is started; its outputs are expected from now on."""
        broker = self.broker.bootstrap
        self._outputs.append(GroupOutputs(group, prefix, rules, broker, self.options.shape))
        return worker_command(broker, rules, self.options.entry, group, prefix)

    def _create_topics(self, of: GroupOutputs) -> None:
        partitions = str(self.options.shape.partitions)
        command = [sys.executable, "-m", "stream", "topics", "--broker", self.broker.bootstrap]
        subprocess.run(
            [*command, "--partitions", partitions, "--group", of.group, "--topics", of.prefix],
            check=True,
            stdout=sys.stderr,
        )

    async def _want_all_replicas(self) -> None:
        """In a cluster, tallies are only taken while no broker is away: errors that pass by themselves."""
        if self.options.brokers > 1:
            settings = {"max.message.bytes": str(10 << 20), "min.insync.replicas": str(self.options.brokers)}
            await change(self.broker.bootstrap, "cx.tallies", settings)

    async def _faults(self, hands: Hands, producing: asyncio.Task[None]) -> None:
        """Spread the faults evenly over the traffic."""
        began = time.monotonic()
        while not self._arrivals.by_source and time.monotonic() - began < START_S:  # noqa: ASYNC110  # a test only
            await asyncio.sleep(0.5)
        now = time.monotonic()
        pause_s = max(0.0, (self.options.seconds - (now - began)) / max(1, self.options.faults))
        for number in range(1, self.options.faults + 1):
            if self.options.biting and not await self._moved_on(hands, producing):
                break
            self._now(f"fault {number} of {self.options.faults}: {await hands.one()}")
            await asyncio.sleep(max(0.5, now + number * pause_s - time.monotonic()))
            if producing.done():
                producing.result()

    async def _moved_on(self, hands: Hands, producing: asyncio.Task[None]) -> bool:
        """Wait until the group has worked on all partitions, and committed some of it, since the last fault.

        What dies before that is read again, whatever is broken.  False when the traffic ended first.
        """
        since_ms = hands.moments_ms[-1][1] if hands.moments_ms else 0
        sources = 2 * self.options.shape.partitions
        while self._arrivals.working(since_ms, COMMITTED_S) < sources or not all(
            fleet.at_work() for fleet in hands.fleets
        ):
            if producing.done():
                return False
            await asyncio.sleep(0.2)
        return True

    async def _settle(self, hands: Hands) -> float:
        """Wait until the tallies are closed to the end and no notice comes any more, or nothing moves."""
        self._now("the last outputs are awaited")
        started = moved = time.monotonic()
        before, same = [(-1, -1)], 0
        while time.monotonic() - moved < self.options.patience_s:
            hands.reap()
            await asyncio.sleep(5)
            now = [await outputs.moved() for outputs in self._outputs]
            now.append((sum(self.receiver.requests.values()), 0))
            if now != before:
                moved = time.monotonic()
            closed = all(outputs.all_closed() for outputs in self._outputs)
            before, same = now, same + 1 if closed and now == before else 0
            if same >= SAME_LOOKS:
                break
        return time.monotonic() - started

    async def _judge(self, hands: Hands) -> dict[str, Any]:
        """Read everything back and compare with what follows from the input that the broker holds."""
        held = await what_is_held(self.broker.bootstrap, (INTERACTIONS, FEEDBACK, TALLIES))
        lost = self._promises.lost(held) + self._arrivals.given.lost(held)
        produced, self.produced = len(self.produced), held.those_there(self.produced)
        oracle = Oracle()
        oracle.take(self.produced)
        first, *trials = self._outputs
        problems = {"broker_lost": lost} | await first.problems(self.produced, oracle)
        problems["deliveries"] = first.deliveries(self.receiver)
        if "refuse" not in self.options.kinds:
            problems["blamed"] = [line for fleet in hands.fleets for line in fleet.blamed()]
        for trial in trials:
            found = await trial.problems(self.produced, oracle)
            problems |= {f"{trial.prefix}{name}": lines for name, lines in found.items()}
        return {
            "ok": not any(problems.values()),
            "problems": {name: lines[:10] for name, lines in problems.items() if lines},
            "problem_counts": {name: len(lines) for name, lines in problems.items()},
            "events": len(self.produced),
            "never_written": produced - len(self.produced),
            "faults": dict(hands.done),
            "counted_cells": len(oracle.counts),
            "duplicates_in": oracle.duplicates,
            "repeated_rows_on_cx_tallies": first.tallied.repeated_rows,
            "transitions": len(first.alerts.first),
            "transitions_of_trials": [len(trial.alerts.first) for trial in trials],
            "repeated_transitions": first.alerts.repeats,
            "repeated_dead_letters": first.letters.total() - oracle.bad.total(),
            "repeated_requests": sum(self.receiver.requests.values()) - len(self.receiver.requests),
            "longest_gap_s": self._arrivals.longest_gap_s(),
            "recovery_s": self._arrivals.recoveries(hands.moments_ms),
        }


async def run(options: Options) -> dict[str, Any]:
    """One run in a temporary folder on a broker of its own; the folder stays when something is wrong.

    Whatever ends it early is in the report, with what was being done.
    """
    folder = Path(tempfile.mkdtemp(prefix="tocsin-chaos-"))
    with running_cluster(options.brokers) if options.brokers > 1 else running_broker() as broker:
        chaos = Run(options, broker, folder)
        try:
            async with asyncio.timeout(options.most_s):
                report = await chaos.go()
        except TimeoutError:
            report = chaos.broken_off(f"not done within {options.most_s:.0f} s while {chaos.doing}")
        except Exception as error:  # noqa: BLE001  # a report that says so is worth more than none
            traceback.print_exc()
            report = chaos.broken_off(f"{error!r} while {chaos.doing}")
        if report["ok"]:
            shutil.rmtree(folder)
        else:
            broker.keep(folder)
    return report | {"seed": options.shape.seed, "folder": str(folder), "topics": [INTERACTIONS, FEEDBACK]}


async def runs(options: Options) -> dict[str, Any]:
    """One run for each seed; the report of all."""
    reports = []
    for each in options.each():
        reports.append(await run(each))
        tell(f"seed {each.shape.seed}: {'ok' if reports[-1]['ok'] else 'WRONG'}")
    return {"ok": all(report["ok"] for report in reports), "runs": reports}


def main() -> None:
    """Run, print the report, say by the exit code whether all is well."""
    options = read_options()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # brokers come and go: it would say nothing else
    report = asyncio.run(run(options) if options.seeds == 1 else runs(options))
    text = json.dumps(report, indent=2)
    print(text)  # noqa: T201
    if options.report is not None:
        options.report.write_text(text)
    sys.exit(0 if report["ok"] else 1)


if __name__ == "__main__":
    main()
