"""The events of a single row: what the shapes of a mapping make of it, all or none."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from stream.importing.cells.answers import stepped
from stream.importing.cells.faults import Fault, RowError
from stream.importing.cells.text import Row
from stream.importing.mapping import NOTHING, Event, Shape
from stream.messages.records import Stream

RowEvent = tuple[Shape, Event, bytes]
"""An event of a row, with the shape that it is of and its JSON."""


class OneRow(NamedTuple):
    """A row by itself, with the one before it in its case; `last` tells that none follows.

    `filled` are fields that tables fill, `missing` what tables lack that the row needs.
    """

    row: Row
    before: Row | None = None
    last: bool = True
    filled: Mapping[str, str] = NOTHING
    missing: Sequence[str] = ()


def row_events(shapes: Sequence[Shape], one: OneRow) -> list[RowEvent]:
    """What a row makes.

    Raises:
        RowError: something is wrong with it; says what.
    """
    own = [
        shape
        for shape in shapes
        if all(condition.holds(one.row, one.before, last=one.last) for condition in shape.when)
    ]
    events = [stepped(shape.event(one.row, one.filled)) for shape in own]
    if events and one.missing:
        raise RowError(Fault.LOOKUP, "; ".join(one.missing))
    if len(events) > 1:
        check_ids(events)
    return [(shape, event, encoded(event)) for shape, event in zip(own, events, strict=True)]


def stream_of(event: Event) -> Stream:
    """Which input an event belongs to."""
    return Stream.FEEDBACK if "indicator" in event else Stream.INTERACTIONS


def identity(event: Event) -> tuple[Stream, object, object]:
    """By what the worker tells an event from others: answers also by their indicator.

    One form may ask for several under its one id.
    """
    return stream_of(event), event.get("id"), event.get("indicator")


def check_ids(events: Sequence[Event]) -> None:
    """Of two events of a row with one identity the worker would take the second for the first sent again.

    Raises:
        RowError: two have one identity.
    """
    seen: dict[tuple[Stream, object, object], Event] = {}
    for event in events:
        other = seen.setdefault(identity(event), event)
        if other != event:
            names = " and ".join(
                str(each.get("indicator") or each.get("event", "contact")) for each in (other, event)
            )
            raise RowError(
                Fault.SAME_ID,
                'id: want one for each event of a row, such as {text: "{response_id}-nps"}, '
                f'got "{event.get("id")}" for {names}',
            )


ENCODER: Final = msgspec.json.Encoder()
ENCODING_WANTED: Final = (
    "want text in the declared encoding, got other bytes (of Windows? `encoding: cp1252` "
    "in Western Europe, cp1251 in Russian, cp932 in Japanese, gb18030 in Chinese)"
)


def encoded(event: Event) -> bytes:
    """An event as JSON.

    Raises:
        RowError: it has text that is none.
    """
    try:
        return ENCODER.encode(event)
    except (UnicodeError, msgspec.MsgspecError):
        raise RowError(Fault.ENCODING, ENCODING_WANTED) from None
