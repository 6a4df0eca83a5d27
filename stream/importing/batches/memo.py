"""A memory of what was worked out: a column mostly says the same few things."""

from collections.abc import Callable, Iterable
from enum import Enum
from typing import Final, TypeVar

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")

REMEMBERED: Final = 5_000
"""Answers that are kept; where there are more, as of ids that differ in each row, all are forgotten."""


class Doubt(Enum):
    """What stands where a value should."""

    AGAIN = "again"  # something is amiss: the row is read again by itself, which says what


class Memo(dict[KeyT, ValueT]):
    """Answers by what was asked, each worked out when it is asked for first."""

    def __init__(self, work: Callable[[KeyT], ValueT]) -> None:
        super().__init__()
        self._work = work

    def __missing__(self, key: KeyT) -> ValueT:
        if len(self) >= REMEMBERED:
            self.clear()
        value = self[key] = self._work(key)
        return value

    def of(self, keys: Iterable[KeyT]) -> list[ValueT]:
        """The answers to all of them."""
        return list(map(self.__getitem__, keys))
