"""Episodes: transitions put together again."""

from alerts.readings import scope_words
from alerts.transitions import unix_ms
from stream.reports.episodes import episodes
from tests.transition_builders import MINUTE_MS, step


def test_an_episode_runs_from_its_first_breach_to_its_resolve() -> None:
    """It fired when it first fired, whatever happened in between."""
    (found,) = episodes(
        [
            step("pending", 0, began=0),
            step("firing", 5, began=0),
            step("stale", 8, began=0),
            step("firing", 9, began=0),
            step("resolved", 12, began=0),
        ]
    )
    assert (found.began_ms, found.fired_ms, found.ended_ms) == (0, 5 * MINUTE_MS, 12 * MINUTE_MS)
    assert found.open_ms(end_ms=100 * MINUTE_MS) == 7 * MINUTE_MS
    assert found.stale_ms(end_ms=100 * MINUTE_MS) == MINUTE_MS
    assert found.firing_ms(end_ms=100 * MINUTE_MS) == 6 * MINUTE_MS
    assert found.notices == 4
    assert found.last.state == "resolved"


def test_what_never_fired_is_no_episode() -> None:
    """Nobody was told of what was pending."""
    assert episodes([step("pending", 0, began=0)]) == []


def test_an_open_episode_lasts_to_the_end_of_the_run() -> None:
    """A backtest ends with its last event, and says nothing of what comes after."""
    (found,) = episodes([step("firing", 5)])
    assert found.ended_ms is None
    assert found.firing_ms(end_ms=15 * MINUTE_MS) == 10 * MINUTE_MS


def test_the_severity_is_the_highest_that_fired() -> None:
    """And the worst transition is where it was reached."""
    (found,) = episodes(
        [step("firing", 1), step("firing", 3, severity="critical", began=1), step("firing", 4, began=1)]
    )
    assert found.severity == "critical"
    assert found.first.severity == "warning"
    assert unix_ms(found.worst.at) == 3 * MINUTE_MS


def test_episodes_come_in_the_order_in_which_they_fired() -> None:
    """Then by rule and scope."""
    found = episodes([step("firing", 2, rule="b"), step("firing", 1, rule="c"), step("firing", 2, rule="a")])
    assert [episode.rule for episode in found] == ["c", "a", "b"]


def test_scopes_are_told_in_words() -> None:
    """Also those without dimensions, and events without a value."""
    assert scope_words({"channel": "phone", "team": ""}) == "phone, no team"
    assert scope_words({"stage": "purchase", "channel": "phone"}) == "phone, stage purchase"
    assert scope_words({}) == "all channels together"
