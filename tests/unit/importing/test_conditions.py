"""Conditions: which rows make an event."""

import pytest

from stream.importing.cells.faults import RowError
from stream.importing.cells.patterns import Pattern
from stream.importing.cells.text import LIST, Row
from stream.importing.conditions import (
    Beyond,
    ColumnChanges,
    Condition,
    Contains,
    First,
    Is,
    Last,
    Matches,
    Present,
    Rises,
)

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


@pytest.mark.parametrize(
    ("condition", "text", "expected"),
    [
        (Beyond("n", 5, None, NULLS), "5", False),
        (Beyond("n", 5, None, NULLS), "5.01", True),
        (Beyond("n", None, 5, NULLS), "5", False),
        (Beyond("n", None, 5, NULLS), "-3", True),
        (Beyond("n", 1, 5, NULLS), "3", True),
        (Beyond("n", 1, 5, NULLS), "7", False),
        (Beyond("n", 1, None, NULLS), "?", False),
        (Beyond("n", 4, None, NULLS), f"1{LIST}9", True),
        (Beyond("n", 4, None, NULLS, ","), "4,5", True),
        (Contains("n", ("refund",)), "I want a REFUND now", True),
        (Contains("n", ("refund",)), "all well", False),
        (Contains("n", ("a", "well")), "all well", True),
        (Matches("n", Pattern("^INV-[0-9]+$")), "INV-17", True),
        (Matches("n", Pattern("^INV-[0-9]+$")), "xINV-17", False),
        (Matches("n", Pattern("^b")), f"a{LIST}b", True),
        (Matches("n", Pattern("é+")), "caféé", True),
    ],
)
def test_numbers_and_words_are_compared(
    condition: Condition,
    text: str,
    expected: bool,  # noqa: FBT001
) -> None:
    """Limits themselves are neither over nor under; of a list one item is enough."""
    assert condition.holds({"n": text}, None, last=False) is expected
    assert condition.holds({}, None, last=False) is False


def test_patterns_take_linear_time() -> None:
    """What takes `re` for ever is done at once."""
    assert not Pattern("^(a+)+$").found_in("a" * 200_000 + "b")


def test_patterns_cut_text_out() -> None:
    """Their first group, or all that they match; bytes that are no text are nobody's letters."""
    assert Pattern("reviewId=([^&]+)").cut("https://x/?reviewId=gp:A&b=1") == "gp:A"
    assert Pattern("[0-9]+").cut("INV-17") == "17"
    assert Pattern("[0-9]+").cut("none") is None
    assert Pattern("a.b").cut("a\udcffb") == "a?b"
