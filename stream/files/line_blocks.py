"""A stream of bytes as runs of whole lines; of a line that is too long only the beginning is kept.

Work is linear in the bytes and memory bounded: a line of any length costs no more than `LONGEST` bytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

BLOCK_BYTES: Final = 1 << 20
LONGEST: Final = 1 << 20
"""Bytes of the longest line that is kept whole: what the worker takes of a record, and no more."""


class Bytes(Protocol):
    """A stream of bytes."""

    def read(self, size: int, /) -> bytes:
        """So many at most; none at the end."""


@dataclass(frozen=True, slots=True)
class LineBlock:
    """Whole lines, the last perhaps without its line break; `skipped` bytes of the last were not kept."""

    text: bytes
    skipped: int = 0


def line_blocks(file: Bytes) -> Iterator[LineBlock]:
    """Runs of whole lines.  A line that is too long is a run of its own, cut off a byte after `LONGEST`."""
    rest = b""
    while block := file.read(BLOCK_BYTES):
        whole = block.rfind(b"\n") + 1
        if whole:
            yield from _cut(b"".join((rest, memoryview(block)[:whole])))
            rest = block[whole:]
        else:
            rest += block
        if len(rest) > LONGEST:
            skipped, rest = _skip_line(file, rest)
            yield skipped
            whole = rest.rfind(b"\n") + 1
            if whole:
                yield LineBlock(rest[:whole])
            rest = rest[whole:]
    if rest:
        yield LineBlock(rest)


def _cut(lines: bytes) -> Iterator[LineBlock]:
    """A run of lines, the first of which may be too long: blocks are no longer than a line may be."""
    first = lines.find(b"\n")
    if first > LONGEST:
        yield LineBlock(lines[: LONGEST + 1] + b"\n", first - LONGEST - 1)
        lines = lines[first + 1 :]
    if lines:
        yield LineBlock(lines)


def _skip_line(file: Bytes, begun: bytes) -> tuple[LineBlock, bytes]:
    """The beginning of a line that is too long, read past to its end, and what was read of the next."""
    length = len(begun)
    kept = begun[: LONGEST + 1]
    while block := file.read(BLOCK_BYTES):
        end = block.find(b"\n")
        if end >= 0:
            return LineBlock(kept + b"\n", length + end - len(kept)), block[end + 1 :]
        length += len(block)
    return LineBlock(kept + b"\n", length - len(kept)), b""
