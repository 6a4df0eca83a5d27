"""Definitions of scores."""

import pytest

from stream.indicators.catalogue import CATALOGUE
from stream.indicators.definitions import FORMULAS, definition
from tests.builders import DEFAULTS


@pytest.mark.parametrize("indicator", CATALOGUE)
def test_every_definition_says_the_same_five_things(indicator: str) -> None:
    """Formula, unit, scale, direction and clock."""
    found = definition(indicator, DEFAULTS)
    assert found["formula"] == FORMULAS[indicator]
    assert found["clock"] == "event_time"
    assert found["direction"] in {"low_is_bad", "high_is_bad"}
    assert {"unit", "scale"} <= set(found)


def test_criteria_are_printed_with_the_score() -> None:
    """What was chosen for FCR and CSAT stands beside the number."""
    assert definition("fcr", DEFAULTS) == {
        "formula": "fcr.contacts_without_repeat_share",
        "unit": "percent",
        "scale": None,
        "direction": "low_is_bad",
        "clock": "event_time",
        "repeat_window_s": 604800,
        "match": "topic",
        "transfers": "fail",
        "abandoned": "exclude",
        "satisfied": "ignore",
        "charge": "first",
    }
    assert definition("csat", DEFAULTS)["positive_from"] == 4
    assert (
        definition("csat", DEFAULTS | {"csat": {"scale": "1-10", "positive_from": 9}})["positive_from"] == 9
    )
    assert definition("ttr_within", DEFAULTS)["target_s"] == 86400


def test_an_ease_scale_is_another_formula() -> None:
    """Effort and ease are not the same number."""
    found = definition("ces", DEFAULTS | {"ces": {"scale": "1-7", "direction": "ease"}})
    assert (found["formula"], found["direction"]) == ("ces.mean_ease", "low_is_bad")


def test_answers_of_several_kinds_have_no_scale() -> None:
    """They are counted, whatever their scales."""
    assert definition("answers", DEFAULTS)["scale"] is None
