"""Limits of a record that anybody may send: bytes, nesting, fields, lengths of texts.

They are declared so that what a record can cost is bounded, and so that every worker decides alike: how deep
a decoder can follow, for one, depends on how deep in calls the worker is itself.
"""

import re
from typing import Final

import numpy as np

from stream.messages.events import ID_CHARS, Event, Feedback
from stream.messages.other_scripts import seen
from stream.messages.outcomes import Reason, RecordError

MAX_BYTES: Final = 1 << 20
"""Largest value that is read; Kafka's own default limit is the same 1 MiB."""
MAX_DEPTH: Final = 256
"""Objects and arrays within each other."""
MAX_FIELDS: Final = 1024
"""Names with a value, those of inner objects included."""
REF_CHARS: Final = 512
"""Longest id of a customer, a case or an interaction."""
VALUE_CHARS: Final = 128
"""Longest value of a dimension; a longer one is cut, and ends with its hash (`hashing.shortened`)."""

HARMLESS_BYTES: Final = 2 * MAX_DEPTH
"""No value of so few bytes can break a limit of this module: brackets come in pairs."""

_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
"""Linear in any input: nothing is tried twice, and a string that does not end is one too."""
_OTHER_BYTES: Final = bytes(sorted(set(range(256)) - set(b'"[]{}:')))
_REFS: Final = ("customer", "case")
_ASKED: Final = ("customer", "interaction")


def accept(complaint: RecordError | None) -> None:
    """Raise the complaint, if there is one."""
    try:
        if complaint is not None:
            raise complaint
    finally:
        del complaint  # its traceback is of this frame, which would hold it, and so the record


def refusal(value: bytes) -> RecordError | None:
    """Which of the limits of bytes, nesting and fields a value breaks."""
    if len(value) > MAX_BYTES:
        return RecordError(Reason.TOO_LARGE, f"value: want at most {MAX_BYTES} bytes, got {len(value)}")
    marks = value.translate(None, _OTHER_BYTES)
    opened, named = marks.count(b"[") + marks.count(b"{"), marks.count(b":")
    if opened <= MAX_DEPTH and named <= MAX_FIELDS:
        return None
    bare = _outside_strings(value, marks)
    if opened > MAX_DEPTH and _depth(bare) > MAX_DEPTH:
        return RecordError(Reason.NOT_JSON, f"value: want JSON, but it nests more than {MAX_DEPTH} deep")
    fields = bare.count(b":")
    if fields > MAX_FIELDS:
        return RecordError(Reason.TOO_LARGE, f"value: want at most {MAX_FIELDS} fields, got {fields}")
    return None


def refused_reference(event: Event) -> RecordError | None:
    """The complaint about an id that is too long, other than the event's own."""
    for name in _ASKED if isinstance(event, Feedback) else _REFS:
        length = len(getattr(event, name) or "")
        if length > REF_CHARS:
            return RecordError(
                Reason.ID_TOO_LONG, f"{name}: want at most {REF_CHARS} characters, got {length}"
            )
    return None


def refused_id(name: str) -> RecordError | None:
    """The complaint about an event's id that tells none apart: all but the first would be sent again."""
    if name and not name.isspace():
        return None
    found = "blanks alone" if name else "none"
    return RecordError(Reason.BAD_VALUE, f"id: want 1 to {ID_CHARS} characters, got {found}")


def refused_channel(channel: str) -> RecordError | None:
    """The complaint about a channel that nothing can be counted for."""
    if seen(channel).strip():
        return None
    found = "blanks alone" if channel else "an empty string"
    return RecordError(Reason.BAD_VALUE, f"channel: want a name, got {found}")


def _outside_strings(value: bytes, marks: bytes) -> bytes:
    """What of JSON is in no string, of `marks` at least; those are its quotes, brackets and colons.

    Where no quote is escaped, every second one ends a string.  Two that stand together among the marks may go
    without a change to what is inside, and with them go nearly all: `{"a":"b"}` has the marks `{"":""}`.
    """
    if b'\\"' in value or b"\\\\" in value:
        return _STRING.sub(b"", value)
    return b"".join(marks.replace(b'""', b"").split(b'"')[::2])


def _depth(bare: bytes) -> int:
    """How deep the brackets of JSON without its strings go."""
    data = np.frombuffer(bare, np.uint8)
    opens = (data == ord("{")) | (data == ord("["))
    closes = (data == ord("}")) | (data == ord("]"))
    return int(np.cumsum(opens.astype(np.int32) - closes.astype(np.int32)).max(initial=0))
