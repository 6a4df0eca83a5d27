"""Patterns of matchers: regular expressions that are through with any text soon.

Python's engine tries every way in which repeats can share a text, and anybody who sends events chooses texts:
a channel of forty letters keeps `(a+)+b` busy for years, and the worker with it.  So no repeat has a choice
inside it, and the ways in which those that follow each other can share a text are bounded.
"""

import re
from collections.abc import Iterable
from math import inf, prod
from re import _parser  # type: ignore[attr-defined]  # how a pattern is built: there is no public way
from typing import Any, Final

LONGEST_TEXT: Final = 128
"""Characters of a label's value, where it counts: those of dimensions are cut to as many."""
MOST_WAYS: Final = 300_000_000
"""Four repeats without an end, each of which may begin where the one before it ends: 0.08 s at worst."""


def is_quick(pattern: str) -> bool:
    """Whether a pattern is through with any text soon.

    Raises:
        re.error: it is none.
    """
    try:
        return _ways(_parser.parse(pattern)) <= MOST_WAYS
    except (RecursionError, OverflowError):
        return False


def in_lower_case(pattern: str) -> str:
    r"""The pattern for texts in lower case: `\\D` stays what it is."""
    return re.sub(r"\\.|[^\\]+", lambda part: part[0] if part[0][0] == "\\" else part[0].lower(), pattern)


def _ways(parts: Iterable[tuple[Any, Any]]) -> float:
    """In how many ways a text can be shared among parts that follow each other, at most."""
    return prod(_ways_of(str(kind), held) for kind, held in parts)


def _ways_of(kind: str, held: Any) -> float:
    if kind.endswith("_REPEAT"):
        least, most, body = held
        inside = _ways(body)
        if inside == 1:
            return min(int(most), LONGEST_TEXT) - min(int(least), LONGEST_TEXT) + 1
        return inside + 1 if most == 1 else inf
    match kind:
        case "BRANCH" | "GROUPREF_EXISTS":
            return sum(
                _ways(each) for each in (held[1] if kind == "BRANCH" else held[1:]) if each is not None
            )
        case "SUBPATTERN" | "ASSERT" | "ASSERT_NOT":
            return _ways(held[-1])
        case "ATOMIC_GROUP":
            return _ways(held)
        case _:
            return 1
