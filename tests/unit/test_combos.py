"""Combinations and scopes: numbers for what events are told apart by."""

import numpy as np
import pytest

from stream.combos import SPELLINGS, Combos, Scopes
from stream.events import Interaction
from stream.plan import Grouping


def event(**fields: str | None) -> Interaction:
    """A phone contact."""
    return Interaction(**{"id": "i", "at": 0.0, "channel": "phone", **fields})  # type: ignore[arg-type]  # text only


@pytest.mark.parametrize(
    ("dims", "fields", "values"),
    [
        ((), {}, ()),
        (("channel",), {"channel": " PHONE "}, ("phone",)),
        (("stage",), {"stage": " Use "}, ("Use",)),
        (("stage",), {}, ("",)),
        (("channel", "stage", "topic"), {"stage": "use", "topic": None}, ("phone", "use", "")),
    ],
)
def test_values_are_tidied(
    dims: tuple[str, ...], fields: dict[str, str | None], values: tuple[str, ...]
) -> None:
    """Stripped, the channel in lower case, and "" for what is missing."""
    combos = Combos(dims)
    assert combos.codes([event(**fields)]).tolist() == [0]
    assert combos.values == [values]


def test_equal_combinations_share_a_number() -> None:
    """Spelled alike or not, and known from before or not."""
    combos = Combos(["channel", "stage"], [("web", "buy")])
    found = combos.codes(
        [event(stage="use"), event(channel="WEB", stage="buy"), event(channel="Phone", stage="use ")]
    )
    assert found.tolist() == [1, 0, 1]
    assert combos.codes([event(stage="use")]).tolist() == [1]
    assert len(combos) == 2


def test_unused_combinations_are_forgotten() -> None:
    """The others are numbered anew, and known by their new numbers."""
    combos = Combos(["channel"])
    combos.codes([event(channel=name) for name in ("a", "b", "c")])
    assert combos.retain(np.array([0, 2])).tolist() == [0, -1, 1]
    assert combos.codes([event(channel=name) for name in ("c", "b", "a")]).tolist() == [1, 2, 0]


def test_spellings_do_not_pile_up() -> None:
    """Endless spellings of one channel cost bounded memory and one number."""
    combos = Combos(["channel"])
    spaces = [" " * (number % 300) + "\t" * (number // 300) for number in range(SPELLINGS + 10)]
    assert not combos.codes([event(channel="a" + space) for space in spaces]).any()
    assert len(combos) == 1


def test_scopes_and_their_shards() -> None:
    """Each combination belongs to one scope of every grouping, and each scope to its grouping's shard."""
    groupings = [Grouping(("channel",), ("channel",)), Grouping(("channel", "stage"), ("channel",))]
    combos = Combos(["channel", "stage"], [("a", "x"), ("a", "y"), ("b", "x")])
    scopes = Scopes(["channel", "stage"], groupings, 4)
    table = scopes.of(combos)
    named = [[scopes.named(row)[column] for column in (0, 1)] for row in table]
    assert named[0] == [("channel|channel", ("a",)), ("channel,stage|channel", ("a", "x"))]
    assert table[0, 0] == table[1, 0] != table[2, 0]
    shards = scopes.shards(table.ravel()).reshape(table.shape)
    assert shards.tolist() == [
        [grouping.shard(key[1], 4) for grouping, key in zip(groupings, keys, strict=True)] for keys in named
    ]
    combos.code(("c", ""))
    assert len(scopes.of(combos)) == 4
    assert len(scopes) == 7
    assert not len(scopes.shards(np.empty(0, np.int64)))


def test_without_groupings_there_are_no_scopes() -> None:
    """A plan that keeps nothing still has combinations."""
    assert Scopes([], [], 2).of(Combos([], [()])).shape == (1, 0)
