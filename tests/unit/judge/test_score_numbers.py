"""The numbers of published scores: worked out together they are those of each alone."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stream.indicators.formulas import Sums, formula
from stream.judge.score_numbers import NumbersTogether, numbers
from tests.builders import DEFAULTS

INDICATORS = ("csat", "csat_mean", "ces", "nps", "fcr", "abandonment", "contacts", "ttr_p90", "wait")
sums = st.tuples(st.integers(-3, 10**6), st.integers(-500, 10**9), st.integers(-500, 10**11))


@given(
    indicators=st.lists(st.sampled_from(INDICATORS), min_size=1, unique=True),
    rows=st.lists(
        st.lists(sums, min_size=len(INDICATORS), max_size=len(INDICATORS)), min_size=1, max_size=20
    ),
)
def test_together_they_are_those_of_each_alone(
    indicators: list[str], rows: list[list[tuple[int, int, int]]]
) -> None:
    """To the last bit, of whatever scopes; counts and times are no shares or means, and are left out."""
    formulas = [formula(name, DEFAULTS) for name in indicators]
    table = np.array(rows, np.float64)[:, : len(indicators)]
    together = NumbersTogether(formulas)
    every = together.of(table)
    chosen = np.arange(len(rows)) % 2 == 0
    for place, each in enumerate(formulas):
        assert (place in together) == (each.name not in ("contacts", "ttr_p90"))
        if place in together:
            alone = numbers(each, Sums(table[chosen, place]))
            for own, found in zip(together.at(every, place, chosen), alone, strict=True):
                assert own.tobytes() == found.tobytes()
                assert own.dtype == found.dtype
