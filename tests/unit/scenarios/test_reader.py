"""Scenario files: what they mean, and what is refused with its place."""

from pathlib import Path

import pytest

from alerts.errors import RulebookError, SettingsError
from alerts.rules import HOUR_MS, MINUTE_MS, SECOND_MS, Severity
from alerts.states import State
from stream.scenarios.reader import START_MS, read_scenario
from stream.scenarios.scenario import ExpectedMoment, Scenario, WantedState

ROW = 'csat: "80"\nexpect: inactive\n'
TWO_RULES = "rules: [{name: a, indicator: csat}, {name: b, indicator: csat}]\n"
RULE = "rule: {indicator: csat, window: 5m, critical: 70}\n"


def read(folder: Path, text: str) -> Scenario:
    """The scenario in a file s.yaml."""
    path = folder / "s.yaml"
    path.write_text(text)
    return read_scenario(path)


def problems(folder: Path, text: str) -> str:
    """What is wrong with it."""
    with pytest.raises(RulebookError) as caught:
        read(folder, text)
    return str(caught.value)


def test_scores_and_states_are_read_step_by_step(tmp_path: Path) -> None:
    """`_` is a step without answers, `*3` repeats, `:critical` asks for a severity."""
    found = read(tmp_path, RULE + 'step: 5m\ncsat: "82 _ 64*2"\nexpect: "inactive*2 pending firing:critical"')
    (series,), (expected,) = found.series, found.expected
    assert series.scores == {"csat": (82, None, 64, 64)}
    assert series.answers == (1000,) * 4
    assert expected.rule == "rule"
    assert expected.scope == (("channel", "phone"),)
    step_ms = 5 * MINUTE_MS
    assert expected.moments == (
        ExpectedMoment(START_MS + step_ms, WantedState(State.INACTIVE)),
        ExpectedMoment(START_MS + 2 * step_ms, WantedState(State.INACTIVE)),
        ExpectedMoment(START_MS + 3 * step_ms, WantedState(State.PENDING)),
        ExpectedMoment(START_MS + 4 * step_ms, WantedState(State.FIRING, Severity.CRITICAL)),
    )


@pytest.mark.parametrize(
    ("rule", "step", "pane_ms"),
    [
        ("{indicator: csat, window: 5m}", "5m", 5 * MINUTE_MS),
        ("{indicator: csat, window: 30m}", "5m", 5 * MINUTE_MS),
        ("{indicator: csat, window: 30m}", "1h", 30 * MINUTE_MS),
        ("{indicator: csat, window: 30m, for: 90s}", "5m", 30 * SECOND_MS),
        ("{indicator: csat, detect: sudden, floor: 75}", "1h", HOUR_MS),
        ("{indicator: csat, window: 7m}", "7m", MINUTE_MS),
    ],
)
def test_one_step_is_one_reading_where_that_can_be(
    tmp_path: Path, rule: str, step: str, pane_ms: int
) -> None:
    """The pane is the longest that divides step, windows and `for`, and a day."""
    found = read(tmp_path, f'rule: {rule}\nstep: {step}\ncsat: "80"\nexpect: inactive')
    assert found.rulebook.timing.pane_ms == pane_ms


def test_a_pane_of_ones_own_is_kept(tmp_path: Path) -> None:
    """`timing:` goes before what the step suggests."""
    found = read(tmp_path, RULE + 'timing: {pane: 1m}\nstep: 5m\ncsat: "80"\nexpect: inactive')
    assert found.rulebook.timing.pane_ms == MINUTE_MS


def test_a_rules_file_is_found_beside_the_scenario(tmp_path: Path) -> None:
    """With its own clock: the rules are tested as they will run."""
    (tmp_path / "r.yaml").write_text("rules: [{name: low, indicator: csat}, {name: nps, indicator: nps}]")
    found = read(tmp_path, 'rules_file: r.yaml\nstep: 5m\ncsat: "80 40"\nexpect: {low: "inactive firing"}')
    assert [one.rule for one in found.expected] == ["low"]
    assert found.rulebook.timing.pane_ms == 10 * SECOND_MS


def test_several_scopes(tmp_path: Path) -> None:
    """Each with its scores, its number of answers, and its states; `n` at the root is for those without."""
    found = read(
        tmp_path,
        """
rules: [{name: low, indicator: csat, by: [channel, stage], window: 5m}]
step: 5m
n: 50
series:
  - {scope: {channel: Chat, stage: buy}, csat: "80 40", expect: "inactive firing"}
  - {scope: {channel: email}, csat: "80 40", n: "10 20", expect: {low: "inactive*2"}}
""",
    )
    assert [series.answers for series in found.series] == [(50, 50), (10, 20)]
    assert [expected.scope for expected in found.expected] == [
        (("channel", "chat"), ("stage", "buy")),
        (("channel", "email"), ("stage", "")),
    ]


def test_the_scope_that_a_rule_asks_for_is_the_default(tmp_path: Path) -> None:
    """So that a rule with `where` can be tested without saying it again."""
    found = read(
        tmp_path,
        ROW
        + "rule: {indicator: csat, by: [channel, stage], where: {channel: [chat, x], stage: buy}}\nstep: 5m",
    )
    assert found.expected[0].scope == (("channel", "chat"), ("stage", "buy"))


def test_single_events(tmp_path: Path) -> None:
    """An id may be left out; times need no quotes; states are expected by time, or all the time."""
    found = read(
        tmp_path,
        RULE
        + """
events:
  - {at: 2026-01-05T10:00:00Z, channel: phone, indicator: csat, score: 1, consent: true, comment: "2"}
  - {id: x, at: "2026-01-05T10:01:00Z", channel: 5, customer: null}
  - {id: y, at: 2026-01-05T10:02:00Z, channel: Chat}
expect:
  - {at: 2026-01-05T10:05:00Z, scope: {channel: phone}, state: firing, severity: critical}
  - {rule: rule, scope: {channel: chat}, state: inactive}
  - {at: 2026-01-05T10:02:00Z, scope: {channel: phone}, state: inactive}
""",
    )
    assert [value for _, value in found.events] == [
        (
            b'{"at":"2026-01-05T10:00:00Z","channel":"phone","indicator":"csat","score":1.0,"consent":true,'
            b'"comment":"2","id":"events[0]"}'
        ),
        b'{"id":"x","at":"2026-01-05T10:01:00Z","channel":5.0,"customer":null}',
        b'{"id":"y","at":"2026-01-05T10:02:00Z","channel":"Chat"}',
    ]
    ten_ms = 1_767_607_200_000
    assert [[moment.at_ms for moment in expected.moments] for expected in found.expected] == [
        [ten_ms + 2 * MINUTE_MS, ten_ms + 5 * MINUTE_MS],
        [None],
    ]


def test_events_of_a_file(tmp_path: Path) -> None:
    """NDJSON beside the scenario."""
    (tmp_path / "e.ndjson").write_text('{"id": 1}\n\n{"id": 2}\n{oops\n')
    found = read(tmp_path, RULE + "events: e.ndjson\nexpect: [{state: inactive}]")
    assert found.events[:2] == [("e.ndjson:1", b'{"id": 1}'), ("e.ndjson:3", b'{"id": 2}')]


@pytest.mark.parametrize(
    "scope", ["{channel: Phone}", "{channel: chat, team: b}", "{channel: phone, team: (other)}"]
)
def test_a_scope_may_be_any_that_comes_of_the_events(tmp_path: Path, scope: str) -> None:
    """As they are read, or as a silence is, whose rule names it."""
    rule = RULE.replace("{", "{by: [channel, team], where: {team: b}, ").strip()
    events = "events: [{at: 1, channel: phone}, {at: 2, channel: CHAT}]"
    found = read(tmp_path, f"{rule}\n{events}\nexpect: [{{scope: {scope}, state: inactive}}]")
    assert len(found.expected) == 1


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("step: 5m", "s.yaml:1:1: want one of rule, rules, rules_file, got none"),
        (RULE + "rules: []\nstep: 5m", "want one of rule, rules, rules_file, got rule and rules"),
        (RULE, "s.yaml:1:1: step: missing, want how long a step is"),
        (RULE + ROW + "step: 7s", 's.yaml:4:7: step: want a duration of 10s to 31d, got "7s"'),
        (RULE + ROW + "timing: {pane: 10s}\nstep: 15s", "step: want a multiple of the pane, 10s"),
        (RULE + "step: 5m", 'want scores per step such as csat: "82 64 _ 77"'),
        (RULE + 'step: 5m\ncsat: "80"', "want states to expect"),
        ('rules: []\nstep: 5m\ncsat: "80"\nexpect: {}', "want states to expect"),
        (
            RULE + "step: 5m\nseries: [{csat: 80, expect: inactive}, {csat: 20, expect: firing}]",
            "series[1].scope: want each scope once: the scores of one that is there again are mixed",
        ),
        (RULE + 'step: 5m\ncsat: "80 101"\nexpect: "inactive*2"', 'such as "82 64 _ 77*3" (see "101"), got'),
        (RULE + 'step: 5m\ncsat: "80 8O"\nexpect: "inactive*2"', '(see "8O")'),
        (RULE + 'step: 5m\ncsat: "80*"\nexpect: "inactive"', '(see "80*")'),
        (RULE + 'step: 5m\ncsat: "80*99999 80*9"\nexpect: "inactive"', "want at most 100000 steps"),
        (RULE + 'step: 5m\ncsat: ""\nexpect: "inactive"', "want scores per step, 0 to 100"),
        (RULE + 'step: 5m\ncsat: "80 70"\nexpect: inactive', "want 2 steps as in the first row, got 1"),
        (RULE + 'step: 5m\ncsat: "80"\nexpect: burning', '(see "burning")'),
        (RULE + 'step: 5m\ncsat: "80"\nexpect: firing:loud', '(see "firing:loud")'),
        (RULE + 'step: 5m\ncsat: "80"\nn: 10 20\nexpect: inactive', "n: want 1 steps as in the first row"),
        (RULE + 'step: 5m\ncsat: "80"\nn: "-1"\nexpect: inactive', "want whole numbers per step"),
        (RULE + 'step: 5m\ncsta: "80"\nexpect: inactive', '(did you mean "csat"?)'),
        (RULE + 'step: 5m\ncontacts: "1.5"\nexpect: inactive', "contacts: want whole numbers"),
        (
            RULE + 'step: 5m\ncontacts: "1"\nwait: "90"\nexpect: inactive',
            "want only one of contacts, fcr, abandonment, wait in a scope, got contacts too",
        ),
        (RULE + 'step: 5m\ncsat: "80"\nscope: {channel: [a, b]}\nexpect: inactive', "want one value"),
        (RULE + 'step: 5m\ncsat: "80"\nstart: yesterday\nexpect: inactive', "start: want a time such as"),
        (
            RULE + 'step: 5m\ncsat: "80"\nstart: 1885-01-01T00:00:00Z\nexpect: inactive',
            "start: want a time from 1990 to 2099, as events have, got 1885-01-01T00:00:00Z",
        ),
        (
            RULE + 'step: 5m\ncsat: "80*3"\nstart: 2099-12-31T23:50:00Z\nexpect: inactive*3',
            "start: want 3 steps of 5m that end before 2100",
        ),
        (
            TWO_RULES + ROW + "step: 5m",
            "want a mapping of rules to states, as there are 2 rules",
        ),
        (RULE + 'step: 5m\ncsat: "80"\nexpect: {low: inactive}', 'unknown field "low" (known: rule)'),
        (RULE + "events: []\nexpect: []", "events: want at least one event"),
        (RULE + "events: 5\nexpect: []", "want a list of events or the path of an NDJSON file, got 5"),
        (RULE + "events: none.ndjson\nexpect: []", "none.ndjson: want a readable log, got: No such file"),
        (RULE + "events: [{at: [1]}]\nexpect: []", "want text, a number, true or false, got a list"),
        (RULE + "events: [{at: 1}]", "expect: missing, want a list of states"),
        (RULE + "events: [{at: 1}]\nexpect: []", "expect: want at least one state to expect"),
        (
            RULE + "events: [{at: 1, channel: phone}]\nexpect: [{scope: {channel: fone}, state: inactive}]",
            'expect[0].scope: want a channel that some event has, got "fone" (did you mean "phone"?)',
        ),
        (
            RULE + "events: [{at: 1, channel: a}]\nexpect: [{scope: {channel: a, team: b}, state: inactive}]",
            "expect[0].scope: want channel, as rule tells apart, got team",
        ),
        (RULE + "events: [{at: 1}]\nexpect: [{state: burning}]", "want one of inactive, pending, firing"),
        (
            RULE + "events: [{at: 1}]\nexpect: [{at: soon, state: firing}]",
            "expect[0].at: want a time such as",
        ),
        (RULE + "events: [{at: 1}]\nexpect: [{rule: low, state: firing}]", "want one of rule, got"),
        ("rule: {indicator: cast}\nstep: 5m", '(did you mean "csat"?)'),
        ("- 1", "want a mapping with rule, step and expect, got a list"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, wanted: str) -> None:
    """As rules files are."""
    assert wanted in problems(tmp_path, text)


def test_a_wrong_rules_file_is_told_by_its_own_name(tmp_path: Path) -> None:
    """Its problems, and its absence."""
    (tmp_path / "r.yaml").write_text("rules: 5")
    assert "r.yaml:1:8: rules: want a list of rules" in problems(tmp_path, "rules_file: r.yaml\nstep: 5m")
    with pytest.raises(
        SettingsError, match=r"s\.yaml: rules_file: .*absent\.yaml: want a file that can be read"
    ):
        read(tmp_path, "rules_file: absent.yaml\nstep: 5m")


def test_what_is_there_but_wrong_is_not_called_missing(tmp_path: Path) -> None:
    """One sentence for a wrong row of scores, and for a wrong row of states."""
    assert problems(tmp_path, RULE + 'step: 5m\ncsat: "80 x"\nexpect: "inactive*2"').count("want") == 1
    assert problems(tmp_path, RULE + 'step: 5m\ncsat: "80 70"\nexpect: "so so"').count("want") == 1
