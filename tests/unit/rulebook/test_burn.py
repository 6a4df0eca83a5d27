"""alerts.rulebook.burn: rates and pairs of windows."""

import pytest

from alerts.measures import yardstick
from alerts.rulebook.burn import default_pairs, fastest_rate
from alerts.rules import DAY_MS, SECOND_MS
from stream.indicators.catalogue import CATALOGUE


@pytest.mark.parametrize(
    ("indicator", "options", "target", "rate"),
    [
        ("csat", {}, 80, 5),
        ("ttr_within", {}, 99.9, 1000),
        ("abandonment", {}, 20, 5),
        ("nps", {}, 0, 2),
        ("ces", {"scale": "1-7"}, 4, 2),
    ],
)
def test_the_fastest_rate_is_that_of_the_worst_answers(
    indicator: str, options: dict[str, object], target: float, rate: float
) -> None:
    """A target of 80 % leaves 20 unhappy answers in 100, and all unhappy are 5 times as many."""
    assert fastest_rate(yardstick(CATALOGUE[indicator], options), target) == pytest.approx(rate)


def test_an_indicator_without_ends_has_no_fastest_rate() -> None:
    """Callers ask only of bounded ones."""
    with pytest.raises(ValueError, match="ttr has no ends"):
        fastest_rate(yardstick(CATALOGUE["ttr"], {}), 60)


def test_default_windows_are_whole_panes() -> None:
    """However short the period is."""
    for pair in default_pairs(DAY_MS, 10 * SECOND_MS, 1000):
        assert pair.long_ms % (10 * SECOND_MS) == pair.short_ms % (10 * SECOND_MS) == 0
        assert pair.short_ms >= 10 * SECOND_MS
