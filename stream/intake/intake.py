"""Intake: records of one input partition in, tallies of closed panes out.

Pure and deterministic: its state and all that it emits are a function of the records that each stream was
fed, in offset order (and of the heartbeats between them); how they were cut into batches changes nothing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

import numpy as np

from stream.columnar.packing import pack, unpack
from stream.columnar.structured import Table
from stream.columnar.timestamps import NO_TIME
from stream.indicators.plan import Plan
from stream.intake.agreement import Agreed, agreed
from stream.intake.batch import EventBatch
from stream.intake.decoding.answer_cells import ScaleLevels
from stream.intake.decoding.decode import Decoded, decode_feedback, decode_interactions
from stream.intake.dedup import Dedup
from stream.intake.emit import Emitter
from stream.intake.feedback import AnswerLine
from stream.intake.interactions import ContactLine
from stream.intake.output import IntakeOutput, beside, refused, together
from stream.intake.pairs import JoinedSource, wanted
from stream.intake.panes import TALLY
from stream.intake.scoping.combinations import MOST, Combos
from stream.intake.snapshot import Saved, header_of, inputs_of, refitted, used_cells
from stream.intake.wall import Marked, Undo, fed_in_parts, kind_of, marked
from stream.messages.events import Feedback, Interaction
from stream.messages.outcomes import Reason, RecordOutcome, Reject, Remark
from stream.messages.records import Record, Stream
from stream.messages.tallies import Kind, TallyMessage

_NOTHING: Final = np.empty(0, TALLY)
KEPT: Final = 0.75
"""Share of the combinations in use from which it does not pay to number them anew: all come back soon."""
Taken = EventBatch[Interaction] | EventBatch[Feedback]


class Intake:
    """One partition of both inputs: decode, deduplicate, classify, count."""

    def __init__(
        self, plan: Plan, partition: int, saved: Saved | None = None, most_combos: int = MOST
    ) -> None:
        """Of `saved` comes what is known of the inputs; `restore` adds the tables.

        Combinations of values that nothing refers to are given up when there are more than `most_combos`.
        """
        self.partition = partition
        self.plan = plan
        self._levels = ScaleLevels(plan.keeps)
        self._combos = Combos(plan.used_dims, limit=most_combos)
        self._emitter = Emitter(plan, self._combos)
        inputs = self._inputs = inputs_of(saved, plan, partition)
        self._contacts = ContactLine(plan, self._combos, inputs[Stream.INTERACTIONS].guard)
        self._answers = AnswerLine(plan, self._combos, inputs[Stream.FEEDBACK].guard)
        clocks = [each.source for each in inputs.values()]
        self._joined = JoinedSource(plan, partition, clocks) if wanted(plan) else None

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the sources that it speaks for."""
        names = [each.source.name for each in self._inputs.values()]
        return (*names, self._joined.name) if self._joined else tuple(names)

    def next_offset(self, stream: Stream) -> int:
        """The first input offset of `stream` that was not fed yet; 0 at first."""
        return self._inputs[stream].source.next_offset

    def watermark_ms(self, stream: Stream) -> int | None:
        """Event time up to which the stream is complete; None before its first event."""
        return self._inputs[stream].source.watermark_ms

    def feed(
        self, stream: Stream, records: Sequence[Record], heartbeat_ms: int | None = None
    ) -> IntakeOutput:
        """Take records in offset order; those below `next_offset` are ignored.

        `heartbeat_ms` moves the stream's clock on, after the records, to an event time that is known from
        elsewhere (a backtest: from the other stream).
        """
        fed = self._inputs[stream].source.unseen(records)
        feed, refuse = partial(self._feed, stream), partial(self._refuse, stream)
        outputs = fed_in_parts(fed, self._mark, feed, refuse) if fed else []
        if heartbeat_ms is not None or not outputs:
            outputs.append(feed((), NO_TIME if heartbeat_ms is None else heartbeat_ms))
        output = together(outputs)
        if len(self._combos) > self._combos.limit:
            self._forget_combos()
        return output

    def _feed(self, stream: Stream, fed: Sequence[Record], heartbeat_ms: int = NO_TIME) -> IntakeOutput:
        """Take records that are new."""
        source = self._inputs[stream].source
        decoded, found, batch, late = self._take(stream, fed)
        fresh, oldest_ms = len(batch), batch.clock_ms - self.plan.rulebook.timing.dedup_horizon_ms
        remarks = {Remark.BEYOND_HORIZON: int((batch.at_ms < oldest_ms).sum())}
        if fed:
            source.next_offset = fed[-1].offset + 1
        source.begin(batch.at_ms, batch.clock_ms)
        closed = source.advance(max(int(found.clock_ms.max(initial=NO_TIME)), heartbeat_ms))
        sections = self._closed(stream) if closed else self._emitter.silence()
        remarks[Remark.UNTIMED] = self._contacts.take_untimed()
        return IntakeOutput(
            rejects=decoded.rejects,
            outcomes={
                RecordOutcome.ACCEPTED: fresh - late,
                RecordOutcome.DUPLICATE: len(decoded.events) - fresh,
                RecordOutcome.LATE: late,
                RecordOutcome.REJECTED: len(decoded.rejects),
            },
            reasons=Counter(reject.reason for reject in decoded.rejects),
            sections=sections,
            watermark_ms=source.watermark_ms,
            newest_event_ms=source.newest_ms,
            folded=self._contacts.folded if stream is Stream.INTERACTIONS else self._answers.folded,
            ahead=found.ahead,
            remarks={remark: count for remark, count in remarks.items() if count},
        )

    def _refuse(self, stream: Stream, record: Record, error: Exception) -> IntakeOutput:
        """Leave out a record that nobody foresaw."""
        source = self._inputs[stream].source
        source.next_offset = record.offset + 1
        reject = Reject(record.offset, Reason.INTERNAL, f"a fault of ours: {kind_of(error)}")
        return refused(reject, self._emitter.silence(), source.watermark_ms, source.newest_ms)

    def _mark(self) -> Undo:
        """Gives what puts the state back to how it is now."""
        parts: list[Marked] = [*self._inputs.values(), self._contacts, self._answers, self._combos]
        if self._joined:
            parts.append(self._joined)
        undo_parts = marked(*parts)

        def undo() -> None:
            undo_parts()
            self._emitter.start_anew()

        return undo

    def open_sections(self, quiet_ms: Mapping[Stream, int]) -> list[list[TallyMessage]]:
        """Per shard an IDLE section of each quiet stream, with its open panes so far; changes nothing.

        The pairs wait for both streams, so they are quiet as soon as one is, and as long as the quieter.
        """
        found = self._emitter.silence()
        if not quiet_ms:
            return found
        contacts = self._contacts.so_far()
        rows = {Stream.INTERACTIONS: contacts.rows, Stream.FEEDBACK: self._answers.so_far()}
        for stream, quiet in quiet_ms.items():
            source = self._inputs[stream].source
            found = beside(found, self._emitter.sections(Kind.IDLE, source, rows[stream], quiet))
        if self._joined:
            pairs = self._joined.line.so_far(contacts.heard)
            longest = max(quiet_ms.values())
            found = beside(found, self._emitter.sections(Kind.IDLE, self._joined.clock(), pairs, longest))
        return found

    def active_sections(self, stream: Stream) -> list[list[TallyMessage]]:
        """Per shard an ACTIVE section without rows: the stream has records again."""
        found = self._emitter.sections(Kind.ACTIVE, self._inputs[stream].source, _NOTHING)
        if self._joined:
            found = beside(found, self._emitter.sections(Kind.ACTIVE, self._joined.clock(), _NOTHING))
        return found

    def snapshot(self) -> list[bytes]:
        """A self-contained copy of the state, in pieces that begin with the header."""
        tables = self._tables()
        return pack(header_of(self.plan, self._combos, used_cells(tables), self._inputs), tables)

    @classmethod
    def restore(cls, plan: Plan, partition: int, chunks: Sequence[bytes]) -> "Intake":
        """The intake of a snapshot, under what may be another plan: what has no place in it is dropped.

        Raises:
            ValueError: the snapshot is incomplete.
        """
        saved, tables = unpack(chunks, Saved)
        intake = cls(plan, partition, saved)
        intake._load(refitted(saved, tables, plan, intake._combos))  # its own
        return intake

    def entries(self) -> dict[str, int]:
        """Sizes of the state, by kind."""
        ids = sum(len(each.dedup) for each in self._inputs.values())
        pairs = self._joined.line.entries() if self._joined else {}
        found = {"ids": ids, "combos": len(self._combos), **pairs}
        return found | self._contacts.entries() | self._answers.entries()

    def _closed(self, stream: Stream) -> list[list[TallyMessage]]:
        """Sections of the panes that a stream has just closed, and of the pairs that were waiting for it."""
        source = self._inputs[stream].source
        if stream is Stream.FEEDBACK:
            rows = self._answers.close(source.through)
        else:
            closed = self._contacts.close(source.through)
            rows = closed.rows
            if self._joined:
                self._joined.line.take(closed.heard)
        found = self._emitter.sections(Kind.CLOSED, source, rows)
        if self._joined and (leaving := self._joined.close()) is not None:
            joined, pairs = leaving
            found = beside(found, self._emitter.sections(Kind.CLOSED, joined, pairs))
        return found

    def _take(
        self, stream: Stream, records: Sequence[Record]
    ) -> tuple[Decoded[Interaction] | Decoded[Feedback], Agreed, Taken, int]:
        """Decode and count: what was decoded, what is agreed on, what was fresh, and how much of it late."""
        max_ahead_ms = self.plan.rulebook.timing.max_ahead_ms
        into = self._inputs[stream]
        if stream is Stream.INTERACTIONS:
            contacts, found = agreed(into.agreement, decode_interactions(records, max_ahead_ms))
            batch, late = into.take_fresh(contacts, found.clock_ms)
            self._contacts.take(batch)
            return contacts, found, batch, late
        decoded = decode_feedback(records, max_ahead_ms, self._levels)
        answers, found = agreed(into.agreement, decoded)
        answered, late = into.take_fresh(answers, found.clock_ms)
        unhappy = self._answers.take(answered)
        if self._joined:
            self._joined.line.take(unhappy)
        return answers, found, answered, late

    def _tables(self) -> dict[str, Table]:
        """The whole state but the sources, by name."""
        ids = {f"ids.{stream.value}": each.dedup.rows for stream, each in self._inputs.items()}
        pairs = self._joined.line.tables() if self._joined else {}
        return {**ids, **self._contacts.tables(), **self._answers.tables(), **pairs}

    def _load(self, tables: dict[str, Table]) -> None:
        """Take over a state."""
        horizon_ms = self.plan.rulebook.timing.dedup_horizon_ms
        for stream, each in self._inputs.items():
            each.dedup = Dedup(horizon_ms, tables[f"ids.{stream.value}"])
        self._contacts.load(tables)
        self._answers.load(tables)
        if self._joined:
            self._joined.load(tables)

    def _forget_combos(self) -> None:
        """Forget the combinations that nothing refers to, if they are many, and number the others anew."""
        tables = self._tables()
        coded = [table for table in tables.values() if "combo" in (table.dtype.names or ())]
        used = np.zeros(len(self._combos), np.bool_)
        for table in coded:
            used[table["combo"]] = True
        if int(used.sum()) > KEPT * len(used):
            self._combos.limit = 2 * len(used)
            return
        codes = self._combos.retain(np.flatnonzero(used))
        for table in coded:
            table["combo"] = codes[table["combo"]]
        self._load(tables)
        self._emitter.retain(codes)
        for each in self._inputs.values():
            each.guard.forget_codes()
