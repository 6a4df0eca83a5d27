"""What a figure was measured on, and by which command; every results file begins with it."""

import os
import platform
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from stream.demo.brokers.jars import KAFKA

RESULTS: Final = Path(__file__).parent / "results"


def machine() -> str:
    """One line."""
    cpus = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    found = re.search(r"model name\s*:\s*(.+)", cpus)
    name = f" ({found.group(1)})" if found else ""
    python = f"Python {platform.python_version()}"
    foreign = os.environ.get("TOCSIN_TEST_BROKER")
    kafka = f"the Kafka at {foreign}" if foreign else f"Kafka {KAFKA} on the same machine"
    return f"{os.cpu_count()} cores{name}, {python}, {kafka}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"


def command() -> str:
    """How this program was called."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return " ".join(["python -m", spec.name if spec else "tests.bench", *sys.argv[1:]])


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def publish(title: str, body: str, output: Path) -> None:
    """Print a result, and write it to a file with the machine and the command."""
    say(body)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(f"# {title}\n\n`{command()}`\n{machine()}\n\n{body}\n", "utf-8")


def say(text: str) -> None:
    """Print at once: these programs run for minutes."""
    print(text, flush=True)  # noqa: T201  # a report
