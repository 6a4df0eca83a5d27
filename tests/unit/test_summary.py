"""Sentences."""

from dataclasses import replace
from typing import Any, cast

import pytest

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
    Surge,
    Threshold,
)
from alerts.states import State
from alerts.summary import Facts, amount, duration_words, summary, window_words

LOW, HIGH = Direction.LOW_IS_BAD, Direction.HIGH_IS_BAD
MONTHLY = Budget(1, 30 * 24 * 60 * MINUTE_MS)
PAIR = BurnPair(60 * MINUTE_MS, 5 * MINUTE_MS, 3.0, Severity.CRITICAL)

CSAT = Facts(
    "csat",
    "percent",
    LOW,
    Threshold(30 * MINUTE_MS, 80, 70),
    State.FIRING,
    Severity.CRITICAL,
    (("channel", "phone"),),
    30 * MINUTE_MS,
    Reading(61.2, 143, 54.0, 68.1),
    70,
    83,
    0.95,
)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {},
            (
                "CSAT of channel=phone is 61.2 % (95 % sure between 54 and 68.1 %), below the critical limit "
                "70 %, from 143 answers in the last 30 minutes"
            ),
        ),
        (
            {"state": State.RESOLVED, "reading": Reading(85.0, 143, 78.0, 90.0)},
            (
                "CSAT of channel=phone has recovered: it is 85 % (95 % sure between 78 "
                "and 90 %), back over the "
                "limit of recovery, 83 %, from 143 answers in the last 30 minutes"
            ),
        ),
        (
            {"state": State.STALE, "reading": Reading(None, 0, None, None)},
            "CSAT of channel=phone cannot be judged: no answers in the last 30 minutes; the alert stays open",
        ),
        (
            {"state": State.STALE},
            "CSAT of channel=phone cannot be judged: nothing comes in; the alert stays open",
        ),
        (
            {"state": State.PENDING, "confidence": 0, "scope": (), "reading": Reading(61.2, 1, 1.0, 99.0)},
            (
                "CSAT over all is 61.2 %, below the critical limit 70 %, from 1 answer "
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
                "The 90th percentile of the time to resolution of channel=web, team=(none) is 1 h 30 min "
                "(95 % sure at least 1 h 6 min), above the warning limit 1 h, from 40 "
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
                "The number of contacts of channel=phone is 150 (95 % sure between 127 and 176) in the last "
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
                "CSAT of channel=phone has suddenly fallen to 31 % (95 % sure between "
                "14 and 55 %), against a "
                "floor of 75 %, from 16 answers since 10:05 UTC"
            ),
        ),
        (
            {"detect": Sudden(75, MONTHLY), "window_ms": None, "limit": 75.0, "state": State.RESOLVED},
            "CSAT of channel=phone has recovered: it is back at its floor, 75 %",
        ),
        (
            {"detect": Burn(80, 1, (PAIR,)), "window_ms": 60 * MINUTE_MS, "evidence": {"long_rate": 3.25}},
            (
                "CSAT of channel=phone is 61.2 % (95 % sure between 54 and 68.1 %): "
                "that spends what the target "
                "allows 3.2 times too fast, from 143 answers in the last hour"
            ),
        ),
        (
            {"detect": Burn(80, 1, (PAIR,)), "state": State.RESOLVED},
            "CSAT of channel=phone no longer spends what the target allows too fast",
        ),
        (
            {"detect": Gap("channel", 1, MONTHLY), "limit": 90.66},
            (
                "CSAT of channel=phone is 61.2 % (95 % sure between 54 and 68.1 %), clearly worse than the "
                "others' 90.7 %, from 143 answers in the last 30 minutes"
            ),
        ),
        (
            {"detect": Gap("channel", 1, MONTHLY), "limit": 64.0, "confidence": 0, "state": State.RESOLVED},
            "CSAT of channel=phone is no longer clearly worse than the others: 61.2 % against 64 %",
        ),
        (
            {
                "detect": Surge(1, MONTHLY),
                "indicator": "contacts",
                "unit": "count",
                "evidence": {"since": "2026-11-22T10:05:00Z", "expected": 40.25},
            },
            "The number of contacts of channel=phone surges: 143 since 10:05 UTC, where 40.2 were expected",
        ),
        (
            {"detect": Surge(1, MONTHLY), "indicator": "contacts", "state": State.RESOLVED},
            "The number of contacts of channel=phone is back to its usual volume",
        ),
        (
            {
                "detect": Silence(Budget(5, 1), None, None),
                "reading": Reading(1.0, 1, None, None),
                "evidence": {"at_least": 5, "per_s": 600},
            },
            "Channel=phone hears too little: 1 answers in the last 10 minutes, where at least 5 were wanted",
        ),
        (
            {
                "detect": Silence(None, 1, MONTHLY),
                "reading": Reading(0.0, 0, None, None),
                "evidence": {"since": "2026-11-22T10:05:00Z", "expected": 14.0},
                "scope": (),
            },
            "Everything together hears too little: 0 answers since 10:05 UTC, where 14 were expected",
        ),
        (
            {"detect": Silence(None, 1, MONTHLY), "state": State.RESOLVED},
            "Channel=phone hears enough answers again",
        ),
    ],
)
def test_sentences(changes: dict[str, object], expected: str) -> None:
    """One plain sentence for each kind of rule and state."""
    assert summary(replace(CSAT, **cast("dict[str, Any]", changes))) == expected


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (80.0, "percent", "80 %"), (61.25, "percent", "61.2 %"), (-0.001, "points", "0"),
        (3.456, "points", "3.46"), (12.0, "count", "12"), (86_400.0, "seconds", "1 d"),
        (0.2, "seconds", "0 s"),
    ],
)  # fmt: skip
def test_amounts(value: float, unit: str, expected: str) -> None:
    """Rounded for reading, with their unit."""
    assert amount(value, unit) == expected


def test_lengths_of_time() -> None:
    """Durations have two units at most, windows one."""
    assert duration_words(5_400_000) == "1 h 30 min"
    assert [window_words(each) for each in (60_000, 1_800_000, 86_400_000, 604_800_000, 90_000, 1_500)] == [
        "minute", "30 minutes", "24 hours", "7 days", "90 seconds", "1.5 seconds",
    ]  # fmt: skip
