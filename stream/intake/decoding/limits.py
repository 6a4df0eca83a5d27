"""Limits of a record that anybody may send: bytes, nesting, fields, lengths of texts.

They are declared so that what a record can cost is bounded, and so that every worker decides alike: how deep
a decoder can follow, for one, depends on how deep in calls the worker is itself.
"""

import re
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stream.messages.events import Event, Feedback
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
_REFS: Final = ("customer", "case")
_ASKED: Final = ("customer", "interaction")


def fits(value: bytes) -> bool:
    """Whether a value is within the limits of bytes, nesting and fields."""
    return len(value) <= HARMLESS_BYTES or refusal(value) is None


def refusal(value: bytes) -> RecordError | None:
    """Which of the limits of bytes, nesting and fields a value breaks."""
    if len(value) > MAX_BYTES:
        return RecordError(Reason.TOO_LARGE, f"value: want at most {MAX_BYTES} bytes, got {len(value)}")
    opened, named = value.count(b"[") + value.count(b"{"), value.count(b":")
    if opened <= MAX_DEPTH and named <= MAX_FIELDS:
        return None
    bare = np.frombuffer(_STRING.sub(b"", value), np.uint8)
    if opened > MAX_DEPTH and _depth(bare) > MAX_DEPTH:
        return RecordError(Reason.NOT_JSON, f"value: want JSON, but it nests more than {MAX_DEPTH} deep")
    fields = int((bare == ord(":")).sum())
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


def _depth(bare: NDArray[np.uint8]) -> int:
    """How deep the brackets of JSON without its strings go."""
    opens = (bare == ord("{")) | (bare == ord("["))
    closes = (bare == ord("}")) | (bare == ord("]"))
    return int(np.cumsum(opens.astype(np.int32) - closes.astype(np.int32)).max(initial=0))
