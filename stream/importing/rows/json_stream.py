"""Objects of a stream of JSON, however they are spaced: one a line, one after another, or in one array.

The stream is cut at braces that are not within texts, so an object may spread over lines and no line break is
needed.  Amazon's Firehose writes contact records so: {"a":1}{"a":2}{"a":3}.
"""

import re
from collections.abc import Iterator
from typing import Final

LONGEST: Final = 16 << 20
"""Bytes of one object; a longer one is passed over."""

_OUTSIDE: Final = re.compile(rb"[{]|[^\s,\[\]\x1a\0]")
_INSIDE: Final = re.compile(rb'["{}]')
_IN_TEXT: Final = re.compile(rb'["\\]')


class TooLong(Exception):  # noqa: N818  # an outcome of one object, not of the stream
    """An object is longer than anything that is read."""


class Splitter:
    """Cuts a stream into objects.  Work is linear in its bytes, memory bounded by `longest`."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._parts: list[bytes] = []
        self._size = 0
        self._depth = 0
        self._in_text = False
        self._skip_one = False
        self.stray = False

    def feed(self, block: bytes) -> Iterator[bytes | TooLong]:
        """The objects that end in this block; `stray` tells that something else stood between them."""
        place = 0
        begin = 0 if self._depth else -1
        while True:
            if not self._depth:
                found = _OUTSIDE.search(block, place)
                if found is None:
                    return
                begin = found.start()
                if found[0] != b"{":
                    self.stray = True
                    begin = block.find(b"{", place)
                    if begin < 0:
                        return
                self._depth, place = 1, begin + 1
            place = self._inside(block, place)
            if self._depth:
                self._keep(block[begin:])
                return
            self._keep(block[begin:place])
            yield self._taken()

    def rest(self) -> bool:
        """Whether the stream ended within an object."""
        return self._depth > 0

    def _inside(self, block: bytes, place: int) -> int:
        """The end of the object, or of the block."""
        while self._depth and place < len(block):
            if self._skip_one:
                self._skip_one = False
                place += 1
                continue
            found = (_IN_TEXT if self._in_text else _INSIDE).search(block, place)
            if found is None:
                return len(block)
            place = found.end()
            match found[0]:
                case b'"':
                    self._in_text = not self._in_text
                case b"\\":
                    self._skip_one = True
                case b"{":
                    self._depth += 1
                case _:
                    self._depth -= 1
        return place

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        if self._size <= self._longest:
            self._parts.append(part)
        else:
            self._parts.clear()

    def _taken(self) -> bytes | TooLong:
        found = b"".join(self._parts) if self._size <= self._longest else TooLong()
        self._parts.clear()
        self._size = 0
        return found
