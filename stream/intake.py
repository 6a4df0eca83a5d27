"""Intake: records of one input partition in, tallies of closed panes out.

Pure and deterministic: its state and all that it emits are a function of the records that each stream was
fed, in offset order (and of the heartbeats between them); how they were cut into batches changes nothing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from stream.answer_line import AnswerLine
from stream.answers import Levels
from stream.batch import Batch
from stream.codec import Decoded, decode_feedback, decode_interactions
from stream.combos import Combos
from stream.contact_line import ContactLine
from stream.dedup import Dedup
from stream.emission import Emitter
from stream.events import EventT, Feedback, Interaction
from stream.hashing import hashed
from stream.outcomes import Outcome, Reason, Reject
from stream.panes import TALLY
from stream.plan import Plan
from stream.records import Record, Stream
from stream.sections import Kind, Section
from stream.source import Source
from stream.times import NO_TIME

_NOTHING: Final = np.empty(0, TALLY)


@dataclass(frozen=True, slots=True)
class IntakeOutput:
    """What one feed came to.

    `outcomes` are exclusive and add up to the records taken.  `sections` has a list per shard: one CLOSED
    section each when panes have closed, even where it has no rows, else none.  Times are event time, None
    before the first event.
    """

    rejects: Sequence[Reject]
    outcomes: Mapping[Outcome, int]
    reasons: Mapping[Reason, int]
    sections: list[list[Section]]
    watermark_ms: int | None
    newest_event_ms: int | None


class Intake:
    """One partition of both inputs: decode, deduplicate, classify, count."""

    def __init__(self, plan: Plan, partition: int) -> None:
        timing = plan.rulebook.timing
        self.partition: Final = partition
        self._plan = plan
        self._levels = Levels(plan.keeps)
        self._source = {
            stream: Source(f"{stream.value}/{partition}", timing.pane_ms, timing.lateness_ms)
            for stream in Stream
        }
        self._dedup = {stream: Dedup(timing.dedup_horizon_ms) for stream in Stream}
        self._combos = Combos(plan.used_dims)
        self._emitter = Emitter(plan, self._combos)
        self._contacts = ContactLine(plan, self._combos)
        self._answers = AnswerLine(plan, self._combos)

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the sources that it speaks for."""
        return tuple(source.name for source in self._source.values())

    def next_offset(self, stream: Stream) -> int:
        """The first input offset of `stream` that was not fed yet; 0 at first."""
        return self._source[stream].next_offset

    def watermark_ms(self, stream: Stream) -> int | None:
        """Event time up to which `stream` is complete; None before its first event."""
        return self._source[stream].watermark_ms

    def feed(
        self, stream: Stream, records: Sequence[Record], heartbeat_ms: int | None = None
    ) -> IntakeOutput:
        """Take records in offset order; those below `next_offset` are ignored.

        `heartbeat_ms` moves the stream's clock on, after the records, to an event time that is known from
        elsewhere (a backtest: from the other stream).
        """
        source = self._source[stream]
        fed = _unseen(records, source.next_offset)
        decoded, fresh, late = self._take(stream, fed)
        if fed:
            source.next_offset = fed[-1].offset + 1
        newest_ms = int(decoded.at_ms.max()) if len(decoded.at_ms) else NO_TIME
        sections = self._emitter.silence()
        if source.advance(max(newest_ms, NO_TIME if heartbeat_ms is None else heartbeat_ms)):
            sections = self._emitter.sections(Kind.CLOSED, source, self._line(stream).close(source.through))
        return IntakeOutput(
            decoded.rejects,
            {
                Outcome.ACCEPTED: fresh - late,
                Outcome.DUPLICATE: len(decoded.events) - fresh,
                Outcome.LATE: late,
                Outcome.REJECTED: len(decoded.rejects),
            },
            Counter(reject.reason for reject in decoded.rejects),
            sections,
            source.watermark_ms,
            source.newest_ms,
        )

    def open_sections(self, quiet_ms: Mapping[Stream, int]) -> list[list[Section]]:
        """Per shard an IDLE section of each quiet stream, with its open panes so far; changes nothing."""
        found = self._emitter.silence()
        for stream, quiet in quiet_ms.items():
            rows = self._line(stream).so_far()
            idle = self._emitter.sections(Kind.IDLE, self._source[stream], rows, quiet)
            found = [known + more for known, more in zip(found, idle, strict=True)]
        return found

    def active_sections(self, stream: Stream) -> list[list[Section]]:
        """Per shard an ACTIVE section without rows: the stream has records again."""
        return self._emitter.sections(Kind.ACTIVE, self._source[stream], _NOTHING)

    def entries(self) -> dict[str, int]:
        """Sizes of the state, by kind."""
        ids = sum(map(len, self._dedup.values()))
        return {"ids": ids, "combos": len(self._combos), **self._contacts.entries()}

    def _line(self, stream: Stream) -> ContactLine | AnswerLine:
        return self._contacts if stream is Stream.INTERACTIONS else self._answers

    def _take(
        self, stream: Stream, records: Sequence[Record]
    ) -> tuple[Decoded[Interaction] | Decoded[Feedback], int, int]:
        """Decode and count; gives what was decoded and how many were fresh, and of these late."""
        max_ahead_ms = self._plan.rulebook.timing.max_ahead_ms
        if stream is Stream.INTERACTIONS:
            contacts = decode_interactions(records, max_ahead_ms)
            batch, late = self._fresh(stream, contacts)
            self._contacts.take(batch)
            return contacts, len(batch), late
        answers = decode_feedback(records, max_ahead_ms, self._levels)
        answered, late = self._fresh(stream, answers)
        self._answers.take(answered)
        return answers, len(answered), late

    def _fresh(self, stream: Stream, decoded: Decoded[EventT]) -> tuple[Batch[EventT], int]:
        """The events that are not duplicates, and how many of them are late."""
        clocks = self._source[stream].clocks(decoded.at_ms)
        ids = hashed(event.id for event in decoded.events)
        fresh = self._dedup[stream].fresh(ids, clocks[1:])
        closing, late = self._source[stream].place(decoded.at_ms, clocks[:-1])
        batch = Batch(decoded.events, ids, decoded.at_ms, decoded.column, closing)
        return batch.only(fresh), int((late & fresh).sum())


def _unseen(records: Sequence[Record], next_offset: int) -> Sequence[Record]:
    """Without the records that were fed before."""
    if not records or records[0].offset >= next_offset:
        return records
    return [record for record in records if record.offset >= next_offset]
