"""How cost grows with size: `tocsin worker` on a real Kafka along one axis at a time.

Every point of a curve has the same number of events over the same span of event time; what varies is the
axis alone.  CPU seconds per million events must stay within 1.5 × of the curve's cheapest point.  The first
fifth of the events is left out, so that what is done once, when a scope is first met, does not count.

readings: a thousand rules beside some of them that make a worker count the same and read the same windows.
customers: each customer has one open contact from the six days before in the state that the worker starts
from (made by the product's own intakes, published as snapshots), so that 10 M are 10 M, however few events
follow.  workers: CPU seconds of all workers together.  RSS is the peak of the largest worker.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tests.bench.events import Load
from tests.bench.machine import RESULTS, markdown, publish, say
from tests.bench.preload import preload
from tests.bench.process import Fleet, Measured, worker
from tests.bench.rulebooks import mixture, same_readings, same_rules
from tests.bench.topics import prepare, renew_outputs
from tests.kafka.broker import running_broker

FLAT: Final = 1.5
WARM_UP: Final = 0.2
RULES: Final = (Path(__file__).parent / "rules.yaml").read_text("utf-8")
CHANNELS: Final = 10
"""Of the curve of scopes: each product has so many."""


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a curve; with `preloaded` every customer has an open contact from before."""

    label: str
    load: Load
    rules: str = RULES
    workers: int = 1
    preloaded: bool = False


def curves(base: Load) -> dict[str, list[Point]]:
    """All curves, by name."""
    sizes = (1, 10, 100, 1_000)
    by_product = same_rules("channel", "product")
    most = sizes[-1]
    read_the_same, fewest = same_readings(most)
    return {
        "partitions": [Point(f"{count}", replace(base, partitions=count)) for count in (1, 2, 4, 8)],
        "workers": [Point(f"{count}", base, workers=count) for count in (1, 2)],
        "scopes": [
            Point(f"{CHANNELS * count:,}", replace(base, products=count), by_product) for count in sizes
        ],
        "rules": [Point(f"{count:,}", base, mixture(count)) for count in sizes],
        "readings": [Point(f"{fewest}", base, read_the_same), Point(f"{most:,}", base, mixture(most))],
        "customers": [
            Point(f"{count:,}", replace(base, customers=count), preloaded=True)
            for count in (10_000, 1_000_000, 10_000_000)
        ],
    }


class Bench:
    """Measures points on one broker; events stay in their topics for the next point with the same load."""

    def __init__(self, broker: str, folder: Path) -> None:
        self._broker = broker
        self._folder = folder
        self._there: Load | None = None
        self._measured = 0

    def measure(self, point: Point) -> Measured:
        """One round of one point."""
        self._measured += 1
        group, load = f"bench-{self._measured}", point.load
        rules = self._folder / f"{group}.yaml"
        rules.write_text(point.rules, "utf-8")
        if load != self._there:
            prepare(self._broker, load)
            self._there = load
        renew_outputs(self._broker, load.partitions, group)
        if point.preloaded:
            began = time.monotonic()
            preload(self._broker, rules, load, group)
            say(f"{load.customers:,} customers' contacts loaded in {time.monotonic() - began:.0f} s")
        fleet = Fleet(self._broker, rules, group, point.workers)
        return asyncio.run(worker(fleet, load.events, WARM_UP))


def table(name: str, results: Mapping[str, Sequence[Measured]]) -> str:
    """A curve: medians, and how much dearer than the cheapest point each is."""
    cost = {label: statistics.median(m.cpu_per_million for m in each) for label, each in results.items()}
    cheapest = min(cost.values())
    rows = []
    for label, each in results.items():
        ratio = cost[label] / cheapest
        rate = statistics.median(m.rate for m in each)
        memory = statistics.median(m.peak_mb for m in each)
        verdict = "" if ratio <= FLAT else " **not flat**"
        rows.append([label, f"{cost[label]:.1f}", f"{ratio:.2f} ×{verdict}", f"{rate:,.0f}", f"{memory:.0f}"])
    return markdown([name, "CPU s per million", "to the cheapest", "events/s", "peak RSS MB"], rows)


@dataclass(frozen=True, slots=True)
class Options:
    """What `--help` says."""

    base: Load
    names: tuple[str, ...]
    points: tuple[str, ...]
    rounds: int
    output: Path


def read_options(arguments: Sequence[str] | None = None) -> Options:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=1_000_000, help="of each point")
    parser.add_argument("--minutes", type=float, default=60.0, help="of event time that they span")
    parser.add_argument("--rounds", type=int, default=1, help="of each curve; medians are shown")
    parser.add_argument("--curves", default=",".join(curves(Load(1))), help="which, comma separated")
    parser.add_argument("--points", default="", help="only these points, such as 10,1000")
    parser.add_argument("--output", type=Path, default=RESULTS / "curves.md", help="Markdown file")
    given = parser.parse_args(arguments)
    base = Load(given.events, span_s=given.minutes * 60)
    points = tuple(point for point in given.points.split(",") if point)
    return Options(base, tuple(given.curves.split(",")), points, given.rounds, given.output)


def run(name: str, points: Sequence[Point], rounds: int, bench: Bench) -> str:
    """Measure a curve, round by round."""
    results: dict[str, list[Measured]] = {point.label: [] for point in points}
    for _ in range(rounds):
        for point in points:
            measured = bench.measure(point)
            results[point.label].append(measured)
            say(f"{name} {point.label}: {measured.cpu_per_million:.1f} CPU s per million, "
                f"{measured.rate:,.0f}/s, {measured.peak_mb:.0f} MB")  # fmt: skip
    return table(name, results)


def main() -> None:
    """Measure the curves that were asked for."""
    options = read_options()
    found = curves(options.base)
    tables = []
    for name in options.names:
        chosen = options.points
        points = [point for point in found[name] if not chosen or point.label.replace(",", "") in chosen]
        if not points:  # they are of another curve
            continue
        with (
            running_broker(steady=True) as broker,
            tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder,
        ):
            tables.append(run(name, points, options.rounds, Bench(broker.bootstrap, Path(folder))))
    title = f"Cost as things grow: {options.base.events:,} events over {options.base.span_s / 60:g} minutes"
    publish(title, "\n\n".join(tables), options.output)


if __name__ == "__main__":
    main()
