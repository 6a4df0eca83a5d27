"""Patterns of matchers: any that is taken is through with any text soon."""

import re

import pytest

from alerts.errors import RulebookError
from alerts.rulebook.patterns import in_lower_case, is_quick
from tests.builders import plan_of

RULES = """
receivers:
  - {{name: a, webhook: {{url: "https://example.com/x"}}}}
routes: [{{receiver: a, matchers: ['{matcher}']}}]
rules:
  - {{name: low, indicator: csat, by: [channel], critical: 50}}
"""


@pytest.mark.parametrize(
    "pattern",
    [
        "phone|chat", ".*phone.*", "eu-.*|us-.*|.*-x", "[a-z]+-[a-z]+-[a-z]+-[a-z]+", "(foo|bar)?", "(?:ab)*",
        "([a-z]+-)?support", "(?i:Phone).*", "(a{3}){4}", "(a)?(?(1)b|c)", "[0-9]{1,4}", "(?=a.*)a.*",
    ],
)  # fmt: skip
def test_what_people_write_is_taken(pattern: str) -> None:
    """Alternatives, what begins or ends so, parts that may be missing."""
    assert is_quick(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+b", "(a|ab)*c", "(a?){40}b", "(?>a+)+b", ".*.*.*.*.*x", "a?" * 40 + "a" * 40, "(a{1,3}){4}",
        "((a*)?)*", "(?:(?=a*)a)+",
    ],
)  # fmt: skip
def test_what_may_take_for_ever_is_not(pattern: str) -> None:
    """Whoever names a channel chooses the text."""
    assert not is_quick(pattern)


def test_the_operator_reads_what_is_wanted() -> None:
    """With file, line and what was found."""
    with pytest.raises(RulebookError, match=r"want a pattern with few repeats, .* got"):
        plan_of(RULES.format(matcher='channel=~"(a+)+b"'))
    with pytest.raises(RulebookError, match=r"want a pattern \(a regular expression\)"):
        plan_of(RULES.format(matcher='channel=~"(a"'))


def test_lower_case_leaves_classes_as_they_are() -> None:
    """Channels are in lower case, and so must be what they are compared with."""
    assert in_lower_case(r"\D+Phone\\X[A-Z]") == r"\D+phone\\x[a-z]"
    assert re.fullmatch(in_lower_case(r"Phone\S"), "phone1")
