"""alerts.rulebook.yaml_nodes: values with their places."""

import pytest

from alerts.errors import RulebookError
from alerts.rulebook.yaml_nodes import Fields, Node, Wrong, read_document


def fields(text: str) -> Fields:
    """The mapping in a file called f.yaml."""
    return read_document(text, "f.yaml").fields()


def test_values_are_read_by_kind() -> None:
    """Text, numbers and flags; what is quoted is text, whatever it looks like."""
    root = fields("a: x\nb: 1.5\nc: true\nd: '7'\ne: 2\nf: 1e3\ng: off")
    assert [root.get("a", Node.text), root.get("d", Node.text)] == ["x", "7"]
    assert [root.get(name, Node.number) for name in "bef"] == [1.5, 2, 1000]
    assert [root.get(name, Node.flag) for name in "cg"] == [True, False]
    assert root.get("e", Node.whole) == 2
    assert root.get("nowhere", Node.text) is None


@pytest.mark.parametrize(
    ("value", "parse", "message"),
    [
        ("yes please", Node.flag, 'want true or false, got "yes please"'),
        ("", Node.text, "want text, got nothing"),
        ("12:30", Node.text, 'want text, got 12:30 without quotes (write "12:30")'),
        ("0x10", Node.number, "want a number, got 0x10"),
        ("1_000", Node.number, "want a number, got 1_000"),
        ("1e999", Node.number, 'want a number, got "1e999"'),
        ("[1]", Node.number, "want a number, got a list"),
        ("{a: 1}", Node.items, "want a list, got a mapping"),
        ("x" * 99, Node.fields, 'want a mapping, got "' + "x" * 60 + '…"'),
    ],
)
def test_a_wrong_value_says_what_was_wanted_and_found(value: str, parse: object, message: str) -> None:
    """Long values are cut."""
    node = fields(f"a: {value}").find("a")
    assert node is not None
    with pytest.raises(Wrong) as caught:
        parse(node)  # type: ignore[operator]
    assert str(caught.value) == message


def test_a_problem_that_is_met_twice_counts_once() -> None:
    """As through an alias."""
    root = fields("a: &x [1]\nb: *x")
    for name in "ab":
        node = root.find(name)
        assert node is not None
        for item in node.items():
            Node(item.raw, "same", item.notes).note("wrong")
    with pytest.raises(RulebookError) as caught:
        root.node.notes.settle()
    assert [str(problem) for problem in caught.value.problems] == ["f.yaml:1:8: same: wrong"]


def test_merges_lose_to_own_keys_and_to_earlier_ones() -> None:
    """Several mappings may be merged; only plain ones."""
    root = fields("x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz: {<<: [*x, *y], a: 3}")
    node = root.find("z")
    assert node is not None
    merged = node.fields()
    assert {name: merged.get(name, Node.whole) for name in merged.names()} == {"a": 3, "b": 1, "c": 2}


def test_what_nobody_asked_for_is_unknown() -> None:
    """With a hint where one is close, and the known names where none is; merged keys are not blamed."""
    root = fields("window: 1\nwindw: 2\nzzz: 3\nold: 4")
    root.find("window")
    root.refuse("old", "was never a field")
    root.close()
    assert [problem.message for problem in root.node.notes.found] == [
        "was never a field",
        'unknown field "windw" (did you mean "window"?)',
        'unknown field "zzz" (known: window)',
    ]
