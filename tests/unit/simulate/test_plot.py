"""Plot: one page with table and drawing."""

import math
import re

from alerts.rules import DAY_MS, HOUR_MS, Rule, Threshold
from stream.simulate.outcomes import FallSeen, RuleOutcome
from stream.simulate.plot import bars, chart
from stream.simulate.question import Fall, Question

QUESTION = Question(
    healthy=85, falls=(Fall(40),), per_day=200, scopes=20, months=1, seed=1, patience_ms=DAY_MS
)


def outcome(name: str, pages: int, delay_s: float, beside: str | None = None) -> RuleOutcome:
    """What a rule did over twenty months of scopes."""
    rule = Rule(
        name=name,
        indicator="csat",
        by=("channel",),
        detect=Threshold(window_ms=HOUR_MS, warning=None, critical=80.0),
    )
    seen = FallSeen(Fall(40), 1.0, (delay_s / 360, delay_s / 180), (delay_s, 2 * delay_s))
    return RuleOutcome(rule=rule, beside=beside, scope_months=20, pages=pages, firing=0.01, falls=[seen])


def test_the_page_has_every_rule_in_table_and_drawings() -> None:
    """A table row and two bars each."""
    page = chart(QUESTION, [outcome("low", 3, 7_200), outcome("low, plain", 900, 3_600, "low")])
    assert page.count("<rect") == 4
    assert page.count(">low<") == 3
    assert '<tr class="beside"><td>low, plain</td><td>45</td>' in page
    assert ">2 h<" in page


def test_many_pages_and_hours_are_no_powers_of_ten() -> None:
    """A plain limit pages thousands of times, and a fall at five a day is seen after weeks."""
    page = chart(QUESTION, [outcome("low", 64_123, 400 * 3_600)])
    assert "<td>3,210</td>" in page
    assert ">400 h<" in page
    assert "e+" not in page


def test_names_are_escaped() -> None:
    """Whatever a rule is called."""
    page = chart(QUESTION, [outcome("<b>", 1, 60)])
    assert "<b>" not in page
    assert "&lt;b&gt;" in page


def test_bars_are_longer_for_more_and_on_a_logarithmic_axis() -> None:
    """Ten times as much is one step, wherever."""
    drawing = bars([outcome(str(n), 1, 1) for n in range(3)], [1.0, 10.0, 100.0])
    short, middle, long = (float(width) for width in re.findall(r'<rect[^>]* width="([\d.]+)"', drawing))
    assert short < middle < long
    assert abs((long - middle) - (middle - short)) < 1.1


def test_nothing_and_never_have_their_words() -> None:
    """0 has no place on the axis, and a fall that was not seen has no length."""
    drawing = bars([outcome("a", 0, 1), outcome("b", 0, 1)], [0.0, math.inf])
    assert ">0<" in drawing
    assert ">not seen by half<" in drawing
