"""Rows of JSON objects: dotted paths, lists folded or fanned out."""

import pytest

from stream.importing.cells.faults import Fault, RowError
from stream.importing.cells.text import LIST
from stream.importing.rows.json_rows import DEPTH, STARS, json_rows

MESSAGE = {
    "user": {"id": 7, "name": None},
    "tags": ["a", "b"],
    "asked": [{"q": 1, "a": ["2"]}, {"q": 2, "a": ["slow"]}],
}


def test_one_object_is_one_row() -> None:
    """Plain lists are one text, items of others are reached by number or all together."""
    (row,) = json_rows(MESSAGE)
    assert row == {
        "user.id": "7",
        "tags": f"a{LIST}b",
        "asked.0.q": "1",
        "asked.0.a": "2",
        "asked.1.q": "2",
        "asked.1.a": "slow",
        "asked.*.q": f"1{LIST}2",
        "asked.*.a": f"2{LIST}slow",
    }


def test_a_list_is_fanned_out() -> None:
    """Each item is a row that knows the rest of the message, its number, and the item after it."""
    first, second = json_rows(MESSAGE, "asked")
    shared = {"user.id": "7", "tags": f"a{LIST}b"}
    assert first == {
        **shared,
        "asked.#": "1",
        "asked.q": "1",
        "asked.a": "2",
        "asked.next.q": "2",
        "asked.next.a": "slow",
    }
    assert second == {**shared, "asked.#": "2", "asked.q": "2", "asked.a": "slow"}


def test_a_message_without_the_list_has_no_rows() -> None:
    """Nor has one where something else stands there."""
    assert list(json_rows({"asked": 1}, "asked")) == list(json_rows({}, "a.b")) == []


def test_depth_is_bounded() -> None:
    """However deep the nesting, the work is not."""
    deep: dict[str, object] = {"leaf": 1}
    for _ in range(500):
        deep = {"in": deep}
    assert next(json_rows(deep)) == {}


def test_lists_within_lists_do_not_double_without_end() -> None:
    """A few hundred bytes of them would otherwise be a billion values."""
    deep: object = {"v": 1}
    for _ in range(DEPTH):
        deep = {"a": [deep]}
    assert isinstance(deep, dict)
    (row,) = json_rows(deep)
    assert len(row) <= 2**STARS


def test_rows_of_one_object_are_bounded() -> None:
    """A thousand values beside a list of a hundred thousand items."""
    value = {"items": list(range(100_000)), **{f"k{place}": place for place in range(1_000)}}
    with pytest.raises(RowError) as caught:
        list(json_rows(value, "items"))
    assert caught.value.fault is Fault.TOO_LONG
