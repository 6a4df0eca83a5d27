"""The timeline, as people read it."""

from zoneinfo import ZoneInfo

from stream.reports.episodes import episodes
from stream.reports.timeline import aligned, cause_words, summary, timeline
from tests.transition_builders import MINUTE_MS, step

UTC = ZoneInfo("UTC")
END_MS = 60 * MINUTE_MS


def test_it_tells_when_what_fired_why_and_how_it_went_on() -> None:
    """Under a heading per day, in the order of firing."""
    found = episodes(
        [
            step("pending", 1, began=1),
            step("firing", 5, began=1),
            step("firing", 7, began=1, severity="critical", summary="CSAT is very low"),
            step("resolved", 30, began=1),
            step("firing", 40, rule="gone", scope={}, cause={"dimension": "team", "value": "", "share": 1}),
            step("stale", 50, rule="gone", scope={}, began=40),
        ]
    )
    assert list(timeline(found, UTC, END_MS)) == [
        "Thursday 1 January 1970",
        "00:05:00  warning   low  phone",
        "          CSAT is low.",
        "          Critical from 00:07:00: CSAT is very low.",
        "          Began 00:01:00; resolved 00:30:00, after 25 min; 3 notices.",
        "00:40:00  warning   gone  all channels together",
        "          CSAT is low.",
        "          dimension team, value , share 1.",
        "          Still stale at the end, after 20 min (10 min of it stale); 2 notices.",
    ]


def test_times_are_local() -> None:
    """Days too: what ends on another day says so."""
    found = episodes([step("firing", 21 * 60), step("resolved", 24 * 60, began=21 * 60)])
    assert list(timeline(found, ZoneInfo("Asia/Jerusalem"), END_MS)) == [
        "Thursday 1 January 1970",
        "23:00:00  warning   low  phone",
        "          CSAT is low.",
        "          Resolved 2 Jan 02:00:00, after 3 h; 2 notices.",
    ]


def test_a_quiet_run_says_so() -> None:
    """An empty page would leave doubts."""
    assert list(timeline([], UTC, END_MS)) == ["Nothing fired."]
    assert list(summary([], END_MS)) == []


def test_the_summary_counts_by_rule_and_scope() -> None:
    """How many firings, how long in all, the quickest and the slowest."""
    found = episodes(
        [
            step("firing", 0),
            step("resolved", 10, began=0),
            step("firing", 20),
            step("resolved", 22, began=20),
            step("firing", 55, scope={"channel": "chat"}),
        ]
    )
    assert list(summary(found, END_MS)) == [
        "rule  scope  firings  notices  time firing  quickest  slowest",
        "low   chat         1        1        5 min     5 min    5 min",
        "low   phone        2        4       12 min     2 min   10 min",
    ]


def test_stale_time_stands_apart_from_firing_time() -> None:
    """What fired for ten minutes and was silent for a night did not fire all night."""
    found = episodes([step("firing", 0), step("stale", 10, began=0), step("resolved", 600, began=0)])
    assert list(summary(found, 600 * MINUTE_MS)) == [
        "rule  scope  firings  notices  time firing  time stale  quickest  slowest",
        "low   phone        1        3       10 min  9 h 50 min      10 h     10 h",
    ]


def test_sentences_tell_times_in_the_readers_zone() -> None:
    """A notice tells them in UTC; beside local times that would mislead."""
    sentence = "Contacts surge: 20 since 13:12 UTC, where 2 were expected"
    surge = step("firing", 14 * 60, summary=sentence, evidence={"since": "1970-01-01T13:12:00Z"})
    lines = list(timeline(episodes([surge]), ZoneInfo("Asia/Jerusalem"), 15 * 60 * MINUTE_MS))
    assert lines[2].strip() == "Contacts surge: 20 since 15:12, where 2 were expected."


def test_years_are_told_where_times_are_far_apart() -> None:
    """A day and month say little in a report that somebody reads in another year."""
    found = episodes([step("firing", 0), step("resolved", 3 * 1440, began=0)])
    assert (
        list(timeline(found, UTC, END_MS))[-1].strip()
        == "Resolved 4 Jan 1970 00:00:00, after 3 d; 2 notices."
    )


def test_the_usual_cause_is_a_sentence() -> None:
    """Which value most of the trouble comes from."""
    cause = {"dimension": "topic", "value": "billing", "share_of_shortfall": 0.62}
    assert cause_words(cause) == "62 % of the trouble comes from topic billing"


def test_columns_stand_under_each_other() -> None:
    """Names lean left, numbers right, and no line has blanks at its end."""
    assert list(aligned([("a", "n"), ("bb", "10")], left=1)) == ["a    n", "bb  10"]
    assert list(aligned([("a", "b"), ("c", "")], left=2)) == ["a  b", "c"]
