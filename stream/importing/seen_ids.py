"""Ids that an import has given, so that the same one in another row is told of.

The worker takes the second event of an identity for the first sent again, and counts it once.  Often that is
right (a row that was exported twice), and sometimes a column was taken for an id that is none.
"""

from collections.abc import Iterable
from typing import Final

from stream.importing.mapping import Event

MOST_IDS: Final = 2_000_000
"""Identities that are remembered, as hashes of 8 bytes: some 120 MB of sets and numbers."""


class SeenIds:
    """Counts the events whose identity an earlier row has."""

    def __init__(self, most: int = MOST_IDS) -> None:
        self.again = 0
        self.first = 0
        """The number of the first such row; 0 while there is none."""
        self.full = False
        """Whether there were more identities than are remembered; later ones are not looked at."""
        self._most: Final = most
        self._seen: Final[set[int]] = set()

    def look(self, events: Iterable[tuple[int, Event]]) -> None:
        """Hear events in their order, each with its row's number."""
        if self.full:
            return
        seen = self._seen
        for number, event in events:
            key = hash(
                (event.get("id"), event.get("indicator"))
            )  # `identity`, as an indicator tells the stream
            if key in seen:
                self.again += 1
                self.first = self.first or number
            else:
                seen.add(key)
        self.full = len(seen) >= self._most
