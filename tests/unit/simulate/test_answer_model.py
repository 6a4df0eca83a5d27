"""Answering: people with a given score on average."""

import numpy as np
import pytest

from alerts.errors import SettingsError
from stream.indicators.cells import CELLS
from stream.indicators.formulas import LATTICE
from stream.simulate.answer_model import answering
from tests.builders import DEFAULTS


@pytest.mark.parametrize(
    ("indicator", "score"),
    [
        ("csat", 85),
        ("csat", 100),
        ("csat_mean", 3.2),
        ("nps", -40),
        ("ces", 5.5),
        ("abandonment", 15),
        ("fcr", 62),
    ],
)
def test_likelihoods_have_the_mean_that_was_asked_for(indicator: str, score: float) -> None:
    """To within a hair, on shares, means, balances and parts of contacts."""
    people = answering(indicator, DEFAULTS)
    chances = people.likelihoods(score)
    mean = people.of.low + (people.of.high - people.of.low) * (chances @ people.steps) / LATTICE
    assert mean == pytest.approx(score, abs=1e-6)
    assert chances.min() >= 0
    assert chances.sum() == pytest.approx(1)


def test_answers_are_on_the_configured_scale() -> None:
    """Five cells of the scale of five, none of the others."""
    people = answering("csat", DEFAULTS)
    assert [CELLS[cell] for cell in people.own.tolist()] == [f"csat/1-5/{score}" for score in range(1, 6)]


def test_abandoned_contacts_are_contacts_too() -> None:
    """They count in both cells."""
    people = answering("abandonment", DEFAULTS)
    rows, cells = people.cells(np.array([7, 8]), np.array([0, 1]))
    assert [(row, CELLS[cell]) for row, cell in zip(rows.tolist(), cells.tolist(), strict=True)] == [
        (7, "contacts"),
        (8, "contacts"),
        (8, "abandoned"),
    ]


def test_draws_follow_the_likelihoods() -> None:
    """Ten thousand answers, counted."""
    people = answering("nps", DEFAULTS)
    kinds = people.draw(np.random.default_rng(1), 30, 10_000)
    shares = np.bincount(kinds, minlength=len(people.steps)) / 10_000
    assert shares == pytest.approx(people.likelihoods(30), abs=0.02)


def test_scores_beyond_the_ends_are_refused() -> None:
    """A CSAT of 140 nobody can have."""
    with pytest.raises(SettingsError, match="want a score of 0 to 100 for csat, got 140"):
        answering("csat", DEFAULTS).check(140)


def test_durations_have_no_two_ends() -> None:
    """Only bounded answers can be simulated."""
    with pytest.raises(SettingsError, match="want an indicator whose answers have two ends, got ttr"):
        answering("ttr", DEFAULTS)
