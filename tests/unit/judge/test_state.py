"""What a judge remembers, and for how long."""

from stream.judge.judge import Judge
from tests.builders import plan_of
from tests.judging import RULES, answers, both, fed


def test_scopes_that_left_every_window_are_forgotten() -> None:
    """Memory is bounded by what the windows can see."""
    judge = Judge(plan_of(RULES), 0)
    for pane in range(0, 10_000, 400):
        key = ("channel|channel", (f"c{pane}",))
        fed(judge, both(pane, answers(pane, 10, 0, key)))
    assert judge.entries()["scopes"] <= 2
    assert judge.entries()["panes"] <= 4


def test_scopes_beyond_the_limit_are_one() -> None:
    """What is known stays told apart, what is new counts as `(other)`; a restart decides alike."""
    plan = plan_of("limits: {max_scopes: 3}\n" + RULES)
    judge = Judge(plan, 0)
    for pane in range(10):
        key = ("channel|channel", (f"c{pane}",))
        fed(judge, both(pane, answers(pane, 10, 0, key)))
    assert channels(judge) == ["(other)", "c0", "c1", "c2"]
    assert judge.entries()["folded_scopes"] == 7
    again = Judge.restore(plan, 0, judge.snapshot())
    for each in (judge, again):
        fed(each, both(10, answers(10, 10, 0, ("channel|channel", ("c99",)))))
    assert channels(again) == channels(judge) == ["(other)", "c0", "c1", "c2"]
    assert again.current_scores() == judge.current_scores()


def channels(judge: Judge) -> list[str]:
    """What is told apart."""
    return sorted(dict(scope)["channel"] for scope in judge.scopes(judge.plan.rulebook.rules[0]))
