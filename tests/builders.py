"""Builders: values for tests, with everything defaulted that a test does not mention."""

from collections.abc import Iterable
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from alerts.rulebook.reader import read_rulebook
from stream.indicators.catalogue import CATALOGUE, OPTIONS
from stream.indicators.cells import CELL, TIMES_FROM, time_code
from stream.indicators.plan import Grouping, Plan
from stream.messages.tallies import NO_PANE, Kind, Rows, ScopeKey, TallyMessage

DEFAULTS = {key: {name: info.default for name, info in options.items()} for key, options in OPTIONS.items()}
"""What the `indicators:` block of a rules file says when it is left out."""


def plan_of(rules: str, partitions: int = 1) -> Plan:
    """The plan of a rules file's text."""
    return Plan(read_rulebook(rules, "rules.yaml", CATALOGUE), partitions)


def shard_of(grouping: Grouping, values: tuple[str, ...], shards: int) -> int:
    """Which of `shards` judges keeps the scope with these values, spelled out."""
    text = "\x1f".join((*grouping.shard_dims, *values[: len(grouping.shard_dims)]))
    return crc32(text.encode()) % shards


@dataclass(frozen=True, slots=True)
class Counted:
    """`count` in one cell of a scope and pane; `closing` is the pane whose closing carries it.

    A cell such as `ttr.time/1500` is a single time, in ms.
    """

    pane: int
    key: ScopeKey
    cell: str
    count: int = 1
    closing: int | None = None


def cell_number(name: str) -> int:
    """The number of a cell, or of a single time."""
    if name.startswith("ttr.time/"):
        return TIMES_FROM + int(time_code(np.array([int(name.removeprefix("ttr.time/"))]))[0])
    return CELL[name]


def rows_of(counted: Iterable[Counted]) -> tuple[list[ScopeKey], Rows]:
    """Scopes and rows of a section."""
    found = sorted(counted, key=lambda each: each.pane if each.closing is None else each.closing)
    scopes = list(dict.fromkeys(each.key for each in found))
    columns = [
        [each.pane if each.closing is None else each.closing for each in found],
        [each.pane for each in found],
        [scopes.index(each.key) for each in found],
        [cell_number(each.cell) for each in found],
        [each.count for each in found],
    ]
    return scopes, Rows(*(np.array(column, np.int64) for column in columns))


def section_of(
    source: str = "feedback/0",
    through: int = NO_PANE,
    counted: Iterable[Counted] = (),
    kind: Kind = Kind.CLOSED,
    position: int = 1,
    quiet_ms: int = 0,
    clock_ms: int | None = None,
) -> TallyMessage:
    """A section; its clock is two panes of 10 s past the end of `through` unless set."""
    scopes, rows = rows_of(counted)
    if clock_ms is None and through != NO_PANE:
        clock_ms = (through + 2) * 10_000
    return TallyMessage(
        kind=kind,
        source=source,
        position=position,
        through=through,
        clock_ms=clock_ms,
        quiet_ms=quiet_ms,
        scopes=scopes,
        rows=rows,
    )
