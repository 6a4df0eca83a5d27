"""The events of a batch: column by column, and row by row where something is amiss."""

from collections.abc import Callable, Sequence

from stream.importing.batches.batch import Batch
from stream.importing.batches.event_maker import EventMaker, Placed
from stream.importing.batches.latest_times import LatestTimes
from stream.importing.batches.reading_times import OrderMattersError
from stream.importing.batches.table_columns import TablesSaid
from stream.importing.cells.faults import RowError
from stream.importing.mapping import Shape
from stream.importing.row_events import OneRow, RowEvent, row_events

Look = Callable[[int], None]
"""Hears the place of each row after it was decided, where one is decided after the other."""


class Decider:
    """The shapes of a mapping, for batches and for single rows."""

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self._shapes = shapes
        self._maker = EventMaker(shapes)
        self._times = LatestTimes(shapes)

    def decide(
        self, batch: Batch, said: TablesSaid | None, look: Look | None = None
    ) -> tuple[list[Placed], list[tuple[int, RowError]]]:
        """Events in the order of the rows, and by place the rows that make none as something is wrong.

        With `look`, all rows are read one after the other.
        """
        placed: list[Placed] = []
        again = {*range(len(batch))}
        if look is None:
            try:
                placed, again = self._maker.made(batch, None if said is None else said.filled())
            except OrderMattersError:
                pass
            else:
                again |= _lacking(placed, said)
        if not again:
            self._times.follow(placed)
            return placed, []
        wrong: list[tuple[int, RowError]] = []
        placed = [each for each in placed if each[0] not in again]
        for place in sorted(again):
            try:
                made = [(place, *event) for event in self._of_row(batch, place, said)]
            except RowError as error:
                wrong.append((place, error))
            else:
                self._times.follow(made)
                placed += made
            if look is not None:
                look(place)
        placed.sort(key=_place)
        self._times.follow(placed)
        return placed, wrong

    def _of_row(self, batch: Batch, place: int, said: TablesSaid | None) -> list[RowEvent]:
        one = OneRow(batch.row(place), batch.row_before(place), batch.is_last(place))
        if said is not None:
            one = one._replace(filled=said.fields[place], missing=said.missing[place])
        return row_events(self._shapes, one)


def _lacking(placed: Sequence[Placed], said: TablesSaid | None) -> set[int]:
    """Places of rows with events that a table lacks an entry for."""
    if said is None or not any(said.missing):
        return set()
    return {place for place, *_ in placed if said.missing[place]}


def _place(placed: Placed) -> int:
    return placed[0]
