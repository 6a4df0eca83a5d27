"""The latest times of which events were made: they tell which one is meant by an hour that comes twice."""

from collections.abc import Iterator, Sequence

from stream.importing.batches.event_maker import Placed
from stream.importing.cells.columns import FieldSource, FirstOf
from stream.importing.cells.times import RowOrder, Time, Twice
from stream.importing.conditions import Guarded
from stream.importing.mapping import Shape


class LatestTimes:
    """Keeps the `RowOrder` of each time that some shapes read."""

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self._orders = {
            id(shape): [(name, order) for name, source in shape.fields.items() for order in _orders(source)]
            for shape in shapes
        }
        self._all = {id(order) for orders in self._orders.values() for _, order in orders}

    def follow(self, placed: Sequence[Placed]) -> None:
        """Hear the events of further rows, in the order of the rows."""
        left = self._all.copy()
        for _, shape, event, _ in reversed(placed):
            if not left:
                return
            for name, order in self._orders[id(shape)]:
                if name in event and id(order) in left:
                    order.last = str(event[name])
                    left.remove(id(order))


def times_of(source: FieldSource) -> Iterator[Time]:
    """The times that a field may be read from."""
    match source:
        case Time():
            yield source
        case Guarded():
            yield from times_of(source.source)
        case FirstOf():
            for each in source.sources:
                yield from times_of(each)
        case _:
            pass


def _orders(source: FieldSource) -> Iterator[RowOrder]:
    return (time.order for time in times_of(source) if time.twice is Twice.BY_ORDER)
