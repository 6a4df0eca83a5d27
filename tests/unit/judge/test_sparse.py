"""What a judge costs follows what happens, not the panes: most of a small team's panes are empty."""

from random import Random
from typing import Final

from stream.judge.judge import Judge
from stream.messages.tallies import ScopeKey, TallyMessage
from tests.builders import Counted, plan_of, section_of
from tests.cpu import least_cpu_s

RULES = """
indicators: {ces: false, nps: false, sentiment: false, fcr: false, ttr: false, wait: false, csat: false}
rules:
  - {name: sure, indicator: abandonment, by: [team], window: 10m, warning: 35, critical: 60}
  - {name: plain, indicator: abandonment, by: [team], window: 30m, warning: 30, confidence: 0, min_answers: 8}
  - {name: fall, indicator: abandonment, by: [team], detect: sudden, ceiling: 25}
  - {name: burn, indicator: abandonment, by: [team], detect: burn, target: 15, period: 30d}
  - {name: silent, indicator: contacts, by: [team], detect: silence, at_least: 1 per 30m}
  - {name: hush, indicator: contacts, by: [team], detect: silence, learn: 1d}
  - {name: quiet, indicator: contacts, by: [team], detect: silence, at_least: 1 per 1h, learn: 1d}
  - {name: surge, indicator: contacts, by: [team], detect: surge, learn: 1d}
  - {name: gap, indicator: abandonment, by: [], across: team, detect: gap, window: 24h}
"""

FIRST, PANES, EVENTS = 172_800_000, 8640 * 7, 4_000
"""A week of panes of 10 s, with a call in one of fifteen."""
MOST_ADDITIONS = 1_500
"""A pane may cost as much as so many additions in a plain loop.  It costs some 500.  When rules looked at
every end at which a window changes, it cost 5,000."""


QUIET_DAYS, QUIET_EVENTS = 120, 100
"""A small team's calls: less than one a day."""
MOST_PER_HOUR: Final = 25_000
"""An hour of a small team may cost as much as so many additions, with three rules that learn its week.  It
costs some 7,000.  Forecast hour by hour it costs several times as much."""


PAST_RULES = """
indicators: {ces: false, nps: false, sentiment: false, fcr: false, ttr: false, wait: false, csat: false}
timing: {pane: 1m}
rules:
  - {name: usual, indicator: abandonment, by: [team], window: 12h, against: usual, worse_by: 15 points}
  - {name: gap, indicator: abandonment, by: [], across: team, detect: gap, against: usual, worse_by: 9 points}
"""
PAST_DAYS, PAST_EVENTS = 60, 12_000
MOST_PER_CALL: Final = 5_000
"""A call may cost as much as so many additions, with two rules that compare with the weeks before.  It costs
some 500.  When blocks were longer than what lies between, and so were judged pane by pane, it cost 50,000."""


def calls(events: int, panes: int, first: int = FIRST) -> list[TallyMessage]:
    """Calls to three teams, of which one in six gives up, and one in two for one evening."""
    random, counted = Random(1), []
    for _ in range(events):
        pane, team = first + random.randrange(panes), random.choice("abc")
        bad = 0.5 if 30_000 < pane - first < 31_000 else 1 / 6
        cells = ["contacts", *(["abandoned"] if random.random() < bad else [])]
        keys: list[ScopeKey] = [("team|team", (team,)), ("team|", (team,))]
        counted += [Counted(pane, key, cell, 1) for key in keys for cell in cells]
    through = first + panes
    sources = ("interactions/0", "feedback/0")
    return [section_of(name, through, counted if name == sources[0] else [], position=1) for name in sources]


def addition_s() -> float:
    """What an addition takes in a plain loop on this machine."""

    def added() -> int:
        total = 0
        for number in range(1_000_000):
            total += number
        return total

    return least_cpu_s(added) / 1_000_000


def test_an_empty_pane_costs_next_to_nothing() -> None:
    """With nine rules of all six kinds, measured against a plain loop on the same machine."""
    sections = calls(EVENTS, PANES)
    told = Judge(plan_of(RULES), 0).feed_all((section, 0) for section in sections)
    assert {each.rule for each in told} >= {"silent", "plain", "burn"}
    judged_s = least_cpu_s(lambda: Judge(plan_of(RULES), 0).feed_all((section, 0) for section in sections))
    assert judged_s / PANES / addition_s() < MOST_ADDITIONS


def test_a_learned_hour_without_events_costs_little() -> None:
    """Of a team that hears less than once a day, for months."""
    learned = [line for line in RULES.splitlines() if "learn" in line]
    rules = RULES[: RULES.index("  - ")] + "\n".join(learned)
    sections = calls(QUIET_EVENTS, QUIET_DAYS * 8640)
    judged_s = least_cpu_s(lambda: Judge(plan_of(rules), 0).feed_all((section, 0) for section in sections))
    assert judged_s / (QUIET_DAYS * 24) / addition_s() < MOST_PER_HOUR


def test_comparing_with_the_weeks_before_costs_little() -> None:
    """Of a team whose calls are few, for two months."""
    sections = calls(PAST_EVENTS, PAST_DAYS * 1440, FIRST // 6)
    told = Judge(plan_of(PAST_RULES), 0).feed_all((section, 0) for section in sections)
    assert {each.rule for each in told} == {"usual"}
    judged_s = least_cpu_s(lambda: Judge(plan_of(PAST_RULES), 0).feed_all((each, 0) for each in sections))
    assert judged_s / PAST_EVENTS / addition_s() < MOST_PER_CALL
