"""Hashing: the same everywhere and always, and different for what differs."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from xxhash import xxh3_64_intdigest

from stream.columnar.hashing import NAMES, Names, hashed, joined

texts = st.lists(st.text(), max_size=10)


@given(texts)
def test_texts_are_hashed_as_xxh3_has_it(of: list[str]) -> None:
    """Snapshots outlive processes and machines, so hashes must too."""
    assert hashed(of).tolist() == [xxh3_64_intdigest(text.encode()) for text in of]


def test_pairs_have_hashes_of_their_own() -> None:
    """A pair and its reverse, and pairs that share a part, are told apart."""
    left = np.arange(1000, dtype=np.uint64)
    pairs = np.concatenate(
        [joined(left, left[::-1].copy()), joined(left, left), joined(left, left + np.uint64(2000))]
    )
    assert len(set(pairs.tolist())) == 3000


@given(
    st.lists(
        st.lists(st.one_of(st.none(), st.sampled_from(["a", " a ", "", "b", "é"])), max_size=6), max_size=4
    )
)
def test_names_are_hashed_without_their_spaces(batches: list[list[str | None]]) -> None:
    """What is remembered and what is new come to the same; nothing is as good as an empty name."""
    names = Names()
    for batch in batches:
        assert names.hashed(batch).tolist() == hashed([(text or "").strip() for text in batch]).tolist()


def test_a_flood_of_names_is_not_remembered() -> None:
    """Names that never come back cost no memory, and are hashed all the same."""
    names = Names()
    names.hashed(["bill"])
    flood = [f"n{number}" for number in range(NAMES)]
    assert names.hashed(flood).tolist() == hashed(flood).tolist()
    assert names.hashed(["bill", "n1"]).tolist() == hashed(["bill", "n1"]).tolist()
