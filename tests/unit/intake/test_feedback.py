"""The line of feedback: which answers are counted, and which contacts they speak against."""

from collections.abc import Mapping

import pytest

from tests.builders import plan_of
from tests.event_builders import Event, answer, contact, whole

PLAN = "rules: []\n"


def levels(sums: Mapping[str, int]) -> dict[str, int]:
    """Answers by level."""
    return {cell: count for cell, count in sums.items() if "/" in cell}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (answer(), {"csat/1-5/5": 1}),
        (answer(score="very satisfied"), {"csat/1-5/5": 1}),
        (answer(score=True, scale="yes-no"), {"csat/yes-no/1": 1}),
        (answer(indicator="nps", score=0), {"nps/0-10/0": 1}),
        (answer(indicator="ces", score=7), {"ces/1-7/7": 1}),
        (answer(indicator="sentiment", score="négatif"), {"sentiment/neg-neu-pos/-1": 1}),
        (answer(consent=True), {"csat/1-5/5": 1}),
        (answer(consent=None), {"csat/1-5/5": 1}),
        (answer(consent=False), {}),
        (answer(customer="ann", comment="so so", lang="en", reach=12), {"csat/1-5/5": 1}),
    ],
)
def test_answers_count_in_their_level(event: Event, expected: dict[str, int]) -> None:
    """Each in one cell, those without consent in none."""
    assert levels(whole(plan_of(PLAN), (), [event])) == expected


def test_what_is_not_kept_is_not_counted() -> None:
    """Answers to a question that is switched off are checked and dropped."""
    plan = plan_of("indicators: {csat: false}\nrules: []\n")
    assert levels(whole(plan, (), [answer(1), answer(2, indicator="nps", score=9)])) == {"nps/0-10/9": 1}


def test_links_mean_nothing_unless_satisfaction_is_required() -> None:
    """By default the customer's word counts in CSAT alone."""
    sums = whole(plan_of(PLAN), [contact(1)], [answer(1, 60, score=1, interaction="i1")])
    assert (sums["fcr.resolved"], sums.get("fcr.failed", 0)) == (1, 0)
