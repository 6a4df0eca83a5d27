"""`make bench`: Tocsin beside its peers, the same events on the same Kafka, several rounds in one run.

Prints a table with medians, spread and ratios, and writes it to `--output` as Markdown.
"""

import argparse
import asyncio
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient

from tests.bench.events import Load, produce
from tests.bench.peers import TOPICS
from tests.bench.process import Measured, announced, worker
from tests.kafka.broker import running_broker

HERE: Final = Path(__file__).parent
RULES: Final = HERE / "rules.yaml"
TITLES: Final = {
    "bare": "(a) bare aiokafka + orjson + dict",
    "faust": "(b) stock Faust, one window write per event",
    "quix": "(c) Quix Streams, tumbling window",
    "streams": "(d) Kafka Streams 4.1, windowed count",
    "tocsin": "(e) tocsin worker, everything on",
}
SLOW: Final = {"faust": 60_000, "quix": 200_000}
"""Peers that would take minutes for all events get fewer; only rates are compared."""


@dataclass(frozen=True, slots=True)
class Options:
    """What `--help` says."""

    events: int
    rounds: int
    peers: tuple[str, ...]
    output: Path | None
    partitions: int


def read_options(arguments: Sequence[str] | None = None) -> Options:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--partitions", type=int, default=4)
    parser.add_argument("--peers", default=",".join(TITLES), help="which to measure, comma separated")
    parser.add_argument("--output", type=Path, help="Markdown file to write the table to")
    given = parser.parse_args(arguments)
    return Options(given.events, given.rounds, tuple(given.peers.split(",")), given.output, given.partitions)


def compile_streams() -> list[str]:
    """Build the Kafka Streams peer; returns the command that runs it, without arguments."""
    target = Path(tempfile.mkdtemp(prefix="tocsin-bench-streams-"))
    goals = ["package", "dependency:copy-dependencies", f"-DoutputDirectory={target}/libs"]
    subprocess.run(
        ["mvn", "-B", "-q", "-f", str(HERE / "streams" / "pom.xml"), f"-Dbench.target={target}", *goals],
        check=True,
        stdout=sys.stderr,
    )
    return ["java", "-Xmx1g", "-cp", f"{target}/bench-streams.jar:{target}/libs/*", "bench.CountPerChannel"]


def run_peer(name: str, broker: str, load: Load, group: str, streams: list[str]) -> Measured:
    """One round of one peer."""
    few = min(load.events, SLOW.get(name, load.events))
    if name == "tocsin":
        asyncio.run(empty_outputs(broker))
        create_topics(broker, load.partitions, group)
        return asyncio.run(worker(broker, RULES, load.events, group))
    if name == "streams":
        return announced([*streams, broker, str(few), group, "cx.interactions", "cx.feedback"], few)
    command = [sys.executable, "-m", "tests.bench.peers", name, broker, str(few), group]
    return announced(command, few)


def table(results: dict[str, list[Measured]]) -> str:
    """Medians with spread, and ratios of the medians, as Markdown."""
    rate = {name: statistics.median(m.rate for m in rounds) for name, rounds in results.items()}
    lines = [
        "| | events/s (min-max) | CPU s per million | RSS MB | (e) is |",
        "|---|---|---|---|---|",
    ]
    for name, rounds in results.items():
        spread = f"{min(m.rate for m in rounds):,.0f}-{max(m.rate for m in rounds):,.0f}"
        cpu = statistics.median(m.cpu_per_million for m in rounds)
        memory = statistics.median(m.rss_mb for m in rounds)
        ratio = f"{rate['tocsin'] / rate[name]:.2f} ×" if "tocsin" in rate else ""
        lines.append(
            f"| {TITLES[name]} | {rate[name]:,.0f} ({spread}) | {cpu:.1f} | {memory:.0f} | {ratio} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure every peer, round by round, so that drift of the machine hits all alike."""
    options = read_options()
    if "streams" in options.peers and not shutil.which("mvn"):
        sys.exit("the Kafka Streams peer needs a JDK and Maven; leave it out with --peers")
    streams = compile_streams() if "streams" in options.peers else []
    results: dict[str, list[Measured]] = {name: [] for name in options.peers}
    with running_broker() as broker:
        load = Load(options.events, options.partitions)
        prepare(broker.bootstrap, load)
        for number in range(options.rounds):
            for name in options.peers:
                measured = run_peer(name, broker.bootstrap, load, f"bench-{name}-{number}", streams)
                results[name].append(measured)
                cpu = f"{measured.cpu_per_million:.1f} CPU s per million"
                _say(f"round {number + 1} {name}: {measured.rate:,.0f}/s, {cpu}")
    text = table(results)
    _say(text)
    if options.output:
        options.output.write_text(text + "\n")


def prepare(broker: str, load: Load) -> None:
    """Topics, and all events in them."""
    create_topics(broker, load.partitions, "tocsin")
    _say(f"producing {load.events:,} events …")
    asyncio.run(produce(broker, load))


async def empty_outputs(broker: str) -> None:
    """Drop what the round before wrote, so that every round does the same work."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        ours = [t for t in await admin.list_topics() if t.startswith("cx.") and t not in TOPICS]
        await admin.delete_topics(ours)
        while set(ours) & set(await admin.list_topics()):  # noqa: ASYNC110  # the broker tells nobody
            await asyncio.sleep(0.1)
    finally:
        await admin.close()


def create_topics(broker: str, partitions: int, group: str) -> None:
    """As an operator would."""
    command = [sys.executable, "-m", "stream", "topics", "--broker", broker, "--group", group]
    subprocess.run([*command, "--partitions", str(partitions)], check=True, stdout=subprocess.DEVNULL)


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201  # a report


if __name__ == "__main__":
    main()
