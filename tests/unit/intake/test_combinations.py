"""Combinations and scopes: numbers for what events are told apart by."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.columnar.hashing import hashed
from stream.columnar.numbering import SPELLINGS
from stream.indicators.plan import Grouping
from stream.intake.scoping.combinations import FEW, Combos
from stream.intake.scoping.sharding import ScopeNumbers
from stream.messages.events import Interaction
from stream.messages.tallies import ScopeKey
from tests.builders import shard_of

DIMS = ("channel", "topic", "product")
GROUPINGS = [
    Grouping(dims, dims[:depth])
    for dims in ((), ("channel",), ("topic",), ("channel", "product"), ("product", "channel", "topic"))
    for depth in range(len(dims) + 1)
]
text = st.sampled_from(["", " ", "a", "A", " a", "b ", "B"])
raw = st.tuples(text, *[st.none() | text] * 2)
tidy = st.tuples(*[st.sampled_from(["", "a", "b", "c"])] * 3)


def tidied(values: tuple[str | None, ...]) -> tuple[str, ...]:
    """What a combination is counted as."""
    channel, *others = ((value or "").strip() for value in values)
    return (channel.lower(), *others)


def event(**fields: str | None) -> Interaction:
    """A phone contact."""
    return Interaction(**{"id": "i", "at": 0.0, "channel": "phone", **fields})  # type: ignore[arg-type]  # text only


@pytest.mark.parametrize(
    ("dims", "fields", "values"),
    [
        ((), {}, ()),
        (("channel",), {"channel": " PHONE "}, ("phone",)),
        (("stage",), {"stage": " Use "}, ("Use",)),
        (("channel", "stage"), {"channel": "CAFE\u0301", "stage": "e\u0301"}, ("caf\u00e9", "\u00e9")),
        (
            ("channel", "stage"),
            {"channel": "live\u00a0chat", "stage": "us\u200be \u200e"},
            ("live chat", "use"),
        ),
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
    assert combos.values == [("a",), ("c",)]
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
    scopes = ScopeNumbers(["channel", "stage"], groupings, 4)
    table = scopes.of(combos)
    named = [[scopes.named(combos, row)[column] for column in (0, 1)] for row in table]
    assert named[0] == [("channel|channel", ("a",)), ("channel,stage|channel", ("a", "x"))]
    assert (table[:, 0] == table[0, 0]).tolist() == [True, True, False]
    shards = scopes.shards(table.ravel()).reshape(table.shape)
    expected = [
        [shard_of(grouping, key[1], 4) for grouping, key in zip(groupings, keys, strict=True)]
        for keys in named
    ]
    assert np.array_equal(shards, expected)
    combos.code(("c", ""))
    assert len(scopes.of(combos)) == 4
    assert len(scopes) == 7
    assert not len(scopes.shards(np.empty(0, np.int64)))


@given(st.lists(st.lists(raw, max_size=20), max_size=5), st.sampled_from([-1, 4, FEW]))
def test_codes_are_those_of_a_plain_dict(of: list[list[tuple[str | None, ...]]], few: int) -> None:
    """Whole combinations looked up, or one dimension at a time; also after some were forgotten."""
    combos, plain = Combos(DIMS), dict[tuple[str, ...], int]()
    combos.few = few
    for batch in of:
        events = [event(**dict(zip(DIMS, values, strict=True))) for values in batch]
        assert combos.codes(events).tolist() == [
            plain.setdefault(tidied(values), len(plain)) for values in batch
        ]
        assert combos.values == list(plain)
        hashes = combos.hashes("topic", np.arange(len(combos)))
        assert hashes.tolist() == hashed([values[1] for values in plain]).tolist()
        used = np.arange(0, len(combos), 2)
        combos.retain(used)
        plain = {values: code for code, values in enumerate(list(plain)[::2])}
        assert combos.values == list(plain)
        assert [combos.code(values) for values in plain] == list(plain.values())


@given(st.lists(st.lists(tidy, max_size=12), max_size=5), st.integers(1, 4))
def test_scopes_are_numbered_as_combinations_bring_them(of: list[list[tuple[str, ...]]], shards: int) -> None:
    """One combination's after another's, in the order of groupings; in whatever steps they are asked for."""
    combos, scopes, plain = Combos(DIMS), ScopeNumbers(DIMS, GROUPINGS, shards), dict[ScopeKey, int]()
    for batch in of:
        combos.numbers(batch)
        for values, row in zip(combos.values, scopes.of(combos).tolist(), strict=True):
            own = [tuple(values[DIMS.index(dim)] for dim in grouping.dims) for grouping in GROUPINGS]
            keys = [(grouping.key, each) for grouping, each in zip(GROUPINGS, own, strict=True)]
            assert row == [plain.setdefault(key, len(plain)) for key in keys]
            assert list(scopes.named(combos, np.array(row, np.int64))) == keys
            expected = [
                shard_of(grouping, each, shards) for grouping, each in zip(GROUPINGS, own, strict=True)
            ]
            assert scopes.shards(np.array(row, np.int64)).tolist() == expected
    assert len(scopes) == len(plain)


@given(st.lists(tidy, max_size=20), st.lists(tidy, max_size=9), st.data())
def test_scopes_are_kept_as_if_others_had_never_been(
    asked: list[tuple[str, ...]], unasked: list[tuple[str, ...]], data: st.DataObject
) -> None:
    """Those of combinations that are kept, asked for before or not; and new ones go on from there."""
    combos, scopes = Combos(DIMS, asked), ScopeNumbers(DIMS, GROUPINGS, 3)
    scopes.of(combos)
    combos.numbers(unasked)
    chosen = data.draw(st.lists(st.booleans(), min_size=len(combos), max_size=len(combos)))
    scopes.retain(combos, combos.retain(np.flatnonzero(chosen)))
    for more in ([], asked, unasked):
        combos.numbers(more)
        fresh = ScopeNumbers(DIMS, GROUPINGS, 3)
        assert np.array_equal(scopes.of(combos), fresh.of(combos))
        everything = np.arange(len(fresh))
        assert len(scopes) == len(fresh)
        assert scopes.named(combos, everything).bytes == fresh.named(combos, everything).bytes
        assert np.array_equal(scopes.shards(everything), fresh.shards(everything))


@given(st.lists(tidy, max_size=20), st.data())
def test_scopes_are_there_for_the_combinations_that_are_used(
    values: list[tuple[str, ...]], data: st.DataObject
) -> None:
    """And for no others, before some are forgotten and after."""
    combos, scopes = Combos(DIMS, values), ScopeNumbers(DIMS, GROUPINGS, 3)
    for _ in range(2):
        used = np.array([n for n in range(len(combos)) if data.draw(st.booleans())], np.int64)
        table = scopes.of(combos, used)
        wanted = {
            (grouping.key, tuple(combos.values[code][DIMS.index(dim)] for dim in grouping.dims))
            for code in used.tolist()
            for grouping in GROUPINGS
        }
        named = scopes.named(combos, np.arange(len(scopes)))
        assert set(scopes.named(combos, table[used].ravel())) == wanted <= set(named)
        assert len(set(named)) == len(named)
        scopes.retain(combos, combos.retain(used))
        assert set(scopes.named(combos, np.arange(len(scopes)))) == wanted


def test_without_groupings_there_are_no_scopes() -> None:
    """A plan that keeps nothing still has combinations."""
    assert ScopeNumbers([], [], 2).of(Combos([], [()])).shape == (1, 0)
