"""The chaos suite's own books: what a broker loses is told from what the product does."""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chaos.promises import Log, Places, Promises
from tests.chaos.traffic import Sent

INPUT = Log("cx.feedback", 7)


def books(values: Sequence[bytes], first: int = 0) -> Promises:
    """Records of one log, at offsets from `first` on."""
    found = Promises()
    for offset, value in enumerate(values, first):
        found.put(INPUT, offset, value)
    return found


LOST = "cx.feedback/7: records that the broker had acknowledged and lost: "


@pytest.mark.parametrize(
    ("held", "lost"),
    [
        ([b"a", b"b", b"c"], []),
        ([b"a", b"b", b"c", b"d"], []),  # more than was promised: a retry, or what nobody has word of
        ([b"a"], [LOST + "2, at offsets 1 to 2"]),
        ([b"a", b"x", b"c"], [LOST + "1, at offsets 1 to 1"]),
        ([], [LOST + "3, at offsets 0 to 2"]),
    ],
)
def test_what_is_lost(held: Sequence[bytes], lost: Sequence[str]) -> None:
    """An offset that has something else counts as lost: the log was cut, and went on."""
    assert books([b"a", b"b", b"c"]).lost(books(held)) == lost


@given(
    ours=st.dictionaries(st.integers(0, 20), st.binary(max_size=2)),
    theirs=st.dictionaries(st.integers(0, 20), st.binary(max_size=2)),
    order=st.randoms(use_true_random=False),
)
def test_like_plain_dictionaries(ours: dict[int, bytes], theirs: dict[int, bytes], order: Random) -> None:
    """Whatever the order in which they were noted, and when noted twice."""

    def places(of: dict[int, bytes]) -> Places:
        noted = Places()
        for offset in order.sample([*of, *of], 2 * len(of)):
            noted.put(offset, of[offset])
        return noted

    assert places(ours).missing_from(places(theirs)) == sorted(
        offset for offset, value in ours.items() if theirs.get(offset) != value
    )


class Place(NamedTuple):
    """Where a producer is told that a record is."""

    topic: str
    partition: int
    offset: int


def test_word_is_awaited() -> None:
    """What was acknowledged is remembered; of what never was, nothing is expected."""

    async def story() -> None:
        promises, loop = Promises(), asyncio.get_running_loop()
        kept, refused = loop.create_future(), loop.create_future()
        promises.await_word(kept, b"a")
        promises.await_word(refused, b"b")
        kept.set_result(Place("cx.feedback", 7, 3))
        refused.set_exception(TimeoutError())
        await asyncio.sleep(0)
        assert promises.lost(books([b"a"], 3)) == []
        assert promises.lost(books([b"b"], 3)) != []

    asyncio.run(story())


def test_what_counts_as_sent_is_what_is_there() -> None:
    """By its own partition; whoever sent it may have no word of it."""
    here, elsewhere, never = (
        Sent("cx.feedback", p, b"ann", v, "event") for p, v in ((7, b"a"), (6, b"a"), (7, b"b"))
    )
    assert books([b"a"]).those_there([here, elsewhere, never]) == [here]
