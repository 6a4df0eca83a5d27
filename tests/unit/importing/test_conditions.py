"""Conditions: which rows make an event."""

import pytest

from stream.importing.columns import Row, RowError
from stream.importing.conditions import ColumnChanges, Condition, First, Is, Last, Present, Rises

NULLS = frozenset({"", "?"})


@pytest.mark.parametrize(
    ("condition", "row", "before", "last", "expected"),
    [
        (First(), {}, None, False, True),
        (First(), {}, {}, False, False),
        (Last(), {}, None, True, True),
        (Last(), {}, None, False, False),
        (Rises("n", NULLS), {"n": "1"}, {"n": "0"}, False, True),
        (Rises("n", NULLS), {"n": "1"}, {"n": "1"}, False, False),
        (Rises("n", NULLS), {"n": "1"}, {"n": "2"}, False, False),
        (Rises("n", NULLS), {"n": "10"}, {"n": "9"}, False, True),
        (Rises("n", NULLS), {"n": "1"}, None, False, True),
        (Rises("n", NULLS), {"n": "0"}, None, False, False),
        (Rises("n", NULLS), {"n": "1"}, {"n": "?"}, False, True),
        (Rises("n", NULLS), {"n": "?"}, {"n": "0"}, False, False),
        (ColumnChanges("s", frozenset(), NULLS), {"s": "b"}, {"s": "a"}, False, True),
        (ColumnChanges("s", frozenset(), NULLS), {"s": "a"}, {"s": "a "}, False, False),
        (ColumnChanges("s", frozenset(), NULLS), {"s": "a"}, None, False, True),
        (ColumnChanges("s", frozenset({"b"}), NULLS), {"s": "b"}, {"s": "a"}, False, True),
        (ColumnChanges("s", frozenset({"b"}), NULLS), {"s": "c"}, {"s": "a"}, False, False),
        (Is("s", frozenset({"a", "b"})), {"s": " b"}, None, False, True),
        (Is("s", frozenset({"a", "b"})), {"s": "c"}, None, False, False),
        (Is("s", frozenset({"a"}), negated=True), {"s": "c"}, None, False, True),
        (Is("s", frozenset({"a"}), negated=True), {"s": "a"}, None, False, False),
        (Present("s", True, NULLS), {"s": "x"}, None, False, True),
        (Present("s", True, NULLS), {"s": "?"}, None, False, False),
        (Present("s", False, NULLS), {"s": "?"}, None, False, True),
    ],
)
def test_a_condition_holds_or_not(
    condition: Condition,
    row: Row,
    before: Row | None,
    last: bool,  # noqa: FBT001
    expected: bool,  # noqa: FBT001
) -> None:
    """Against a row, the row before of its case, and whether another follows."""
    assert condition.holds(row, before, last=last) is expected


def test_what_should_rise_must_be_a_number() -> None:
    """Otherwise the row is bad."""
    with pytest.raises(RowError):
        Rises("n", NULLS).holds({"n": "many"}, None, last=False)
