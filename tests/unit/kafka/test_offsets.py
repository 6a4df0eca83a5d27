"""Slots: what may be committed, whatever the order in which batches finish."""

from hypothesis import given
from hypothesis import strategies as st

from stream.kafka.offsets import TP, OffsetTracker, Slot

A = TP("cx.interactions", 0)
B = TP("cx.interactions", 1)


def opened(*tps: TP, most: int = 4) -> OffsetTracker:
    """Slots of partitions that are ready."""
    slots = OffsetTracker(lambda _: most)
    slots.assign(tps)
    for tp in tps:
        slots.open(tp)
    return slots


def put(slots: OffsetTracker, last: int, tp: TP = A) -> Slot:
    """A slot that must be given."""
    slot = slots.put(tp, last, 0.0)
    assert slot is not None
    return slot


@given(st.lists(st.integers(1, 50), min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_commit_never_passes_a_batch_in_work(gaps: list[int], rng: object) -> None:
    """In any order of finishing, the commit is the end of the leading finished batches."""
    slots = opened(A, most=100)
    last, handed = -1, []
    for gap in gaps:
        last += gap
        handed.append(put(slots, last))
    order = list(range(len(handed)))
    rng.shuffle(order)  # type: ignore[attr-defined]
    done: set[int] = set()
    for index in order:
        handed[index].finish()
        done.add(index)
        lead = next((i for i in range(len(handed)) if i not in done), len(handed))
        want = {A: handed[lead - 1].last + 1} if lead else {}
        assert slots.committable() == want
    assert slots.in_work(A) == 0


def test_nothing_twice() -> None:
    """What the broker has taken is not offered again until more is finished."""
    slots = opened(A)
    put(slots, 9).finish()
    assert slots.committable() == {A: 10}
    slots.committed([(A, 10)])
    assert slots.committable() == {}
    put(slots, 19).finish()
    assert slots.committable() == {A: 20}


def test_a_failed_commit_is_offered_again() -> None:
    """Offsets stay committable until the broker has taken them."""
    slots = opened(A)
    put(slots, 9).finish()
    assert slots.committable() == slots.committable() == {A: 10}


def test_late_finish_of_a_forgotten_batch() -> None:
    """A batch of before a seek finishes into the void, also when a new one has the same last offset."""
    slots = opened(A)
    old = put(slots, 9)
    slots.forget([A])
    new = put(slots, 9)
    old.finish()
    assert slots.committable() == {}
    new.finish()
    assert slots.committable() == {A: 10}


def test_late_finish_after_losing_and_regaining_a_partition() -> None:
    """An assignment starts with nothing in work, whatever is still finishing of the one before."""
    slots = opened(A)
    old = put(slots, 9)
    slots.assign([A])
    slots.open(A)
    old.finish()
    assert slots.committable() == {}


def test_shut_until_opened() -> None:
    """A partition takes no batch before its state is there, nor one that is not ours."""
    slots = OffsetTracker(lambda _: 4)
    slots.assign([A])
    assert not slots.has_room(A)
    assert slots.put(A, 1, 0.0) is None
    slots.open(A)
    assert slots.has_room(A)
    assert slots.put(B, 1, 0.0) is None
    slots.open(B)
    assert not slots.is_open(B)
    slots.shut([A, B])
    assert not slots.is_open(A)


def test_forgetting_leaves_the_gate_as_it_is() -> None:
    """A seek does not change whether the partition's state is there."""
    slots = opened(A)
    slots.forget([A, B])
    assert slots.is_open(A)


def test_room() -> None:
    """A partition may have so many batches in work; finishing makes room, and says so."""
    told: list[bool] = []
    slots = opened(A, most=2)
    slots.on_room = lambda: told.append(slots.has_room(A))
    first = put(slots, 1)
    second = put(slots, 2)
    assert not slots.has_room(A)
    second.finish()
    assert not slots.has_room(A)
    first.finish()
    assert slots.has_room(A)
    assert told == [False, True]


def test_oldest() -> None:
    """The oldest batch in work tells for how long nothing could be committed."""
    slots = opened(A, B)
    assert slots.oldest_s({"cx.interactions"}) is None
    slots.put(A, 1, 5.0)
    early = slots.put(B, 1, 3.0)
    assert slots.oldest_s({"cx.interactions"}) == 3.0
    assert early is not None
    early.finish()
    assert slots.oldest_s({"cx.interactions"}) == 5.0
    assert slots.oldest_s({"cx.alerts"}) is None


def test_reached() -> None:
    """Lag is counted from the end of what is finished."""
    slots = opened(A)
    assert slots.reached(A) is slots.reached(B) is None
    put(slots, 9).finish()
    assert slots.reached(A) == 10
