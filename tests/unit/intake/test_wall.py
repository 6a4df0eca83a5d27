"""The wall: a record that nobody foresaw is refused alone, and leaves no trace in the state."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.intake.intake import Intake
from stream.intake.wall import fed_in_parts, kind_of
from stream.messages.records import FileRecord, Stream
from tests.builders import plan_of
from tests.event_builders import answer, closed, contact, counts, ended, records

PLAN = plan_of(
    """
indicators: {fcr: {satisfied: require}}
rules: [{name: low, indicator: csat, by: [channel], critical: 50, explain: [topic]}]
""",
    2,
)


class Tripwire:
    """Takes batches as a line of the intake does, and then stumbles over some ids."""

    def __init__(self, line: Any, bad: set[str]) -> None:
        self._line, self._bad = line, bad

    def __getattr__(self, name: str) -> Any:
        return getattr(self._line, name)

    def take(self, batch: Any) -> Any:
        """As the line takes it."""
        found = self._line.take(batch)
        if self._bad & {event.id for event in batch.events}:
            raise KeyError("a customer's name")
        return found


def tripped(bad: set[str]) -> Intake:
    """An intake with faults."""
    intake = Intake(PLAN, 0)
    parts: Any = intake
    parts._contacts = Tripwire(parts._contacts, bad)
    parts._answers = Tripwire(parts._answers, bad)
    return intake


def events(stream: Stream, count: int) -> list[dict[str, Any]]:
    """A second apart, some of them twice, of customers who come back, with new topics all along."""
    build: Callable[..., dict[str, Any]] = contact if stream is Stream.INTERACTIONS else answer
    return [
        build(n - n % 5 // 4, n * 3.0, customer=f"c{n % 7}", topic=f"t{n}", interaction=f"i{n}")
        for n in range(count)
    ]


@given(st.sets(st.integers(0, 59), max_size=6), st.integers(1, 60), st.sampled_from(list(Stream)))
def test_what_nobody_foresaw_is_refused_alone(bad: set[int], cut: int, stream: Stream) -> None:
    """All else is as if the record had never been there: counts, duplicates, and what a snapshot says."""
    whole = records(events(stream, 60))
    initial = "i" if stream is Stream.INTERACTIONS else "f"
    ids = {f"{initial}{number}" for number in bad}
    intake, clean = tripped(ids), Intake(PLAN, 0)
    refused: list[Any] = []
    left, wanted = counts([]), counts([])
    for start in range(0, 60, cut):
        batch = whole[start : start + cut]
        output = intake.feed(stream, batch)
        refused += output.rejects
        assert sum(output.outcomes.values()) == len(batch)
        left.update(counts(closed(output)))
        wrong = {reject.offset for reject in output.rejects}
        wanted.update(
            counts(closed(clean.feed(stream, [each for each in batch if each.offset not in wrong])))
        )
    assert {each.reason.value for each in refused} <= {"internal"}
    assert {events(stream, 60)[each.offset]["id"] for each in refused} == ids & {
        event["id"] for event in events(stream, 60)
    }
    assert left == wanted
    assert intake.next_offset(stream) == 60
    assert intake.entries() == clean.entries()
    assert ended(intake) == ended(clean)


def test_how_batches_are_cut_decides_nothing() -> None:
    """Every worker and every replay blames the same records."""
    whole = records(events(Stream.FEEDBACK, 40))
    found = []
    for cut in (1, 7, 40):
        intake = tripped({"f3", "f20", "f21"})
        outputs = [intake.feed(Stream.FEEDBACK, whole[start : start + cut]) for start in range(0, 40, cut)]
        found.append(
            [(each.offset, each.reason, each.detail) for output in outputs for each in output.rejects]
        )
    assert found[0] == found[1] == found[2]
    assert {offset for offset, _, _ in found[0]} == {3, 4, 20, 21}  # 4 has the id of 3, which was not kept


def test_what_is_told_of_a_fault_is_its_kind_and_place() -> None:
    """Never what the record says."""
    output = tripped({"f1"}).feed(Stream.FEEDBACK, records([answer(1)]))
    (reject,) = output.rejects
    assert reject.detail.startswith("a fault of ours: KeyError at stream.intake.intake:")
    assert "customer" not in reject.detail
    assert kind_of(ValueError("secret")) == "ValueError at outside of our code"


def test_lack_of_memory_is_no_records_fault() -> None:
    """The worker must start again, and the record counts."""

    def feed(_: Sequence[Any]) -> int:
        raise MemoryError

    with pytest.raises(MemoryError):
        fed_in_parts([FileRecord(0, b"")], lambda: lambda: None, feed, lambda *_: 0)


def test_a_fault_without_records_is_raised() -> None:
    """There is nothing that could be left out."""

    def feed(_: Sequence[Any]) -> int:
        raise KeyError

    with pytest.raises(KeyError):
        fed_in_parts([], lambda: lambda: None, feed, lambda *_: 0)
