"""Watchdog: standing still is noticed, waiting for nothing is not."""

from stream.worker.watchdog import EXIT, Patience, Watchdog


def fed(_seconds: float) -> float:
    """There is a processor whenever one is wanted."""
    return 0.0


def test_patience() -> None:
    """Only so many looks in a row without a move, while there is work, are too many."""
    patience = Patience(3)
    assert [patience.lost(0, busy=True) for _ in range(4)] == [False, False, False, True]
    assert not patience.lost(1, busy=True)


def test_idleness_is_no_fault() -> None:
    """Without work nothing need move; the count starts when work comes."""
    patience = Patience(2)
    assert not any(patience.lost(0, busy=False) for _ in range(9))
    assert [patience.lost(0, busy=True) for _ in range(2)] == [False, True]


def test_a_loop_that_stands_still() -> None:
    """Looks without a beat in between end the process."""
    ends: list[int] = []
    dog = Watchdog(2, ends.append, fed)
    dog.beat(0, busy=False)
    dog.look()
    dog.look()
    dog.beat(0, busy=False)
    dog.look()
    dog.look()
    assert not ends
    dog.look()
    assert ends == [EXIT]


def test_work_that_does_not_get_done() -> None:
    """Beats with work and no progress end the process; progress saves it."""
    ends: list[int] = []
    dog = Watchdog(2, ends.append, fed)
    for done in (0, 0, 1, 1, 2):
        dog.beat(done, busy=True)
    assert not ends
    dog.beat(2, busy=True)
    dog.beat(2, busy=True)
    assert ends == [EXIT]


def test_waiting_for_a_processor_does_not_count() -> None:
    """A process that gets a quarter of a processor is given four times as long, for either sign."""
    for turn in ("look", "beat"):
        ends: list[int] = []
        dog = Watchdog(3, ends.append, lambda _seconds: 0.75)
        dog.look()
        for number in range(12):
            assert not ends, (turn, number)
            if turn == "beat":
                dog.beat(0, busy=True)
            dog.look()
        if turn == "beat":
            dog.beat(0, busy=True)
        assert ends == [EXIT], turn


def test_waiting_excuses_no_more_than_nine_tenths() -> None:
    """A loop that is stuck on a machine which is never free is ended all the same."""
    ends: list[int] = []
    dog = Watchdog(2, ends.append, lambda _seconds: 1.0)
    for _ in range(20):
        assert not ends
        dog.look()
    dog.look()
    assert ends[0] == EXIT
