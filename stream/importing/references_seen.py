"""What is remembered of the customers and cases of an import's events: who is lost, and who is all."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from stream.importing.batches.batch import Batch
from stream.importing.batches.event_maker import Placed
from stream.importing.cells.ids import is_spoiled

REFERENCES: Final = ("customer", "case", "interaction")
MOST_EVENTS: Final = 50_000
"""Events that are looked at: the first ones."""
MOST_CUSTOMERS: Final = 2_000
"""Different customers that are counted: whoever is most of all is among the first."""


@dataclass(slots=True)
class ReferencesSeen:
    """`spoiled` counts by field events whose value a spreadsheet has spoiled, `such` is one of them."""

    looked_at: int = 0
    customers: Counter[object] = field(default_factory=Counter)
    spoiled: Counter[str] = field(default_factory=Counter)
    such: dict[str, str] = field(default_factory=dict)

    def hear(self, batch: Batch, placed: Sequence[Placed]) -> None:
        """Events, each of a row of the batch."""
        if self.looked_at >= MOST_EVENTS:
            return
        self.looked_at += len(placed)
        known = (event["customer"] for *_, event, _ in placed if "customer" in event)
        others = len(self.customers) < MOST_CUSTOMERS
        self.customers.update(each for each in known if others or each in self.customers)
        for name in REFERENCES:
            for place, shape, event, _ in placed:
                if name in shape.fields and name not in event:
                    self._look(batch, place, name, shape.fields[name].columns)

    def _look(self, batch: Batch, place: int, name: str, columns: Sequence[str]) -> None:
        found = next(
            (text for each in columns if (text := batch.texts(each)[place]) and is_spoiled(text)), ""
        )
        if found:
            self.spoiled[name] += 1
            self.such.setdefault(name, found.strip())
