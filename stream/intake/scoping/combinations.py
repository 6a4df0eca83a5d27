"""Combinations of dimension values, numbered; and the scopes that each belongs to, per grouping."""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alerts.readings import as_carried
from stream.columnar.hashing import hashed, shortened
from stream.columnar.hashtable import Keys
from stream.columnar.numbering import Codes, Growing, Numbering, Spellings
from stream.columnar.timestamps import Ints
from stream.intake.decoding.limits import VALUE_CHARS
from stream.intake.wall import Undo
from stream.messages.events import Event
from stream.messages.tallies import Spelled

Values = tuple[str, ...]
Raw = str | None

MOST: Final = 1 << 16
"""Combinations that are numbered before the unused ones are forgotten."""
FEW: Final = 1 << 12
"""Combinations that are few enough to be looked up whole."""
ROOM: Final = 1 << 21
"""Cells that may be there for combinations at least: 8 MiB, as many as `MOST` of them may have anyway."""


class Dimension:
    """The values of one dimension, numbered: stripped, `as_carried`, "" for what is missing.

    What is longer than `VALUE_CHARS` is shortened.  `overlong` says that such a spelling is remembered, and
    should not be for long.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self.overlong = False
        self.texts: list[str] = []
        self._codes: dict[str, int] = {}
        self._hashes = Growing(np.uint64)
        self._packed: list[bytes] = []
        self._spellings: Spellings[Raw] = Spellings(self._tidied)

    def codes(self, raws: Iterable[Raw], many: int) -> Ints:
        """The number of each of so many values, as they are spelled."""
        return self._spellings.numbers(raws, many)

    def code(self, text: str) -> int:
        """The number of a tidy value, a new one if need be."""
        code = self._codes.setdefault(text, len(self.texts))
        if code == len(self.texts):
            self.texts.append(text)
        return code

    def hashes(self, codes: Ints) -> Keys:
        """The hashes of values."""
        self._hashes.append(hashed(self.texts[len(self._hashes) :]))
        return self._hashes.rows[codes]

    def named(self, codes: NDArray[np.signedinteger]) -> list[str]:
        """Values by their numbers."""
        return list(map(self.texts.__getitem__, codes.tolist()))

    def packed(self, codes: NDArray[np.signedinteger]) -> list[bytes]:
        """Values by their numbers, as scopes in messages spell them."""
        self._packed += Spelled.values(self.texts[len(self._packed) :])
        return list(map(self._packed.__getitem__, codes.tolist()))

    def retain(self, used: Codes) -> None:
        """Forget all values but `used` (distinct), which are numbered in this order from 0."""
        self.texts = self.named(used)
        self._codes = {text: code for code, text in enumerate(self.texts)}
        self._hashes, self._packed = Growing(np.uint64), []
        self.forget_spellings()

    def truncate(self, size: int) -> None:
        """Forget the values from number `size` on."""
        for text in self.texts[size:]:
            del self._codes[text]
        del self.texts[size:]
        self._hashes, self._packed = Growing(np.uint64), []
        self.forget_spellings()

    def forget_spellings(self) -> None:
        """Keep the values, but not how they were spelled."""
        self._spellings.forget()
        self.overlong = False

    def _tidied(self, raws: list[Raw]) -> Ints:
        texts = [as_carried(self._name, (raw or "").strip()) for raw in raws]
        if max(map(len, (*texts, *filter(None, raws))), default=0) > VALUE_CHARS:
            self.overlong = True
            texts = [shortened(text, VALUE_CHARS) for text in texts]
        return np.array(list(map(self.code, texts)), np.int64)


class Combos:
    """Numbers for the combinations of values of `dims`; a number stays valid until `retain`.

    `limit` is how many there may be before it is time for that.  Up to `few` whole combinations are
    looked up; with more of them, one dimension after the other is faster.
    """

    def __init__(self, dims: Sequence[str], values: Sequence[Values] = (), limit: int = MOST) -> None:
        self.dims: Final = tuple(dims)
        self.limit, self.few = limit, FEW
        self._dimensions = [Dimension(dim) for dim in dims]
        self._numbering = Numbering(len(self.dims), room=ROOM)
        self._spellings: Spellings[Any] = Spellings(self._spelled)
        self._whole = attrgetter(*(self.dims or ("channel",)))
        self._single = [attrgetter(dim) for dim in dims]
        self.numbers(values)

    def __len__(self) -> int:
        return len(self._numbering)

    @property
    def values(self) -> list[Values]:
        """The combination of each number."""
        return self.named(self._numbering.rows, range(len(self.dims)))

    def codes(self, events: Sequence[Event]) -> Ints:
        """The number of each event's combination."""
        codes = self._codes(events)
        if any(dimension.overlong for dimension in self._dimensions):
            self._spellings.forget()
            for dimension in self._dimensions:
                dimension.forget_spellings()
        return codes

    def _codes(self, events: Sequence[Event]) -> Ints:
        if not self.dims:
            return np.full(len(events), self.code(()), np.int64)
        if len(self) <= self.few:
            return self._spellings.numbers(map(self._whole, events), len(events))
        self._spellings.forget()
        return self._numbered([map(single, events) for single in self._single], len(events))

    def hashes(self, dim: str, codes: Ints) -> Keys:
        """The hash of the value of a dimension in each of some combinations."""
        place = self.dims.index(dim)
        return self._dimensions[place].hashes(self._numbering.rows[codes, place])

    def retain(self, used: Ints) -> Ints:
        """Forget all numbers but `used` (distinct), which are numbered in this order.

        Gives each old one its new number, -1 where it is forgotten.
        """
        renumbered = np.full(len(self), -1, np.int64)
        kept = self._numbering.rows[used]
        for place, dimension in enumerate(self._dimensions):
            values, kept[:, place] = np.unique(kept[:, place], return_inverse=True)
            dimension.retain(values)
        self._numbering = Numbering(len(self.dims), room=ROOM)
        self._spellings.forget()
        renumbered[used] = self._numbering.numbers(kept)
        self.limit = max(self.limit, 2 * len(self))
        return renumbered

    def mark(self) -> Undo:
        """Gives what puts them back to how they are now."""
        size, sizes = len(self), [len(dimension.texts) for dimension in self._dimensions]

        def undo() -> None:
            rows = self._numbering.rows[:size].copy()
            self._numbering = Numbering(len(self.dims), room=ROOM)
            self._numbering.numbers(rows)
            self._spellings.forget()
            for dimension, own in zip(self._dimensions, sizes, strict=True):
                dimension.truncate(own)

        return undo

    def code(self, values: Values) -> int:
        """The number of a combination, a new one if need be."""
        return int(self.numbers([values])[0])

    def numbers(self, combos: Sequence[Values]) -> Ints:
        """The numbers of combinations of tidy values, new ones if need be."""
        rows = np.empty((len(combos), len(self.dims)), np.int32)
        for place, (dimension, texts) in enumerate(
            zip(self._dimensions, zip(*combos, strict=True), strict=False)
        ):
            rows[:, place] = list(map(dimension.code, texts))
        return self._numbering.numbers(rows)

    def numbered(self, rows: Codes) -> Ints:
        """The numbers of combinations, given by the numbers of their values; new ones if need be."""
        return self._numbering.numbers(rows)

    def dimension(self, place: int) -> Dimension:
        """The values of the dimension at a place of `dims`."""
        return self._dimensions[place]

    def parts(self, first: int) -> Codes:
        """The values of the combinations from `first` on, as numbers for `named`."""
        return self._numbering.rows[first:]

    def named(self, parts: Codes, places: Iterable[int]) -> list[Values]:
        """The values of dimensions at some places, which `parts` has as its columns."""
        texts = [self._dimensions[place].named(column) for place, column in zip(places, parts.T, strict=True)]
        return list(zip(*texts, strict=True)) if texts else [()] * len(parts)

    def _spelled(self, raws: list[Any]) -> Ints:
        """Numbers of combinations that are spelled in a new way."""
        # attrgetter gives bare values where there is one dimension, otherwise tuples
        columns = zip(*raws, strict=True) if len(self.dims) > 1 else [raws]
        return self._numbered(columns, len(raws))

    def _numbered(self, columns: Iterable[Iterable[Raw]], many: int) -> Ints:
        """Numbers of so many combinations, given as a column per dimension."""
        rows = np.empty((many, len(self.dims)), np.int32)
        for place, (dimension, column) in enumerate(zip(self._dimensions, columns, strict=True)):
            rows[:, place] = dimension.codes(column, many)
        return self._numbering.numbers(rows)
