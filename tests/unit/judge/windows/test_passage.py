"""The passage of counts through a window: what waits may be summed up, and nobody notices."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.judge.windows import passage
from stream.judge.windows.passage import Passage
from stream.judge.windows.slotted import Slotted

SLOTS = 4

Come = tuple[int, int, int, int]
"""At which slot's end a count comes in, how many slots late that is, its place, and the count."""


def slotted(counts: list[Come]) -> Slotted:
    """As a window adds them."""
    enters, late, places, numbers = np.array(sorted(counts), np.int64).reshape(-1, 4).T
    return Slotted(enters, enters - late, places, numbers)


def summed(*parts: Slotted) -> Counter[tuple[int, int, int]]:
    """Counts by when they come in, their slot and their place; nothing of those that come to nothing."""
    found: Counter[tuple[int, int, int]] = Counter()
    for part in parts:
        for enters, slot, place, count in zip(part.enters, part.slot, part.places, part.counts, strict=True):
            found[int(enters), int(slot), int(place)] += int(count)
    return Counter({key: count for key, count in found.items() if count})


some = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 5), st.integers(0, 3), st.integers(-2, 5)))


@given(st.lists(some, max_size=12), st.integers(0, 4))
def test_what_waits_is_summed_up_now_and_then(come: list[list[Come]], most: int) -> None:
    """Who looks ahead, who slides and who makes a snapshot finds the same counts."""
    loose, gathering = Passage(SLOTS), Passage(SLOTS, gathers=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passage, "GATHERED_FROM", most)
        gathering._gather_at = most
        for last, counts in enumerate(come):
            for each in (loose, gathering):
                each.add(
                    slotted([(last + ahead, late, place, count) for ahead, late, place, count in counts])
                )
            assert summed(*loose.coming(last + 2)[0]) == summed(*gathering.coming(last + 2)[0])
            found = [each.come(last) for each in (loose, gathering)]
            assert summed(*found[0]) == summed(*found[1])
            assert summed(loose.state()[1]) == summed(gathering.state()[1])
            assert gathering.entries() <= loose.entries()
            assert all((np.diff(part.enters) >= 0).all() for part in found[1])


def test_a_long_slot_takes_no_more_room_than_its_places() -> None:
    """Six hours of panes with the same three places: what waits stays near the room of a few panes."""
    gathering = Passage(SLOTS, gathers=True)
    gathering._gather_at = 100
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passage, "GATHERED_FROM", 100)
        for _ in range(2160):
            gathering.add(slotted([(5, 0, place, 1) for place in range(3)]))
            assert gathering.entries() <= 104
    assert summed(*gathering.come(5)) == {(5, 5, place): 2160 for place in range(3)}
