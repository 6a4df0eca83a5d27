"""Rules with detectors, through the judge."""

from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.rules import DAY_MS
from alerts.transitions import Transition, utc_text
from stream.judge.judge import Explained, Judge
from stream.messages.tallies import ScopeKey, TallyMessage
from tests.builders import Counted, plan_of, section_of

KEPT = """
indicators: {ces: false, nps: false, sentiment: false, fcr: false, ttr: false, wait: false}
rules:
"""
MUTED = (
    KEPT
    + """
  - {name: low, indicator: csat, by: [channel], window: 30m, critical: 70, explain: []}
  - {name: hush, indicator: csat, by: [channel], detect: silence, at_least: 1 per 2m}
"""
)
SUDDEN = KEPT + "  - {name: fall, indicator: csat, by: [channel], detect: sudden, floor: 75, explain: []}\n"


def key(channel: str) -> ScopeKey:
    """A scope by channel."""
    return ("channel|channel", (channel,))


def answers(pane: int, happy: int, unhappy: int, scope: ScopeKey | None = None) -> list[Counted]:
    """CSAT answers of 5 and of 1 on the phone."""
    counts = {"csat/1-5/5": happy, "csat/1-5/1": unhappy}
    return [Counted(pane, scope or key("phone"), cell, count) for cell, count in counts.items() if count]


def panes(counted: Iterable[Counted], through: int) -> list[TallyMessage]:
    """Sections that close one pane after the other."""
    rows = list(counted)
    return [
        section
        for pane in range(1000, through + 1)
        for section in (
            section_of("interactions/0", pane, position=pane),
            section_of("feedback/0", pane, [each for each in rows if each.pane == pane], position=pane),
        )
    ]


def fed(judge: Judge, sections: Iterable[TallyMessage]) -> list[Transition]:
    """Everything that the judge tells of the sections."""
    return [told for section in sections for told in judge.feed(section, 0)]


def short(told: Sequence[Transition]) -> list[tuple[str, str, int]]:
    """Rule, state, and at which pane's end."""
    return [(each.rule, each.state, _pane(each.at)) for each in told]


def _pane(at: str) -> int:
    hours, minutes, seconds = (int(part) for part in at[11:19].split(":"))
    return (hours * 3600 + minutes * 60 + seconds) // 10 - 1


def test_silence_turns_scores_stale_and_never_resolves_them() -> None:
    """While nothing or little comes in, the score's window still has answers, but they say nothing of now."""
    counted = [each for pane in range(1000, 1020) for each in answers(pane, 0, 3)]
    counted += [each for pane in range(1050, 1120) for each in answers(pane, 9, 0)]
    judge = Judge(plan_of(MUTED), 0)
    told = fed(judge, panes(counted, 1119))
    assert [each[:2] for each in short(told)] == [
        ("low", "firing"),
        ("low", "stale"),
        ("hush", "firing"),
        ("low", "firing"),
        ("hush", "resolved"),
        ("low", "resolved"),
    ]
    assert short(told)[1][2] == short(told)[2][2]  # in the pane in which the silence is noticed
    assert told[1].n == 60
    assert told[1].summary.endswith("too little comes in; the alert stays open")


@pytest.mark.parametrize(
    ("silent", "muted"), [("contacts", "abandonment"), ("contacts", "csat"), ("answers", "csat")]
)
def test_silence_mutes_what_it_feeds(silent: str, muted: str) -> None:
    """Without contacts nothing can be said of those who gave up; surveys may still come in."""
    rules = (
        KEPT
        + f"""
  - {{name: low, indicator: {muted}, by: [channel], window: 30m, explain: [], confidence: 0,
     {"warning: 20" if muted == "abandonment" else "critical: 70"}}}
  - {{name: hush, indicator: {silent}, by: [channel], detect: silence, at_least: 1 per 2m}}
"""
    )
    bad = {"contacts": 8, "abandoned": 6, "csat/1-5/1": 6, "csat/1-5/5": 2}
    counted = [
        Counted(pane, key("phone"), cell, count) for pane in range(1000, 1020) for cell, count in bad.items()
    ]
    told = fed(Judge(plan_of(rules), 0), panes(counted, 1119))
    states = [each.state for each in told if each.rule == "low"]
    assert states == (["firing"] if (silent, muted) == ("contacts", "csat") else ["firing", "stale"])


def test_a_silent_scope_mutes_no_other() -> None:
    """The chat is judged while the phone is silent."""
    counted = [each for pane in range(1000, 1080) for each in answers(pane, 3, 0, key("chat"))]
    counted += answers(1000, 3, 0)
    counted += [each for pane in range(1080, 1120) for each in answers(pane, 0, 9, key("chat"))]
    told = fed(Judge(plan_of(MUTED), 0), panes(counted, 1119))
    assert [(each.rule, each.state, each.scope["channel"]) for each in told] == [
        ("hush", "firing", "phone"),
        ("low", "firing", "chat"),
    ]


def falling() -> list[Counted]:
    """Healthy for long, then a collapse."""
    counted = [each for pane in range(1000, 1300) for each in answers(pane, 5, 1)]
    return counted + [each for pane in range(1300, 1310) for each in answers(pane, 0, 6)]


def test_a_collapse_is_seen_within_a_few_panes() -> None:
    """Sudden detection chooses no window, and its alert says since when."""
    told = fed(Judge(plan_of(SUDDEN), 0), panes(falling(), 1309))
    (rule, state, pane), *rest = short(told)
    assert (rule, state, rest) == ("fall", "firing", [])
    assert 1300 <= pane <= 1306
    assert (told[0].window_s, told[0].limit) == (None, 75.0)
    assert {"since", "answers", "1-5"} <= set(told[0].evidence)


def test_a_sudden_alert_without_answers_turns_stale() -> None:
    """After a day without an answer, however the panes are handed over; it fires again when one comes."""
    stale = 1309 + DAY_MS // 10_000
    more = answers(stale + 500, 0, 6)
    some = panes([*falling(), *more], 1309)
    leap = [
        section_of(f"{name}/0", stale + 600, more * (name == "feedback"), position=stale)
        for name in ("interactions", "feedback")
    ]
    told = fed(Judge(plan_of(SUDDEN), 0), [*some, *leap])
    judge = Judge(plan_of(SUDDEN), 0)
    fed(judge, some)
    assert fed(Judge.restore(plan_of(SUDDEN), 0, judge.snapshot()), leap) == told[1:]
    assert [(each.state, each.at) for each in told[1:]] == [
        ("stale", utc_text((stale + 1) * 10_000)),
        ("firing", utc_text((stale + 501) * 10_000)),
    ]


@pytest.mark.parametrize("cut", [600, 607, 612])
def test_detectors_go_on_from_a_snapshot(cut: int) -> None:
    """What they had seen is part of the judge's memory."""
    plan = plan_of(SUDDEN + MUTED.removeprefix(KEPT).lstrip("\n"))
    sections = panes(falling(), 1400)
    judge = Judge(plan, 0)
    fed(judge, sections[:cut])
    restored = Judge.restore(plan, 0, judge.snapshot())
    expected = fed(judge, sections[cut:])
    assert fed(restored, sections[cut:]) == expected
    assert expected


def test_burn_has_a_budget_and_needs_both_windows() -> None:
    """The alert ends when its long window is back; what is left of the budget is known all along."""
    rules = (
        KEPT
        + """
  - {name: burn, indicator: csat, by: [channel], detect: burn, target: 80, period: 1d, explain: [],
     windows: [{long: 1h, short: 5m, rate: 3, severity: critical}]}
"""
    )
    counted = [each for pane in range(1000, 1100) for each in answers(pane, 5, 0)]
    counted += [each for pane in range(1100, 1300) for each in answers(pane, 0, 5)]
    counted += [each for pane in range(1300, 1500) for each in answers(pane, 5, 0)]
    judge = Judge(plan_of(rules), 0)
    told = fed(judge, panes(counted, 1499))
    assert [each.state for each in told] == ["firing", "resolved"]
    assert (
        1460 < _pane(told[1].at) < 1470
    )  # fewer than 54 % of an hour are bad: nine tenths of three times 20
    assert told[0].window_s == 3600
    ((rule, scope, left),) = judge.budgets()
    assert (rule.name, scope) == ("burn", (("channel", "phone"),))
    assert left < 0


def test_a_gap_compares_channels_and_leaves_out_what_the_rule_does() -> None:
    """One channel against the others; `where` says which take part."""
    rules = KEPT + "  - {name: gap, indicator: csat, by: [], across: channel, detect: gap, window: 1h}\n"
    counted = [
        each
        for pane in range(1000, 1200)
        for channel, happy, unhappy in (("phone", 2, 4), ("chat", 5, 1), ("mail", 5, 1))
        for each in answers(pane, happy, unhappy, ("channel|", (channel,)))
    ]
    (told,) = fed(Judge(plan_of(rules), 0), panes(counted, 1199))
    assert (told.scope, told.evidence["compared"]) == ({"channel": "phone"}, 3)
    only = rules.replace("window: 1h", "window: 1h, where: {channel: [chat, mail]}")
    judge = Judge(plan_of(only), 0)
    assert fed(judge, panes(counted, 1199)) == []
    (rule,) = judge.plan.rulebook.rules
    assert sorted(judge.scopes(rule)) == [(("channel", "chat"),), (("channel", "mail"),)]


def test_observers_hear_detectors_too() -> None:
    """`--explain` shows what a detector was asked and said."""
    heard: list[Explained] = []
    judge = Judge(plan_of(SUDDEN), 0, heard.append)
    fed(judge, panes(falling(), 1309))
    assert len(heard) == 310
    assert (heard[0].reason, heard[-1].state.word) == (
        "what speaks against a score of 75 may be chance",
        "firing",
    )


def test_where_keeps_other_scopes_quiet() -> None:
    """A rule watches the scopes that its `where` names."""
    judge = Judge(plan_of(SUDDEN.replace("floor: 75", "floor: 75, where: {channel: [chat]}")), 0)
    assert fed(judge, panes(falling(), 1309)) == []


SPLIT = st.lists(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=3, max_size=3),
    min_size=1,
    max_size=12,
)


def closed(parts: list[list[tuple[int, int]]]) -> list[TallyMessage]:
    """Pane after pane, closed by three partitions of which each has a part of its answers."""
    return [
        section_of(f"{name}/{number}", 1000 + at, counted, position=at)
        for at, pane in enumerate(parts)
        for number, part in enumerate(pane)
        for name, counted in (("interactions", []), ("feedback", answers(1000 + at, *part)))
    ]


@settings(max_examples=60, derandomize=True, deadline=None)
@given(SPLIT)
def test_verdicts_do_not_depend_on_how_a_panes_answers_were_split(parts: list[list[tuple[int, int]]]) -> None:
    """Sudden detection, a threshold and a burning budget hear the pane's answers, wherever they came from."""
    rules = (
        SUDDEN
        + "  - {name: low, indicator: csat, by: [channel], window: 30m, critical: 70, explain: []}\n"
        + "  - {name: burn, indicator: csat, by: [channel], detect: burn, target: 90, explain: []}\n"
    )
    plan = plan_of(rules, 3)
    together = [[(sum(h for h, _ in pane), sum(u for _, u in pane)), (0, 0), (0, 0)] for pane in parts]
    heard: tuple[list[Explained], list[Explained]] = [], []
    told = [
        fed(Judge(plan, 0, observer.append), closed(each))
        for each, observer in zip((parts, together), heard, strict=True)
    ]
    assert told[0] == told[1]
    assert heard[0] == heard[1]
    assert heard[0] or not any(n for pane in parts for part in pane for n in part)


@pytest.mark.parametrize(
    "rule",
    [
        "critical: 70, window: 2h",
        "detect: burn, target: 80, windows: [{long: 4h, short: 2h, rate: 2, severity: critical}]",
        "detect: gap, across: channel, window: 2h",
    ],
)
@pytest.mark.parametrize("by_pane", [True, False])
def test_what_has_lasted_is_seen_where_windows_are(rule: str, by_pane: bool) -> None:  # noqa: FBT001  # a case
    """Windows of two hours are seen every minute: a breach of 70 s has lasted at the end of the second."""
    by = "[]" if "gap" in rule else "[channel]"
    rules = f"{KEPT}  - {{name: low, indicator: csat, by: {by}, for: 70s, explain: [], {rule}}}\n"
    counted = [
        each
        for pane in range(1000, 1030)
        for channel, happy, unhappy in (("phone", 1, 4), ("chat", 5, 0))
        for each in answers(pane, happy, unhappy, ("channel|" + by[1:-1], (channel,)))
    ]
    at_once = [section_of("interactions/0", 1079), section_of("feedback/0", 1079, counted)]
    told = fed(Judge(plan_of(rules), 0), panes(counted, 1079) if by_pane else at_once)
    assert [each.state for each in told] == ["pending", "firing"]
    begun, fired = (_pane(each.at) + 1 for each in told)
    assert begun % 6 == 0
    assert fired == begun + 12


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "rule",
    [
        "critical: 50",
        "detect: burn, target: 80, period: 1d, windows: [{long: 1h, short: 5m, rate: 3, severity: critical}]",
        "detect: gap, across: channel",
    ],
)
def test_no_more_fails_than_there_is(rule: str) -> None:
    """Of yesterday's contacts more turn out unsolved than an hour has contacts: 0 % of it, not -50 %."""
    by, window = "[]" if "gap" in rule else "[channel]", "" if "burn" in rule else ", window: 1h"
    rules = (
        KEPT.replace("fcr: false", "fcr: {satisfied: require}")
        + f"  - {{name: low, indicator: fcr, by: {by}, explain: [], {rule}{window}}}\n"
    )
    scopes = [("channel|" + by[1:-1], (channel,)) for channel in ("phone", "chat", "mail")]
    counts = (("fcr.resolved", -20), ("fcr.failed", 60)), (("fcr.resolved", 90),), (("fcr.failed", 1),)
    counted = [
        Counted(1010, scope, *count) for scope, some in zip(scopes, counts, strict=True) for count in some
    ]
    counted.append(Counted(1010, scopes[2], "fcr.resolved", -1))
    sections = [
        section_of(f"{name}/0", 1100, counted * (name == "joined"))
        for name in ("interactions", "feedback", "joined")
    ]
    (told,) = fed(Judge(plan_of(rules), 0), sections)
    assert (told.scope["channel"], told.value, told.n, told.low) == ("phone", 0, 40, 0)
    assert told.evidence["fcr.failed"] == 60
    assert "fcr.resolved" not in told.evidence
