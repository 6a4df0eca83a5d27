"""stream.scenarios.runner: scenarios run through intake and judge, and are compared with what they expect."""

from pathlib import Path

import pytest

from alerts.errors import SettingsError
from alerts.states import State
from stream.scenarios.reader import read_scenario
from stream.scenarios.runner import Result, run

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def results(folder: Path, text: str) -> list[Result]:
    """What became of the scenario in `text`."""
    path = folder / "s.yaml"
    path.write_text(text)
    return run(read_scenario(path))


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.yaml")), ids=lambda path: str(path.stem))
def test_shipped_scenarios_pass(path: Path) -> None:
    """The files under tests/scenarios, as a support lead would read them."""
    found = run(read_scenario(path))
    assert found
    assert [(r.expected, m) for r in found for m in r.moments if not m.passed] == []


@pytest.mark.parametrize(
    ("indicator", "limits", "row"),
    [
        ("csat", "critical: 70", "90 60 80"),
        ("csat_mean", "critical: 3.2", "4.1 2.75 4"),
        ("ces", "critical: 5", "3.3 5.5 3"),
        ("nps", "critical: 0", "40 -20 30"),
        ("fcr", "critical: 60", "80 40 70"),
        ("ttr", "critical: 3600", "1800 7200 60"),
        ("ttr_median", "critical: 3600", "1800 7200 60"),
        ("ttr_p90", "critical: 3600", "1800 7200 60"),
        ("ttr_within", "critical: 80", "90 70 90"),
        ("abandonment", "critical: 20", "10 30 10"),
        ("wait", "critical: 80", "90 70 90"),
        ("sentiment", "critical: 30", "10 40 20"),
        ("contacts", "critical: 100", "50 200 20"),
        ("answers", "critical: 100", "50 200 20"),
        ("mentions", "critical: 100", "50 200 20"),
        ("negative_mentions", "critical: 100", "50 200 20"),
    ],
)
def test_every_indicator_can_be_given_as_a_score(
    tmp_path: Path, indicator: str, limits: str, row: str
) -> None:
    """The events made of a row score just what the row says."""
    (result,) = results(
        tmp_path,
        f"rule: {{indicator: {indicator}, window: 5m, {limits}}}\nstep: 5m\n"
        f'{indicator}: "{row}"\nexpect: "inactive firing resolved"',
    )
    assert result.passed
    shown = [moment.reading.value for moment in result.moments if moment.reading and moment.reading.value]
    assert shown == pytest.approx([float(word) for word in row.split()], rel=0.02)


def test_a_difference_is_shown_with_the_reading_behind_it(tmp_path: Path) -> None:
    """What was wanted, what came, and why."""
    (result,) = results(
        tmp_path,
        "rule: {indicator: csat, window: 5m, critical: 70}\nstep: 5m\n"
        'csat: "90 60"\nexpect: "inactive firing:warning"',
    )
    assert not result.passed
    good, bad = result.moments
    assert good.passed
    assert bad.got.text == "firing:critical"
    assert bad.reading is not None
    assert (bad.reading.value, bad.reading.n) == (60, 1000)


def test_a_critical_alert_that_is_held_is_critical(tmp_path: Path) -> None:
    """A score that is back over the critical limit but not half of the way leaves the alert critical."""
    (result,) = results(
        tmp_path,
        "rule: {indicator: csat, window: 5m, warning: 80, critical: 50,"
        " recover: {warning: 82, critical: 60}}\n"
        'step: 5m\ncsat: "90 40 55 65 90"\n'
        'expect: "inactive firing:critical firing:critical firing:warning resolved:warning"',
    )
    assert [moment.got.text for moment in result.moments if not moment.passed] == []


def test_few_answers_are_no_evidence(tmp_path: Path) -> None:
    """`n` per step: ten answers are fewer than `min_answers`."""
    (result,) = results(
        tmp_path,
        "rule: {indicator: csat, window: 5m, critical: 70}\nstep: 5m\n"
        'n: "1000 10 1000"\ncsat: "90 40 40"\nexpect: "inactive inactive firing"',
    )
    assert result.passed


def test_resolved_between_two_steps_is_seen(tmp_path: Path) -> None:
    """A step is called resolved when an episode has ended in it, though its last reading was one of many."""
    (result,) = results(
        tmp_path,
        "rule: {indicator: csat, window: 5m, critical: 70}\ntiming: {pane: 10s}\nstep: 30m\n"
        'csat: "90 40 90 90"\nexpect: "inactive firing resolved inactive"',
    )
    assert result.passed


EVENTS = """
rule: {indicator: csat, window: 5m, critical: 70, confidence: 0, min_answers: 2}
events:
  - {at: 2026-01-05T10:00:00Z, channel: phone, indicator: csat, score: 1}
  - {at: 2026-01-05T10:01:00Z, channel: phone, indicator: csat, score: 2}
  - {at: 2026-01-05T10:00:30Z, channel: chat, indicator: csat, score: 5}
expect:
"""


def test_states_at_times_and_all_the_time(tmp_path: Path) -> None:
    """Events are put in order, and time goes on without them."""
    found = results(
        tmp_path,
        EVENTS
        + """
  - {at: 2026-01-05T10:00:30Z, scope: {channel: phone}, state: inactive}
  - {at: 2026-01-05T10:01:10Z, scope: {channel: phone}, state: firing, severity: critical}
  - {at: 2026-01-05T10:20:00Z, scope: {channel: phone}, state: stale, severity: critical}
  - {scope: {channel: chat}, state: inactive}
  - {scope: {channel: nowhere}, state: inactive}
""",
    )
    assert [result.passed for result in found] == [True, True, True]


def test_all_the_time_means_all_the_time(tmp_path: Path) -> None:
    """The first state that is another one is what is shown."""
    (result,) = results(tmp_path, EVENTS + "  - {scope: {channel: phone}, state: inactive}")
    assert not result.passed
    assert result.moments[0].got.state is State.FIRING


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ("{at: 2026-01-05T10:00:00Z, channel: phone, indicator: csat, score: 9}", "score_off_scale"),
        ("{at: 2026-01-05T10:00:00Z}", "missing_field"),
        ("{channel: phone}", "missing_field"),
        ("{at: soon, channel: phone}", "bad_time"),
        ("{at: true, channel: phone}", "bad_"),
    ],
)
def test_an_event_that_would_be_rejected_is_a_mistake_in_the_scenario(
    tmp_path: Path, event: str, reason: str
) -> None:
    """With its place and the reason that it would be rejected for."""
    with pytest.raises(SettingsError, match=rf"s\.yaml:2:10: events\[0\]: want .*, got {reason}"):
        results(tmp_path, f"rule: {{indicator: csat}}\nevents: [{event}]\nexpect: [{{state: inactive}}]")
