"""Customers: what a CRM knows of them fills dimensions that an event lacks.

The join is made when an event is written, so what stands on the topic is what every reader, and every
replay, sees: a customer who changes segment tomorrow changes nothing of what came in today.
"""

from collections.abc import Mapping
from typing import Final

from alerts.rules import DIMENSIONS

FILLED: Final = tuple(name for name in DIMENSIONS if name != "channel")
"""Dimensions that a CRM may know; the channel is that of the contact, not of the customer."""
MOST: Final = 1_000_000
"""Customers that are known at a time: some 200 MB.  Further ones are not, and counted."""
VALUE_CHARS: Final = 128

Known = Mapping[str, str]
"""Dimension to value."""
_NOTHING: Final[Known] = {}


class Customers:
    """Who is known, and what of him.  Equal knowledge is kept once, as there are few segments."""

    def __init__(self, most: int = MOST) -> None:
        self.refused = 0
        self._most = most
        self._of: dict[str, Known] = {}
        self._kept: dict[tuple[tuple[str, str], ...], Known] = {}

    def __len__(self) -> int:
        return len(self._of)

    def known(self, customer: str | None) -> Known:
        """Dimensions of a customer; none where he is not known."""
        return _NOTHING if customer is None else self._of.get(customer, _NOTHING)

    def put(self, customer: str, known: Known) -> None:
        """Know this of a customer from now on, in place of what was known."""
        if customer not in self._of and len(self._of) >= self._most:
            self.refused += 1
            return
        pairs = tuple((name, known[name]) for name in FILLED if known.get(name))
        if len(self._kept) >= self._most:  # knowledge that nobody has any more
            self._kept.clear()
        self._of[customer] = self._kept.setdefault(pairs, dict(pairs))

    def forget(self, customer: str) -> None:
        """Know nothing of a customer any more."""
        self._of.pop(customer, None)


class Directory:
    """All that is known of customers: the topic's word, then the file's."""

    def __init__(self, file: Customers | None = None) -> None:
        self.file = file or Customers()
        self.topic = Customers()

    def __len__(self) -> int:
        return len(self.file) + len(self.topic)

    def __bool__(self) -> bool:
        return bool(self.file or self.topic)

    def known(self, customer: str | None) -> Known:
        """Dimensions of a customer."""
        told, filed = self.topic.known(customer), self.file.known(customer)
        return {**filed, **told} if told and filed else told or filed


NOBODY: Final = Directory()
"""Where there is no CRM."""
