"""The judge, from sections made by hand."""

from collections.abc import Iterable, Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.transitions import Transition
from stream.judge import Explained, Judge
from stream.sections import Kind, ScopeKey, Section
from tests.builders import Counted, plan_of, section_of

RULES = """
indicators: {ces: false, nps: false, sentiment: false, fcr: false, ttr: false, wait: false,
             abandonment: false, contacts: false}
rules:
  - {name: low, indicator: csat, by: [channel], window: 1m, critical: 70, confidence: 0, min_answers: 5,
     explain: []}
"""

PHONE: ScopeKey = ("channel|channel", ("phone",))
CHAT: ScopeKey = ("channel|channel", ("chat",))


def answers(pane: int, happy: int, unhappy: int, key: ScopeKey = PHONE) -> list[Counted]:
    """CSAT answers of 5 and of 1."""
    return [Counted(pane, key, "csat/1-5/5", happy), Counted(pane, key, "csat/1-5/1", unhappy)]


def both(through: int, counted: Iterable[Counted] = (), position: int | None = None) -> list[Section]:
    """The sections with which both sources of one partition close panes."""
    at = through if position is None else position
    return [
        section_of("interactions/0", through, position=at),
        section_of("feedback/0", through, counted, position=at),
    ]


def fed(judge: Judge, sections: Iterable[Section]) -> list[Transition]:
    """Everything that the judge tells of the sections."""
    return [told for section in sections for told in judge.feed(section, 0)]


def short(told: Sequence[Transition]) -> list[tuple[str, int, str, float | None]]:
    """State, seq, time and value of transitions."""
    return [(each.state, each.seq, each.at[-9:], each.value) for each in told]


def test_breach_fires_and_health_resolves() -> None:
    """A score below its limit fires at the end of its pane; a healthy one resolves the same episode."""
    judge = Judge(plan_of(RULES), 0)
    told = fed(judge, both(0, answers(0, 2, 8)) + both(1, answers(1, 90, 0)))
    assert short(told) == [("firing", 1, "00:00:10Z", 20.0), ("resolved", 2, "00:00:20Z", 92.0)]
    assert told[0].id == told[1].id
    assert told[0].evidence == {"1-5": {"1": 8, "5": 2}}


def test_panes_wait_for_the_slowest_source() -> None:
    """Nothing is judged before every source has closed the pane."""
    judge = Judge(plan_of(RULES), 0)
    assert judge.feed(section_of("feedback/0", 3, answers(0, 0, 10)), 0) == []
    assert judge.judged_through_ms is None
    assert short(judge.feed(section_of("interactions/0", 1), 0)) == [("firing", 1, "00:00:10Z", 0.0)]
    assert judge.judged_through_ms == 20_000


def test_silence_makes_stale_and_never_resolves() -> None:
    """An alert whose window runs empty turns stale; it resolves on the second healthy reading after that."""
    judge = Judge(plan_of(RULES), 0)
    told = fed(judge, both(0, answers(0, 2, 8)) + both(20))
    assert short(told) == [("firing", 1, "00:00:10Z", 20.0), ("stale", 2, "00:01:10Z", None)]
    told = fed(judge, both(21, answers(21, 10, 0)) + both(30))
    assert short(told) == [("firing", 3, "00:03:40Z", 100.0), ("resolved", 4, "00:03:50Z", 100.0)]


def test_hold_is_counted_in_event_time() -> None:
    """With `for`, a breach is pending first and fires at the end of the pane at which it has lasted."""
    judge = Judge(plan_of(RULES.replace("confidence: 0", "confidence: 0, for: 30s")), 0)
    told = fed(judge, both(0, answers(0, 2, 8)) + both(20))
    assert short(told)[:2] == [("pending", 1, "00:00:10Z", 20.0), ("firing", 2, "00:00:40Z", 20.0)]


def test_severity_rises_and_falls_within_an_episode() -> None:
    """A change of severity is a transition of the same alert."""
    judge = Judge(plan_of(RULES.replace("critical: 70", "critical: 50, warning: 80")), 0)
    panes = [(0, answers(0, 7, 3)), (1, answers(1, 0, 10)), (2, answers(2, 12, 0)), (3, answers(3, 90, 0))]
    told = fed(judge, [section for pane, counted in panes for section in both(pane, counted)])
    assert [(each.severity, each.state, each.seq) for each in told] == [
        ("warning", "firing", 1),
        ("critical", "firing", 2),
        ("warning", "firing", 3),
        ("warning", "resolved", 4),
    ]
    assert len({each.id for each in told}) == 1


def test_repeated_sections_change_nothing() -> None:
    """A section that was taken before, or is older than one that was, is no news."""
    judge = Judge(plan_of(RULES), 0)
    sections = both(0, answers(0, 2, 8), position=5)
    assert len(fed(judge, sections)) == 1
    before = judge.snapshot()
    assert fed(judge, sections) == []
    assert fed(judge, [section_of("feedback/0", 9, answers(9, 9, 0), position=4)]) == []
    assert judge.snapshot() == before


def test_late_answers_count_from_the_next_pane_on() -> None:
    """A correction to a judged pane rewrites nothing, and counts in the windows that are judged later."""
    judge = Judge(plan_of(RULES), 0)
    late = [Counted(0, PHONE, "csat/1-5/1", 8, closing=2)]
    told = fed(judge, both(1, answers(0, 8, 0)) + both(2, late))
    assert short(told) == [("firing", 1, "00:00:30Z", 50.0)]
    assert short(fed(judge, both(6))) == [("stale", 2, "00:01:10Z", None)]


def test_idle_source_is_not_waited_for_and_its_open_panes_count() -> None:
    """Provisional answers of an idle source count; the final ones replace them without being told twice."""
    judge = Judge(plan_of(RULES), 0)
    fed(judge, both(0))
    open_panes = answers(1, 2, 8)
    quiet = section_of("feedback/0", 0, open_panes, Kind.IDLE, position=3, quiet_ms=40_000)
    assert judge.feed(quiet, 60_000) == []
    told = judge.feed(section_of("interactions/0", 3, position=4), 60_000)
    assert short(told) == [("firing", 1, "00:00:20Z", 20.0)]
    final = section_of("feedback/0", 4, [*open_panes, *answers(4, 0, 10)], position=9)
    assert fed(judge, [final, section_of("interactions/0", 4, position=9)]) == []
    (score,) = [each for each in judge.current_scores() if each.indicator == "csat"]
    assert (score.value, score.n) == (10.0, 20)


def test_when_all_are_quiet_time_goes_on_by_the_wall_clock() -> None:
    """Silence is noticed although no event moves the watermark."""
    judge = Judge(plan_of(RULES), 0)
    fed(judge, both(0, answers(0, 2, 8)))
    told = []
    for wall_ms in range(0, 200_000, 1_000):
        for name in ("interactions/0", "feedback/0"):
            told += judge.feed(section_of(name, 0, (), Kind.IDLE, 3, wall_ms, 20_000), wall_ms)
    assert short(told) == [("stale", 2, "00:01:10Z", None)]
    assert judge.judged_through_ms == 200_000


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


def test_cause_is_the_finer_scope_with_most_of_the_shortfall() -> None:
    """A firing alert names the value that explains most of what is missing."""
    judge = Judge(plan_of(RULES.replace("explain: []", "explain: [topic]")), 0)
    finer = [("channel,topic|channel", ("phone", topic)) for topic in ("billing", "delivery", "other")]
    counted = [
        *answers(0, 20, 20),
        *answers(0, 2, 15, finer[0]),
        *answers(0, 5, 5, finer[1]),
        *answers(0, 13, 0, finer[2]),
    ]
    (told,) = fed(judge, both(0, counted))
    assert told.cause is not None
    assert (told.cause["dimension"], told.cause["value"], told.cause["n"]) == ("topic", "billing", 17)
    assert told.cause["share_of_shortfall"] == pytest.approx(
        (17 * 70 - 200) / (17 * 70 - 200 + 200), abs=1e-4
    )


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


def test_scopes_that_left_every_window_are_forgotten() -> None:
    """Memory is bounded by what the windows can see."""
    judge = Judge(plan_of(RULES), 0)
    for pane in range(0, 10_000, 400):
        key: ScopeKey = ("channel|channel", (f"c{pane}",))
        fed(judge, both(pane, answers(pane, 10, 0, key)))
    assert judge.entries()["scopes"] <= 2
    assert judge.entries()["panes"] <= 4


MESSY = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.sampled_from(["phone", "chat", "mail"]),
        st.sampled_from([1, 5]),
        st.integers(1, 6),
        st.integers(0, 1),
    ),
    max_size=60,
)


def _sections(events: Sequence[tuple[int, str, int, int, int]], step: int) -> list[list[Section]]:
    """Two partitions' worth of sections; one list per source."""
    found = []
    for source in range(4):
        kind, partition = ("feedback", source // 2) if source % 2 else ("interactions", source // 2)
        mine = [
            Counted(pane, ("channel|channel", (channel,)), f"csat/1-5/{score}", count)
            for pane, channel, score, count, where in events
            if kind == "feedback" and where == partition
        ]
        found.append(
            [
                section_of(
                    f"{kind}/{partition}",
                    through,
                    [each for each in mine if through - step < each.pane <= through],
                    position=through + 1,
                )
                for through in range(step - 1, 60, step)
            ]
        )
    return found


@settings(deadline=None, max_examples=40)
@given(MESSY, st.randoms(use_true_random=False), st.integers(1, 7))
def test_order_between_sources_is_irrelevant(
    events: list[tuple[int, str, int, int, int]], random: Random, step: int
) -> None:
    """However the sections of different sources interleave, the same alerts come out."""
    plan = plan_of(RULES, 2)
    sources = _sections(events, step)
    one = fed(Judge(plan, 0), [section for source in sources for section in source])
    queues = [list(source) for source in _sections(events, 1)]
    mixed = []
    while any(queues):
        mixed.append(random.choice([queue for queue in queues if queue]).pop(0))
    steps = [each for each in fed(Judge(plan, 0), mixed) if each.at <= "1970-01-01T00:09:00Z"]
    assert [each for each in one if each.at <= "1970-01-01T00:09:00Z"] == steps


@settings(deadline=None, max_examples=40)
@given(MESSY, st.integers(0, 239))
def test_snapshot_anywhere_changes_nothing_after(
    events: list[tuple[int, str, int, int, int]], cut: int
) -> None:
    """A judge restored from its snapshot goes on as the one that was never stopped."""
    plan = plan_of(RULES.replace("confidence: 0", "confidence: 0, for: 20s"), 2)
    sections = [each for pane in zip(*_sections(events, 1), strict=True) for each in pane]
    judge = Judge(plan, 0)
    fed(judge, sections[:cut])
    restored = Judge.restore(plan, 0, judge.snapshot())
    assert fed(restored, sections[cut:]) == fed(judge, sections[cut:])
    assert _latest(restored) == _latest(judge)
    assert restored.entries() == judge.entries()


def _latest(judge: Judge) -> list[str]:
    """Scores with answers; that a scope is stale is known to whoever has told it before."""
    return sorted(repr(score) for score in judge.current_scores() if score.n)


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


def test_years_without_data_are_passed_over() -> None:
    """Only panes at whose end something can change are judged, so a gap of thirty years costs nothing."""
    judge = Judge(
        plan_of(RULES + "  - {name: burn, indicator: csat, detect: burn, target: 80, explain: []}\n"), 0
    )
    told = fed(judge, both(0, answers(0, 2, 8)) + both(100_000_000))
    assert short(told) == [("firing", 1, "00:00:10Z", 20.0), ("stale", 2, "00:01:10Z", None)]
    assert judge.entries() == {"scopes": 1, "panes": 0, "alerts": 1}


def test_nothing_is_known_before_the_first_event() -> None:
    """No scores, no time."""
    judge = Judge(plan_of(RULES), 0)
    assert (judge.judged_through_ms, judge.take_scores(), judge.current_scores(), judge.budgets()) == (
        None,
        [],
        [],
        [],
    )
    assert Judge.restore(plan_of(RULES), 0, judge.snapshot()).judged_through_ms is None


def test_groupings_of_another_plan_are_ignored() -> None:
    """While workers change over to new rules, intakes may still count for the old ones."""
    judge = Judge(plan_of(RULES), 0)
    old: ScopeKey = ("team|team", ("a",))
    told = fed(judge, both(0, answers(0, 2, 8) + answers(0, 5, 5, old)))
    assert short(told) == [("firing", 1, "00:00:10Z", 20.0)]
    assert fed(judge, both(1, answers(1, 5, 5, old))) == []


def test_snapshot_keeps_what_waits_and_what_is_provisional() -> None:
    """Panes that one source has closed, and open panes of an idle one, are part of the memory."""
    plan = plan_of(RULES, 2)

    def sections() -> list[tuple[Section, int]]:
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
    assert short(fed(restored, both(3, position=9))) == []
    (score,) = [each for each in restored.current_scores() if each.indicator == "csat"]
    assert (score.value, score.n) == (22.7273, 22)


def test_panes_of_another_length_fit_no_snapshot() -> None:
    """With `timing.pane` changed, everything starts empty."""
    judge = Judge(plan_of(RULES), 0)
    fed(judge, both(0, answers(0, 2, 8)))
    restored = Judge.restore(plan_of(RULES + "timing: {pane: 20s}\n"), 0, judge.snapshot())
    assert restored.entries() == {"scopes": 0, "panes": 0, "alerts": 0}


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


def test_no_cause_where_nothing_stands_out() -> None:
    """One value alone explains nothing, and neither do values that nobody answered for."""
    plan = plan_of(RULES.replace("explain: []", "explain: [topic, stage]"))
    finer = ("channel,topic|channel", ("phone", "billing"))
    (told,) = fed(Judge(plan, 0), both(0, answers(0, 2, 8) + answers(0, 2, 8, finer)))
    assert told.cause is None


def test_cause_of_a_volume_is_the_greatest_part() -> None:
    """What came in most is what there is too much of."""
    rules = """
indicators: {csat: false, ces: false, nps: false, sentiment: false, fcr: false, ttr: false, wait: false}
rules:
  - {name: many, indicator: contacts, by: [channel], window: 1m, critical: 10,
     confidence: 0, explain: [topic]}
"""
    counted = [
        Counted(0, PHONE, "contacts", 16),
        *(
            Counted(0, ("channel,topic|channel", ("phone", topic)), "contacts", count)
            for topic, count in (("a", 12), ("b", 4))
        ),
    ]
    (told,) = fed(Judge(plan_of(rules), 0), both(0, counted))
    assert told.cause == {
        "dimension": "topic",
        "value": "a",
        "value_score": 12.0,
        "n": 12,
        "share_of_shortfall": 0.75,
    }
