"""The command line of `make chaos`."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from tests.chaos.faults import KINDS, known
from tests.chaos.traffic import Shape

FULL: Final = {"events": 2_000_000, "faults": 52, "seconds": 620.0, "hours": 4.0}
BITING: Final = "each fault waits until all partitions have moved on since the last, and hits who has some"
EACH_OF_MANY: Final = {"events": 200_000, "faults": 14, "seconds": 150.0, "hours": 2.0}
"""With several seeds, each run is smaller."""


@dataclass(frozen=True, slots=True)
class Options:
    """What `--help` says."""

    shape: Shape
    workers: int
    faults: int
    seconds: float
    entry: tuple[str, ...] = ("-m", "stream")
    patience_s: float = 90
    kinds: Mapping[str, int] = field(default_factory=lambda: KINDS)
    down_s: float = 3
    brokers: int = 1
    biting: bool = False
    seeds: int = 1
    limit_s: float | None = None
    report: Path | None = None
    trial: int = 0

    @property
    def most_s(self) -> float:
        """How long one run may take in all: twice what it should."""
        if self.limit_s is not None:
            return self.limit_s
        return 2 * (self.seconds + self.patience_s + self.faults * self.down_s + 120)

    def each(self) -> list["Options"]:
        """One for each seed."""
        first = self.shape.seed
        shapes = (replace(self.shape, seed=seed) for seed in range(first, first + self.seeds))
        return [replace(self, shape=shape, seeds=1) for shape in shapes]


def read_options(arguments: Sequence[str] | None = None) -> Options:
    """The command line."""
    parser = _parser()
    given = parser.parse_args(arguments)
    form = FULL if given.seeds == 1 else EACH_OF_MANY
    chosen = {name: form[name] if getattr(given, name) is None else getattr(given, name) for name in form}
    try:
        kinds = known(given.kinds.split(",")) if given.kinds else KINDS
    except ValueError as error:
        parser.error(str(error))
    shape = Shape(given.seed, int(chosen["events"]), given.partitions, int(chosen["hours"] * 3_600_000))
    return Options(
        shape,
        given.workers,
        int(chosen["faults"]),
        chosen["seconds"],
        tuple(given.entry.split()),
        given.patience,
        kinds,
        given.down,
        given.brokers,
        given.biting,
        given.seeds,
        given.limit,
        given.report,
        given.trial,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, help=_otherwise("events"))
    parser.add_argument("--faults", type=int, help=_otherwise("faults"))
    parser.add_argument("--seconds", type=float, help="how long the traffic takes; " + _otherwise("seconds"))
    parser.add_argument("--hours", type=float, help="how long it is in event time; " + _otherwise("hours"))
    parser.add_argument("--partitions", type=int, default=8)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--trial", type=int, default=0, help="workers of a second group with other rules")
    parser.add_argument("--kinds", help=f"of faults, with commas; default all: {','.join(KINDS)}")
    parser.add_argument("--down", type=float, default=3, help="seconds for which a broker stays away")
    parser.add_argument("--brokers", type=int, default=1, help="3: a cluster whose leaders are the victims")
    parser.add_argument("--biting", action="store_true", help=BITING)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1, help="so many runs, one after the other")
    parser.add_argument("--entry", default="-m stream", help="what runs as the worker (a saboteur, for one)")
    parser.add_argument(
        "--patience", type=float, default=90, help="seconds without any output until it is the last"
    )
    parser.add_argument("--limit", type=float, help="seconds that a run may take; default twice its due")
    parser.add_argument("--report", type=Path, help="also write the report to this file")
    return parser


def _otherwise(name: str) -> str:
    return f"default {FULL[name]:g}, with several seeds {EACH_OF_MANY[name]:g} each"
