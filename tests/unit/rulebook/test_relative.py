"""Rules against a score's own past, as a rules file writes them."""

import pytest

from alerts.errors import RulebookError
from alerts.rulebook.description import description, kind
from alerts.rulebook.reader import read_rulebook
from alerts.rules import DAY_MS, Budget, Direction, Gap, Relative, Rule, Severity, SuddenRelative
from alerts.worsening import Against, Worsening
from stream.indicators.catalogue import CATALOGUE


def rule(fields: str) -> Rule:
    """The only rule of a file."""
    return read_rulebook(f"rules: [{{name: r, {fields}}}]", "r.yaml", CATALOGUE).rules[0]


@pytest.mark.parametrize(
    ("fields", "warning", "critical"),
    [
        ("worse_by: 5 points", None, Worsening(5)),
        ("worse_by: 1 point, severity: warning", Worsening(1), None),
        ("worse_by: 10%", None, Worsening(10, percent=True)),
        ("worse_by: {warning: 2.5 percent, critical: 10 %}", Worsening(2.5, True), Worsening(10, True)),
    ],
)
def test_amounts(fields: str, warning: Worsening | None, critical: Worsening | None) -> None:
    """Points or percent, for one severity or for both."""
    found = rule(f"indicator: csat, against: usual, {fields}").detect
    assert isinstance(found, Relative)
    assert (found.warning, found.critical, found.against) == (warning, critical, Against.USUAL)


def test_it_is_a_threshold_and_reads_like_one() -> None:
    """With its window and its doubt."""
    found = rule("indicator: csat, against: last_week, worse_by: 5 points, window: 1h")
    assert kind(found.detect) == "threshold"
    assert description(found, Direction.LOW_IS_BAD) == (
        "csat worse than at these hours a week ago by 5 points (critical) over 1h, 0.95 sure,"
        " 20 answers or more; by channel"
    )


def test_sudden_has_an_amount_instead_of_a_floor() -> None:
    """And reads like it."""
    found = rule("indicator: abandonment, detect: sudden, against: usual, worse_by: 50%, severity: warning")
    assert found.detect == SuddenRelative(
        Against.USUAL, Worsening(50, True), Budget(1, 30 * DAY_MS), Severity.WARNING
    )
    assert kind(found.detect) == "sudden"
    assert description(found, Direction.HIGH_IS_BAD) == (
        "abandonment suddenly worse than usual at these hours by 50 % (warning),"
        " at most 1 per 30d in error; by channel"
    )


def test_a_gap_has_a_least_size() -> None:
    """In points."""
    found = rule("indicator: csat, detect: gap, across: channel, at_least: 5 points")
    assert isinstance(found.detect, Gap)
    assert found.detect.at_least == 5
    assert "by 5 points or more" in description(found, Direction.LOW_IS_BAD)


def test_a_gap_may_be_compared_with_each_ones_usual_gap() -> None:
    """By how many points it may have grown."""
    found = rule("indicator: csat, detect: gap, across: channel, by: [], against: usual, worse_by: 5 points")
    assert isinstance(found.detect, Gap)
    assert (found.detect.against, found.detect.worse_by) == (Against.USUAL, 5)
    assert description(found, Direction.LOW_IS_BAD) == (
        "csat of one channel worse than the others, by 5 points more than usual at these hours, over 1d,"
        " at most 1 per 30d in error; by channel"
    )


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ("indicator: csat, against: usual", "worse_by: missing"),
        ("indicator: csat, worse_by: 5 points", "against: missing"),
        ("indicator: csat, against: usual, worse_by: 0 points", 'such as "5 points" or "10%"'),
        ("indicator: csat, against: usual, worse_by: 5", 'want an amount such as "5 points" or "10%", got 5'),
        (
            "indicator: csat, against: usual, worse_by: '5'",
            'want an amount such as "5 points" or "10%", got "5"',
        ),
        ("indicator: csat, against: usual, worse_by: 100 points", "less than 100 points"),
        ("indicator: csat, against: usual, worse_by: {}", "want warning or critical"),
        ("indicator: csat, against: usual, worse_by: 5 points, warning: 70", "no meaning beside against"),
        (
            "indicator: csat, against: usual, worse_by: {warning: 9 points, critical: 5 points}",
            "less for warning",
        ),
        ("indicator: ttr, against: usual, worse_by: 5 points", "two ends"),
        ("indicator: csat, against: usual, worse_by: 5 points, window: 2d", "10s to 1d"),
        ("indicator: csat, warning: 70, severity: warning", "only with worse_by"),
        ("indicator: csat, detect: gap, across: channel, at_least: 5%", "points such as"),
        ("indicator: csat, detect: sudden, floor: 70, against: usual, worse_by: 5 points", "beside against"),
        ("indicator: csat, detect: sudden, against: usual", "worse_by: missing"),
        ("indicator: csat, detect: sudden, worse_by: 5 points", "against: missing"),
        (
            "indicator: csat, detect: sudden, against: usual, worse_by: {warning: 5 points}",
            "an amount such as",
        ),
        ("indicator: csat, detect: burn, target: 80, against: usual", "only for threshold, sudden, gap"),
        ("indicator: csat, detect: gap, across: channel, against: usual", "worse_by: missing"),
        ("indicator: csat, detect: gap, across: channel, worse_by: 5 points", "against: missing"),
        ("indicator: csat, detect: gap, across: channel, against: usual, worse_by: 5%", "points such as"),
        (
            (
                "indicator: csat, detect: gap, across: channel, against: usual, worse_by: 5 points,"
                " at_least: 5 points"
            ),
            "beside against",
        ),
        (
            "indicator: csat, detect: gap, across: channel, against: usual, worse_by: 5 points, window: 2d",
            "10s to 1d",
        ),
        ("indicator: csat, outside: only", "want open or holidays as well"),
    ],
)
def test_refusals(fields: str, wanted: str) -> None:
    """In a sentence that says what to write."""
    with pytest.raises(RulebookError) as caught:
        rule(fields)
    assert wanted in str(caught.value)
