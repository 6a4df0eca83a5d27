"""What rules on learned volumes tell does not depend on how many panes close at once."""

from functools import cache
from random import Random

import pytest

from alerts.transitions import Transition
from stream.judge.judge import Judge
from stream.messages.tallies import ScopeKey
from tests.builders import Counted, plan_of
from tests.judging import CHAT, PHONE, answers, both, fed

HOURLY = """
timing: {pane: 1h}
rules: [{name: hush, indicator: csat, by: [channel], detect: silence, learn: 2d, for: 1h}]
"""
SURGE = """
timing: {pane: 30m}
rules:
  - {name: surge, indicator: answers, by: [channel], detect: surge, learn: 1d, for: 40m, keep_firing_for: 5h}
"""
FIRST_DAY = 20_000
DAYS = 8


def volume(random: Random, key: ScopeKey, pane: int, of_day: int) -> list[Counted]:
    """Twelve answers an hour or so; from the fifth day on phone has none for some hours, or many more."""
    trouble = key == PHONE and pane % (11 * of_day // 24) < of_day // 8 and pane >= (FIRST_DAY + 4) * of_day
    factor = random.choice([0, 0, 5]) if trouble else 1
    many = sum(random.random() < 0.5 for _ in range(24 * 24 // of_day)) * factor
    return answers(pane, many, 0, key) if many else []


@cache
def told(rules: str, of_day: int, step: int) -> list[Transition]:
    """What a judge tells that closes so many panes at a time."""
    random, judge, found = Random(3), Judge(plan_of(rules), 0), []
    first, last = FIRST_DAY * of_day, (FIRST_DAY + DAYS) * of_day
    come = [volume(random, key, pane, of_day) for pane in range(first, last) for key in (PHONE, CHAT)]
    for start in range(0, last - first, step):
        now = [one for some in come[2 * start : 2 * (start + step)] for one in some]
        found += fed(judge, both(min(first + start + step, last) - 1, now))
    return found


@pytest.mark.parametrize("step", [5, 24 * DAYS])
def test_who_has_had_enough_is_not_silent(step: int) -> None:
    """Chat has as much as ever; with an hour that began, its quiet was judged before what came in it."""
    found = told(HOURLY, 24, step)
    assert {each.scope["channel"] for each in found} == {"phone"}
    assert found == told(HOURLY, 24, 1)


@pytest.mark.parametrize("step", [5, 48 * DAYS])
def test_what_has_lasted_is_told_as_of_then(step: int) -> None:
    """What was expected by then, and whether; hours beyond it had passed before it was told."""
    found = told(SURGE, 48, step)
    assert {each.state for each in found} == {"pending", "firing", "resolved"}
    assert found == told(SURGE, 48, 1)
