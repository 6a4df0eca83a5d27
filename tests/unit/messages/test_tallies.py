"""Sections: what an intake says is what a judge hears."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.messages.tallies import NO_PANE, Kind, Rows, TallyMessage, decode, encode, sources

INT64 = st.integers(-(2**62), 2**62)
ROWS = st.lists(st.tuples(INT64, INT64, INT64, INT64, INT64), max_size=30)
NARROW = st.lists(st.tuples(*(st.integers(10**12, 10**12 + 300) for _ in range(5))), min_size=1, max_size=30)


def rows(of: list[tuple[int, ...]]) -> Rows:
    """Columns of rows."""
    return Rows(*(np.array([row[place] for row in of], np.int64) for place in range(5)))


@given(ROWS | NARROW)
def test_rows_come_back(of: list[tuple[int, ...]]) -> None:
    """Every number, however far apart they lie."""
    sent = rows(of)
    back = decode(
        encode(
            TallyMessage(kind=Kind.CLOSED, source="feedback/1", position=7, through=3, clock_ms=40, rows=sent)
        )
    ).rows
    for name in ("closing", "pane", "scope", "cell", "count"):
        assert getattr(back, name).tolist() == getattr(sent, name).tolist()
        assert getattr(back, name).dtype == np.int64


def test_the_rest_comes_back() -> None:
    """Kind, source, position, clocks, scopes."""
    scopes = (("channel|channel", ("phone",)), ("channel,stage|channel", ("phone", "")))
    for section in (
        TallyMessage(
            kind=Kind.IDLE,
            source="interactions/0",
            position=2**40,
            through=NO_PANE,
            clock_ms=None,
            quiet_ms=31_000,
            scopes=scopes,
        ),
        TallyMessage(kind=Kind.ACTIVE, source="joined/3", position=0, through=-5, clock_ms=-1),
    ):
        back = decode(encode(section))
        for name in ("kind", "source", "position", "through", "clock_ms", "quiet_ms"):
            assert getattr(back, name) == getattr(section, name)
        assert [(key, tuple(values)) for key, values in back.scopes] == list(section.scopes)
        assert len(back.rows) == 0


def test_neighbouring_numbers_are_small_on_the_wire() -> None:
    """A row of usual numbers takes few bytes, not forty."""
    usual = rows([(176_757_120 + n % 3, 176_757_120, n % 60, n % 300, 1 + n % 9) for n in range(1000)])
    assert (
        len(
            encode(
                TallyMessage(
                    kind=Kind.CLOSED, source="feedback/1", position=7, through=3, clock_ms=40, rows=usual
                )
            )
        )
        < 7_000
    )


def test_anything_else_is_refused() -> None:
    """Whatever somebody else has written is no section."""
    whole = list(
        msgspec.msgpack.decode(
            encode(TallyMessage(kind=Kind.CLOSED, source="feedback/1", position=7, through=3, clock_ms=40))
        )
    )
    strange = ["closed?", *whole[1:]], [*whole[:-1], [b"\x01"] * 5], [*whole[:-1], [b""]]
    for value in (b"", b"\xc0", b"hello", *map(msgspec.msgpack.encode, strange)):
        with pytest.raises(msgspec.DecodeError):
            decode(value)


def test_sources() -> None:
    """Both inputs of each partition; what joins them only where somebody asks."""
    assert sources(1, {"fcr": {"satisfied": "ignore"}}) == ["interactions/0", "feedback/0"]
    assert sources(2, {"fcr": {"satisfied": "require"}})[-2:] == ["joined/0", "joined/1"]
