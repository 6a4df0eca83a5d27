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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

from tests.bench.events import Load
from tests.bench.machine import RESULTS, markdown, publish, say
from tests.bench.process import Fleet, Measured, announced, worker
from tests.bench.progress import INPUTS
from tests.bench.topics import prepare, renew_outputs
from tests.kafka.broker import running_broker

HERE: Final = Path(__file__).parent
RULES: Final = HERE / "rules.yaml"
TITLES: Final = {
    "bare": "(a) bare aiokafka + orjson + dict",
    "faust": "(b) stock Faust, one window write per event",
    "quix": "(c) Quix Streams, tumbling window",
    "streams": "(d) Kafka Streams 4.1, windowed count",
    "flink": "(f) Flink SQL 2.0, windowed count",
    "tocsin": "(e) tocsin worker, everything on",
}
JAVA: Final = {"streams": "CountPerChannel", "flink": "SqlCount"}
"""Peers on the JVM, each a Maven project in the folder of its name, and their classes."""
OPENED: Final = ("java.lang", "java.net", "java.nio", "java.time", "java.util", "java.util.concurrent")
"""Packages that Flink reaches into."""
SLOW: Final = {"faust": 20_000, "quix": 200_000}
"""Peers that would take minutes for all events get fewer; only rates are compared."""


@dataclass(frozen=True, slots=True)
class Options:
    """What `--help` says."""

    events: int
    rounds: int
    peers: tuple[str, ...]
    output: Path


def read_options(arguments: Sequence[str] | None = None) -> Options:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", default=",".join(TITLES), help="which to measure, comma separated")
    parser.add_argument("--output", type=Path, default=RESULTS / "peers.md", help="Markdown file")
    given = parser.parse_args(arguments)
    return Options(given.events, given.rounds, tuple(given.peers.split(",")), given.output)


def compile_java(name: str, target: str) -> list[str]:
    """Build a peer on the JVM in a folder; returns the command that runs it, without arguments."""
    goals = ["package", "dependency:copy-dependencies", f"-DoutputDirectory={target}/libs"]
    subprocess.run(
        ["mvn", "-B", "-q", "-f", str(HERE / name / "pom.xml"), f"-Dbench.target={target}", *goals],
        check=True,
        stdout=sys.stderr,
    )
    opened = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPENED]
    classes = f"{target}/bench-{name}.jar:{target}/libs/*"
    return ["java", "-Xmx1g", *opened, "-cp", classes, f"bench.{JAVA[name]}"]


def run_peer(name: str, broker: str, load: Load, java: Mapping[str, Sequence[str]]) -> Measured:
    """One round of one peer, in a group that has never been; `java` has the commands of those on the JVM."""
    group = f"bench-{name}-{uuid4().hex[:8]}"
    few = min(load.events, SLOW.get(name, load.events))
    if name == "tocsin":
        renew_outputs(broker, load.partitions, group)
        return asyncio.run(worker(Fleet(broker, RULES, group), load.events))
    if name in java:
        return announced([*java[name], broker, str(few), group, *INPUTS], few)
    return announced([sys.executable, "-m", "tests.bench.peers", name, broker, str(few), group], few)


def table(results: Mapping[str, Sequence[Measured]]) -> str:
    """Medians with spread, and ratios of the medians, as Markdown."""
    rates = {name: statistics.median(m.rate for m in rounds) for name, rounds in results.items()}
    costs = {name: statistics.median(m.cpu_per_million for m in rounds) for name, rounds in results.items()}
    rows = []
    for name, rounds in results.items():
        spread = f"{min(m.rate for m in rounds):,.0f}-{max(m.rate for m in rounds):,.0f}"
        dearth = f"{min(m.cpu_per_million for m in rounds):.1f}-{max(m.cpu_per_million for m in rounds):.1f}"
        memory = statistics.median(m.peak_mb for m in rounds)
        ratio = f"{rates['tocsin'] / rates[name]:.2f} ×" if "tocsin" in rates else ""
        cost = f"{costs['tocsin'] / costs[name]:.2f} ×" if "tocsin" in costs else ""
        rows.append([TITLES[name], f"{rates[name]:,.0f} ({spread})", f"{costs[name]:.1f} ({dearth})",
                     f"{memory:.0f}", ratio, cost])  # fmt: skip
    head = ["", "events/s (min-max)", "CPU s per million (min-max)", "peak RSS MB", "(e) events/s", "(e) CPU"]
    return markdown(head, rows)


def main() -> None:
    """Measure every peer, round by round, so that drift of the machine hits all alike."""
    options = read_options()
    on_java = [name for name in options.peers if name in JAVA]
    if on_java and not (shutil.which("mvn") and shutil.which("javac")):
        sys.exit("Kafka Streams and Flink need a JDK and Maven; leave them out with --peers")
    results: dict[str, list[Measured]] = {name: [] for name in options.peers}
    load = Load(options.events)
    with running_broker(steady=True) as broker, tempfile.TemporaryDirectory(prefix="tocsin-bench-") as target:
        java = {name: compile_java(name, f"{target}/{name}") for name in on_java}
        prepare(broker.bootstrap, load)
        for number in range(options.rounds):
            for name in options.peers:
                measured = run_peer(name, broker.bootstrap, load, java)
                results[name].append(measured)
                cpu = f"{measured.cpu_per_million:.1f} CPU s per million"
                say(f"round {number + 1} {name}: {measured.rate:,.0f}/s, {cpu}")
    title = f"Beside its peers: {options.events:,} events, medians of {options.rounds} rounds"
    publish(title, table(results), options.output)


if __name__ == "__main__":
    main()
