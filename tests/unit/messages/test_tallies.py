"""Sections: what an intake says is what a judge hears."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.indicators.cells import TIMES_FROM
from stream.messages.tallies import (
    APART_FROM,
    NO_PANE,
    Kind,
    Rows,
    ScopeKey,
    Spelled,
    TallyMessage,
    decode,
    encode,
    sources,
)

INT64 = st.integers(-(2**62), 2**62)
ROWS = st.lists(st.tuples(INT64, INT64, INT64, INT64, INT64), max_size=30)
NARROW = st.lists(st.tuples(*(st.integers(10**12, 10**12 + 300) for _ in range(5))), min_size=1, max_size=30)


def rows(of: list[tuple[int, ...]]) -> Rows:
    """Columns of rows."""
    return Rows(*(np.array([row[place] for row in of], np.int64) for place in range(5)))


SOUND = TallyMessage(
    kind=Kind.CLOSED, source="feedback/1", position=7, through=3, clock_ms=40,
    scopes=[("channel|channel", ("phone",))], rows=rows([(3, 3, 0, 5, 2)]), after=2,
)  # fmt: skip


@given(ROWS | NARROW)
def test_rows_come_back(of: list[tuple[int, ...]]) -> None:
    """Every number, however far apart they lie."""
    sent = rows(of)
    back = decode(
        encode(
            TallyMessage(kind=Kind.CLOSED, source="feedback/1", position=7, through=3, clock_ms=40, rows=sent)
        )
    ).rows
    columns = [getattr(back, name) for name in ("closing", "pane", "scope", "cell", "count")]
    assert {column.dtype for column in columns} == {np.dtype(np.int64)}
    found = list(zip(*(column.tolist() for column in columns), strict=True))
    if all(row[3] < APART_FROM for row in of) or not of:
        assert found == of
    assert sorted(found) == sorted(of)


def test_single_times_travel_apart() -> None:
    """A judge that knows no single times takes the rest of a message; a message without them has none."""
    of: list[tuple[int, ...]] = [
        (3, 3, 0, 5, 2),
        (3, 3, 0, APART_FROM + 70, 1),
        (4, 4, 0, 5, 1),
        (4, 4, 0, APART_FROM + 9, -1),
    ]
    message = TallyMessage(
        kind=Kind.CLOSED, source="interactions/0", position=7, through=4, clock_ms=40,
        scopes=[("channel|channel", ("phone",))], rows=rows(of),
    )  # fmt: skip
    wire = msgspec.msgpack.decode(encode(message))
    older = decode(msgspec.msgpack.encode(wire[:9]))
    assert older.rows.cell.tolist() == [5, 5]
    assert older.rows.closing.tolist() == [3, 4]
    assert decode(encode(message)).rows.cell.tolist() == [5, APART_FROM + 70, 5, APART_FROM + 9]
    assert APART_FROM == TIMES_FROM


def test_columns_of_single_times_fit_each_other() -> None:
    """Columns of different lengths are no message of ours."""
    message = TallyMessage(
        kind=Kind.CLOSED, source="interactions/0", position=7, through=4, clock_ms=40,
        scopes=[("channel|channel", ("phone",))], rows=rows([(3, 3, 0, APART_FROM + 70, 1)]),
    )  # fmt: skip
    wire = msgspec.msgpack.decode(encode(message))
    wire[9][2] = b""
    with pytest.raises(msgspec.DecodeError):
        decode(msgspec.msgpack.encode(wire[:11]))


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
    sent = encode(TallyMessage(kind=Kind.CLOSED, source="feedback/1", position=7, through=3, clock_ms=40))
    whole = msgspec.msgpack.decode(sent)[:8]  # as the first version wrote it
    assert decode(msgspec.msgpack.encode(whole)).position == 7
    strange = ["closed?", *whole[1:]], [*whole[:-1], [b"\x01"] * 5], [*whole[:-1], [b""]]
    for value in (b"", b"\xc0", b"hello", *map(msgspec.msgpack.encode, strange)):
        with pytest.raises(msgspec.DecodeError):
            decode(value)


def test_sources() -> None:
    """Both inputs of each partition; what joins them only where somebody asks."""
    assert sources(1, {"fcr": {"satisfied": "ignore"}}) == ["interactions/0", "feedback/0"]
    assert sources(2, {"fcr": {"satisfied": "require"}})[-2:] == ["joined/0", "joined/1"]


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_byte_of_a_section_can_be_changed(place: int, by: int) -> None:
    """Also where the number that comes out would be as good as the right one."""
    value = bytearray(encode(SOUND))
    value[place % len(value)] ^= by
    with pytest.raises(msgspec.DecodeError):
        decode(bytes(value))


OTHERWISE = ["idle", "feedback/0", 8, 4, 41, 1, [], [b""] * 5, 30, [b""] * 5, 1]
"""Other elements that a section might have as well."""


@pytest.mark.parametrize("element", range(len(OTHERWISE)))
def test_no_element_of_a_section_can_be_changed(element: int) -> None:
    """By somebody who writes it anew: a position beyond all that follows would make that old news."""
    wire = msgspec.msgpack.decode(encode(SOUND))
    wire[element] = OTHERWISE[element]
    decode(msgspec.msgpack.encode(wire[:-1]))
    with pytest.raises(msgspec.DecodeError):
        decode(msgspec.msgpack.encode(wire))


def test_sections_of_before_there_were_seals() -> None:
    """They are read, and told apart: workers of both versions run while they are replaced."""
    wire = msgspec.msgpack.decode(encode(SOUND))
    older = decode(msgspec.msgpack.encode(wire[:11]))
    assert older.position == SOUND.position
    assert (older.sealed, decode(encode(SOUND)).sealed) == (False, True)


def test_sections_of_one_judge_are_nothing_to_another() -> None:
    """Somebody copies a record to another partition: its scopes would count in two places."""
    assert decode(encode(SOUND, 3), 3).position == SOUND.position
    with pytest.raises(msgspec.DecodeError):
        decode(encode(SOUND, 3), 1)


@given(st.lists(st.tuples(st.text(max_size=40), st.lists(st.text(max_size=300), max_size=20).map(tuple))))
def test_scopes_that_are_spelled_are_written_like_others(scopes: list[ScopeKey]) -> None:
    """A section has the same bytes, whether its scopes are given as they are or as they are spelled."""
    spelled = [Spelled.before(key, len(values)) + b"".join(Spelled.values(values)) for key, values in scopes]
    assert list(Spelled(spelled)) == scopes
    assert encode(replace(SOUND, scopes=Spelled(spelled))) == encode(replace(SOUND, scopes=scopes))


@pytest.mark.parametrize("many", [0, 15, 16, 65_535, 65_536])
def test_a_list_of_scopes_of_any_length_comes_back(many: int) -> None:
    """What a list begins with depends on its length."""
    scopes = Spelled([Spelled.before("channel|channel", 1) + Spelled.values(["phone"])[0]] * many)
    back = decode(encode(replace(SOUND, scopes=scopes)))
    assert isinstance(back.scopes, Spelled)
    assert list(map(bytes, back.scopes.bytes)) == scopes.bytes
