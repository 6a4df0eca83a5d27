"""What must be known of a line to put it in its place: when it happened, and which kind of event it is."""

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from stream.columnar.timestamps import EARLIEST_MS, LATEST_MS, NO_TIME, Ints, read_times
from stream.messages.half_letters import without_halves
from stream.messages.records import REGISTRY_BYTES

INTERACTION, FEEDBACK, BLANK = 0, 1, 2
"""Kinds of line.  A line with `indicator` is feedback; one that is not JSON counts as what it looks like."""


class _Head(msgspec.Struct, gc=False):
    """What must be known of a line to put it in its place."""

    at: str | float | None = None
    indicator: object = msgspec.UNSET


_HEADS: Final = msgspec.json.Decoder(_Head)
_NOT_READ: Final = _Head()


@dataclass(frozen=True, slots=True)
class LineHeads:
    """Of a run of lines: where each ends (behind its line break), when it happened, and its kind."""

    ends: Ints
    at_ms: Ints
    kind: NDArray[np.uint8]


def line_heads(block: bytes) -> LineHeads:
    """The heads of all lines of a run."""
    ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n")) + 1
    if not block.endswith(b"\n"):
        ends = np.append(ends, len(block) + 1)
    begins = np.concatenate([[0], ends[:-1]])
    heads, kind = _heads(block, begins, ends)
    return LineHeads(ends, _times(heads), kind)


def _heads(block: bytes, begins: Ints, ends: Ints) -> tuple[Sequence[_Head], NDArray[np.uint8]]:
    """The heads of all lines of a block, those that cannot be read included, and their kinds."""
    heads = _at_once(block) if _tidy(np.frombuffer(block, np.uint8), begins, ends) else ()
    if len(heads) == len(ends):  # one object on each line
        unset = msgspec.UNSET
        # Through bytes, as numpy reads lists slowly.
        return heads, np.frombuffer(bytes([head.indicator is not unset for head in heads]), np.uint8)
    return _one_by_one(block.split(b"\n")[: len(ends)])


def _at_once(block: bytes) -> Sequence[_Head]:
    """The heads of all objects in a block; none when something is wrong with one."""
    try:
        return _HEADS.decode_lines(block)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return ()


def _tidy(data: NDArray[np.uint8], begins: Ints, ends: Ints) -> bool:
    """Whether every line goes from { to }.  Then no object goes on in the next line: } { is in none."""
    last = data[ends - 2]
    returns = last == ord("\r")
    last[returns] = data[ends[returns] - 3]
    return bool((data[begins] == ord("{")).all() and (last == ord("}")).all())


def _one_by_one(lines: Sequence[bytes]) -> tuple[Sequence[_Head], NDArray[np.uint8]]:
    heads, kinds = [], []
    for line in lines:
        try:
            head = _HEADS.decode(_bare(line))
            kind = INTERACTION if head.indicator is msgspec.UNSET else FEEDBACK
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            head = _NOT_READ
            kind = FEEDBACK if b'"indicator"' in line else INTERACTION
        heads.append(head)
        kinds.append(kind if line.strip() else BLANK)
    return heads, np.array(kinds, np.uint8)


def _bare(line: bytes) -> bytes:
    """A line without what is passed over where an event is read, and which must not hide its time."""
    if line.startswith(b"\0"):
        line = line[REGISTRY_BYTES:]
    return without_halves(line.removeprefix(codecs.BOM_UTF8))


def _times(heads: Sequence[_Head]) -> Ints:
    """Times of the heads, `NO_TIME` where there is none that an event may have."""
    at_ms = read_times([head.at for head in heads])
    return np.where((at_ms < EARLIEST_MS) | (at_ms > LATEST_MS), NO_TIME, at_ms)


def filled(at_ms: Ints) -> Ints:
    """The times, with the one before (the first one known, at the start) where there is none."""
    known = np.flatnonzero(at_ms != NO_TIME)
    if len(known) == len(at_ms):
        return at_ms
    if not len(known):
        return np.full(len(at_ms), EARLIEST_MS)
    source = np.zeros(len(at_ms), np.int64)
    source[known] = known
    source = np.maximum.accumulate(source)
    source[: known[0]] = known[0]
    filled: Ints = at_ms[source]
    return filled
