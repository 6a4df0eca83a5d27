"""Hash table: a dictionary of rows, whatever is put in and swept out."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stream.columnar.hashing import hashed
from stream.columnar.hashtable import HashTable
from stream.columnar.structured import Table, where

ROW = np.dtype([("key", "<u8"), ("age", "<i8")])
KEYS = st.lists(st.integers(0, 2**64 - 1), unique=True, max_size=60)


def rows_of(keys: list[int], age: int = 0) -> Table:
    """Rows of one age."""
    rows = np.zeros(len(keys), ROW)
    rows["key"], rows["age"] = np.array(keys, np.uint64), age
    return rows


def everything(rows: Table) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """All rows are wanted."""
    return np.ones(len(rows), bool)


def enter(table: HashTable, keys: list[int], age: int = 0, oldest: int = 0) -> None:
    """Put in the keys that are not there yet."""
    table.reserve(len(keys), lambda rows: rows["age"] >= oldest)
    found = table.find(np.array(keys, np.uint64))
    new = found.places < 0
    table.add(where(rows_of(keys, age), new), found, new)


def keys_at(table: HashTable, keys: list[int]) -> list[int | None]:
    """What stands where each key was found."""
    places = table.find(np.array(keys, np.uint64)).places.tolist()
    return [int(table.rows["key"][place]) if place >= 0 else None for place in places]


@given(st.lists(KEYS, max_size=6), KEYS)
def test_what_was_put_in_is_found_and_nothing_else(batches: list[list[int]], others: list[int]) -> None:
    """Every key stands where it is found; keys that were never put in are nowhere."""
    table, known = HashTable(ROW), set[int]()
    for batch in batches:
        enter(table, batch)
        known.update(batch)
    assert len(table) == len(known)
    assert keys_at(table, list(known)) == list(known)
    assert keys_at(table, others) == [key if key in known else None for key in others]


@given(st.lists(st.integers(0, 7).map(lambda key: key << 32), unique=True), st.lists(st.integers(0, 7)))
def test_keys_that_want_the_same_slot_are_told_apart(keys: list[int], asked: list[int]) -> None:
    """All of these begin at slot 0, and go on in steps of their own."""
    table = HashTable(ROW)
    enter(table, keys)
    wanted = [key << 32 for key in asked]
    assert keys_at(table, wanted) == [key if key in keys else None for key in wanted]


def test_it_grows_and_forgets_only_what_is_not_wanted() -> None:
    """Ten thousand keys in batches, of which the old ones are given up: the young ones are all there."""
    rng = np.random.default_rng(7)
    table = HashTable(ROW)
    for age in range(100):
        enter(table, rng.integers(0, 2**64, 100, np.uint64).tolist(), age, oldest=age - 20)
    assert 2000 <= len(table) < 5000
    young = table.rows["key"][table.rows["age"] >= 80].tolist()
    assert len(young) == 2000
    assert keys_at(table, young) == young


def test_its_rows_make_another() -> None:
    """A table that is made from rows finds all of them, and takes more."""
    rng = np.random.default_rng(8)
    keys = rng.integers(0, 2**64, 5000, np.uint64).tolist()
    table = HashTable(ROW, rows_of(keys, 3))
    enter(table, [1, 2])
    assert keys_at(table, [*keys, 1, 2, 3]) == [*keys, 1, 2, None]
    assert HashTable(ROW, table.rows).rows.tolist() == table.rows.tolist()


def test_room_is_made_once_and_not_for_every_batch() -> None:
    """After a sweep a quarter is free: the next is a long way off."""
    table, sweeps = HashTable(ROW), []

    def live(rows: Table) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        sweeps.append(len(rows))
        return everything(rows)

    for number in range(2000):
        keys = np.array([number * 2**40 + number], np.uint64)
        table.reserve(1, live)
        table.add(rows_of(keys.tolist()), table.find(keys), np.ones(1, bool))
    assert len(table) == 2000
    assert len(sweeps) <= 4


@given(
    st.lists(st.integers(0, 400), max_size=40),
    st.lists(st.lists(st.integers(0, 400), max_size=700), max_size=3),
)
def test_a_mark_puts_everything_back(before: list[int], after: list[list[int]]) -> None:
    """Whatever was added, overwritten or swept since: the rows are those of the mark, and are found."""
    dtype = np.dtype([("key", "<u8"), ("seen", "<i8")])
    table = HashTable(dtype)

    def enter(numbers: list[int], seen: int) -> None:
        keys = hashed([str(number) for number in dict.fromkeys(numbers)])
        table.reserve(len(keys), lambda rows: rows["seen"] >= 0)
        found = table.find(keys)
        known = found.places >= 0
        rows = np.empty(len(keys), dtype)
        rows["key"], rows["seen"] = keys, seen
        table.put(found.places[known], rows[known])
        table.add(rows[~known], found, ~known)

    enter(before, 1)
    wanted = table.rows.copy()
    undo = table.mark()
    for number, numbers in enumerate(after):
        enter(numbers, -1 if number % 2 else 2)
    undo()
    assert table.rows.tolist() == wanted.tolist()
    assert table.find(wanted["key"]).places.tolist() == list(range(len(wanted)))
    others = hashed([f"x{number}" for number in range(50)])
    assert (table.find(others).places < 0).all()
