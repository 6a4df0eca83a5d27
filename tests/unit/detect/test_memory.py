"""Tables: arrays that grow by row."""

import numpy as np

from alerts.detect.memory import MemoryColumn, Table


def table() -> Table:
    """Two columns, one of them wide."""
    return Table({"a": MemoryColumn(np.int64, 7), "b": MemoryColumn(np.float64, 0, 3)})


def test_new_rows_hold_the_fill() -> None:
    """Rows grown late look like rows grown early."""
    made = table()
    made.grow(2)
    made["a"][:2] = 1
    made.grow(100)
    assert made.rows == 100
    assert made["a"][:100].tolist() == [1, 1] + [7] * 98
    assert made["b"][:100].shape == (100, 3)


def test_growing_never_shrinks() -> None:
    """A smaller number is no news."""
    made = table()
    made.grow(5)
    made.grow(3)
    assert made.rows == 5


def test_clearing_fills_again() -> None:
    """Only the rows named are forgotten."""
    made = table()
    made.grow(3)
    made["a"][:3] = [1, 2, 3]
    made.clear(np.array([0, 2]))
    assert made["a"][:3].tolist() == [7, 2, 7]


def test_state_is_a_copy_that_another_table_takes_over() -> None:
    """What was kept comes back, and later changes to either do not show in the other."""
    made, other = table(), table()
    made.grow(40)
    made["a"][:40] = np.arange(40)
    state = made.state()
    made["a"][0] = 99
    other.load(state)
    assert other.rows == 40
    assert other["a"][:40].tolist() == list(range(40))


def test_columns_that_are_unknown_or_of_another_width_are_left_blank() -> None:
    """A snapshot of another version does no harm."""
    made = table()
    made.load({"a": np.array([1, 2]), "b": np.ones((2, 5)), "c": np.ones(2)})
    assert made["a"][:2].tolist() == [1, 2]
    assert made["b"][:2].tolist() == [[0, 0, 0], [0, 0, 0]]
