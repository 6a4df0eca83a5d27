"""Numbering: numbers in the order of first coming, for raw values and for rows of codes."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.columnar import numbering
from stream.columnar.hashing import joined
from stream.columnar.hashtable import Keys
from stream.columnar.numbering import ROOM, SPELLINGS, Growing, Numbering, Spellings
from stream.columnar.timestamps import Ints

Row = tuple[int, ...]
batches = st.integers(0, 3).flatmap(
    lambda width: st.lists(st.lists(st.tuples(*[st.integers(0, 9)] * width), max_size=30), max_size=6)
)
small = st.integers(0, 6)
wide = st.lists(st.lists(st.tuples(*[st.integers(0, 2**31 - 1)] * 3), max_size=30), max_size=6)


def weak(left: Keys, right: Keys) -> Keys:
    """A hash with which unlike rows meet all the time."""
    return joined(left, right) & np.uint64(63)


def table(rows: Sequence[Row], width: int) -> numbering.Codes:
    """Rows as an array."""
    return np.array(rows, np.int32).reshape(len(rows), width)


@given(st.one_of(batches, wide), st.sampled_from([0, 64, ROOM]))
def test_rows_are_numbered_as_they_first_come(of: list[list[Row]], room: int) -> None:
    """In whatever batches, by cells or by hashes; each number stands for its row ever after."""
    width = next((len(row) for batch in of for row in batch), 0)
    numbers, known = Numbering(width, room=room), dict[Row, int]()
    for batch in of:
        expected = [known.setdefault(row, len(known)) for row in batch]
        assert numbers.numbers(table(batch, width)).tolist() == expected
        assert [tuple(row) for row in numbers.rows.tolist()] == list(known)
        assert len(numbers) == len(known)


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 6), st.integers(2**24, 2**24 + 6)), max_size=30), max_size=6)
)
def test_rows_whose_hashes_agree_are_told_apart(of: list[list[Row]]) -> None:
    """Nobody can have events counted as others' by a choice of values."""
    numbers, known = Numbering(2, weak, room=0), dict[Row, int]()
    for batch in of:
        found = numbers.numbers(table(batch, 2)).tolist()
        for row, number in zip(batch, found, strict=True):
            assert known.setdefault(row, number) == number
    assert sorted(known.values()) == list(range(len(known))) == list(range(len(numbers)))
    assert {tuple(row): number for number, row in enumerate(numbers.rows.tolist())} == known


def test_rows_whose_hashes_agree_keep_their_numbers() -> None:
    """When codes have become too large for cells."""
    known = [(left, right) for left in range(7) for right in range(7)]
    numbers = Numbering(2, weak)
    assert numbers.numbers(table(known, 2)).tolist() == list(range(49))
    assert numbers.numbers(table([(2**30, 2**30), (6, 6), (0, 0)], 2)).tolist() == [49, 48, 0]
    assert numbers.numbers(table(known, 2)).tolist() == list(range(49))


def lengths(asked: list[str]) -> Callable[[list[str]], Ints]:
    """Numbers a text by its length, and notes that it was asked."""

    def number(texts: list[str]) -> Ints:
        asked.extend(texts)
        return np.array(list(map(len, texts)), np.int64)

    return number


@given(st.lists(st.lists(st.text("ab", max_size=3), max_size=12), max_size=6))
def test_each_spelling_is_asked_for_once(of: list[list[str]]) -> None:
    """In the order in which they came."""
    asked: list[str] = []
    spellings = Spellings(lengths(asked))
    for texts in of:
        assert spellings.numbers(iter(texts), len(texts)).tolist() == list(map(len, texts))
    assert asked == list(dict.fromkeys(text for texts in of for text in texts))


def test_the_memory_of_spellings_is_bounded() -> None:
    """When there are too many, all are asked for again."""
    asked: list[str] = []
    spellings = Spellings(lengths(asked))
    texts = [str(number) for number in range(SPELLINGS)]
    spellings.numbers(texts, len(texts))
    spellings.numbers(["5"], 1)
    assert len(asked) == SPELLINGS
    spellings.numbers(["more"], 1)
    spellings.numbers(["5"], 1)
    assert asked[SPELLINGS:] == ["more", "5"]


@pytest.mark.parametrize("shape", [(), (2,)])
def test_arrays_grow_at_their_end(shape: tuple[int, ...]) -> None:
    """Whatever is put there, none included."""
    growing = Growing(np.int64, *shape)
    pieces = [np.full((many, *shape), many, np.int64) for many in (0, 3, 1, 0, 40)]
    for piece in pieces:
        growing.append(piece)
    assert growing.rows.tolist() == np.concatenate(pieces).tolist()
    assert len(growing) == 44
