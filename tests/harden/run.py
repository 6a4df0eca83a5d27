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
from aiokafka.admin import AIOKafkaAdminClient

from stream.kafka.clients import read_all
from stream.kafka.settings import ClientSettings
from tests.harden.oracle import Told, Wanted, compared
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
MOST_MEMORY: Final = 1.2
"""Beside a clean run of as many records."""
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
        unread = await _settled(running, traffic, group)
        figures = {
            "rss_mb": round(running.rss_mb()),
            "peak_mb": round(running.peak_rss_mb()),
            "cpu_s": round(running.cpu_s(), 1),
        }
        ready, code = running.get("readyz")[0], running.process.poll()
    report = await _verdict(broker, rules, traffic)
    text = log.read_text()
    wrong = report["wrong"]
    wrong += unread
    if code is not None or ready != 200:
        wrong.append(f"the worker ended with {code}, or is not ready: {ready}")
    wrong += [f"the log has {each!r}" for each in ("Traceback", NOT_TO_BE_LOGGED) if each in text]
    return {"seed": seed, **figures, **report}


async def _settled(running: WorkerProcess, traffic: Traffic, group: str) -> list[str]:
    """Wait until the group has committed all, and it is judged as far as idle inputs allow; what is wrong.

    The worker's word that nothing is left must come true as well.
    """
    deadline, lag, left = time.monotonic() + SETTLE_S, -1.0, {("", 0): 1}
    while time.monotonic() < deadline and running.process.poll() is None and (left or lag):
        left = await _uncommitted(traffic, group)
        lag = 0 if running.metric("tocsin_ready") else -1  # a worker that does not answer has no lag either
        lag += running.metric("tocsin_lag_records")
        await asyncio.sleep(0.5)
    await asyncio.sleep(8)
    return (
        [f"after {SETTLE_S:.0f} s the lag is {lag:.0f}, and not committed are {left}"] if left or lag else []
    )


async def _uncommitted(traffic: Traffic, group: str) -> dict[tuple[str, int], int]:
    """By topic and partition how far the group's commit is from the end of what was sent."""
    admin = AIOKafkaAdminClient(bootstrap_servers=traffic.broker)
    await admin.start()
    try:
        committed = await admin.list_consumer_group_offsets(group)
    finally:
        await admin.close()
    reached = {(tp.topic, tp.partition): known.offset for tp, known in committed.items()}
    left = {tp: end - reached.get(tp, 0) for tp, end in traffic.behind_last.items()}
    return {tp: count for tp, count in left.items() if count > 0}


async def _verdict(broker: str, rules: Path, traffic: Traffic) -> dict[str, Any]:
    wrong: list[str] = []
    want, told = await compared(broker, rules, PARTITIONS)
    if want.tallies != told.tallies:
        differ = sorted(key for key in want.tallies | told.tallies if want.tallies[key] != told.tallies[key])
        shown = [f"{key}: want {want.tallies[key]}, told {told.tallies[key]}" for key in differ[:3]]
        wrong.append(f"tallies differ in {len(differ)} places, such as {shown}")
    if want.sound != traffic.sound:
        wrong.append(f"of the sound stream {dict(traffic.sound)} were sent and {dict(want.sound)} counted")
    wrong += _wrong_letters(want, told)
    states = [
        alert["state"]
        async for alert in _alerts(broker)
        if alert["scope"] == {"channel": SOUND} and alert["state"] in ("firing", "resolved")
    ]
    if states != ["firing", "resolved"]:
        wrong.append(f"the alert of the sound stream went {states}")
    reads = {"records": want.records, "refused": told.written, "sound": traffic.sound.total()}
    reasons = Counter(fate.reason for fate in told.letters.values())
    return {**reads, "reasons": dict(reasons), "wrong": wrong}


def _wrong_letters(want: Wanted, told: Told) -> list[str]:
    """Every refused record has one letter, with its reason and its bytes, and nothing else has one."""
    wrong = []
    if told.written != len(told.letters):
        wrong.append(f"{told.written} letters of {len(told.letters)} records")
    places = want.rejects.keys() ^ told.letters.keys()
    if places:
        counted = dict(Counter((topic, partition) for topic, partition, _ in places))
        first = sorted(places)[:3]
        wrong.append(f"{len(want.rejects)} are refused, letters that differ are {counted}, such as {first}")
    for place in want.rejects.keys() & told.letters.keys():
        must, have = want.rejects[place], told.letters[place]
        if must.reason != have.reason or have.content not in (None, must.content):
            wrong.append(f"the letter of {place} has {have}, want {must}")
            break
    return wrong


async def _alerts(broker: str) -> Any:
    async for record in read_all(ClientSettings(brokers=(broker,)), "cx.alerts"):
        yield orjson.loads(record.value)


def _beside(report: dict[str, Any], clean: dict[str, Any]) -> dict[str, Any]:
    """How much more memory it took than the clean run did; wrong unless that was of as many records."""
    ratios = {f"{name}_ratio": round(report[name] / clean[name], 2) for name in ("rss_mb", "peak_mb")}
    differ = [name for name in ("records", "sound") if report[name] != clean[name]]
    wrong = [f"the clean run had {clean[name]} {name}, this one {report[name]}" for name in differ]
    wrong += [f"{name} is {ratio}" for name, ratio in ratios.items() if ratio > MOST_MEMORY]
    return {**ratios, "wrong": report["wrong"] + wrong}


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1, help="so many runs, with seeds from --seed on")
    parser.add_argument("--clean", action="store_true", help="nothing hostile, to compare memory with")
    parser.add_argument("--beside", type=Path, help="a file with a clean run's report: its memory is 1")
    options = parser.parse_args()
    failed = False
    for seed in range(options.seed, options.seed + options.seeds):
        with running_broker() as broker, tempfile.TemporaryDirectory() as folder:
            run = hardened(broker.bootstrap, Path(folder), options.records, seed, clean=options.clean)
            report = asyncio.run(run)
        if options.beside is not None:
            report |= _beside(report, orjson.loads(options.beside.read_bytes()))
        sys.stdout.write(json.dumps(report) + "\n")
        sys.stdout.flush()
        failed |= bool(report["wrong"])
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
