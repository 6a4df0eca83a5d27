"""`make harden`: hostile records through a real broker and worker, compared exactly with the pure intake.

The worker must live, every record must have the fate that the pure intake gives it, what is refused must be
in the dead letters byte for byte, and the alert of the sound stream must fire and resolve.  Exit code 0 when
all of that holds, 1 otherwise; the report is JSON.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

import orjson

from stream.files import rule_files
from stream.indicators.plan import Plan
from stream.kafka.clients import read_all
from stream.kafka.settings import ClientSettings
from tests.harden.oracle import letters, told, wanted
from tests.harden.traffic import NOT_TO_BE_LOGGED, SOUND, TOPICS, Traffic
from tests.kafka.broker import running_broker
from tests.kafka.topic_settings import change
from tests.kafka.worker_process import WorkerProcess, create_topics, worker

RULES: Final = """
timing: {pane: 1s, lateness: 5s, idle_after: 3s}
limits: {max_values: 200}
rules:
  - {name: low, indicator: csat, by: [channel], window: 5s, critical: 50, min_answers: 5, explain: []}
"""
PARTITIONS: Final = 2
LEAST_S: Final = 26.0
SETTLE_S: Final = 900.0
"""How long a worker may take to read the rest: a loaded machine gives it little time."""


async def hardened(
    broker: str, folder: Path, records: int, seed: int, *, clean: bool = False
) -> dict[str, Any]:
    """One run; the report, with what went wrong under `wrong`.  `clean`: nothing hostile is sent."""
    rules = folder / "rules.yaml"
    rules.write_text(RULES)
    group = f"harden-{seed}"
    await asyncio.to_thread(create_topics, broker, group, PARTITIONS)
    if seed % 2:  # every other run has the producers' clocks
        for topic in TOPICS:
            await change(broker, topic, {"message.timestamp.type": "CreateTime"})
    log = folder / "worker.log"
    traffic = Traffic(broker, seed, PARTITIONS, clean)
    with worker(broker, group, log, "--rules", str(rules)) as running:
        await asyncio.to_thread(running.ready)
        await traffic.send(records, LEAST_S)
        unread = await asyncio.to_thread(_settle, running)
        figures = {"rss_mb": round(running.rss_mb()), "cpu_s": round(running.cpu_s(), 1)}
        ready, code = running.get("readyz")[0], running.process.poll()
    report = await _verdict(broker, Plan(rule_files.load(rules), PARTITIONS), traffic)
    text = log.read_text()
    wrong = report["wrong"]
    wrong += unread
    if code is not None or ready != 200:
        wrong.append(f"the worker ended with {code}, or is not ready: {ready}")
    wrong += [f"the log has {each!r}" for each in ("Traceback", NOT_TO_BE_LOGGED) if each in text]
    return {"seed": seed, **figures, **report}


def _settle(running: WorkerProcess) -> list[str]:
    """Wait until everything is read, and judged as far as idle inputs allow; what is wrong if it never is."""
    deadline, lag = time.monotonic() + SETTLE_S, -1.0
    while time.monotonic() < deadline and running.process.poll() is None:
        lag = running.metric("tocsin_lag_records")
        if lag == 0 and running.metric("tocsin_ready"):  # which is 0 as well when nobody answers
            break
        time.sleep(0.5)
    time.sleep(8)
    return [] if lag == 0 else [f"after {SETTLE_S:.0f} s {lag:.0f} records are not read"]


async def _verdict(broker: str, plan: Plan, traffic: Traffic) -> dict[str, Any]:
    wrong: list[str] = []
    want, tallies = await wanted(broker, plan), await told(broker)
    if want.tallies != tallies:
        differ = sorted(key for key in want.tallies | tallies if want.tallies[key] != tallies[key])
        shown = [f"{key}: want {want.tallies[key]}, told {tallies[key]}" for key in differ[:3]]
        wrong.append(f"tallies differ in {len(differ)} places, such as {shown}")
    if want.sound != traffic.sound:
        wrong.append(f"of the sound stream {dict(traffic.sound)} were sent and {dict(want.sound)} counted")
    found = await letters(broker)
    places = Counter((each.topic, each.partition, each.offset) for each in found)
    reasons = {(each.topic, each.partition, each.offset): each.reason for each in found}
    if reasons != want.rejects or max(places.values(), default=0) > 1:
        wrong.append(
            f"{len(want.rejects)} records are refused, {len(found)} letters of {len(places)} records"
        )
    for each in found:
        record = want.records.get((each.topic, each.partition, each.offset))
        if record is not None and each.is_whole and (each.key, each.value) != (record.key, record.value):
            wrong.append(f"a letter is not its record: {each.topic}/{each.partition}@{each.offset}")
            break
    states = [
        alert["state"]
        async for alert in _alerts(broker)
        if alert["scope"] == {"channel": SOUND} and alert["state"] in ("firing", "resolved")
    ]
    if states != ["firing", "resolved"]:
        wrong.append(f"the alert of the sound stream went {states}")
    reads = {"records": len(want.records), "refused": len(found), "sound": traffic.sound.total()}
    return {**reads, "reasons": dict(Counter(reasons.values())), "wrong": wrong}


async def _alerts(broker: str) -> Any:
    async for record in read_all(ClientSettings(brokers=(broker,)), "cx.alerts"):
        yield orjson.loads(record.value)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1, help="so many runs, with seeds from --seed on")
    parser.add_argument("--clean", action="store_true", help="nothing hostile, to compare memory with")
    options = parser.parse_args()
    failed = False
    for seed in range(options.seed, options.seed + options.seeds):
        with running_broker() as broker, tempfile.TemporaryDirectory() as folder:
            run = hardened(broker.bootstrap, Path(folder), options.records, seed, clean=options.clean)
            report = asyncio.run(run)
        sys.stdout.write(json.dumps(report) + "\n")
        sys.stdout.flush()
        failed |= bool(report["wrong"])
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
