"""Conditions, compiled: each looks at a whole batch, and at the same text once.

Whether a condition holds for a row is decided by the condition itself, so batches say what single rows say.
"""

from collections.abc import Callable, Sequence

from stream.importing.batches.batch import Batch
from stream.importing.batches.memo import Doubt, Memo
from stream.importing.cells.faults import RowError
from stream.importing.conditions import (
    AnyPresent,
    Beyond,
    ColumnChanges,
    Condition,
    Contains,
    First,
    Is,
    Last,
    Matches,
    Present,
    Rises,
)

Test = Callable[[Batch], Sequence[bool | Doubt]]
"""Whether a condition holds, by row."""


def tester_of(condition: Condition) -> Test:
    """What looks at each row of a batch."""
    match condition:
        case First():
            return lambda batch: [True] * len(batch) if batch.first is None else batch.first
        case Last():
            return lambda batch: [True] * len(batch) if batch.last is None else batch.last
        case Is() | Present() | Beyond() | Contains() | Matches():
            return _of_text(condition, condition.column)
        case Rises() | ColumnChanges():
            return _of_change(condition, condition.column)
        case AnyPresent():
            each = [tester_of(Present(column, True, condition.nulls)) for column in condition.columns]
            return lambda batch: [any(row) for row in zip(*(test(batch) for test in each), strict=True)]
        case _:
            return lambda batch: [_holds(condition, batch, place) for place in range(len(batch))]


def _of_text(condition: Condition, column: str) -> Test:
    def of_text(text: str | None) -> bool | Doubt:
        try:
            return condition.holds({} if text is None else {column: text}, None, last=True)
        except RowError:
            return Doubt.AGAIN

    memo = Memo(of_text)
    return lambda batch: memo.of(batch.texts(column))


def _of_change(condition: Condition, column: str) -> Test:
    def of_texts(texts: tuple[str | None, str | None]) -> bool | Doubt:
        now, then = ({} if text is None else {column: text} for text in texts)
        try:
            return condition.holds(now, then, last=True)
        except RowError:
            return Doubt.AGAIN

    memo = Memo(of_texts)
    return lambda batch: memo.of(zip(batch.texts(column), batch.texts_before(column), strict=True))


def _holds(condition: Condition, batch: Batch, place: int) -> bool | Doubt:
    try:
        return condition.holds(batch.row(place), batch.row_before(place), last=batch.is_last(place))
    except RowError:
        return Doubt.AGAIN


Where = Callable[[Batch], tuple[Sequence[int], Sequence[int]]]


def places_where(conditions: Sequence[Condition]) -> Where:
    """What tells the rows for which all conditions hold, and those that are to be read again."""
    tests = [tester_of(condition) for condition in conditions]

    def where(batch: Batch) -> tuple[Sequence[int], Sequence[int]]:
        places: Sequence[int] = range(len(batch))
        again: list[int] = []
        for test in tests:
            found = test(batch.only(places))
            if Doubt.AGAIN in found:
                again += [place for place, holds in zip(places, found, strict=True) if holds is Doubt.AGAIN]
            places = [place for place, holds in zip(places, found, strict=True) if holds is True]
        return places, again

    return where
