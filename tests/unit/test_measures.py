"""alerts.measures: an indicator's range and direction under its options."""

import pytest

from alerts.measures import scale_ends, yardstick
from alerts.rules import Direction
from stream.indicators.catalogue import CATALOGUE


def test_a_mean_lies_on_its_scale() -> None:
    """The scale chosen, not the widest one."""
    measure = yardstick(CATALOGUE["ces"], {"scale": "1-7", "direction": "effort"})
    assert (measure.low, measure.high, measure.worst, measure.best) == (1, 7, 7, 1)
    assert measure.limits == (5, None)
    assert measure.range_text == "1 to 7"


def test_an_ease_scale_turns_effort_round() -> None:
    """More is better then, and the default limit, meant for effort, is dropped."""
    measure = yardstick(CATALOGUE["ces"], {"scale": "1-7", "direction": "ease"})
    assert measure.direction is Direction.LOW_IS_BAD
    assert measure.limits == (None, None)
    assert measure.worse(2, 3)
    assert (measure.worse_word, measure.better_word) == ("below", "above")


def test_a_default_limit_that_cannot_be_crossed_is_dropped() -> None:
    """Effort is never above 5 on a scale that ends there."""
    assert yardstick(CATALOGUE["ces"], {"scale": "1-5"}).limits == (None, None)


def test_a_duration_has_no_worst_value() -> None:
    """It is bounded on one side only."""
    measure = yardstick(CATALOGUE["ttr"], {})
    assert (measure.worst, measure.best, measure.range_text) == (None, 0, "at least 0")
    assert measure.contains(10**12)
    assert not measure.contains(-1)
    assert (measure.worse_word, measure.better_word) == ("above", "below")


@pytest.mark.parametrize(
    ("scale", "ends"), [("1-10", (1, 10)), ("yes-no", (0, 1)), ("neg-neu-pos", (-1, 1)), (None, None)]
)
def test_ends_of_scales(scale: object, ends: object) -> None:
    """Numbers are read off the name, words are known."""
    assert scale_ends(scale) == ends
