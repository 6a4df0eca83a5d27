"""Lines of a text, none of them longer than a mebibyte: what is longer is passed over as it is read."""

import csv
import io
from collections.abc import Iterator
from typing import Final

LONGEST: Final = 1 << 20
"""Characters of a line, and of a record that spreads over lines within quotation marks."""


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
        self._text = text
        self._waiting: list[str] = []
        self._taken = 0
        self.number = 0
        self.began = 0
        """The line with which the record began that the end of the file cut off; 0 for none."""
        self._first = 0

    def record(self) -> None:
        """A new record begins."""
        self._taken = 0
        self._first = self.number + 1

    def put_back(self, line: str) -> None:
        """Have a line again."""
        self._waiting.append(line)
        self.number -= 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._waiting.pop() if self._waiting else self._text.readline(LONGEST + 1)
        if not line:
            self.began = self._first if self._taken else 0
            raise StopIteration
        self.number += 1
        if len(line) > LONGEST:
            while line and line[-1] not in "\r\n":
                line = self._text.readline(LONGEST)
            raise LineTooLongError
        self._taken += len(line)
        if self._taken > LONGEST:
            self._taken = 0
            raise LineTooLongError("record")
        return line
