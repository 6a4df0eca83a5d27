"""Templates of one's own, in a sandbox."""

import pytest

from alerts.delivery.notices.templates import TemplateFault, complaints, filled, sample
from alerts.delivery.notices.wording import Told, worded
from alerts.paging import Receiver
from alerts.rules import Rule, Rulebook, Threshold

RULE = Rule(
    name="csat-low",
    indicator="csat",
    by=("channel",),
    detect=Threshold(window_ms=60_000, warning=80, critical=50),
)
NEWS = sample(RULE)
WORDS = worded(NEWS, Told(rule=RULE), "fr")


def test_a_template_uses_what_the_notice_knows() -> None:
    """Fields of the alert, the words that it would have had, and facts by name."""
    made = filled("{{ rule }} {{ scope.channel }} {{ facts['Valeur'] }} | {{ title }}", NEWS, WORDS, {})
    assert made == f"csat-low sample 41,5 % | {WORDS.title}"


@pytest.mark.parametrize(
    "template",
    [
        "{{ nothing }}",
        "{{ rule.__class__.__mro__ }}",
        "{% for x in %}",
        "{{ ''.__class__ }}",
        "{{ 1 // 0 }}",
        "{{ value + 'x' }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ 'x' * 10000000000 }}",
        "{{ '%1000000000d' % 1 }}",
        "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
        "{% for x in 'x' %}" * 30 + "{% endfor %}" * 30,
        "{{ 1e400 | int }}",
        "{{ cycler() }}",
        "{% for x in range(1000) %}" * 3 + "{% endfor %}" * 3,
        "{% for x in range(1000) recursive %}{{ loop(range(1000)) }}{% endfor %}",
        "{% macro a() %}{% endmacro %}" + "{% for x in range(100) %}" * 2 + "{{ a() }}" + "{% endfor %}" * 2,
        "{{ 'x'.center(1000000000) }}",
        "{{ 'x'.ljust(width=1000000000) }}",
        "{{ 'x' | center(1000000000) }}",
        "{{ [1] | batch(1000000000, 'x') | list }}",
    ],
)
def test_what_fails_or_leaves_the_sandbox_is_a_fault(template: str) -> None:
    """Whoever writes rules does not get at the worker through a notice."""
    with pytest.raises(TemplateFault):
        filled(template, NEWS, WORDS, {})


def test_loops_and_padding_within_reason_are_as_ever() -> None:
    """A loop knows its length and its turn, whatever it is over, and each filling counts anew."""
    template = (
        "{% for name, value in facts.items() %}{{ loop.index }}/{{ loop.length }} {% endfor %}"
        "{% for x in [] %}{% else %}none{% endfor %} {{ 'x' | center(3) }}{{ 'x'.rjust(2) }}"
        "{% for x in range(6000) if x < 2 %}.{{ loop.last }}{% endfor %}"
    )
    for _ in range(2):
        made = filled(template, NEWS, WORDS, {})
        assert made.endswith("none  x  x.False.True"), made
        assert made.startswith(f"1/{len(WORDS.facts)} 2/")


def test_check_tries_templates_on_samples() -> None:
    """A template that fails only without a value is found too."""
    templates = {"title": "{{ rule }}", "text": "{{ value * 2 }}"}
    book = Rulebook(
        rules=(RULE,), indicators={}, receivers=(Receiver(name="chat", kind="slack", templates=templates),)
    )
    (found,) = complaints(book)
    assert found.startswith("receivers.chat.templates.text: fails on a sample of csat-low, stale")


def test_the_sample_of_an_end_is_healthy() -> None:
    """Whoever tries a receiver reads of a score that is back, not of one that is past its limit."""
    assert "is healthy again: 80 %" in worded(sample(RULE, "resolved"), Told(rule=RULE), "en").text
