"""The alert's machine."""

from itertools import product

import pytest

from alerts.states import LIVE, ON_LASTING_BREACH, ON_TOPIC, ON_VERDICT, State, Verdict, after

B, C, F, S = Verdict.BREACH, Verdict.CLEAR, Verdict.INSUFFICIENT, Verdict.STALE


def test_every_state_answers_every_verdict() -> None:
    """The table is total."""
    assert {(state, verdict) for state in ON_VERDICT for verdict in ON_VERDICT[state]} == set(
        product(State, Verdict)
    )


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([B, B, C], "firing firing resolved"),
        ([B, F, S, F, B], "firing firing stale stale firing"),
        ([B, S, C, C, C], "firing stale resolved inactive inactive"),
        ([B, C, B], "firing resolved firing"),
        ([F, S, C], "inactive inactive inactive"),
        ([B, S, S, F, F, C, B, C], "firing stale stale stale stale resolved firing resolved"),
    ],
)
def test_histories_without_a_hold(verdicts: list[Verdict], expected: str) -> None:
    """Where a breach fires at once, the states of a history are these."""
    assert " ".join(state.word for state in _history(verdicts, hold=0)) == expected


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([C, B, B, B, S, C, C], "inactive pending pending firing stale resolved inactive"),
        ([B, F, B, B, B], "pending inactive pending pending firing"),
        ([B, S, B], "pending inactive pending"),
        ([B, C, B, B, B], "pending inactive pending pending firing"),
    ],
)
def test_histories_with_a_hold_of_two_steps(verdicts: list[Verdict], expected: str) -> None:
    """A breach that has not lasted is pending, and whatever is not a breach ends that."""
    assert " ".join(state.word for state in _history(verdicts, hold=2)) == expected


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("lasted", [False, True])
def test_health_never_fires(state: State, lasted: bool) -> None:  # noqa: FBT001
    """A good reading pages nobody, whatever was before it."""
    moved = after(state, C, lasted=lasted)
    assert moved is not State.FIRING or state is State.FIRING


@pytest.mark.parametrize("state", State)
def test_nothing_resolves_without_health(state: State) -> None:
    """Only a clear reading that has lasted resolves, and only what people have heard of."""
    for verdict, lasted in product(Verdict, (False, True)):
        if after(state, verdict, lasted=lasted) is State.RESOLVED:
            assert state in (State.FIRING, State.STALE)
            assert (verdict, lasted) == (Verdict.CLEAR, True)


def test_only_a_pending_alert_waits() -> None:
    """A breach that lasts moves what is pending, and nothing else; resolved is the end of an episode."""
    assert ON_LASTING_BREACH == {State.PENDING: State.FIRING}
    assert State.RESOLVED not in LIVE


def test_words_are_those_of_the_topic() -> None:
    """Consumers of cx.alerts read these words; of what is known they read that it has resolved."""
    assert [state.word for state in ON_TOPIC] == ["pending", "firing", "resolved", "stale"]


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("lasted", [False, True])
def test_what_is_known_is_told_of_no_more(verdict: Verdict, lasted: bool) -> None:  # noqa: FBT001
    """A known breach goes on unheard until there has been health for as long as the rule asks."""
    over = verdict is C and lasted
    assert after(State.KNOWN, verdict, lasted=lasted) is (State.INACTIVE if over else State.KNOWN)


def _history(verdicts: list[Verdict], hold: int) -> list[State]:
    state, breaches, found = State.INACTIVE, 0, []
    for verdict in verdicts:
        breaches = breaches + 1 if verdict is B else 0
        state = after(state, verdict, lasted=verdict is not B or breaches > hold)
        found.append(state)
    return found
