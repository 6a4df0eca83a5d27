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
