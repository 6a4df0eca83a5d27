"""Banks of threshold rules: readings explained, scopes chosen."""

import pytest

from stream.judge.judge import Explained, Judge
from tests.builders import Counted, plan_of
from tests.judging import CHAT, PHONE, RULES, answers, both, fed


def test_observer_hears_every_reading_with_its_reason() -> None:
    """`--explain` shows verdict, state and reason of each reading judged."""
    heard: list[Explained] = []
    judge = Judge(plan_of(RULES), 0, heard.append)
    fed(judge, both(0, answers(0, 4, 0)) + both(1, answers(1, 0, 8)))
    assert [(each.verdict.word, each.state.word) for each in heard] == [
        ("insufficient", "inactive"),
        ("breach", "firing"),
    ]
    assert heard[0].reason == "4 answers, want 5"


def test_where_chooses_scopes() -> None:
    """A rule judges, and knows, only the scopes that its `where` names."""
    heard: list[Explained] = []
    plan = plan_of(RULES.replace("explain: []", "explain: [], where: {channel: [chat]}"))
    judge = Judge(plan, 0, heard.append)
    told = fed(judge, both(0, answers(0, 2, 8) + answers(0, 0, 9, CHAT)) + both(1, answers(1, 0, 9)))
    assert [each.scope for each in told] == [{"channel": "chat"}]
    assert judge.scopes(plan.rulebook.rules[0]) == [(("channel", "chat"),)]
    assert {each.scope for each in heard} == {(("channel", "chat"),)}


@pytest.mark.parametrize(
    ("counted", "verdict", "reason"),
    [
        (answers(0, 4, 0), "insufficient", "4 answers, want 5"),
        (answers(0, 6, 4), "breach", "it is below the critical limit 70"),
        (answers(0, 71, 29), "insufficient", "neither surely below a limit nor back at 72"),
        (answers(0, 72, 28), "clear", "at or on the healthy side of 72"),
        (
            [Counted(0, PHONE, "csat/1-5/5", 3), Counted(0, PHONE, "csat/1-5/5", -3)],
            "stale",
            "no answers in the window",
        ),
    ],
)
def test_reasons(counted: list[Counted], verdict: str, reason: str) -> None:
    """Each verdict says why."""
    heard: list[Explained] = []
    judge = Judge(plan_of(RULES.replace("confidence: 0", "confidence: 0, recover: 72")), 0, heard.append)
    fed(judge, both(0, [*counted, *answers(0, 9, 9, CHAT)]))
    (found,) = [each for each in heard if each.scope == (("channel", "phone"),)]
    assert (found.verdict.word, found.reason) == (verdict, reason)
