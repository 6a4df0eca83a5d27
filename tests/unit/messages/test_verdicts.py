"""Verdicts on cx.tallies: read as they were written, in their own partition, and by nobody who knows none."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.states import Known
from stream.messages import tallies, verdicts
from stream.messages.verdicts import VerdictMessage

SAID = VerdictMessage("5f3c0b9a2d1e4f60718293a4", "known", 17)


@given(
    st.text(max_size=40), st.sampled_from(["known", "new_normal"]), st.integers(0, 2**53), st.integers(0, 99)
)
def test_a_verdict_is_read_as_it_was_written(alert: str, verdict: Known, at: int, shard: int) -> None:
    """Whatever is said."""
    said = VerdictMessage(alert, verdict, at)
    value = verdicts.encode(said, shard)
    assert verdicts.is_verdict(value)
    assert verdicts.decode(value, shard) == said


def test_another_judge_reads_nothing_in_it() -> None:
    """A copy in another partition is no verdict."""
    with pytest.raises(msgspec.DecodeError, match="seal"):
        verdicts.decode(verdicts.encode(SAID, 1), 2)


@given(st.data())
def test_a_changed_verdict_is_none(data: st.DataObject) -> None:
    """Any byte that is another one is found out."""
    value = bytearray(verdicts.encode(SAID, 0))
    place = data.draw(st.integers(0, len(value) - 1))
    value[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(msgspec.DecodeError):
        verdicts.decode(bytes(value), 0)


def test_a_cut_off_verdict_is_none() -> None:
    """Nor is one without a seal."""
    for value in (verdicts.encode(SAID, 0)[:-3], msgspec.msgpack.encode(["verdict", "a", "known", 1, b""])):
        with pytest.raises(msgspec.DecodeError):
            verdicts.decode(value, 0)


def test_a_version_that_knows_no_verdicts_finds_no_section() -> None:
    """It reads every record as a section; what is none it logs and passes over."""
    with pytest.raises(msgspec.DecodeError, match="not a section"):
        tallies.decode(verdicts.encode(SAID, 0), 0)


def test_a_section_is_no_verdict() -> None:
    """Every kind of section begins otherwise."""
    for kind in tallies.Kind:
        section = tallies.TallyMessage(kind=kind, source="feedback/0", position=1, through=1, clock_ms=None)
        assert not verdicts.is_verdict(tallies.encode(section, 0))
