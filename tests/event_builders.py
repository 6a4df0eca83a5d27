"""Builders of events and records, and what intakes emit as plain counts."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from stream.indicators.cells import CELLS, TIMES_FROM
from stream.indicators.plan import Plan
from stream.intake.intake import Intake
from stream.intake.output import IntakeOutput
from stream.messages.records import FileRecord, Stream
from stream.messages.tallies import Kind, TallyMessage

START_S: Final = 1_800_000_000
"""Event time 0 of tests: 2027-01-15 08:00:00 UTC, the beginning of a pane of any usual length."""

Event = dict[str, Any]
Counts = Counter[tuple[str, int, int, str, tuple[str, ...], str]]
"""By source, closing, pane, grouping, values and cell; panes are numbered as in sections."""


def contact(number: int | str = 1, at_s: float = 0, **fields: Any) -> Event:
    """An interaction `at_s` seconds into the test: a phone contact of customer "ann" unless set."""
    base = {"id": f"i{number}", "at": START_S + at_s, "channel": "phone", "customer": "ann"}
    return {**base, **fields}


def answer(number: int | str = 1, at_s: float = 0, **fields: Any) -> Event:
    """Feedback: a CSAT of 5 by phone unless set."""
    base = {"id": f"f{number}", "at": START_S + at_s, "channel": "phone", "indicator": "csat", "score": 5}
    return {**base, **fields}


def record(event: Event | bytes | None, offset: int = 0, **fields: Any) -> FileRecord:
    """A record of an event, or of raw bytes."""
    value = json.dumps(event).encode() if isinstance(event, dict) else event
    return FileRecord(offset, value, **fields)


def records(events: Iterable[Event | bytes | None], first: int = 0) -> list[FileRecord]:
    """Records with offsets in a row."""
    return [record(event, offset) for offset, event in enumerate(events, first)]


def counts(sections: Iterable[TallyMessage]) -> Counts:
    """What sections carry, but for single times, which say again what buckets do."""
    found: Counts = Counter()
    for section in sections:
        rows = section.rows
        columns = (rows.closing, rows.pane, rows.scope, rows.cell, rows.count)
        for closing, pane, scope, cell, count in np.stack(columns, axis=1).tolist():
            if cell < TIMES_FROM:
                found[section.source, closing, pane, *section.scopes[scope], CELLS[cell]] += count
    return found


def closed(output: IntakeOutput) -> list[TallyMessage]:
    """The CLOSED sections of an output, all shards in one list."""
    return [section for shard in output.sections for section in shard if section.kind is Kind.CLOSED]


def told(intake: Intake, stream: Stream, events: Sequence[Event], cut: int | None = None) -> Counts:
    """What comes of feeding events, `cut` at a time."""
    found: Counts = Counter()
    first = intake.next_offset(stream)
    fed = records(events, first)
    for start in range(0, len(fed), cut or max(len(fed), 1)):
        part = fed[start : start + cut] if cut else fed
        found.update(counts(closed(intake.feed(stream, part))))
    return found


def ended(intake: Intake, at_s: float = 86_400 * 90) -> Counts:
    """What leaves when both streams have gone on far enough to close everything."""
    found: Counts = Counter()
    for stream in Stream:
        output = intake.feed(stream, [], int((START_S + at_s) * 1000))
        found.update(counts(closed(output)))
    return found


def by_cell(found: Counts, grouping: str = "channel|channel") -> Mapping[str, int]:
    """Sums of a grouping over scopes, panes and sources; cells that come to nothing are left out."""
    sums: Counter[str] = Counter()
    for (_, _, _, key, _, cell), count in found.items():
        if key == grouping:
            sums[cell] += count
    return {cell: count for cell, count in sums.items() if count}


def whole(
    plan: Plan, interactions: Sequence[Event] = (), feedback: Sequence[Event] = ()
) -> Mapping[str, int]:
    """Sums over everything, by channel, of one intake that is fed both streams to their ends."""
    intake = Intake(plan, 0)
    found = told(intake, Stream.INTERACTIONS, interactions)
    found.update(told(intake, Stream.FEEDBACK, feedback))
    found.update(ended(intake))
    return by_cell(found)
