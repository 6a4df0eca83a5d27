"""What a rulebook makes worker and judge keep, and publish."""

from collections import Counter

import pytest

from tests.builders import plan_of

LOW = "- {name: low, indicator: csat, by: [channel], window: 1h, warning: 80, min_answers: 5}"
APART = "- {name: apart, indicator: csat, by: [], detect: gap, across: channel, window: 1h, min_answers: 20}"
STAGES = "- {name: stages, indicator: csat, by: [channel, stage], window: 1h, warning: 80}"
GAP_STAGES = "- {name: gap, indicator: csat, by: [stage], detect: gap, across: channel, window: 1h}"


@pytest.mark.parametrize(
    "rules", [(LOW, APART), (APART, LOW), (STAGES, GAP_STAGES), (GAP_STAGES, STAGES, APART, LOW)]
)
def test_a_score_is_published_once(rules: tuple[str, ...]) -> None:
    """Two rules may keep the same scopes, as one compares them; cx.scores and /metrics have them once."""
    plan = plan_of("rules:\n  " + "\n  ".join(rules))
    names = Counter((each.indicator, frozenset(each.grouping.dims), each.window_ms) for each in plan.scored)
    assert set(names.values()) == {1}
    assert all(each.grouping in plan.groupings for each in plan.scored)


def test_a_score_is_published_from_where_it_is_spread() -> None:
    """Not by the one judge that compares all channels; and with the greater demand on answers."""
    [csat] = [each for each in plan_of(f"rules:\n  {APART}\n  {LOW}").scored if each.indicator == "csat"]
    assert csat.grouping.shard_dims == ("channel",)
    assert csat.min_answers == 20


def test_a_score_that_only_a_comparison_wants_is_published_by_it() -> None:
    """There is no other."""
    [csat] = [each for each in plan_of(f"rules:\n  {APART}").scored if each.indicator == "csat"]
    assert csat.grouping.shard_dims == ()
