"""A reading: the value of an indicator in a scope and window at a pane's end, and how sure it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from unicodedata import normalize

from alerts.foreign_text import UNSEEN, printable

Scope = tuple[tuple[str, str], ...]
"""Dimension and value pairs in the order of the rule's `by`; an event without the dimension has ""."""

_AS_SEEN: Final = {**dict.fromkeys(map(ord, UNSEEN)), **dict.fromkeys(map(ord, "\u00a0\u2007\u202f"), " ")}
_ESCAPES: Final = str.maketrans({char: f"%{ord(char):02X}" for char in "%,=|"})


class Status(StrEnum):
    """What a published score is worth."""

    OK = "ok"
    INSUFFICIENT = "insufficient"  # fewer answers than the rule asks for
    WARMING = "warming"  # the window reaches back before the first event that was seen
    STALE = "stale"  # no answers at all in the window


@dataclass(frozen=True, slots=True)
class Reading:
    """`value`, `low` and `high` are in the indicator's unit, None where there are no answers."""

    value: float | None
    n: int
    low: float | None
    high: float | None


def as_carried(dimension: str, value: str) -> str:
    """A value as events carry it once they were read, however people and programs write it.

    A channel is in lower case, letters with accents are coded in one way, marks that nobody sees are nothing,
    and blanks that do not break are blanks, as what looks alike is alike.
    """
    value = value.lower() if dimension == "channel" else value
    return value if value.isascii() else normalize("NFC", value.translate(_AS_SEEN)).strip()


def scope_text(scope: Scope) -> str:
    """`channel=phone,stage=support`; the characters that would confuse it are percent-escaped."""
    return ",".join(f"{name}={value.translate(_ESCAPES)}" for name, value in scope)


def scope_words(scope: Mapping[str, str]) -> str:
    """As people read it: `phone`, `phone, stage purchase`, `no channel`; without dimensions all together.

    The channel goes by its value alone, which says what it is, and comes first.
    """
    names = sorted(scope, key=lambda name: name != "channel")  # stable: the others keep their order
    return ", ".join(_dimension_words(name, scope[name]) for name in names) or "all channels together"


def _dimension_words(name: str, value: str) -> str:
    if not value:
        return f"no {name}"
    value = printable(value)  # a line break in it would forge a sentence
    return value if name == "channel" else f"{name} {value}"


def scope_object(scope: Scope) -> Mapping[str, str]:
    """The scope as cx.alerts and cx.scores carry it."""
    return dict(scope)
