"""The judge, from sections made by hand."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from stream.judge.judge import Judge
from stream.messages.tallies import Kind, ScopeKey, TallyMessage
from tests.builders import Counted, plan_of, section_of
from tests.judging import MESSY, PHONE, RULES, Event, answers, both, fed, sections_of, short


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
    """An alert whose window runs empty turns stale; it resolves on the first healthy reading after that."""
    judge = Judge(plan_of(RULES), 0)
    told = fed(judge, both(0, answers(0, 2, 8)) + both(20))
    assert short(told) == [("firing", 1, "00:00:10Z", 20.0), ("stale", 2, "00:01:10Z", None)]
    told = fed(judge, both(21, answers(21, 10, 0)) + both(30))
    assert short(told) == [("resolved", 3, "00:03:40Z", 100.0)]


def test_hold_is_counted_in_event_time() -> None:
    """With `for`, a breach is pending first and fires at the end of the pane at which it has lasted."""
    judge = Judge(plan_of(RULES.replace("confidence: 0", "confidence: 0, for: 30s")), 0)
    told = fed(judge, both(0, answers(0, 2, 8)) + both(20))
    assert short(told)[:2] == [("pending", 1, "00:00:10Z", 20.0), ("firing", 2, "00:00:40Z", 20.0)]


def test_how_often_an_alert_fired_is_known_for_a_day() -> None:
    """Also where its scope was quiet for hours, and whether the hours were judged at once or one by one."""
    first, again = both(0, answers(0, 2, 8)) + both(1, answers(1, 90, 0)), both(6000, answers(6000, 0, 30))
    hours = [section for pane in range(360, 6000, 360) for section in both(pane)]
    for between in ([], hours):
        judge = Judge(plan_of(RULES), 0)
        told = [each for part in (first, between, again) for each in fed(judge, part)]
        assert [each.state for each in told] == ["firing", "resolved", "firing"]
        assert told[-1].summary.endswith("2nd time in 24 h")


def test_severity_rises_and_falls_within_an_episode() -> None:
    """A change of severity is a transition of the same alert."""
    judge = Judge(plan_of(RULES.replace("critical: 70", "critical: 50, warning: 80")), 0)
    panes = [(0, answers(0, 7, 3)), (1, answers(1, 0, 10)), (2, answers(2, 30, 0)), (3, answers(3, 90, 0))]
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
    assert judge.feed(quiet, 35_000) == []
    told = judge.feed(section_of("interactions/0", 3, position=4), 35_000)
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


@settings(deadline=None, max_examples=40)
@given(MESSY, st.randoms(use_true_random=False), st.integers(1, 7))
def test_order_between_sources_is_irrelevant(events: list[Event], random: Random, step: int) -> None:
    """However the sections of different sources interleave, the same alerts come out."""
    plan = plan_of(RULES, 2)
    sources = sections_of(events, step)
    one = fed(Judge(plan, 0), [section for source in sources for section in source])
    queues = [list(source) for source in sections_of(events, 1)]
    mixed = []
    while any(queues):
        mixed.append(random.choice([queue for queue in queues if queue]).pop(0))
    steps = [each for each in fed(Judge(plan, 0), mixed) if each.at <= "1970-01-01T00:09:00Z"]
    assert [each for each in one if each.at <= "1970-01-01T00:09:00Z"] == steps


def test_years_without_data_are_passed_over() -> None:
    """Only panes at whose end something can change are judged, so a gap of thirty years costs nothing."""
    judge = Judge(
        plan_of(RULES + "  - {name: burn, indicator: csat, detect: burn, target: 80, explain: []}\n"), 0
    )
    told = fed(judge, both(0, answers(0, 2, 8)) + both(100_000_000))
    assert short(told) == [("firing", 1, "00:00:10Z", 20.0), ("stale", 2, "00:01:10Z", None)]
    assert judge.entries() == {"scopes": 1, "folded_scopes": 0, "panes": 0, "alerts": 1}


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


@st.composite
def logs(draw: st.DrawFn) -> list[tuple[TallyMessage, int]]:
    """Two sources that close panes, fall idle with open panes to report, and come back, with wall times."""
    through, wall_ms = {"interactions/0": -1, "feedback/0": -1}, 0
    found = []
    for position in range(draw(st.integers(1, 40))):
        name = draw(st.sampled_from(sorted(through)))
        kind = draw(st.sampled_from([Kind.CLOSED, Kind.CLOSED, Kind.IDLE, Kind.ACTIVE]))
        wall_ms += draw(st.sampled_from([0, 1_000, 30_000]))
        first = through[name] + 1
        if kind is Kind.CLOSED:
            through[name] += draw(st.integers(0, 4))
        pane = draw(st.integers(max(first - 2, 0), first + 2))
        closing = max(pane, first)
        told = closing <= through[name] if kind is Kind.CLOSED else kind is Kind.IDLE
        score, count = draw(st.sampled_from([1, 5])), draw(st.integers(1, 9))
        rows = [Counted(pane, PHONE, f"csat/1-5/{score}", count, closing=closing)] if told else []
        section = section_of(name, through[name], rows, kind, position, wall_ms, 40_000)
        found.append((section, wall_ms))
    return found


@settings(deadline=None, max_examples=200)
@given(logs(), st.lists(st.integers(1, 8), min_size=40, max_size=40))
def test_sections_at_once_are_as_sections_one_by_one(
    log: list[tuple[TallyMessage, int]], cuts: list[int]
) -> None:
    """However many sections are fed at once, the same alerts and scores come of them."""
    one, many = Judge(plan_of(RULES), 0), Judge(plan_of(RULES), 0)
    expected = [told for section, log_ms in log for told in one.feed(section, log_ms)]
    found, rest = [], list(log)
    for cut in cuts:
        found += many.feed_all(rest[:cut])
        rest = rest[cut:]
    assert found == expected
    assert many.current_scores() == one.current_scores()
    assert many.judged_through_ms == one.judged_through_ms
