"""The timeline, as people read it."""

from zoneinfo import ZoneInfo

import pytest

from stream.reports.episodes import episodes
from stream.reports.timeline import aligned, cause_words, length, summary, timeline
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
        "00:05:00  warning   low  channel=phone",
        "          CSAT is low.",
        "          Critical from 00:07:00: CSAT is very low.",
        "          Began 00:01:00; resolved 00:30:00, after 25 min.",
        "00:40:00  warning   gone  overall",
        "          CSAT is low.",
        "          dimension team, value , share 1.",
        "          Still stale at the end, after 20 min.",
    ]


def test_times_are_local() -> None:
    """Days too: what ends on another day says so."""
    found = episodes([step("firing", 21 * 60), step("resolved", 24 * 60, began=21 * 60)])
    assert list(timeline(found, ZoneInfo("Asia/Jerusalem"), END_MS)) == [
        "Thursday 1 January 1970",
        "23:00:00  warning   low  channel=phone",
        "          CSAT is low.",
        "          Resolved 2 Jan 02:00:00, after 3 h.",
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
        "rule  scope          firings  time firing  quickest  slowest",
        "low   channel=chat         1        5 min     5 min    5 min",
        "low   channel=phone        2       12 min     2 min   10 min",
    ]


@pytest.mark.parametrize(
    ("span_ms", "text"),
    [
        (0, "0 s"),
        (999, "0 s"),
        (59_000, "59 s"),
        (60_000, "1 min"),
        (61_000, "1 min 1 s"),
        (3_600_000, "1 h"),
        (5_400_000, "1 h 30 min"),
        (86_400_000 + 3_599_000, "1 d"),
        (90_000_000, "1 d 1 h"),
    ],
)
def test_durations_have_two_units(span_ms: int, text: str) -> None:
    """Nobody reads the seconds of a day."""
    assert length(span_ms) == text


def test_the_usual_cause_is_a_sentence() -> None:
    """Which value most of the shortfall comes from."""
    cause = {"dimension": "topic", "value": "billing", "share_of_shortfall": 0.62}
    assert cause_words(cause) == "62% of the shortfall comes from topic=billing"


def test_columns_stand_under_each_other() -> None:
    """Names lean left, numbers right, and no line has blanks at its end."""
    assert list(aligned([("a", "n"), ("bb", "10")], left=1)) == ["a    n", "bb  10"]
    assert list(aligned([("a", "b"), ("c", "")], left=2)) == ["a  b", "c"]
