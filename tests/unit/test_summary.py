"""Sentences."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.facts import Facts, Further, Terms
from alerts.readings import Reading
from alerts.rules import (
    MINUTE_MS,
    Budget,
    Burn,
    BurnPair,
    Direction,
    Gap,
    Severity,
    Silence,
    Sudden,
    SuddenRelative,
    Surge,
    Threshold,
)
from alerts.states import State
from alerts.summary import summary
from alerts.worsening import Against, Worsening

LOW, HIGH = Direction.LOW_IS_BAD, Direction.HIGH_IS_BAD
MONTHLY = Budget(1, 30 * 24 * 60 * MINUTE_MS)
PAIR = BurnPair(60 * MINUTE_MS, 5 * MINUTE_MS, 3.0, Severity.CRITICAL)

CSAT = Facts(
    indicator="csat",
    unit="percent",
    detect=Threshold(window_ms=30 * MINUTE_MS, warning=80, critical=70),
    state=State.FIRING,
    severity=Severity.CRITICAL,
    scope=(("channel", "phone"),),
    reading=Reading(61.2, 143, 54.0, 68.1),
    terms=Terms(direction=LOW, window_ms=30 * MINUTE_MS, limit=70, recover=83, confidence=0.95),
)


def changed(facts: Facts, changes: dict[str, Any]) -> Facts:
    """The facts, with other values of their own or of their terms."""
    terms = {name: value for name, value in changes.items() if hasattr(facts.terms, name)}
    own = {name: value for name, value in changes.items() if name not in terms}
    return replace(facts, terms=replace(facts.terms, **terms), **own)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {},
            (
                "CSAT of phone is 61.2 % (95 % sure between 54 and 68.1 %), below the critical limit "
                "70 %, from 143 answers in the last 30 minutes"
            ),
        ),
        (
            {"state": State.RESOLVED, "reading": Reading(85.0, 143, 78.0, 90.0)},
            (
                "CSAT of phone has recovered: it is 85 % (95 % sure between 78 "
                "and 90 %), back over the "
                "limit of recovery, 83 %, from 143 answers in the last 30 minutes"
            ),
        ),
        (
            {"state": State.STALE, "reading": Reading(None, 0, None, None)},
            "CSAT of phone cannot be judged: no answers in the last 30 minutes; the alert stays open",
        ),
        (
            {"state": State.STALE},
            "CSAT of phone cannot be judged: too little comes in; the alert stays open",
        ),
        (
            {"state": State.PENDING, "confidence": 0, "scope": (), "reading": Reading(61.2, 1, 1.0, 99.0)},
            (
                "CSAT of all channels together is 61.2 %, below the critical limit 70 %, from 1 answer "
                "in the last 30 minutes; "
                "waiting to see if it lasts"
            ),
        ),
        (
            {
                "indicator": "ttr_p90",
                "unit": "seconds",
                "direction": HIGH,
                "limit": 3600.0,
                "reading": Reading(5400.0, 40, 4000.0, None),
                "severity": Severity.WARNING,
                "scope": (("channel", "web"), ("team", "")),
            },
            (
                "The 90th percentile of the time to resolution of web, no team is 1 h 30 min "
                "(95 % sure at least 1 h 7 min), above the warning limit 1 h, from 40 "
                "resolved cases in the last "
                "30 minutes"
            ),
        ),
        (
            {
                "indicator": "contacts",
                "unit": "count",
                "direction": HIGH,
                "limit": 100.0,
                "reading": Reading(150.0, 150, 127.0, 176.0),
            },
            (
                "The number of contacts of phone is 150 (95 % sure between 127 and 176) in the last "
                "30 minutes, above the critical limit 100"
            ),
        ),
        (
            {
                "detect": Sudden(75, MONTHLY),
                "window_ms": None,
                "limit": 75.0,
                "evidence": {"since": "2026-11-22T10:05:00Z", "answers": 16},
                "reading": Reading(31.0, 16, 14.0, 55.0),
            },
            (
                "CSAT of phone has suddenly fallen to 31 % (95 % sure between "
                "14 and 55 %), against a "
                "floor of 75 %, from 16 answers since 22 Nov 2026 10:05 UTC"
            ),
        ),
        (
            {"detect": Sudden(75, MONTHLY), "window_ms": None, "limit": 75.0, "state": State.RESOLVED},
            "CSAT of phone has recovered: its latest answers are back at its floor, 75 %",
        ),
        (
            {
                "detect": Sudden(25, MONTHLY),
                "window_ms": None,
                "limit": 25.0,
                "state": State.RESOLVED,
                "indicator": "abandonment",
                "direction": HIGH,
            },
            (
                "The share of abandoned contacts of phone has recovered: its latest contacts are back at its "
                "ceiling, 25 %"
            ),
        ),
        (
            {"detect": Burn(80, 1, (PAIR,)), "window_ms": 60 * MINUTE_MS, "evidence": {"long_rate": 3.25}},
            (
                "CSAT of phone is 61.2 % (95 % sure between 54 and 68.1 %): "
                "that spends what the target "
                "allows 3.25 times too fast, from 143 answers in the last hour"
            ),
        ),
        (
            {"detect": Burn(80, 1, (PAIR,)), "window_ms": 60 * MINUTE_MS, "evidence": {"long_rate": 1.0031}},
            (
                "CSAT of phone is 61.2 % (95 % sure between 54 and 68.1 %): that spends what the target "
                "allows 1.003 times too fast, from 143 answers in the last hour"
            ),
        ),
        *(
            (
                {
                    "detect": Burn(80, 1, (PAIR,)),
                    "window_ms": 60 * MINUTE_MS,
                    "evidence": {"long_rate": 3.25, "budget_left": left},
                },
                (
                    "CSAT of phone is 61.2 % (95 % sure between 54 and 68.1 %): that spends what the target "
                    f"allows 3.25 times too fast, from 143 answers in the last hour; {said}"
                ),
            )
            for left, said in [
                (42.42, "42.4 % of the budget is left"),
                (0, "0 % of the budget is left"),
                (-1236.5, "the budget is overspent by 1236.5 %"),
            ]
        ),
        (
            {"detect": Burn(80, 1, (PAIR,)), "state": State.RESOLVED},
            "CSAT of phone no longer spends what the target allows too fast",
        ),
        (
            {"detect": Gap(across="channel", window_ms=1, false_pages=MONTHLY), "limit": 90.66},
            (
                "CSAT of phone is 61.2 % (95 % sure between 54 and 68.1 %), clearly worse than the "
                "others' 90.7 %, from 143 answers in the last 30 minutes"
            ),
        ),
        (
            {
                "detect": Gap(across="channel", window_ms=1, false_pages=MONTHLY),
                "limit": 64.0,
                "confidence": 0,
                "state": State.RESOLVED,
            },
            "CSAT of phone is no longer clearly worse than the others: 61.2 % against 64 %",
        ),
        (
            {
                "detect": Surge(1, MONTHLY),
                "indicator": "contacts",
                "unit": "count",
                "evidence": {"since": "2026-11-22T10:05:00Z", "expected": 40.25},
            },
            (
                "The number of contacts of phone surges: 143 since 22 Nov 2026 10:05 UTC, "
                "where 40.2 were expected"
            ),
        ),
        (
            {"detect": Surge(1, MONTHLY), "indicator": "contacts", "state": State.RESOLVED},
            "The number of contacts of phone is back to its usual volume",
        ),
        (
            {
                "detect": Silence(Budget(5, 1), None, None),
                "reading": Reading(1.0, 1, None, None),
                "evidence": {"at_least": 5, "per_s": 600},
            },
            "Phone hears too little: 1 answer in the last 10 minutes, where at least 5 were wanted",
        ),
        (
            {
                "detect": Silence(Budget(1, 1), None, None),
                "reading": Reading(0.0, 0, None, None),
                "evidence": {"at_least": 1, "per_s": 60},
            },
            "Phone hears too little: 0 answers in the last minute, where at least 1 was wanted",
        ),
        (
            {
                "detect": Silence(Budget(1, 1), None, None),
                "state": State.RESOLVED,
                "evidence": {"reason": "known"},
            },
            (
                "Phone hears too little, as is known, somebody says: it fires again if it gets louder, "
                "or after it has recovered"
            ),
        ),
        (
            {
                "detect": Silence(None, 1, MONTHLY),
                "reading": Reading(0.0, 0, None, None),
                "evidence": {"since": "2026-11-22T10:05:00Z", "expected": 14.0},
                "scope": (),
            },
            (
                "All channels together hear too little: 0 answers since 22 Nov 2026 10:05 UTC, "
                "where 14 were expected"
            ),
        ),
        (
            {"detect": Silence(None, 1, MONTHLY), "state": State.RESOLVED},
            "Phone hears enough answers again",
        ),
        (
            {
                "detect": Silence(None, 1, MONTHLY),
                "state": State.RESOLVED,
                "scope": (("channel", "mail\nAll is well"), ("topic", "\u202egnillib \u0641\u200f")),
            },
            "Mail\\nAll is well, topic \\u202egnillib \u0641\u200f hears enough answers again",
        ),
    ],
)
def test_sentences(changes: dict[str, object], expected: str) -> None:
    """One plain sentence for each kind of rule and state."""
    assert summary(changed(CSAT, cast("dict[str, Any]", changes))) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"times": 3}, "in the last 30 minutes; 3rd time in 24 h"),
        (
            {"further": Further.noted(40, 143, 1, 1_800_000)},
            "in the last 30 minutes; 40 of these are further answers of 1 customer",
        ),
        (
            {"further": Further.noted(40, 143, 4, 1_800_000)},
            "; 40 of these are further answers of 4 customers",
        ),
        (
            {"further": Further.noted(40, 143, 6, 1_800_000)},
            "; 40 of these are further answers of customers who had answered within a day",
        ),
        (
            {"further": Further.noted(40, 50, 2, 3_600_000)},
            "; 40 of the 50 answers in the last hour are further ones of 2 customers",
        ),
        ({"reading": Reading(69.97, 143, 54.0, 78.1)}, "is 69.97 % (95 % sure between 54 and 78.1 %), below"),
        ({"reading": Reading(75.0, 143, 54.0, 78.1)}, "not back over doubt from the critical limit 70 %"),
        (
            {"state": State.RESOLVED, "reading": Reading(83.0, 143, 78.0, 90.0)},
            "back at the limit of recovery, 83 %",
        ),
        ({"state": State.RESOLVED}, "is no longer watched by this rule"),
        (
            {"detect": Sudden(75, MONTHLY), "limit": 75.0, "reading": Reading(80.0, 16, 60.0, 95.0)},
            "had suddenly fallen and is not surely back: it is 80 %",
        ),
        (
            {
                "detect": SuddenRelative(Against.LAST_WEEK, Worsening(5.0), MONTHLY),
                "limit": None,
                "reading": Reading(80.0, 16, 60.0, 95.0),
                "window_ms": None,
                "evidence": {"usual": 75.0},
            },
            (
                "had suddenly fallen and is not surely back: it is 80 % (95 % sure between 60 and 95 %), "
                "compared with at these hours a week ago, 75 %, from 16 answers"
            ),
        ),
        (
            {
                "detect": Surge(1, MONTHLY),
                "indicator": "contacts",
                "unit": "count",
                "at": datetime(2026, 11, 22, 12, tzinfo=UTC),
                "evidence": {"since": "2026-11-22T10:05:00Z", "expected": 150.0},
            },
            "is not surely back to its usual volume: 143 since 10:05 UTC",
        ),
        (
            {
                "detect": Silence(None, 1, MONTHLY),
                "reading": Reading(9.0, 9, None, None),
                "evidence": {"expected": 8.5},
            },
            "cannot be said to hear enough again: 9 answers, where 8.5 were expected",
        ),
    ],
)
def test_sentences_hold_for_their_numbers(changes: dict[str, object], expected: str) -> None:
    """What is not past its limit is not said to be."""
    assert expected in summary(changed(CSAT, cast("dict[str, Any]", changes)))


@pytest.mark.parametrize(("answers", "of"), [(4, 5), (0, 0), (19, 100), (5, 26)])
def test_a_few_answers_of_the_same_people_are_no_news(answers: int, of: int) -> None:
    """Less than a fifth, or no more than a handful, is what any survey has."""
    assert Further.noted(answers, of, 1, 1_800_000) is None


PAST = re.compile(r"is (\S+) %.*, (below|above) the \w+ limit (\S+) %")
BACK = re.compile(r"is (\S+) %.*, back (at|over|under) the limit of recovery, (\S+) %")
SAYS: dict[str, Callable[[float, float], bool]] = {
    "below": lambda value, limit: value < limit,
    "above": lambda value, limit: value > limit,
    "over": lambda value, limit: value > limit,
    "under": lambda value, limit: value < limit,
    "at": lambda value, limit: value == limit,
}


@given(
    st.sampled_from([State.PENDING, State.FIRING, State.RESOLVED, State.STALE]),
    st.sampled_from([LOW, HIGH]),
    st.floats(0, 100).map(lambda value: round(value, 4)),
    st.one_of(st.integers(1, 99).map(float), st.floats(1, 99).map(lambda value: round(value, 4))),
    st.sampled_from([0.0, 0.0001, 0.04, -0.04, 3.0]),
)
def test_what_a_sentence_says_of_a_limit_is_so(
    state: State, direction: Direction, value: float, limit: float, off: float
) -> None:
    """Whatever the state, the verdict and the numbers: as they are written, they bear the sentence out."""
    for shown in (value, min(max(limit + off, 0), 100)):
        facts = changed(CSAT, {"state": state, "direction": direction, "limit": limit, "recover": limit})
        told = summary(replace(facts, reading=Reading(round(shown, 4), 50, 0.0, 100.0)))
        found = PAST.search(told) or BACK.search(told)
        if found:
            left, word, right = found.groups()
            assert SAYS[word](float(left), float(right)), told
        elif state is State.RESOLVED:
            assert "no longer watched" in told
        else:
            assert state is State.STALE or "not back over doubt" in told
