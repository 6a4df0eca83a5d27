"""The house: sizes that keep files, functions and classes readable, as measures that fail when they grow."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from statistics import median
from tokenize import COMMENT, STRING, TokenInfo, generate_tokens
from typing import Final

ROOT: Final = Path(__file__).parents[2]
MODULES: Final = {
    path.relative_to(ROOT).as_posix(): path.read_text()
    for package in ("stream", "alerts")
    for path in sorted((ROOT / package).rglob("*.py"))
}
TREES: Final = {name: ast.parse(text) for name, text in MODULES.items()}
LENGTHS: Final = {name: len(text.splitlines()) for name, text in MODULES.items()}

MOST_MODULES_IN_A_FOLDER: Final = 22
MOST_LINES_OF_A_MODULE: Final = 300
MOST_LINES_OF_A_FUNCTION: Final = 40
USUAL_LINES_OF_A_FUNCTION: Final = 20
MOST_ATTRIBUTES: Final = 12
MOST_FIELDS_BY_POSITION: Final = 5
LEAST_EXPLAINED: Final = 0.12
AXES: Final = re.compile(
    r"\b(rows|entries|stretches|panes|windows|columns|levels|rules|bets|scopes) × [a-z]", re.IGNORECASE
)
"""A shape that is said with crosses."""
CORE: Final = (
    "alerts/",
    "stream/columnar/",
    "stream/indicators/",
    "stream/intake/",
    "stream/judge/",
    "stream/messages/",
)
"""What is pure: no clock, no I/O."""

ON_KAFKA: Final = {
    "Feedback": "an event of cx.feedback, field by field",
    "Interaction": "an event of cx.interactions, field by field",
    "Transition": "a record of cx.alerts, field by field",
    "TransitionNews": "a transition in a notice, field by field",
    "Header": "the head of a judge's snapshot, which older versions must find as they left it",
}
"""Records that mirror a schema outside of the code."""


def tokens(text: str) -> Iterator[TokenInfo]:
    """The tokens of a module."""
    return generate_tokens(StringIO(text).readline)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method, nested ones too."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def attributes(definition: ast.ClassDef) -> set[str]:
    """The fields that a class declares, and the attributes that its methods set on `self`."""
    declared = {
        statement.target.id
        for statement in definition.body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    }
    stored = {
        node.attr
        for node in ast.walk(definition)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    }
    return declared | stored


def fields(definition: ast.ClassDef) -> list[str]:
    """The fields that a record is built from."""
    return [
        statement.target.id
        for statement in definition.body
        if isinstance(statement, ast.AnnAssign)
        and isinstance(statement.target, ast.Name)
        and "ClassVar" not in ast.unparse(statement.annotation)
        and "init=False" not in ast.unparse(statement)
    ]


def says(definition: ast.ClassDef, option: str) -> bool:
    """Whether a class is a dataclass or a Struct that is given an option."""
    made_by = [each for each in definition.decorator_list if ast.unparse(each).startswith("dataclass")]
    given = [
        *definition.keywords,
        *(each for by in made_by if isinstance(by, ast.Call) for each in by.keywords),
    ]
    return any(each.arg == option and ast.unparse(each.value) == "True" for each in given)


def is_record(definition: ast.ClassDef) -> bool:
    """Whether a class is a dataclass or a Struct."""
    made_by = {ast.unparse(each).split("(")[0] for each in definition.decorator_list}
    return "dataclass" in made_by or any(ast.unparse(base).endswith("Struct") for base in definition.bases)


def test_no_folder_is_crowded() -> None:
    """A newcomer can read a folder's names at a glance."""
    crowds = Counter(name.rsplit("/", 1)[0] for name in MODULES)
    assert {folder: size for folder, size in crowds.items() if size > MOST_MODULES_IN_A_FOLDER} == {}


def test_every_package_and_room_is_on_the_map() -> None:
    """ARCHITECTURE.md has a line for each package of code, and names nothing that is not there."""
    text = (ROOT / "ARCHITECTURE.md").read_text().partition("## The map")[2].partition("\n## ")[0]
    named = set(re.findall(r"^\| `((?:stream|alerts)/[a-z_]+)`", text, re.MULTILINE))
    rooms = {"/".join(name.split("/")[:2]) for name in MODULES if name.count("/") > 1}
    assert rooms - named == set()
    assert {each for each in named if not (ROOT / each).exists() and f"{each}.py" not in MODULES} == set()


def test_every_package_and_module_of_the_two_has_its_storey() -> None:
    """The picture of the storeys names all of them, so that nobody has to ask where a name stands."""
    picture = (ROOT / "ARCHITECTURE.md").read_text().partition("## The map")[2].split("```")[1]
    there = {name.removesuffix(".py").split("/")[1] for name in MODULES}
    assert there - {"__init__", *re.findall(r"[a-z_]+", picture)} == set()


def test_modules_are_short() -> None:
    """One subject per module: none is over the limit, and half of those with code are 80 to 130 lines."""
    assert {name: length for name, length in LENGTHS.items() if length > MOST_LINES_OF_A_MODULE} == {}
    assert 80 <= median(LENGTHS.values()) <= 130


def test_functions_are_short() -> None:
    """One thought per function."""
    sizes = {
        f"{name}:{node.name}:{node.lineno}": (node.end_lineno or 0) - node.lineno + 1
        for name, tree in TREES.items()
        for node in functions(tree)
    }
    assert {name: size for name, size in sizes.items() if size > MOST_LINES_OF_A_FUNCTION} == {}
    assert sorted(sizes.values())[int(0.95 * len(sizes))] <= USUAL_LINES_OF_A_FUNCTION


def test_classes_have_few_attributes() -> None:
    """A class that knows more than a dozen things does more than one job."""
    large = {
        node.name: len(attributes(node))
        for tree in TREES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and len(attributes(node)) > MOST_ATTRIBUTES
    }
    assert large.keys() == ON_KAFKA.keys()


def test_large_records_are_filled_by_name() -> None:
    """Nobody can count to the seventh position: above five fields a record takes keywords only."""
    by_position = {
        f"{name}:{node.name}"
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and is_record(node)
        and len(fields(node)) > MOST_FIELDS_BY_POSITION
        and not says(node, "kw_only")
    }
    assert by_position == set()


def test_shapes_have_one_notation() -> None:
    """What the axes of an array count is said as `(rows, rules)`, and in no other way."""
    said = {
        f"{name}:{token.start[0]}"
        for name, text in MODULES.items()
        for token in tokens(text)
        if token.type in (COMMENT, STRING)
        and token.string.startswith(("#", '"""'))
        and AXES.search(token.string)
    }
    assert said == set()


def test_the_core_is_explained() -> None:
    """Of 100 lines of the pure core at least a dozen are comments or docstrings."""
    explained = total = 0
    for name, text in MODULES.items():
        if name.startswith(CORE):
            lines = text.splitlines()
            said = {token.start[0] for token in tokens(text) if token.type == COMMENT}
            for node in ast.walk(TREES[name]):
                if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                    said |= set(range(node.lineno, (node.end_lineno or 0) + 1))
            explained += sum(1 for number in said if lines[number - 1].strip())
            total += sum(1 for line in lines if line.strip())
    assert explained / total >= LEAST_EXPLAINED
