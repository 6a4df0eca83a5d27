"""Rules tried before a worker gives way to them."""

from dataclasses import replace
from pathlib import Path
from statistics import StatisticsError

import pytest

from alerts.rules import Rule, Rulebook, Threshold, Timing
from stream.files.rule_files import load, starter
from stream.worker.rules_trial import try_rules

EXAMPLES = sorted((Path(__file__).parents[3] / "examples" / "rules").glob("*.yaml"))
CSAT = {"csat": {"scale": "1-5", "positive_from": None}}


def test_sound_rules_pass() -> None:
    """Those that are shipped, with panes of a second and of a day."""
    book = starter()
    for pane_ms in (1_000, 10_000, 86_400_000):
        try_rules(replace(book, timing=Timing(pane_ms=pane_ms)))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda each: each.name)
def test_example_rules_pass(path: Path) -> None:
    """Every kind of detection."""
    try_rules(load(path))


def test_what_cannot_be_written_fails() -> None:
    """A name that no encoding has would end the worker when it leaves."""
    rule = Rule(
        name="\ud800",
        indicator="csat",
        by=("channel",),
        detect=Threshold(window_ms=600_000, warning=80, critical=50),
    )
    with pytest.raises(UnicodeEncodeError):
        try_rules(Rulebook(rules=(rule,), indicators=CSAT))


def test_what_no_formula_bears_fails() -> None:
    """A confidence so near to one that its quantile has no end."""
    rule = Rule(
        name="low",
        indicator="csat",
        by=("channel",),
        detect=Threshold(
            window_ms=60_000, warning=80, critical=50, min_answers=1, confidence=0.9999999999999999
        ),
    )
    with pytest.raises((ArithmeticError, ValueError, StatisticsError)):
        try_rules(Rulebook(rules=(rule,), indicators=CSAT))
