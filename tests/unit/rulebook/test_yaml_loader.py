"""alerts.rulebook.yaml_loader: documents that stand for more than they are."""

import pytest

from alerts.errors import RulebookError
from alerts.rulebook import yaml_loader
from alerts.rulebook.yaml_nodes import Node, read_document


def laughs(levels: int, width: int) -> str:
    """A list of lists of lists, each of the same one."""
    lines = ["a0: &a0 [x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, levels)]
    return "\n".join(lines)


MERGED = "x: &b {" + ", ".join(f"k{n}: 1" for n in range(1_000)) + "}\nrules:\n" + "  - {<<: *b}\n" * 100


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (laughs(40, 10), "aliases that stand for more than 100,000 values"),
        (MERGED, "aliases that stand for more than 100,000 values"),
        ("a: {<<: &b {c: d, e: *b}}", "a value that holds itself"),
        ("&a [*a]", "a value that holds itself"),
    ],
)
def test_what_unfolds_without_bound_is_refused(text: str, told: str) -> None:
    """Whoever reads it would read what an alias stands for as often as it stands there."""
    with pytest.raises(RulebookError, match=f"not YAML that is meant to be read: {told}"):
        read_document(text, "r.yaml")


def test_a_file_has_a_bounded_number_of_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes its time to read; the first that is too much is named."""
    monkeypatch.setattr(yaml_loader, "MOST_VALUES", 4)
    assert read_document("[1, 2, 3]", "r.yaml").is_list
    with pytest.raises(RulebookError, match=r"r\.yaml:2:4: .* more than 4 values"):
        read_document("[1, 2,\n3, 4]", "r.yaml")


def test_aliases_are_read_as_what_they_stand_for() -> None:
    """However deep, as long as they are few."""
    root = read_document("a: &a [1, 2]\nb: &b [*a, *a]\nc: {<<: {d: *b}}", "r.yaml").fields()
    merged = root.get("c", lambda node: node.fields())
    assert merged is not None
    read = merged.get("d", lambda node: node.each(lambda item: item.each(Node.whole)))
    assert read == [[1, 2], [1, 2]]
