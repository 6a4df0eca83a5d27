"""What each receiver has heard of each alert."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.delivery.delivery_log import Entry
from alerts.delivery.progress import DeliveryProgress, HeardPartitions, HeardTransitions
from tests.post import ENTRY

AT_S = 1_795_341_600.0


def _entry(alert: str, seq: int, *, told: bool) -> Entry:
    """How a notice to the pager ended."""
    outcome, attempts = ("delivered", 1) if told else ("dropped", 0)
    return replace(
        ENTRY, id=f"{alert}.{seq}", alert=alert, seq=seq, receiver="pager", outcome=outcome, reason="",
        attempts=attempts, status=None,
    )  # fmt: skip


def test_who_has_had_a_notice_is_concerned_from_then_on() -> None:
    """Enrolling makes a receiver one of those who get what follows; asking how far it is does not."""
    heard = HeardTransitions()
    assert heard.progress("a", "pager") == DeliveryProgress()
    assert heard.concerned("a") == frozenset()
    heard.enrol("a", "pager")
    assert heard.concerned("a") == {"pager"}
    assert heard.concerned("b") == frozenset()


def test_a_dropped_notice_is_settled_but_not_heard() -> None:
    """What was never sent counts as done, and leaves the receiver in the dark."""
    heard = HeardTransitions()
    heard.settled(_entry("a", 1, told=False))
    assert heard.progress("a", "pager") == DeliveryProgress(1, told=False, at_s=AT_S)
    heard.settled(_entry("a", 2, told=True))
    heard.settled(_entry("a", 3, told=False))
    assert heard.progress("a", "pager") == DeliveryProgress(3, told=True, at_s=AT_S)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 9), st.booleans())))
def test_progress_never_goes_back(entries: list[tuple[str, int, bool]]) -> None:
    """In whatever order the log is read, the greatest sequence number stands."""
    heard = HeardTransitions()
    for alert, seq, told in entries:
        heard.settled(_entry(alert, seq, told=told))
    for alert in "abc":
        seqs = [seq for name, seq, _ in entries if name == alert]
        assert heard.progress(alert, "pager").seq == max(seqs, default=0)


def test_memory_is_bounded() -> None:
    """Alerts that nobody has heard of for longest are forgotten."""
    heard = HeardTransitions(most=2)
    for alert in ("a", "b", "a", "c"):
        heard.settled(_entry(alert, 1, told=True))
    assert heard.concerned("b") == frozenset()
    assert heard.concerned("a") == heard.concerned("c") == {"pager"}


@pytest.mark.parametrize("after", [None, "given again", "still ours"])
def test_what_was_read_of_a_partition_that_moved_meanwhile_is_not_kept(after: str | None) -> None:
    """Another worker has written there since; who takes it for all that there is tells it again."""
    turns = {0: "still ours"}

    async def history(partition: int) -> list[Entry]:
        turns.pop(partition)
        if after is not None:
            turns[partition] = after
        return [_entry("a", 1, told=True)]

    heard = HeardPartitions(history, turns.get)
    assert asyncio.run(heard.read(0)).progress("a", "pager").told
    assert (0 in heard.known) is (after == "still ours")
