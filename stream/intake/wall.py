"""The wall around everything that reads records: one record, one fate, whatever goes wrong with it.

What is wrong with a record is found when it is decoded, before any state is touched.  An exception that
nobody foresaw is a fault of ours, and may come later.  Then the state goes back to where it was before the
batch, and the batch is fed again by halves, until the record that is to blame stands alone: it is refused
with the reason `internal`, and all the others count.  As batches decide nothing, every worker and every
replay blames the same record.
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeVar

Undo = Callable[[], None]
"""Puts a state back to where it was when this was made; of no use after the state has been put back."""
Mark = Callable[[], Undo]

OutT = TypeVar("OutT")
ItemT = TypeVar("ItemT")

OUR_PACKAGES: Final = ("stream.", "alerts.")
"""Where a fault of ours is told to be; what fails is often a library that was called with what it refuses."""


class Marked(Protocol):
    """A part of the state."""

    def mark(self) -> Undo:
        """Gives what puts it back to how it is now."""
        ...


def marked(*parts: Marked) -> Undo:
    """Marks all parts; what it gives puts all of them back."""
    undone = [part.mark() for part in parts]

    def undo() -> None:
        for each in undone:
            each()

    return undo


def fed_in_parts(
    records: Sequence[ItemT],
    mark: Mark,
    feed: Callable[[Sequence[ItemT]], OutT],
    refuse: Callable[[ItemT, Exception], OutT],
) -> list[OutT]:
    """What comes of feeding records, in as many parts as faults of ours make necessary: mostly one.

    Raises:
        MemoryError: that is no record's fault, and the worker must start again.
    """
    undo = mark()
    try:
        return [feed(records)]
    except MemoryError:
        raise
    except Exception as error:  # whatever it is, it must not stop the rest
        undo()
        if not records:
            raise
        if len(records) == 1:
            return [refuse(records[0], error)]
    half = len(records) // 2
    return [
        *fed_in_parts(records[:half], mark, feed, refuse),
        *fed_in_parts(records[half:], mark, feed, refuse),
    ]


def kind_of(error: BaseException) -> str:
    """What went wrong and where in our code, the same for all such records; nothing of theirs is in it."""
    place = "outside of our code"
    step = error.__traceback__
    while step is not None:
        module = step.tb_frame.f_globals.get("__name__", "")
        if module.startswith(OUR_PACKAGES) and module != __name__:
            place = f"{module}:{step.tb_lineno}"
        step = step.tb_next
    return f"{type(error).__name__} at {place}"
