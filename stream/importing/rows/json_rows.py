"""Rows of JSON objects: every plain value as text under its dotted path, lists folded or fanned out.

    {"user": {"id": 7}, "tags": ["a", "b"], "asked": [{"q": 1, "a": "2"}, {"q": 2, "a": "slow"}]}

is one row, with `user.id` "7", `tags` "a" and "b" together, `asked.0.q` "1", `asked.1.q` "2", and
`asked.*.q` "1" and "2" together.  Fanned out at `asked` it is two rows, one per item:

    asked.q "1", asked.a "2", asked.# "1", asked.next.q "2", asked.next.a "slow"
    asked.q "2", asked.a "slow", asked.# "2"

An object fanned out makes a row per member, with `key` and `value` in place of an item's own names.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from stream.importing.cells.faults import Fault, RowError
from stream.importing.cells.text import LIST, Row

ITEMS: Final = 50
"""Items of a list of objects that are reached by their number; further ones are not looked at."""
NEXT: Final = "next"
NUMBER: Final = "#"
DEPTH: Final = 40
"""Objects within objects that are looked into."""
STARS: Final = 2
"""Lists within lists whose values are reached together, as `list.*.list.*.key`."""
MOST_VALUES: Final = 1_000_000
"""Values of all the rows that one object fans out to."""


@dataclass(frozen=True, slots=True)
class Beside:
    """Another list of the message, of which one item belongs to a row: a question beside its answer.

    It is the item whose `key` has the text of the row's column `equals`; its values are the columns
    `name.…`.  Items may hold others in a list of theirs at `within`, as groups of questions do.
    """

    name: str
    path: str
    key: str
    equals: str
    within: str | None = None


def json_rows(
    value: Mapping[str, object], each: str | None = None, beside: Beside | None = None
) -> Iterator[Row]:
    """The rows that an object makes: one, or one per item of the list (or member) at the path `each`."""
    shared: dict[str, str] = {}
    _add_members(shared, value, "", each, DEPTH)
    if each is None:
        yield shared
        return
    items = _at(value, each)
    if isinstance(items, dict):
        items = [{"key": key, "value": item} for key, item in items.items()]
    if not isinstance(items, list):
        return
    if len(items) * (len(shared) + 1) > MOST_VALUES:
        want = f"want at most {MOST_VALUES:,} values"
        raise RowError(Fault.TOO_LONG, f"{each}: {want}, got {len(items):,} items with {len(shared):,} each")
    others = {} if beside is None else _by_key(value, beside)
    for place, item in enumerate(items):
        row = dict(shared)
        row[f"{each}.{NUMBER}"] = str(place + 1)
        _add(row, item, each, None, DEPTH)
        if place + 1 < len(items):
            _add(row, items[place + 1], f"{each}.{NEXT}", None, DEPTH)
        if beside is not None:
            _add(row, others.get(row.get(beside.equals)), beside.name, None, DEPTH)
        yield row


def _by_key(value: Mapping[str, object], beside: Beside) -> dict[str | None, object]:
    """The items of the list beside, by the text that tells them apart; of two alike the first."""
    found: dict[str | None, object] = {}
    items = _list_at(value, beside.path)
    inner = [each for item in items for each in _list_at(item, beside.within)] if beside.within else []
    for item in (*items, *inner):
        key = _at(item, beside.key)
        if key is not None:
            found.setdefault(_text(key), item)
    return found


def _list_at(value: object, path: str) -> list[object]:
    found = _at(value, path)
    return found if isinstance(found, list) else []


def _at(value: object, path: str) -> object:
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _add_members(
    row: dict[str, str],
    value: Mapping[str, object],
    prefix: str,
    without: str | None,
    depth: int,
    stars: int = STARS,
) -> None:
    for key, item in value.items():
        if type(item) is str:  # most are, and this is done for every message
            row[prefix + key] = item if LIST not in item else item.replace(LIST, " ")
        elif prefix + key != without:
            _add(row, item, prefix + key, without, depth, stars)


def _add(
    row: dict[str, str], item: object, path: str, without: str | None, depth: int, stars: int = STARS
) -> None:
    """What stands at a path and below.  Nulls are left out."""
    if isinstance(item, dict):
        if depth:
            _add_members(row, item, path + ".", without, depth - 1, stars)
    elif isinstance(item, list):
        _add_list(row, item, path, depth, stars)
    elif item is not None:
        row[path] = _text(item)


def _add_list(row: dict[str, str], items: list[object], path: str, depth: int, stars: int) -> None:
    """Each value under the number of its item and, in the outer lists, once more under `*`.

    Lists within lists have no `*` of their own, or their values would double with every level.
    """
    plain = [_text(item) for item in items if not isinstance(item, (dict, list)) and item is not None]
    if plain:
        row[path] = LIST.join(plain)
    together: dict[str, list[str]] = {}
    for place, item in enumerate(items[:ITEMS]):
        if isinstance(item, dict) and depth:
            own: dict[str, str] = {}
            _add_members(own, item, "", None, depth - 1, stars - 1)
            for key, text in own.items():
                if stars > 0:
                    together.setdefault(key, []).append(text)
                row[f"{path}.{place}.{key}"] = text
    for key, texts in together.items():
        row[f"{path}.*.{key}"] = LIST.join(texts)


def _text(item: object) -> str:
    return str(item).lower() if isinstance(item, bool) else str(item).replace(LIST, " ")
