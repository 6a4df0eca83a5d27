"""Scores, as cx.scores carries them."""

from typing import Any

import pytest

from stream.indicators.cells import CELLS
from stream.judge.judge import Judge
from stream.judge.published_scores import fair_share
from tests.builders import Counted, plan_of
from tests.judging import CHAT, PHONE, RULES, answers, both, fed


def test_scores_are_told_when_they_change_and_not_again() -> None:
    """Each score is taken once per change, with its status."""
    judge = Judge(plan_of(RULES), 0)
    fed(judge, both(0, answers(0, 4, 0) + answers(0, 20, 20, CHAT)))
    taken = {(each.indicator, each.scope["channel"]): each for each in judge.take_scores()}
    assert taken["csat", "phone"].status == "insufficient"
    assert taken["csat", "chat"].status == "warming"
    assert (taken["csat", "chat"].value, taken["csat_mean", "chat"].value) == (50.0, 3.0)
    assert judge.take_scores() == []
    fed(judge, both(1, answers(1, 4, 0)))
    assert {(each.indicator, each.scope["channel"]) for each in judge.take_scores()} == {
        ("csat", "phone"),
        ("csat_mean", "phone"),
    }
    fed(judge, both(10))
    assert {each.status for each in judge.take_scores()} == {"stale"}


def test_scores_are_told_again_after_a_restore_even_if_they_ran_empty() -> None:
    """Whoever restores a judge tells every score that it knows once more, and stale ones as stale."""
    plan = plan_of(RULES)
    judge = Judge(plan, 0)
    fed(judge, both(0, answers(0, 20, 20)))
    told = sorted(repr(score) for score in judge.take_scores())
    snapshot = judge.snapshot()
    restored = Judge.restore(plan, 0, snapshot)
    assert sorted(repr(score) for score in restored.take_scores()) == told
    assert restored.take_scores() == []
    late = Judge.restore(plan, 0, snapshot)
    fed(late, both(20))
    assert {score.status for score in late.take_scores()} == {"stale"}


def test_scores_make_no_sums_of_scopes_that_only_explain() -> None:
    """There may be a hundred times as many of them, and a snapshot's scores are told without them, too."""
    plan = plan_of(RULES.replace("explain: []", "explain: [topic]"))
    judge = Judge(plan, 0)
    finer = [("channel,topic|channel", ("phone", str(topic))) for topic in range(50)]
    fed(judge, both(0, [*answers(0, 40, 0), *(each for key in finer for each in answers(0, 1, 1, key))]))
    restored = Judge.restore(plan, 0, judge.snapshot())
    for each in (judge, restored):
        whole: Any = each
        (windows,) = (group.windows for group in whole._groups if group.grouping.key == finer[0][0])
        assert each.take_scores()
        assert each.current_scores()
        assert [len(window._sums._sums) for window in windows.values()] == [0]


@pytest.mark.parametrize(
    ("sizes", "most", "each"),
    [
        ((10, 70, 500), 100, 45), ((10, 20, 30), 100, 100), ((), 5, 5), ((9, 9), 10, 5), ((3,), 3, 3),
        ((0, 0, 50), 10, 10), ((7, 7, 7), 2, 0),
    ],
)  # fmt: skip
def test_small_ones_are_whole_and_the_others_share(sizes: tuple[int, ...], most: int, each: int) -> None:
    """No more than `most` in all, and no place is given away that another has a use for."""
    assert fair_share(sizes, most) == each
    assert sum(min(size, each) for size in sizes) <= most


def test_scores_that_are_asked_for_are_bounded_in_all() -> None:
    """Those with the most answers of each; how many more there are is told."""
    judge = Judge(plan_of(RULES), 0)
    fed(judge, both(0, answers(0, 1, 0) + answers(0, 20, 20, CHAT)))
    everything = judge.current_scores()
    assert judge.scores_left_out == 0
    kinds = {(each.indicator, each.window_s) for each in everything}
    some = judge.current_scores(len(kinds))
    assert {(each.indicator, each.window_s) for each in some} == kinds
    assert {each.scope["channel"] for each in some} == {"chat"}
    assert judge.scores_left_out == len(everything) - len(kinds) > 0


def test_of_very_many_some_are_taken_at_a_time_and_none_is_left_out() -> None:
    """Whoever asks again gets the rest; one that changes all the time does not keep the others waiting."""
    plan = plan_of(RULES)
    everyone = [(f"c{number}",) for number in range(7)]
    one, many = Judge(plan, 0), Judge(plan, 0)
    for judge in (one, many):
        fed(
            judge,
            both(0, [each for scope in everyone for each in answers(0, 5, 5, ("channel|channel", scope))]),
        )
    taken = [many.take_scores(2) for _ in range(4)]
    assert [len({each.scope["channel"] for each in some}) for some in taken] == [2, 2, 2, 1]
    assert sorted(repr(each) for some in taken for each in some) == sorted(map(repr, one.take_scores()))
    assert many.take_scores(2) == []
    met = set()
    for pane in range(1, 5):
        fed(
            many, both(pane, [each for s in everyone for each in answers(pane, 1, 0, ("channel|channel", s))])
        )
        met |= {each.scope["channel"] for each in many.take_scores(2)}
    assert len(met) == 7


def test_what_is_asked_for_is_what_was_told() -> None:
    """Also of times, whose buckets are read for those alone that are asked for."""
    plan = plan_of(RULES.replace("ttr: false, ", ""))
    judge = Judge(plan, 0)
    buckets = [cell for cell in CELLS if cell.startswith("ttr.bucket")]
    times = [
        Counted(0, key, cell, count)
        for number, key in enumerate((PHONE, CHAT))
        for cell, count in (("ttr.within", 9 + number), (buckets[5 + number], 8), (buckets[60], 1 + number))
    ]
    fed(judge, both(0, [*answers(0, 20, 20), *times]))
    told = {(each.indicator, each.window_s, each.scope["channel"]): each for each in judge.take_scores()}
    assert {name for name, _, _ in told} >= {"csat", "ttr_median", "ttr_p90", "ttr_within"}
    asked = {(each.indicator, each.window_s, each.scope["channel"]): each for each in judge.current_scores()}
    assert asked == told
    some = judge.current_scores(len(told) - 1)
    assert some
    assert all(told[each.indicator, each.window_s, each.scope["channel"]] == each for each in some)
