"""Messages through a mapping: one JSON object to the events that it is, each field told from its values."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from stream.importing.cells.answers import LIVE, stepped
from stream.importing.cells.faults import Fault, RowError
from stream.importing.cells.lookups import Entries, look_up
from stream.importing.cells.text import Row
from stream.importing.conditions import Condition
from stream.importing.mapping import Event, LogMapping
from stream.importing.row_events import check_ids
from stream.importing.rows.json_rows import json_rows


class Ignored(StrEnum):
    """Why a message, or an item of one, makes no event and is no mistake either."""

    SKIPPED = "skipped"  # the mapping passes over it: an offer, a preview, a debug answer
    NO_EVENT = "no_event"  # nothing that the mapping makes an event of
    UNFINISHED = "unfinished"  # an answer that is not complete, where only complete ones are wanted


@dataclass(slots=True)
class Translation:
    """What became of one message: its events, and why rows made none."""

    events: list[Event] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Translator:
    """A mapping with the entries of its tables; `finished` must hold for a row, if there are any."""

    mapping: LogMapping
    tables: Mapping[str, Entries] = field(default_factory=dict)
    finished: Sequence[Condition] = ()

    def translate(self, message: Mapping[str, object]) -> Translation:
        """The events of one message, all of them or none.

        Raises:
            RowError: a value cannot be understood, or one that every event must have is missing.
        """
        made = Translation()
        layout = self.mapping.format
        if self.mapping.want and layout.each is not None:
            self._check(next(json_rows(message)))
        for row in json_rows(message, layout.each, layout.beside):
            if layout.each is None:
                self._check(row)
            told = list(self._events(row, made.ignored))
            made.events += told
        check_ids(made.events)
        if not made.events and not made.ignored:
            made.ignored.append(Ignored.NO_EVENT)
        return made

    def _check(self, row: Row) -> None:
        """A message of another system is a mistake, not one to pass over."""
        for condition in self.mapping.want:
            if not condition.holds(row, None, last=True):
                raise RowError(Fault.FOREIGN, f"{condition.column}: not as in this system's messages")

    def _events(self, row: Row, ignored: list[Ignored]) -> Iterator[Event]:
        found = look_up(row, self.mapping.tables, self.tables)
        if any(condition.holds(found.row, None, last=True) for condition in self.mapping.skip):
            ignored.append(Ignored.SKIPPED)
            return
        shapes = [shape for shape in self.mapping.shapes if _all_hold(shape.when, found.row)]
        if not shapes:
            return
        if not _all_hold(self.finished, found.row):
            ignored.append(Ignored.UNFINISHED)
            return
        found.check()
        for shape in shapes:
            event = stepped(shape.event(found.row, found.fields), LIVE)
            for one, other in (("score", "indicator"), ("indicator", "score")):
                if one in event and other not in event:
                    raise RowError(Fault.MISSING, f"{other}: want to be told, as the message does not say")
            yield event


def _all_hold(conditions: Sequence[Condition], row: Row) -> bool:
    return all(condition.holds(row, None, last=True) for condition in conditions)
