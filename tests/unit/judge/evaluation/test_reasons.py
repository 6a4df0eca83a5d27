"""Reasons: why detectors said what they said."""

import pytest

from alerts.readings import Reading
from alerts.rules import DAY_MS, Budget, Burn, Detect, Gap, Silence, Sudden, Surge, Threshold
from alerts.states import Verdict
from alerts.worsening import Against
from stream.judge.evaluation.reasons import reason

MONTHLY = Budget(1, 30 * DAY_MS)
SUDDEN = Sudden(75.0, MONTHLY)
BURN = Burn(80.0, 30 * DAY_MS, ())
GAP = Gap(across="channel", window_ms=DAY_MS, false_pages=MONTHLY, min_answers=20)
FARTHER = Gap(across="channel", window_ms=DAY_MS, false_pages=MONTHLY, against=Against.USUAL, worse_by=5.0)
QUOTA = Silence(Budget(5, DAY_MS), None, None)
HUSH = Silence(None, 7 * DAY_MS, MONTHLY)
SURGE = Surge(7 * DAY_MS, MONTHLY)
SINCE = {"since": "2026-01-05T00:08:00Z"}
BREACHES = [
    (SUDDEN, SINCE | {"answers": 46}, "chance no longer explains 46 answers since 2026-01-05T00:08:00Z if"),
    (
        BURN,
        {"rate": 2.0, "long_rate": 2.61, "short_rate": 3.0},
        "long and short window spend 2.61 and 3 times",
    ),
    (
        GAP,
        {"others": 84.6, "others_n": 300, "compared": 5, "p": 1e-9},
        "worse than 84.6 of the others (300 answers)",
    ),
    (
        FARTHER,
        {"others": 84.6, "usual_gap": 15.0, "worse_by": 12.3, "p": 1e-9},
        "behind 84.6 of the others by 12.3 points beyond the usual 15",
    ),
    (QUOTA, {"at_least": 5, "per_s": 3600}, "2 in a whole window of open time, want 5"),
    (HUSH, SINCE | {"expected": 41.2}, "2 since 2026-01-05T00:08:00Z, where 41.2 were expected"),
    (SURGE, SINCE | {"expected": 0.5}, "2 since 2026-01-05T00:08:00Z, where 0.5 were expected"),
]


def of(detect: Detect, verdict: Verdict, n: int = 2, evidence: dict[str, object] | None = None) -> str:
    """The reason for a verdict."""
    return reason(detect, verdict, Reading(None, n, None, None), evidence or {})


@pytest.mark.parametrize(("detect", "evidence", "words"), BREACHES)
def test_a_breach_is_explained_by_its_evidence(
    detect: Detect, evidence: dict[str, object], words: str
) -> None:
    """What was seen, and what it is held against."""
    assert of(detect, Verdict.BREACH, evidence=evidence).startswith(words)


@pytest.mark.parametrize("detect", [SUDDEN, BURN, GAP, FARTHER, QUOTA, HUSH, SURGE])
@pytest.mark.parametrize("verdict", [Verdict.CLEAR, Verdict.INSUFFICIENT, Verdict.STALE])
def test_every_other_verdict_has_words_of_its_own(detect: Detect, verdict: Verdict) -> None:
    """More than the name of the verdict."""
    assert len(of(detect, verdict).split()) > 3


@pytest.mark.parametrize(
    ("detect", "n", "words"),
    [
        (GAP, 3, "3 answers, want 20"),
        (FARTHER, 30, "too few answers of the others or in earlier weeks"),
        (GAP, 30, "the others have too few answers"),
        (QUOTA, 3, "less than a whole window"),
        (HUSH, 3, "still learning"),
        (BURN, 3, "too few answers, or not surely past the target 80"),
    ],
)
def test_insufficient_says_what_is_missing(detect: Detect, n: int, words: str) -> None:
    """Answers, time, or certainty."""
    assert of(detect, Verdict.INSUFFICIENT, n).startswith(words)


def test_threshold_rules_have_reasons_elsewhere() -> None:
    """Here they are told by the verdict alone."""
    assert (
        of(
            Threshold(window_ms=DAY_MS, warning=None, critical=80.0, recover=None, confidence=0.0),
            Verdict.CLEAR,
        )
        == "clear"
    )


def test_a_volume_that_is_no_breach_says_what_was_expected_and_allowed() -> None:
    """For both sides of the rhythm."""
    seen = {"usual": 5.25, "allowed": 7.5}
    surge = Surge(7 * DAY_MS, Budget(1, 30 * DAY_MS))
    words = reason(surge, Verdict.CLEAR, Reading(6, 6, None, None), seen)
    assert words.endswith("(6 came, 5.25 were expected and at most 7.5 allowed)")
    hush = Silence(None, 7 * DAY_MS, Budget(1, 30 * DAY_MS))
    words = reason(hush, Verdict.CLEAR, Reading(6, 6, None, None), seen)
    assert words.endswith("(6 came, 5.25 were expected and at least 7.5 allowed)")
