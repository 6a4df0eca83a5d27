"""alerts.rulebook.advice: warnings about sound rules files."""

import pytest

from alerts.rulebook.advice import advice, answers_needed, yardstick_of
from alerts.rulebook.reader import read_rulebook
from alerts.rules import Threshold
from stream.indicators.catalogue import CATALOGUE

HOOK = "webhook: {url: 'http://a', secret_env: B}"


@pytest.mark.parametrize(
    ("text", "warnings"),
    [
        ("rules: [{name: a, indicator: csat}]", []),
        (
            "rules: [{name: a, indicator: csat, by: [channel, stage, topic]}]",
            ["rules.a: 3 dimensions (channel, stage, topic) multiply: every combination seen is kept"],
        ),
        (
            "rules: [{name: a, indicator: csat, critical: 5}]",
            [
                (
                    "rules.a: min_answers 20 is less than it takes: below 73 answers"
                    " no score is beyond doubt at confidence 0.95"
                )
            ],
        ),
        ("rules: [{name: a, indicator: csat, critical: 5, confidence: 0}]", []),
        (
            "rules: [{name: a, indicator: csat, warning: 0.8, critical: 0, confidence: 0}]",
            [
                "rules.a: warning 0.8 is in percent, as all shares are: were 80 % meant?",
                "rules.a: critical 0 can never be crossed: nothing is below it",
            ],
        ),
        (
            "rules: [{name: a, indicator: fcr, detect: sudden, floor: 70}]",
            [
                (
                    "rules.a: its nights look bad where a channel closes, as contacts are repeated elsewhere"
                    " meanwhile: `open` says its hours"
                )
            ],
        ),
        ("rules: [{name: a, indicator: fcr, detect: sudden, floor: 70, by: [topic]}]", []),
        ("rules: [{name: a, indicator: fcr, warning: 70, window: 7d}]", []),
        ("rules: [{name: a, indicator: fcr, detect: sudden, floor: 70, open: ['Mon-Fri 08:00-18:00']}]", []),
        (
            (
                "{indicators: {fcr: {charge: repeat}},"
                " rules: [{name: a, indicator: fcr, detect: sudden, floor: 70}]}"
            ),
            [],
        ),
        (
            "rules: [{name: a, indicator: ttr, critical: 8}]",
            ["rules.a: critical 8 is in seconds: were minutes, hours or days meant?"],
        ),
        (
            "rules: [{name: a, indicator: csat, warning: 50, critical: 0}]",
            ["rules.a: critical 0 can never be crossed: nothing is below it"],
        ),
        (
            "rules: [{name: a, indicator: ces, critical: 7}]",
            ["rules.a: critical 7 can never be crossed: nothing is above it"],
        ),
        (
            "rules: [{name: a, indicator: csat, critical: 0.01}]",
            [
                "rules.a: critical 0.01 is in percent, as all shares are: were 1 % meant?",
                (
                    "rules.a: min_answers 20 is less than it takes: below thousands of answers"
                    " no score is beyond doubt at confidence 0.95"
                ),
            ],
        ),
        (
            "rules: [{name: a, indicator: csat, detect: gap, across: channel, where: {channel: phone}}]",
            ["rules.a: only one channel is left to compare, so it can never fire"],
        ),
        (
            "receivers: [{name: ops, webhook: {url: 'http://a'}}]",
            ["receivers.ops: no secret, so its notices are not signed"],
        ),
        (
            (
                f"receivers: [{{name: a, {HOOK}}}, {{name: b, {HOOK}}}]\n"
                "routes: [{receiver: a, match: {team: x, indicator: nps}}]"
            ),
            [
                "receivers.b: no route leads to it",
                "routes[0]: matches nothing: no rule tells team apart",
                "routes[0]: matches nothing: no rule has indicator nps",
            ],
        ),
    ],
)
def test_doubts(text: str, warnings: list[str]) -> None:
    """Each with where and why; none about a file that is as it should be."""
    assert advice(read_rulebook(text, "r.yaml", CATALOGUE), CATALOGUE) == warnings


@pytest.mark.parametrize(
    ("fields", "needed"),
    [
        ("indicator: csat, critical: 50", 4),
        ("indicator: csat, critical: 50, confidence: 0", 1),
        ("indicator: csat, critical: 0", None),
        ("indicator: nps, critical: 0", 5),
        ("indicator: ttr, critical: 60", 1),
    ],
)
def test_answers_needed(fields: str, needed: int | None) -> None:
    """The fewest answers that are beyond doubt when all of them are the worst."""
    book = read_rulebook(f"rules: [{{name: a, {fields}}}]", "r.yaml", CATALOGUE)
    (rule,) = book.rules
    assert isinstance(rule.detect, Threshold)
    assert answers_needed(rule.detect, yardstick_of(rule, book, CATALOGUE)) == needed
