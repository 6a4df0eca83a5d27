"""Import: the rows of a foreign log through a mapping to events, one JSON line each.

What leaves here the worker takes: events are shown to `vouch`, the intake's own decoder, before they are let
out, and a row of which one event would be refused is a bad row.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from alerts.errors import SettingsError
from stream.importing.cells.answers import stepped
from stream.importing.cells.faults import Fault, RowError
from stream.importing.cells.lookups import Entries, LookedUp, look_up
from stream.importing.cells.memory import remembering
from stream.importing.cells.text import Row, cell
from stream.importing.counts import ImportCounts
from stream.importing.mapping import Event, LogMapping, Shape
from stream.importing.rows.columns_hint import hint
from stream.importing.rows.questions import QUESTION
from stream.importing.rows.tables import Numbered
from stream.messages.outcomes import Reason, Reject
from stream.messages.records import Stream

Vouch = Callable[[Stream, Sequence[bytes]], Mapping[int, Reject]]
"""Which lines, by place, the worker would refuse, and why."""

BATCH: Final = 1_000
"""Rows whose events are shown to `vouch` at once."""
SHOWN_CHARS: Final = 60
QUESTIONS_SHOWN: Final = 30
"""Questions of a survey that are remembered to be told, where no answer was one that counts."""


@dataclass(slots=True)
class _Held:
    """The latest row of a case, of which it is not yet known whether another follows."""

    number: int
    found: LookedUp
    before: Row | None

    @property
    def row(self) -> Row:
        """The row with its tables' columns."""
        return self.found.row


@dataclass(frozen=True, slots=True)
class _Made:
    """The events of a row, with the shapes that they are of, until they are vouched for."""

    number: int
    row: Row
    shapes: Sequence[Shape]
    events: Sequence[Event]
    lines: Sequence[bytes]


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
        self._mapping = mapping
        self._shapes = remembering(mapping.shapes)
        self._vouch = vouch
        self._entries = entries or {}
        self._columns = sorted(mapping.columns)
        self._unseen = [column for column in self._columns if column not in mapping.format.optional]
        self._held: dict[str, _Held] = {}
        self.asked: dict[str, None] = {}

    def lines(self, rows: Iterable[Numbered]) -> Iterator[bytes]:
        """Events as JSON lines, each with a newline, in the order of the rows that decided them.

        May be called for one log after another; `finish` must follow.
        """
        batch: list[_Made] = []
        for number, row in rows:
            self.tale.rows += 1
            if isinstance(row, RowError):
                self.tale.note(number, row)
                continue
            if QUESTION in row and len(self.asked) < QUESTIONS_SHOWN:
                self.asked.setdefault(row[QUESTION])
            if self._unseen:
                self._unseen = [column for column in self._unseen if column not in row]
            batch += self._row(number, row)
            if len(batch) >= BATCH:
                yield from self._vouched(batch)
                batch.clear()
        yield from self._vouched(batch)

    def finish(self) -> Iterator[bytes]:
        """The events of cases that were waiting for another row; says what no row had."""
        made = [made for held in self._held.values() for made in self._decide(held, last=True)]
        self._held.clear()
        if self.tale.rows:
            self.tale.unseen = tuple(self._unseen)
        yield from self._vouched(made)

    def check(self, name: str, columns: Sequence[str]) -> None:
        """See that a log with these columns has those that the mapping names.

        Raises:
            SettingsError: it has not.
        """
        self.tale.twice = tuple(column for column in self._columns if f"{column}.2" in columns)
        absent = [column for column in self._unseen if column not in columns]
        if absent:
            raise SettingsError(
                f"{name}: want the columns that the mapping names, got none called {', '.join(absent)} "
                f"(there are: {', '.join(columns)}){hint(absent, columns)}"
            )

    def _row(self, number: int, row: Row) -> Iterable[_Made]:
        for condition in self._mapping.want:
            if not condition.holds(row, None, last=False):
                self.tale.note(number, RowError(Fault.FOREIGN, f"{condition.column}: not as in this log"))
                return ()
        try:
            tables = self._mapping.tables
            found = look_up(row, tables, self._entries) if tables else LookedUp(row, {}, ())
            skips = any(condition.holds(found.row, None, last=False) for condition in self._mapping.skip)
        except RowError as error:
            self.tale.note(number, error)
            return ()
        if skips:
            self.tale.skipped += 1
            return ()
        if self._mapping.case is None:
            return self._decide(_Held(number, found, None), last=True)
        return self._of_case(number, found)

    def _of_case(self, number: int, found: LookedUp) -> Iterable[_Made]:
        kept = {column: found.row[column] for column in self._columns if column in found.row}
        case = kept.get(self._mapping.case or "", "").strip()
        if not case:
            self.tale.note(number, RowError(Fault.MISSING, f"{self._mapping.case}: no case"))
            return ()
        made: list[_Made] = []
        held = self._held.pop(case, None)
        if held is not None:
            made += self._decide(held, last=False)
            self._see_order(number, held.row, kept)
        elif self._mapping.together:
            made += [each for other in self._held.values() for each in self._decide(other, last=True)]
            self._held.clear()
        found = LookedUp(kept, found.fields, found.missing)
        self._held[case] = _Held(number, found, None if held is None else held.row)
        return made

    def _see_order(self, number: int, before: Row, row: Row) -> None:
        """Note a row of a case that is before the row before: its changes would be read the wrong way."""
        at = self._mapping.shapes[0].fields.get("at") if self._mapping.shapes else None
        try:
            then, now = (str(at.read(each)) if at else "" for each in (before, row))
        except RowError:
            return
        if now[:_SECONDS] < then[:_SECONDS]:
            self.tale.note_back(number)

    def _decide(self, held: _Held, *, last: bool) -> Iterable[_Made]:
        """The events of a row, all or none: a row with a mistake makes no event."""
        row, before = held.row, held.before
        try:
            shapes = [
                shape
                for shape in self._shapes
                if all(condition.holds(row, before, last=last) for condition in shape.when)
            ]
            events = [stepped(shape.event(row, held.found.fields)) for shape in shapes]
            if events:
                held.found.check()
            if len(events) > 1:
                _check_ids(events)
            lines = [_encoded(event) for event in events]
        except RowError as error:
            self.tale.note(held.number, error)
            return ()
        return (_Made(held.number, row, shapes, events, lines),)

    def _vouched(self, batch: Sequence[_Made]) -> Iterator[bytes]:
        refused = self._refused(batch)
        for place, made in enumerate(batch):
            if place in refused:
                shape, event, reject = refused[place]
                error = RowError(Fault.REFUSED, _refusal(shape, event, made.row, reject))
                self.tale.note(made.number, error, reject.reason)
                continue
            self.tale.events += len(made.lines)
            yield from made.lines

    def _refused(self, batch: Sequence[_Made]) -> Mapping[int, tuple[Shape, Event, Reject]]:
        """By row, the first event that the worker would refuse."""
        if self._vouch is None:
            return {}
        own: dict[Stream, list[tuple[int, int]]] = {stream: [] for stream in Stream}
        lines: dict[Stream, list[bytes]] = {stream: [] for stream in Stream}
        for place, made in enumerate(batch):
            for number, event in enumerate(made.events):
                stream = stream_of(event)
                own[stream].append((place, number))
                lines[stream].append(made.lines[number])
        found: dict[int, tuple[Shape, Event, Reject]] = {}
        for stream in Stream:
            for which, reject in self._vouch(stream, lines[stream]).items() if lines[stream] else ():
                place, number = own[stream][which]
                made = batch[place]
                found.setdefault(place, (made.shapes[number], made.events[number], reject))
        return found


_SECONDS: Final = len("2026-03-02T09:15:00")


def stream_of(event: Event) -> Stream:
    """Which input an event belongs to."""
    return Stream.FEEDBACK if "indicator" in event else Stream.INTERACTIONS


def _check_ids(events: Sequence[Event]) -> None:
    """Of two events of a row with one identity the worker would take the second for the first sent again.

    Answers are known by their indicator too: one form may ask for several under its one id.
    """
    seen: dict[tuple[Stream, object, object, object], Event] = {}
    for event in events:
        identity = (stream_of(event), event.get("source"), event.get("id"), event.get("indicator"))
        other = seen.setdefault(identity, event)
        if other is not event:
            names = " and ".join(
                str(each.get("indicator") or each.get("event", "contact")) for each in (other, event)
            )
            raise RowError(
                Fault.SAME_ID,
                f'id: want one for each event of a row, got "{event.get("id")}" for {names}: '
                'let the mapping say something like id: {text: "{response_id}-nps"}',
            )


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
    got = said if reject.reason is Reason.BAD_SCALE else f'{wanted}, got "{shown}"'
    return f"{place}: {got}"


_ENCODER: Final = msgspec.json.Encoder()
ENCODING_WANTED: Final = (
    "want text in the declared encoding, got other bytes (`encoding: cp1252`, as of Excel?)"
)


def _encoded(event: Event) -> bytes:
    try:
        return _ENCODER.encode(event) + b"\n"
    except (UnicodeError, msgspec.MsgspecError):
        raise RowError(Fault.ENCODING, ENCODING_WANTED) from None
