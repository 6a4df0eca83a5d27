"""Known combinations: what a dictionary of turns would say, in arrays."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stream.intake.scoping.known_combinations import KnownCombinations

BATCHES = st.lists(st.tuples(st.lists(st.integers(0, 30), max_size=12), st.booleans()), max_size=8)


@given(BATCHES, st.integers(0, 20))
def test_they_are_those_of_a_plain_dictionary(batches: list[tuple[list[int], bool]], most: int) -> None:
    """Also after turns, from a snapshot, and when a batch was undone."""
    known, plain = KnownCombinations.of({}), dict[int, int]()
    for turn, (hashes, undone) in enumerate(batches):
        undo, before = known.mark(), dict(plain)
        expected = []
        for each in hashes:
            if each in plain or len(plain) < most:
                plain[each] = turn
            expected.append(each in plain)
        assert known.admitted(np.array(hashes, np.uint64), turn, most).tolist() == expected
        if undone:
            undo()
            plain = before
        assert list(known.saved().items()) == list(plain.items())
        assert len(known) == len(plain)
        if turn % 3 == 2:
            known = KnownCombinations.of(known.since(turn - 1).saved())
            plain = {each: came for each, came in plain.items() if came >= turn - 1}


def test_there_may_be_very_many() -> None:
    """Room is made as they come."""
    known = KnownCombinations.of({5: 1})
    hashes = np.arange(10_000, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    assert known.admitted(hashes, 2, 20_000).all()
    assert known.admitted(hashes[::-1], 3, 0).all()
    assert list(known.saved().items())[:2] == [(5, 1), (0, 3)]
