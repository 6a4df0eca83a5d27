"""Crowds: scopes that all have the same rules."""

from collections.abc import Iterator

import numpy as np
import pytest

from alerts.rules import DAY_MS, MINUTE_MS
from alerts.states import State
from stream.simulate.answer_model import answering
from stream.simulate.headway import Headway
from stream.simulate.population import AlertChange, Crowd, Size, Spell
from tests.builders import plan_of

RULES = """
timing: {pane: 10m, lateness: 10m}
indicators: {csat: {scale: 1-5}}
rules:
  - {name: low, indicator: csat, by: [channel], window: 2h, critical: 80, confidence: 0, min_answers: 5}
"""
PANES_A_DAY = DAY_MS // (10 * MINUTE_MS)


def crowd(rows: int = 20, seed: int = 1, per_day: float = 200) -> Crowd:
    """Scopes with a plain threshold."""
    plan = plan_of(RULES)
    return Crowd(plan, answering("csat", plan.keeps), Size(rows, per_day, seed))


def live(made: Crowd, panes: int, score: float) -> Iterator[AlertChange]:
    """Go on while nobody watches."""
    return made.live(panes, Spell(score), Headway(lambda _: None))


def test_everybody_answers_as_often_as_asked() -> None:
    """Two hundred a day each, on average."""
    made = crowd()
    for _ in live(made, 2 * PANES_A_DAY, 85):
        pass
    assert made.answers.sum() / 20 / 2 == pytest.approx(200, rel=0.05)
    assert made.pane * made.pane_ms % DAY_MS == 0


def test_perfect_scores_alarm_nobody_and_bad_ones_everybody() -> None:
    """Each scope has an alert of its own; those that fire are told of."""
    made = crowd()
    assert list(live(made, PANES_A_DAY, 100)) == []
    changes = list(live(made, PANES_A_DAY, 20))
    fired = {change.row for change in changes if change.state is State.FIRING and change.seq == 1}
    assert len(fired) == 20
    assert made.firing() == {("low", row) for row in fired}


def test_time_goes_on_pane_by_pane() -> None:
    """Changes are told while the crowd is at the pane in which they came about."""
    made = crowd(3)
    panes = [(made.pane, change.rule) for change in live(made, PANES_A_DAY, 70)]
    assert panes
    assert panes == sorted(panes)


def test_the_same_seed_lives_the_same_life() -> None:
    """And another one does not."""
    lives = [list(live(crowd(5, seed), 2 * PANES_A_DAY, 80)) for seed in (1, 1, 2)]
    assert lives[0] == lives[1] != lives[2]
    assert np.array([change.row for change in lives[0]]).max() < 16
