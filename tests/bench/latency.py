"""How soon an alert is there: live traffic at a steady rate, and scopes that cross their limit meanwhile.

The deciding event is the last of the five bad answers that put a scope past its limit (five are the least
that the rule wants; the scope had none before).  Measured is from the moment just before it is handed to
the producer to the moment when a consumer of cx.alerts has the scope's `firing`, and to the moment when
the webhook's request has been read.  Scopes cross at random moments, so that the event falls anywhere
within its pane.  The budget: 99 of 100 alerts on the topic within pane + lateness + 1 s.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bench.events import Load
from tests.bench.ledger import LEAST_ANSWERS, Ledger
from tests.bench.machine import RESULTS, markdown, publish, say
from tests.bench.process import Fleet, cpu_s, metric, running
from tests.bench.topics import create
from tests.bench.traffic import Traffic
from tests.kafka.broker import running_broker

PARTITIONS: Final = 4
READY_S: Final = 60.0
BUDGET_S: Final = 1.0
"""On top of pane and lateness."""
RULES: Final = (Path(__file__).parent / "rules.yaml").read_text("utf-8")
EXTRA: Final = """\
  - name: probe
    indicator: csat
    by: [product]
    window: 1m
    critical: 50
    confidence: 0
    min_answers: {least}
timing: {{pane: {pane}s, lateness: {lateness}s}}
receivers: [{{name: bench, webhook: {{url: "{url}"}}, allow_private: true}}]
"""


@dataclass(frozen=True, slots=True)
class Options:
    """What `--help` says; all times in seconds."""

    rate: int
    panes: tuple[int, ...]
    lateness: int | None
    seconds: float
    alerts: int
    output: Path


@dataclass(frozen=True, slots=True)
class Found:
    """One run: its clock, what was reached of the rate, and how long each alert took."""

    pane: int
    lateness: int
    rate: float
    cpu_share: float
    alerts: int
    on_topic_s: tuple[float, ...]
    at_webhook_s: tuple[float, ...]

    @property
    def budget_s(self) -> float:
        """Within what 99 of 100 must be on the topic."""
        return self.pane + self.lateness + BUDGET_S


def read_options(arguments: Sequence[str] | None = None) -> Options:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rate", type=int, default=40_000, help="events a second")
    parser.add_argument("--pane", type=_seconds, action="append", help="1s, 10s (both if not given)")
    parser.add_argument("--lateness", type=_seconds, help="as long as the pane if not given")
    parser.add_argument("--seconds", type=float, default=60, help="how long scopes go on crossing")
    parser.add_argument("--alerts", type=int, default=150, help="how many scopes cross their limit")
    parser.add_argument("--output", type=Path, default=RESULTS / "latency.md", help="Markdown file")
    given = parser.parse_args(arguments)
    panes = tuple(given.pane or (1, 10))
    return Options(given.rate, panes, given.lateness, given.seconds, given.alerts, given.output)


def _seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def percentile(values: Sequence[float], percent: float) -> float:
    """The least value that so many percent do not exceed; NaN of none."""
    ordered = sorted(values)
    return ordered[max(0, -int(-len(ordered) * percent // 100) - 1)] if ordered else float("nan")


async def run(options: Options, pane: int, broker: str, folder: Path) -> Found:
    """One pane's run, on topics of its own broker."""
    lateness = pane if options.lateness is None else options.lateness
    async with Ledger(broker) as ledger:
        rules = folder / f"latency-{pane}.yaml"
        extra = EXTRA.format(least=LEAST_ANSWERS, pane=pane, lateness=lateness, url=ledger.url)
        rules.write_text(RULES + extra, "utf-8")
        with running(Fleet(broker, rules, "latency")) as (processes, ports):
            await _ready(ports[0])
            async with Traffic(broker, Load(0, PARTITIONS), options.rate) as traffic:
                await traffic.flow(2 * pane + lateness + 5)  # until panes close in step with the clock
                began = traffic.sent, traffic.running_s, cpu_s(processes[0].pid)
                await traffic.cross(options.alerts, options.seconds, ledger.expect)
                took = traffic.running_s - began[1]
                share = (cpu_s(processes[0].pid) - began[2]) / took
                rate = (traffic.sent - began[0]) / took
                await traffic.flow(pane + lateness + 3 * BUDGET_S)
    found = ledger.found()
    return Found(pane, lateness, rate, share, options.alerts, *found)


async def _ready(port: int) -> None:
    async with asyncio.timeout(READY_S):
        while not await asyncio.to_thread(metric, port, "tocsin_ready"):  # noqa: ASYNC110  # another process
            await asyncio.sleep(0.2)


def table(runs: Sequence[Found]) -> str:
    """Markdown."""
    head = ["pane + lateness", "events/s", "worker's CPU", "alerts", "topic p50", "p99", "max", "webhook p50",
            "p99", "max", "budget (topic p99)"]  # fmt: skip
    return markdown(head, [_row(each) for each in runs])


def _row(run: Found) -> list[str]:
    times = [
        f"{value:.2f} s"
        for values in (run.on_topic_s, run.at_webhook_s)
        for value in (percentile(values, 50), percentile(values, 99), percentile(values, 100))
    ]
    kept = percentile(run.on_topic_s, 99) <= run.budget_s and len(run.on_topic_s) == run.alerts
    return [f"{run.pane} + {run.lateness} s", f"{run.rate:,.0f}", f"{run.cpu_share:.0%}",
            f"{len(run.on_topic_s)} of {run.alerts}", *times,
            f"{run.budget_s:g} s: {'kept' if kept else '**not kept**'}"]  # fmt: skip


def main() -> None:
    """Every pane in turn, each on a broker of its own."""
    options, runs = read_options(), []
    for pane in options.panes:
        with (
            running_broker(steady=True) as broker,
            tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder,
        ):
            create(broker.bootstrap, PARTITIONS, "latency")
            say(f"panes of {pane} s: {options.seconds:g} s of crossings, and what leads in and out …")
            runs.append(asyncio.run(run(options, pane, broker.bootstrap, Path(folder))))
    title = f"From the deciding event to the alert, at {options.rate:,} events a second"
    publish(title, table(runs), options.output)


if __name__ == "__main__":
    main()
