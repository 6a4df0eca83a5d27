"""Lines of a text, none of them longer than a mebibyte: what is longer is passed over as it is read."""

import csv
import io
from collections import deque
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Final

LONGEST: Final = 1 << 20
"""Characters of a line, and of a record that spreads over lines within quotation marks."""
PADDING: Final = "\x1a\0"
"""What ends files of DOS, and fills those up whose length is fixed."""


class LineTooLongError(csv.Error):
    """A line, or a record of several, is longer than anything that is read."""

    def __init__(self, what: str = "line") -> None:
        super().__init__(f"want a {what} of at most {LONGEST >> 20} MiB, got a longer one")


class BoundedLines:
    """Lines one by one, with their line breaks; `number` is that of the last one, from 1.

    A line that is too long is read past and raised as an error; the next call goes on after it.  So is a
    record of lines that `csv` joins: whoever takes records calls `record` before each.
    """

    def __init__(self, text: io.TextIOBase) -> None:
        self._read = partial(text.readline, LONGEST + 1)
        self._waiting: deque[str] = deque()
        self._broken: UnicodeError | None = None
        """What stopped looking ahead; nothing can be read after it."""
        self._taken = 0
        self.number = 0
        self.began = 0
        """The line with which the record began that the end of the file cut off; 0 for none."""
        self.first = 0
        """The line with which the record begins that is read now."""

    def record(self) -> None:
        """A new record begins."""
        self._taken = 0
        self.first = self.number + 1

    def put_back(self, line: str) -> None:
        """Have a line again."""
        self._waiting.appendleft(line)
        self.number -= 1

    def ahead(self, most: int) -> Sequence[str]:
        """The next lines, which stay to be read; none while some that were looked at are still waiting."""
        if self._waiting or self._broken is not None:
            return ()
        try:
            self._waiting.extend(islice(iter(self._read, ""), most))
            if self._waiting:
                self._waiting[-1] = _ended(self._waiting[-1])
        except UnicodeError as error:
            self._broken = error
        return tuple(self._waiting)

    def pass_over(self) -> range:
        """The numbers of all lines that were looked at, which count as read."""
        first = self.number + 1
        self.number += len(self._waiting)
        self._waiting.clear()
        return range(first, self.number + 1)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._next()
        if not line:
            self.began = self.first if self._taken else 0
            raise StopIteration
        self.number += 1
        if len(line) > LONGEST:
            while line and line[-1] not in "\r\n":
                line = self._next()
            raise LineTooLongError
        self._taken += len(line)
        if self._taken > LONGEST:
            self._taken = 0
            raise LineTooLongError("record")
        return line

    def _next(self) -> str:
        if self._waiting:
            return self._waiting.popleft()
        if self._broken is not None:
            raise self._broken
        return _ended(self._read())


def _ended(line: str) -> str:
    """The last line of a file without what fills it up; any other as it is."""
    return line.rstrip(PADDING) if line[-1:] in PADDING else line
