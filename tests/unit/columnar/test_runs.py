"""Runs and sums by key, held to a dictionary's."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stream.columnar.runs import by_number, run_starts, sums_by

pairs = st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)))


@given(pairs)
def test_sums_by_key(rows: list[tuple[int, int]]) -> None:
    """Every key once, ascending, with a place where it stands and all its counts."""
    keys, counts = (np.array(column, np.int64) for column in (zip(*rows, strict=True) if rows else ((), ())))
    places, sums = sums_by(keys, counts)
    found = dict(zip(keys[places].tolist(), sums.tolist(), strict=True))
    assert len(found) == len(places)
    assert found == {key: sum(n for other, n in rows if other == key) for key, _ in rows}
    assert list(found) == sorted(found)


@given(pairs)
def test_runs_begin_where_some_column_changes(rows: list[tuple[int, int]]) -> None:
    """The first row begins one, if there is any."""
    left, right = (np.array(column, np.int64) for column in (zip(*rows, strict=True) if rows else ((), ())))
    want = [place for place, row in enumerate(rows) if place == 0 or row != rows[place - 1]]
    assert run_starts(left, right).tolist() == want


@given(st.sampled_from("bhiqBHIQ"), st.data())
def test_the_order_of_numbers(kind: str, data: st.DataObject) -> None:
    """That of a stable comparison: of few and many, narrow and wide, below nothing and above."""
    bounds = np.iinfo(kind)
    ends = st.integers(int(bounds.min), int(bounds.max))
    least, most = sorted((data.draw(ends), data.draw(ends)))
    draw = np.random.default_rng(data.draw(st.integers(0, 1_000)))
    size = data.draw(st.sampled_from((0, 1, 999, 1_000, 5_000)))
    numbers = draw.integers(least, most, size, dtype=kind, endpoint=True)
    assert by_number(numbers).tolist() == np.argsort(numbers, kind="stable").tolist()
