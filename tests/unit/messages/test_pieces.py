"""Pieces: what is too large for one record is cut, and whole again whatever comes between."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.messages.pieces import HEADER, MOST_WAITING, PATIENCE_MS, PATIENCE_RECORDS, Assembly, cut


@dataclass(frozen=True)
class Piece:
    """A record of cx.tallies."""

    offset: int
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    timestamp: int | None = 0
    key: bytes | None = None


def pieces(value: bytes, most: int, first: int = 0, log_ms: int = 0) -> list[Piece]:
    """A message as it is written."""
    return [Piece(first + n, part, headers, log_ms) for n, (part, headers) in enumerate(cut(value, most))]


@given(st.binary(max_size=300), st.integers(1, 300))
def test_a_message_is_whole_with_its_last_piece(value: bytes, most: int) -> None:
    """And no piece is larger than it may be."""
    written = pieces(value, most)
    assembly = Assembly()
    found = [assembly.take(each) for each in written]
    assert found == [None] * (len(written) - 1) + [value]
    assert max(len(each.value or b"") for each in written) <= most
    assert assembly.first_offset is None


@given(st.permutations(range(6)), st.lists(st.integers(0, 2), min_size=6, max_size=6))
def test_others_may_come_between(order: list[int], repeats: list[int]) -> None:
    """Another message, the same pieces once more, in any order: each message is given once it is whole."""
    one, other = pieces(b"abcdef" * 50, 50), pieces(b"ghijkl" * 50, 50, 100)
    assembly, found = Assembly(), []
    for place in order:
        for each in (*[one[place]] * (1 + repeats[place] * (place != order[-1])), other[place]):
            whole = assembly.take(each)
            found += [] if whole is None else [whole]
    assert sorted(found) == [b"abcdef" * 50, b"ghijkl" * 50]


def test_what_waits_is_read_again_from_its_first_piece() -> None:
    """The least offset of all that wait."""
    assembly = Assembly()
    assembly.take(pieces(b"a" * 10, 5, 7)[0])
    assembly.take(pieces(b"b" * 10, 5, 3)[0])
    assert assembly.first_offset == 3
    assert assembly.take(pieces(b"b" * 10, 5, 3)[1]) == b"b" * 10
    assert assembly.first_offset == 7


def test_pieces_whose_rest_does_not_come_are_given_up() -> None:
    """A writer may have stopped half-way."""
    assembly = Assembly()
    assembly.take(pieces(b"a" * 10, 5)[0])
    assembly.take(pieces(b"b" * 10, 5, 2, PATIENCE_MS + 1)[0])
    assert assembly.first_offset == 2


@pytest.mark.parametrize(
    "after",
    [Piece(9, b"whole", timestamp=PATIENCE_MS + 1), Piece(PATIENCE_RECORDS + 1, b"whole", timestamp=-1)],
)
def test_whole_messages_end_the_patience_too(after: Piece) -> None:
    """One forged piece would be where every worker begins to read, for as long as the log is kept."""
    assembly = Assembly()
    assembly.take(pieces(b"a" * 10, 5)[0])
    assert assembly.first_offset == 0
    assert assembly.take(after) == b"whole"
    assert assembly.first_offset is None


def test_forged_pieces_are_no_message() -> None:
    """Numbers past the count, hashes of something else, headers that are none of ours."""
    assembly = Assembly()
    digest = b"0" * 32
    assert assembly.take(Piece(0, b"x", ((HEADER, b"0/1 " + digest),))) is None
    for content in (b"2/2 " + digest, b"0/1", b"-1/2 " + digest, b"0/1 " + b"g" * 32):
        assert assembly.take(Piece(0, b"x", ((HEADER, content),))) == b"x"
    assert assembly.first_offset is None


def test_a_flood_of_forged_pieces_is_bounded() -> None:
    """However many claim to be first, few wait, and a sound message after them is whole."""
    assembly = Assembly()
    for number in range(4 * MOST_WAITING):
        forged = b"0/2 %032x" % number
        assert assembly.take(Piece(number, b"", ((HEADER, forged),))) is None
    first = assembly.first_offset
    assert first is not None
    assert first >= 3 * MOST_WAITING
    sound = pieces(b"as it was written", 5, 4 * MOST_WAITING)
    assert [assembly.take(each) for each in sound][-1] == b"as it was written"


def test_a_forged_number_of_pieces_spoils_nothing() -> None:
    """A piece with the hash of a message that says there are more is of another, which is never whole."""
    assembly = Assembly()
    sound = pieces(b"as it was written", 9, 1)
    digest = sound[0].headers[0][1].rpartition(b" ")[2]
    assert assembly.take(Piece(0, b"x", ((HEADER, b"0/99 " + digest),))) is None
    assert [assembly.take(each) for each in sound] == [None, b"as it was written"]
