"""A judge's snapshots."""

from hypothesis import given, settings
from hypothesis import strategies as st

from stream.judge.judge import Judge
from stream.messages.tallies import Kind, ScopeKey, TallyMessage
from tests.builders import plan_of, section_of
from tests.judging import CHAT, MESSY, RULES, Event, answers, both, fed, sections_of, short


def _latest(judge: Judge) -> list[str]:
    """Scores with answers; that a scope is stale is known to whoever has told it before."""
    return sorted(repr(score) for score in judge.current_scores() if score.n)


@settings(deadline=None, max_examples=40)
@given(MESSY, st.integers(0, 239))
def test_snapshot_anywhere_changes_nothing_after(events: list[Event], cut: int) -> None:
    """A judge restored from its snapshot goes on as the one that was never stopped."""
    plan = plan_of(RULES.replace("confidence: 0", "confidence: 0, for: 20s"), 2)
    sections = [each for pane in zip(*sections_of(events, 1), strict=True) for each in pane]
    judge = Judge(plan, 0)
    fed(judge, sections[:cut])
    restored = Judge.restore(plan, 0, judge.snapshot())
    assert fed(restored, sections[cut:]) == fed(judge, sections[cut:])
    assert _latest(restored) == _latest(judge)
    assert restored.entries() == judge.entries()


def test_snapshot_under_another_plan_keeps_what_it_knows() -> None:
    """Windows and alerts go by their names: a changed limit keeps both, a new rule starts empty."""
    judge = Judge(plan_of(RULES), 0)
    fed(judge, both(0, answers(0, 2, 8)))
    other = plan_of(
        RULES.replace("critical: 70", "critical: 75") + "  - {name: new, indicator: csat, by: []}\n"
    )
    restored = Judge.restore(other, 0, judge.snapshot())
    assert [(rule.name, severity, scope) for rule, severity, scope in restored.firing()] == [
        ("low", "critical", (("channel", "phone"),))
    ]
    assert short(fed(restored, both(1, answers(1, 90, 0)))) == [("resolved", 2, "00:00:20Z", 92.0)]


def test_snapshot_keeps_what_waits_and_what_is_provisional() -> None:
    """Panes that one source has closed, and open panes of an idle one, are part of the memory."""
    plan = plan_of(RULES, 2)

    def sections() -> list[tuple[TallyMessage, int]]:
        quiet = [
            section_of(f"{name}/1", 0, answers(2, 0, 6) if name == "feedback" else (), Kind.IDLE, 2, 90_000)
            for name in ("feedback", "interactions")
        ]
        return [
            *((each, 0) for each in both(0)),
            (section_of("feedback/0", 4, answers(3, 9, 0) + answers(4, 0, 9, CHAT), position=9), 1_000),
            *((section_of(f"{name}/1", 0), 1_000) for name in ("feedback", "interactions")),
            *((each, 100_000) for each in quiet),
            (section_of("interactions/0", 4, position=9), 100_000),
            (section_of("feedback/1", 6, answers(2, 0, 7), position=9), 101_000),
            *((section_of(f"interactions/{at}", 6, position=10), 101_000) for at in (0, 1)),
            (section_of("feedback/0", 6, position=10), 101_000),
        ]

    judge = Judge(plan, 0)
    expected = [told for each in sections() for told in judge.feed(*each)]
    assert [(each.state, each.scope["channel"], each.value) for each in expected] == [
        ("firing", "phone", 0.0),
        ("firing", "chat", 0.0),
    ]
    for cut in range(len(sections())):
        other = Judge(plan, 0)
        told = [each for one in sections()[:cut] for each in other.feed(*one)]
        other = Judge.restore(plan, 0, other.snapshot())
        told += [each for one in sections()[cut:] for each in other.feed(*one)]
        assert told == expected
        assert _latest(other) == _latest(judge)


def test_snapshot_of_other_rules_leaves_out_what_is_unknown() -> None:
    """Groupings, windows, rules and sources that the new plan does not have are dropped without harm."""
    more = (
        RULES
        + """
  - {name: gone, indicator: csat, by: [team], window: 2m, critical: 50, confidence: 0, min_answers: 1}
  - {name: fall, indicator: csat, by: [channel], detect: sudden, floor: 50, explain: []}
"""
    )
    team: ScopeKey = ("team|team", ("a",))
    judge = Judge(plan_of(more, 2), 0)
    sections = [
        section_of(f"{name}/{at}", 0, answers(0, 2, 8) + answers(0, 0, 3, team) if name == "feedback" else ())
        for name in ("feedback", "interactions")
        for at in (0, 1)
    ]
    assert {each.rule for each in fed(judge, sections)} == {"low", "gone"}
    waiting = section_of("feedback/1", 3, answers(2, 1, 1) + answers(2, 1, 1, team), position=2)
    provisional = section_of("feedback/1", 3, answers(5, 1, 1), Kind.IDLE, 3, 1_000)
    assert fed(judge, [waiting, provisional]) == []
    restored = Judge.restore(plan_of(RULES), 0, judge.snapshot())
    assert [rule.name for rule, _, _ in restored.firing()] == ["low"]
    told = fed(restored, both(3, position=9))
    assert [(each.rule, each.state) for each in told] == [("gone", "resolved")]
    (score,) = [each for each in restored.current_scores() if each.indicator == "csat"]
    assert (score.value, score.n) == (22.7273, 22)


def test_panes_of_another_length_fit_no_snapshot() -> None:
    """With `timing.pane` changed, everything starts empty."""
    judge = Judge(plan_of(RULES), 0)
    fed(judge, both(0, answers(0, 2, 8)))
    restored = Judge.restore(plan_of(RULES + "timing: {pane: 20s}\n"), 0, judge.snapshot())
    assert restored.entries() == {"scopes": 0, "folded_scopes": 0, "panes": 0, "alerts": 0}
    assert short(fed(restored, both(2, position=9))) == [("resolved", 2, "00:00:10Z", None)]
    assert all(each.midway for each in restored._memory.sources.progress.values())


def test_a_stamp_that_waits_for_a_witness_waits_after_a_restore() -> None:
    """Whoever goes on from there believes and refuses the same stamps."""
    judge = Judge(plan_of(RULES), 0)
    for section, log_ms in zip(both(0) + both(1), (1_000, 1_000, 2_000, 900_000), strict=True):
        judge.feed(section, log_ms)
    restored = Judge.restore(plan_of(RULES), 0, judge.snapshot())
    for each in (judge, restored):
        each.feed(both(2)[0], 3_000)
    assert (judge.take_ahead(), restored.take_ahead()) == (1, 1)
