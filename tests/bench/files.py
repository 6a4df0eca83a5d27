"""Files: how fast `tocsin backtest` and `tocsin import` go through one, and how much memory that takes.

All files are made here: events as in the other benchmarks; a bank's calls with the columns of the shipped
mapping; a service desk's tickets, which are those of tests/data over and over under new numbers.
The time is the whole command's, start-up included.
"""

import argparse
import csv
import io
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from tests.bench.events import Load, generate
from tests.bench.machine import RESULTS, markdown, publish, say

HERE: Final = Path(__file__).parent
RULES: Final = HERE / "rules.yaml"
TICKETS: Final = HERE.parent / "data" / "incidents-extract.zip"
CALL_COLUMNS: Final = (
    "vru+line", "call_id", "customer_id", "priority", "type", "date", "vru_entry", "vru_exit", "vru_time",
    "q_start", "q_exit", "q_time", "outcome", "ser_start", "ser_exit", "ser_time", "server",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Job:
    """A command over a file of so many lines."""

    title: str
    lines: int
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Took:
    """What a command took."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def measure(arguments: Sequence[str]) -> Took:
    """Run `tocsin` with these arguments to its end; what it prints is not looked at.

    Raises:
        RuntimeError: it failed.
    """
    began_s = time.monotonic()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "stream", *arguments], stdout=subprocess.DEVNULL, stderr=errors
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            raise RuntimeError(f"tocsin {' '.join(arguments)}: {errors.read().decode()[-2000:]}")
    peak_kib = usage.ru_maxrss if sys.platform != "darwin" else usage.ru_maxrss / 1024
    return Took(time.monotonic() - began_s, usage.ru_utime + usage.ru_stime, peak_kib / 1024)


def jobs(folder: Path, events: int, rows: int) -> Iterator[Job]:
    """Each with its file, written when its turn comes."""
    ndjson = folder / "events.ndjson"
    with ndjson.open("wb") as out:
        out.writelines(value + b"\n" for _, _, value in generate(Load(events)))
    backtest = ("backtest", "--rules", str(RULES), "--json", str(ndjson))
    yield Job("backtest, events ordered by time", events, backtest)
    yield Job("backtest --as-is", events, (*backtest, "--as-is"))
    calls = folder / "calls.txt"
    _write(calls, CALL_COLUMNS, bank_calls(rows), "\t")
    yield Job(
        "import bank-calls", rows, ("import", "bank-calls", str(calls), "-o", str(folder / "bank.ndjson"))
    )
    tickets = folder / "tickets.csv"
    head, *updates = _ticket_rows()
    _write(tickets, head, islice(more_tickets(head, updates), rows), ",")
    yield Job(
        "import incidents", rows, ("import", "incidents", str(tickets), "-o", str(folder / "desk.ndjson"))
    )


def bank_calls(count: int) -> Iterator[list[str]]:
    """Calls of January 1999, one in five given up, one in fifty never was; by line, not by time."""
    rng = random.Random(1999)
    for number in range(count):
        day, second, wait = 1 + rng.randrange(31), rng.randrange(7 * 3600, 24 * 3600), rng.randrange(120)
        outcome = rng.choices(("AGENT", "HANG", "PHANTOM"), (78, 20, 2))[0]
        entry = time.strftime("%H:%M:%S", time.gmtime(second))
        customer = rng.choice(("0", f"{rng.randrange(100_000)}"))
        yield [f"AA01{number % 65:02}", f"{number}", customer, "1", rng.choice(("PS", "NE", "IN", "NW")),
               f"9901{day:02}", entry, entry, "6", entry, entry, f"{wait}", outcome, entry, entry,
               f"{rng.randrange(600)}", "SHARON"]  # fmt: skip


def more_tickets(head: Sequence[str], updates: Sequence[Sequence[str]]) -> Iterator[list[str]]:
    """The updates again and again, each time of other tickets."""
    number, again = head.index("number"), 0
    while True:
        for update in updates:
            yield [f"{value}-{again}" if place == number else value for place, value in enumerate(update)]
        again += 1


def _ticket_rows() -> list[list[str]]:
    with zipfile.ZipFile(TICKETS) as archive:
        text = archive.read(archive.namelist()[0]).decode()
    return list(csv.reader(io.StringIO(text)))


def _write(path: Path, head: Sequence[str], rows: Iterator[list[str]], delimiter: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, delimiter=delimiter)
        writer.writerow(head)
        writer.writerows(rows)


def row(job: Job, runs: Sequence[Took]) -> list[str]:
    """Medians, as a row of the table."""
    wall_s = statistics.median(run.wall_s for run in runs)
    cost = statistics.median(run.cpu_s for run in runs) / job.lines * 1e6
    memory = statistics.median(run.peak_mb for run in runs)
    return [job.title, f"{job.lines:,}", f"{wall_s:.1f} s", f"{job.lines / wall_s:,.0f}", f"{cost:.1f}",
            f"{memory:.0f}"]  # fmt: skip


def main() -> None:
    """Measure each command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=1_000_000, help="lines of the backtest's file")
    parser.add_argument("--rows", type=int, default=500_000, help="lines of each imported log")
    parser.add_argument("--rounds", type=int, default=3, help="medians are shown")
    parser.add_argument("--output", type=Path, default=RESULTS / "files.md", help="Markdown file")
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        for job in jobs(Path(folder), options.events, options.rows):
            say(f"{job.title} …")
            rows.append(row(job, [measure(job.arguments) for _ in range(options.rounds)]))
    head = ["", "lines", "wall", "lines/s", "CPU s per million", "peak RSS MB"]
    publish(f"Files: medians of {options.rounds} rounds", markdown(head, rows), options.output)


if __name__ == "__main__":
    main()
