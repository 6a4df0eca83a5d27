"""Import: the rows of a foreign log through a mapping to events, one JSON line each.

Rows are read by the block, column by column (`batches`); a row at which anything is amiss is read again by
itself (`row_events`), which says what is wrong with it.  What leaves here the worker takes: events are shown
to `vouch`, the intake's own decoder, before they are let out, and a row of which one event would be refused
is a bad row.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Final

from alerts.errors import SettingsError
from stream.importing.batches.batch import Batch
from stream.importing.batches.case_order import CaseOrder
from stream.importing.batches.case_rows import CaseRow, CaseRows, Decided
from stream.importing.batches.decider import Decider
from stream.importing.batches.event_maker import Placed
from stream.importing.batches.sieve import Sieve, Sifted
from stream.importing.batches.table_columns import TablesSaid
from stream.importing.cells.faults import Fault, RowError
from stream.importing.cells.lookups import Entries
from stream.importing.cells.text import Row, cell
from stream.importing.counts import ImportCounts
from stream.importing.mapping import Event, LogMapping, Shape
from stream.importing.row_events import stream_of
from stream.importing.rows.column_names import spelled_otherwise
from stream.importing.rows.columns_hint import hint, listed
from stream.importing.rows.questions import OF_ANSWERS, QUESTION
from stream.importing.rows.row_blocks import RowBlock, Texts
from stream.importing.seen_ids import SeenIds
from stream.importing.ways_out import way_out
from stream.messages.outcomes import Reason, Reject
from stream.messages.records import Stream

Vouch = Callable[[Stream, Sequence[bytes]], Mapping[int, Reject]]
"""Which lines, by place, the worker would refuse, and why."""

QUESTIONS: Final = "questions"
"""The table of a mapping that says what the columns of a survey ask."""
QUESTIONS_SHOWN: Final = 30
"""Questions of a survey that are remembered to be told, where no answer was one that counts."""
SHOWN_CHARS: Final = 60

Wrong = tuple[int, int, RowError]
"""The number of the row that told that something is wrong with a row, that row's own, and what it is."""


class Importer:
    """Turns rows into events; remembers the latest row of each case that is not over."""

    def __init__(
        self,
        mapping: LogMapping,
        vouch: Vouch | None = None,
        entries: Mapping[str, Entries] | None = None,
    ) -> None:
        """`entries` of the mapping's tables, by their names, come before its own."""
        self.tale = ImportCounts()
        self.tale.understood.expect(mapping.shapes)
        self.asked: dict[str, None] = {}
        self._vouch = vouch
        self._between = mapping.format.cells.between
        self._columns = sorted(mapping.columns)
        self._unseen = [column for column in self._columns if column not in mapping.format.optional]
        self._sieve = Sieve(mapping, entries or {})
        self._decider = Decider(mapping.shapes)
        self._case = mapping.case
        self._cases = CaseRows(mapping.case or "", self._columns, together=mapping.together)
        at = mapping.shapes[0].fields.get("at") if mapping.shapes else None
        self._order = CaseOrder(at, self._cases)
        self._ids = SeenIds()

    def lines(self, blocks: Iterable[RowBlock]) -> Iterator[Sequence[bytes]]:
        """Events as JSON, by the batch, in the order of the rows that decided them.

        May be called for one log after another; `finish` must follow.
        """
        for block in blocks:
            self.tale.rows += len(block.numbers) + len(block.wrong)
            self._hear_questions(block)
            sifted = self._sieve.sift(self._texts(block), block.numbers)
            self.tale.skipped += sifted.skipped
            wrong = [(number, number, error) for number, error in (*block.wrong, *sifted.wrong)]
            if self._case is None:
                yield self._of_rows(sifted, wrong)
            else:
                yield self._of_cases(sifted, wrong)

    def finish(self) -> Iterator[Sequence[bytes]]:
        """The events of cases that were waiting for another row; says what no row had."""
        if self.tale.rows:
            has_rows = self.tale.bad[Fault.COLUMNS] < self.tale.rows
            self.tale.columns.unseen = tuple(self._unseen) if has_rows else ()
            self.tale.columns.unanswered = tuple(map(self._meant, self._sieve.unused(QUESTIONS)))
        yield self._of_decided(self._cases.finish(), [])

    def check(self, name: str, columns: Sequence[str], above: int = 0) -> Mapping[str, str]:
        """See that a log with these columns, under so many lines, has those that are wanted.

        Says how those are called in the mapping that are spelled otherwise.

        Raises:
            SettingsError: it has not all that the mapping names, or that are asked for as questions.
        """
        questions = self._sieve.given(QUESTIONS) if QUESTION in columns else ()
        meant = spelled_otherwise([*self._columns, *questions], columns)
        there = {*columns, *meant.values()}
        self.tale.columns.twice = tuple(column for column in self._columns if f"{column}.2" in there)
        for names, wanted in (
            (self._unseen, "columns that the mapping"),
            (questions, "questions that --question"),
        ):
            absent = [column for column in names if column not in there]
            if absent:
                known = [column for column in columns if column not in OF_ANSWERS]
                raise SettingsError(
                    f"{name}: want the {wanted} names, got none called {', '.join(absent)} "
                    f"(there are: {listed(known)}){hint(absent, known, self._between)}"
                )
        self.tale.columns.above += above
        return meant

    def _hear_questions(self, block: RowBlock) -> None:
        if len(self.asked) < QUESTIONS_SHOWN:
            for question in block.texts(QUESTION) or ():
                if question is not None and len(self.asked) < QUESTIONS_SHOWN:
                    self.asked.setdefault(question)

    def _meant(self, question: str) -> str:
        """A question without an answer, and where it is over several columns, one that was answered."""
        under = next((each for each in self.asked if each.startswith(f"{question}: ")), None)
        return f'"{question}"' + ("" if under is None else f' (over several columns, such as "{under}")')

    def _texts(self, block: RowBlock) -> dict[str, Texts]:
        """The columns that the mapping reads."""
        read = {column: block.texts(column) for column in self._columns}
        found = {column: texts for column, texts in read.items() if texts is not None}
        if block.numbers and not self.tale.columns.there:
            self.tale.columns.there = tuple(next(iter(block.rows())))
        if self._unseen and block.numbers:
            self._unseen = [column for column in self._unseen if column not in found]
        return found

    def _of_rows(self, sifted: Sifted, wrong: list[Wrong]) -> Sequence[bytes]:
        """The events of rows that are each a story of their own."""
        placed, amiss = self._decider.decide(sifted.batch, sifted.said)
        numbers = sifted.numbers
        wrong += [(numbers[place], numbers[place], error) for place, error in amiss]
        return self._told(sifted.batch, numbers, placed, wrong)

    def _of_cases(self, sifted: Sifted, wrong: list[Wrong]) -> Sequence[bytes]:
        """The events that the rows of a block decide."""
        batch, said = sifted.batch, sifted.said or TablesSaid.nothing(len(sifted.batch))
        nothing: Texts = [None] * len(batch)
        kept = zip(*(batch.columns.get(column, nothing) for column in self._columns), strict=True)
        told = zip(sifted.numbers, kept, said.fields, said.missing, strict=True)
        rows = (CaseRow(number, texts, None, fields, missing) for number, texts, fields, missing in told)
        decided, without = self._cases.take(rows, batch.texts(self._case or ""))
        return self._of_decided(decided, [*wrong, *((number, number, error) for number, error in without)])

    def _of_decided(self, decided: Sequence[Decided], wrong: list[Wrong]) -> Sequence[bytes]:
        rows = [each.row for each in decided]
        said = TablesSaid([row.fields for row in rows], [row.missing for row in rows])
        batch = self._cases.batch(decided)
        order = self._order.looked_at(decided, batch)
        placed, amiss = self._decider.decide(batch, said, order.look)
        for number in order.backward:
            self.tale.note_back(number)
        wrong += [(decided[place].by, rows[place].number, error) for place, error in amiss]
        return self._told(batch, [row.number for row in rows], placed, wrong)

    def _told(
        self, batch: Batch, numbers: Sequence[int], placed: Sequence[Placed], wrong: list[Wrong]
    ) -> Sequence[bytes]:
        """Count what came of some rows; the lines of the events that the worker would take."""
        for _, number, error in sorted(wrong, key=_TOLD_BY):
            self.tale.note(number, error)
        refused = self._refused(placed)
        for place, (shape, event, reject) in sorted(refused.items()):
            error = RowError(Fault.REFUSED, _refusal(shape, event, batch.row(place), reject))
            self.tale.note(numbers[place], error, reject.reason)
            if reject.reason is Reason.SCORE_OFF_SCALE:
                self.tale.understood.hear_off_scale(event)
        taken = [each for each in placed if each[0] not in refused]
        self.tale.understood.hear(batch, taken)
        self._ids.look((numbers[place], event) for place, _, event, _ in taken)
        self.tale.again, self.tale.first_again = self._ids.again, self._ids.first
        self.tale.ids_forgotten = self._ids.full
        lines = [line for _, _, _, line in taken]
        self.tale.events += len(lines)
        return lines

    def _refused(self, placed: Sequence[Placed]) -> Mapping[int, tuple[Shape, Event, Reject]]:
        """By place of a row, the first event that the worker would refuse."""
        if self._vouch is None:
            return {}
        found: dict[int, tuple[Shape, Event, Reject]] = {}
        for stream in Stream:
            own = [each for each in placed if stream_of(each[2]) is stream]
            lines = [line for _, _, _, line in own]
            for which, reject in self._vouch(stream, lines).items() if lines else ():
                place, shape, event, _ = own[which]
                found.setdefault(place, (shape, event, reject))
        return found


_TOLD_BY: Final = itemgetter(0)


def _refusal(shape: Shape, event: Event, row: Row, reject: Reject) -> str:
    """A refusal in the words of the log: the column, what was wanted, and what stands there."""
    name, _, said = reject.detail.partition(": ")
    source = shape.fields.get(name)
    if source is None or not said:
        return reject.detail
    wanted = said.rpartition(", got ")[0] or said
    texts = [cell(row, column, frozenset()) or "" for column in source.columns] or [str(event.get(name))]
    shown = "+".join(text if len(text) <= SHOWN_CHARS else text[:SHOWN_CHARS] + "…" for text in texts)
    columns = "+".join(source.columns)
    place = f"{columns} ({name})" if columns and columns != name else name
    got = (
        said
        if reject.reason is Reason.BAD_SCALE
        else f'{wanted}, got "{shown}"{way_out(name, shown, wanted)}'
    )
    return f"{place}: {got}"
