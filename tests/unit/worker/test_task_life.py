"""The life of a task: every move of the table, and what must never happen."""

from itertools import product

import pytest

from stream.worker.tasks.task_life import ON_EVENT, TRUE, Life, TaskEvent


def test_the_table_is_total() -> None:
    """Every life answers every event."""
    assert {(life, event) for life, moves in ON_EVENT.items() for event in moves} == set(
        product(Life, TaskEvent)
    )


@pytest.mark.parametrize("event", [event for event in TaskEvent if event is not TaskEvent.BEGUN])
def test_only_catching_up_mends_a_torn_state(event: TaskEvent) -> None:
    """Whatever else happens, it is never fed nor saved again."""
    assert ON_EVENT[Life.TORN][event] is Life.TORN


@pytest.mark.parametrize("life", Life)
def test_catching_up_may_begin_at_any_time(life: Life) -> None:
    """The group gives partitions as it likes."""
    assert ON_EVENT[life][TaskEvent.BEGUN] is Life.CATCHING_UP


@pytest.mark.parametrize("life", Life)
def test_nothing_is_live_but_what_was_restored(life: Life) -> None:
    """A state becomes live by catching up to its end, and stays so only while nothing happens to it."""
    became_live = {event for event, after in ON_EVENT[life].items() if after is Life.LIVE}
    allowed = {Life.CATCHING_UP: {TaskEvent.RESTORED}, Life.LIVE: {TaskEvent.RESTORED, TaskEvent.BROKEN_OFF}}
    assert became_live == allowed.get(life, set())


E = TaskEvent


@pytest.mark.parametrize(
    ("events", "at_the_end"),
    [
        ((E.BEGUN, E.RESTORED), Life.LIVE),
        ((E.BEGUN, E.RESTORED, E.RELEASED), Life.PAUSED),
        ((E.BEGUN, E.RESTORED, E.RELEASED, E.LOST), Life.TORN),
        ((E.BEGUN, E.RESTORED, E.CUT_OFF, E.BEGUN, E.RESTORED), Life.LIVE),
        ((E.BEGUN, E.BROKEN_OFF, E.RELEASED), Life.EMPTY),
        ((E.BEGUN, E.RELEASED, E.RESTORED), Life.EMPTY),
        ((E.BEGUN, E.LOST, E.RESTORED), Life.TORN),
    ],
)
def test_lives(events: tuple[TaskEvent, ...], at_the_end: Life) -> None:
    """From the beginning, event by event."""
    life = Life.EMPTY
    for event in events:
        life = ON_EVENT[life][event]
    assert life is at_the_end
    assert (life in TRUE) is (at_the_end in {Life.LIVE, Life.PAUSED})
