"""Where alerts stand, from the transitions of cx.alerts."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from alerts.errors import SettingsError
from alerts.latest import LatestNews
from alerts.transitions import Transition, encode
from stream.ops.alert_status import decode, line, one
from tests.transition_builders import numbered


def test_a_transition_survives_the_wire() -> None:
    """What a judge writes is what is read; anything else is nothing."""
    assert decode(encode(numbered())) == numbered()
    assert decode(b"{}") is decode(None) is None


@pytest.mark.parametrize(
    "forged", [{"severity": "banana"}, {"seq": -1}, {"rule": "a" * 5000}, {"scope": {"who": "x"}}]
)
def test_what_no_worker_takes_for_a_transition_is_none(forged: dict[str, Any]) -> None:
    """The list showed alerts that the board and the API did not."""
    assert decode(encode(replace(numbered(), **forged))) is None


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 5))))
def test_the_greatest_sequence_number_stands(steps: list[tuple[str, int]]) -> None:
    """In whatever order, and however often, transitions are read."""
    standing: LatestNews[Transition] = LatestNews()
    for alert, seq in steps:
        standing.apply(numbered(alert, seq))
    latest = {each.id: each.seq for each in standing.all()}
    assert latest == {alert: max(seq for name, seq in steps if name == alert) for alert, _ in steps}


def test_repeats_are_no_news() -> None:
    """A follower prints each change once."""
    standing: LatestNews[Transition] = LatestNews()
    news = [standing.apply(numbered(seq=seq)) for seq in (1, 2, 1, 2, 3)]
    assert news == [True, True, False, False, True]


def test_what_is_resolved_is_not_open() -> None:
    """Open alerts are those that are pending, firing or stale, the latest first."""
    standing: LatestNews[Transition] = LatestNews()
    for number, state in enumerate(("firing", "resolved", "stale", "pending"), 1):
        standing.apply(numbered(f"alert{number}", number, state))
    assert [each.state for each in standing.open()] == ["pending", "stale", "firing"]
    assert len(standing.all()) == 4


def test_what_was_pending_has_come_to_nothing_where_its_scope_moved_since() -> None:
    """Nobody tells: each dip below a limit that did not last was pending for ever."""
    standing: LatestNews[Transition] = LatestNews()
    for number in (2, 1, 3):  # partitions come in any order
        standing.apply(numbered(f"dip{number}", number, "pending"))
    standing.apply(replace(numbered("elsewhere", 1, "pending"), scope={"channel": "elsewhere"}))
    assert [each.id for each in standing.open()] == ["dip3", "elsewhere"]
    standing.apply(numbered("dip4", 4, "resolved"))
    assert [each.id for each in standing.open()] == ["elsewhere"]


def test_an_alert_is_named_by_the_beginning_of_its_id() -> None:
    """As long as that names one alert alone."""
    standing: LatestNews[Transition] = LatestNews()
    for alert in ("abc1", "abd2"):
        standing.apply(numbered(alert))
    assert one(standing, "abc").id == "abc1"
    with pytest.raises(SettingsError, match=r"got 'ab', which 2 alerts \(abc1, abd2\) have"):
        one(standing, "ab")
    with pytest.raises(SettingsError, match="got 'x', which none has"):
        one(standing, "x")


def test_a_line_says_what_where_and_who_cares() -> None:
    """Time, severity, state, rule, scope, summary, id, and a note if there is one."""
    text = line(numbered(), {"abcdef0123456789": "acknowledged by ann"})
    assert text == (
        "2026-11-22T10:00:01Z  CRITICAL  firing    low  phone  CSAT of phone is 41 %  "
        "[abcdef0123]  (acknowledged by ann)"
    )
