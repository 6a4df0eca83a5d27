"""Which rules watch which scopes, looked up for all rules at once, against each rule alone."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from alerts.rules import Rule, Threshold
from stream.indicators.plan import Grouping
from stream.judge.evaluation.matchers import ScopeMatchers, watches
from stream.judge.evaluation.scopes import ScopeTable

DIMS = ("channel", "stage")
values = st.sampled_from(["", "phone", "web", "delivery"])
wheres = st.dictionaries(st.sampled_from(DIMS), st.lists(values, min_size=1).map(tuple))


@given(st.lists(wheres, min_size=1, max_size=5), st.lists(st.tuples(values, values), min_size=1, max_size=9))
def test_each_rule_watches_what_it_would_alone(
    named: list[dict[str, tuple[str, ...]]], met: list[tuple[str, str]]
) -> None:
    """Whatever the other rules name, in whatever order scopes are met and asked for."""
    rules = [
        Rule(
            name=f"{place}",
            indicator="csat",
            by=DIMS,
            detect=Threshold(window_ms=600_000, warning=None, critical=50),
            where=where,
        )
        for place, where in enumerate(named)
    ]
    scopes = ScopeTable(Grouping(DIMS, DIMS))
    matchers = ScopeMatchers(rules, scopes)
    for last in met:
        scopes.row_of(last, lambda _: None)
        rows = scopes.used()
        alone = [[watches(each, scopes.scope(row)) for each in rules] for row in rows.tolist()]
        assert np.array_equal(matchers.of(rows), alone)
