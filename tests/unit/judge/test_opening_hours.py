"""Rules with opening hours: closed time neither counts nor passes, live as in a backtest."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.transitions import Transition
from stream.judge.judge import Judge
from stream.messages.tallies import ScopeKey, TallyMessage
from tests.builders import Counted, plan_of, section_of

HOURS = 'open: ["Thu-Sat 08:00-18:00"], holidays: [1970-01-03], time_zone: Asia/Kolkata'
RULES = f"""
indicators: {{ces: false, nps: false, sentiment: false, fcr: false, ttr: false, wait: false,
             abandonment: false, contacts: false}}
timing: {{pane: 30m, lateness: 30m, idle_after: 1h}}
rules:
  - {{name: low, indicator: csat, by: [channel], window: 1h, warning: 80, critical: 50, min_answers: 5,
     {HOURS}}}
  - {{name: held, indicator: csat, by: [channel], window: 1d, critical: 70, confidence: 0, min_answers: 5,
     for: 2h, keep_firing_for: 1h, {HOURS}}}
  - {{name: night, indicator: csat, by: [channel], window: 4h, critical: 70, confidence: 0, outside: only,
     {HOURS}}}
  - {{name: sudden, indicator: csat, by: [channel], detect: sudden, floor: 75, {HOURS}}}
  - {{name: burn, indicator: csat, by: [channel], detect: burn, target: 80, period: 3d, {HOURS}}}
  - {{name: gap, indicator: csat, across: channel, detect: gap, window: 6h, {HOURS}}}
  - {{name: hush, indicator: csat, by: [channel], detect: silence, at_least: 1 per 4h}}
"""
PANES = 2 * 24 * 3
KEYS: tuple[ScopeKey, ...] = tuple(
    (key, (channel,)) for channel in ("phone", "chat") for key in ("channel|channel", "channel|")
)

Event = tuple[int, str, int, int]
"""Pane, channel, score, count."""


def counts(events: Sequence[Event]) -> list[Counted]:
    """In each grouping."""
    return [
        Counted(pane, key, f"csat/1-5/{score}", count)
        for pane, channel, score, count in events
        for key in KEYS
        if key[1] == (channel,)
    ]


def sections(events: Sequence[Event], after: int, through: int) -> list[TallyMessage]:
    """What closes the panes after one up to another."""
    mine = counts([each for each in events if after < each[0] <= through])
    return [
        section_of("interactions/0", through, position=through),
        section_of("feedback/0", through, mine, position=through),
    ]


def told(
    events: Sequence[Event], step: int, restarts: Sequence[int] = (), rules: str = RULES
) -> list[Transition]:
    """Everything that is told if `step` panes close at a time, and the judge starts anew now and then."""
    plan = plan_of(rules)
    judge, found = Judge(plan, 0), []
    for after in range(-1, PANES - 1, step):
        through = min(after + step, PANES - 1)
        found += judge.feed_all((section, 0) for section in sections(events, after, through))
        if after in restarts:
            judge = Judge.restore(plan, 0, judge.snapshot())
    return found


events = st.lists(
    st.tuples(
        st.integers(0, PANES - 1),
        st.sampled_from(["phone", "chat"]),
        st.sampled_from([1, 5]),
        st.sampled_from([1, 3, 9, 40]),
    ),
    max_size=120,
)


@settings(deadline=None, max_examples=10)
@given(events, st.sampled_from([7, PANES]))
def test_panes_at_once_are_as_panes_one_by_one(found: list[Event], step: int) -> None:
    """What is foreseen of openings comes out as what is judged pane by pane, and so after restarts."""
    one = told(found, 1, restarts=range(20, PANES, 37))
    assert told(found, step) == one


def day(score: int, hours: range, days: range = range(2), count: int = 12) -> list[Event]:
    """Answers every half hour of some hours (UTC) of some days."""
    return [
        ((24 * day + hour) * 2 + part, "phone", score, count)
        for day in days
        for hour in hours
        for part in range(2)
    ]


def firing(found: Sequence[Transition]) -> set[str]:
    """The rules that fire at some time, but for the one that hears nothing."""
    return {each.rule for each in found if each.state == "firing"} - {"hush"}


def test_bad_nights_are_no_news() -> None:
    """Closed time is bad, open time (02:30 to 12:30 UTC) good: who is open hears nothing, `only` does."""
    found = told([*day(5, range(3, 12)), *day(1, range(14, 24))], PANES)
    assert firing(found) == {"night"}


def test_bad_days_are_told_when_open() -> None:
    """And only then: nothing begins to fire in closed time."""
    found = told([*day(1, range(3, 12)), *day(5, range(14, 24))], PANES)
    assert {"low", "held", "sudden", "burn"} <= firing(found)
    assert "night" not in firing(found)
    for each in [each for each in found if each.state == "firing" and each.rule != "hush"]:
        clock = each.at[11:16]
        assert "03:00" <= clock <= "12:30", each


def test_no_surge_ends_in_closed_time() -> None:
    """Ten times Thursday's volume up to half an hour before closing; what the night brings says nothing."""
    start = RULES.index("rules:")
    rules = (
        RULES[:start]
        + f"""
rules:
  - {{name: rush, indicator: answers, detect: surge, learn: 1d, {HOURS}}}
"""
    )
    usual, rush = day(5, range(3, 12), range(1)), day(5, range(3, 12), range(1, 2), count=120)
    evening = [(48 + 24, "phone", 5, 12), *day(5, range(14, 24), range(1, 2), count=3)]
    for step in (1, PANES):
        found = told([*usual, *rush, *evening], step, rules=rules)
        assert [(each.rule, each.state) for each in found] == [("rush", "firing")]


def test_holidays_are_closed() -> None:
    """Saturday the third is one: a bad Saturday counts for `only` alone."""
    found = told(day(1, range(3, 12), range(2, 3)), PANES)
    assert firing(found) == {"night"}


def test_what_must_last_lasts_in_open_time() -> None:
    """Pending from 12:00 on Thursday with `for: 2h`: it fires on Friday, an hour and a half after opening."""
    late = [(23, "phone", 1, 40), (48 + 5, "phone", 1, 9)]
    alone = RULES[: RULES.index("  - {name: hush")]
    found = [each for each in told(late, PANES, rules=alone) if each.rule == "held"]
    assert [(each.state, each.at) for each in found][:2] == [
        ("pending", "1970-01-01T12:00:00Z"),
        ("firing", "1970-01-02T04:00:00Z"),
    ]


def test_who_is_heard_again_at_night_is_judged_when_doors_open() -> None:
    """The morning is as bad as what was before the silence, whether panes are judged one by one or not."""
    bad = day(1, range(3, 12), range(1), count=30)
    night = [(2 * hour, "phone", 1, 4) for hour in (24, 25, 26)]
    morning = [(2 * 27, "phone", 1, 4), (2 * 30, "phone", 1, 4)]
    rules = RULES.replace("period: 3d", "period: 2d, windows: [{long: 1d, short: 20h, rate: 1.5}]")
    one, many = (told([*bad, *night, *morning], step, rules=rules) for step in (1, PANES))
    assert one == many
    burnt = [(each.state, each.at[8:16]) for each in many if each.rule == "burn"]
    assert burnt[1:3] == [("stale", "01T16:00"), ("firing", "02T03:00")]
