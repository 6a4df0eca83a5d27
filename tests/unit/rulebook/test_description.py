"""alerts.rulebook.description: rules in one sentence."""

import pytest

from alerts.rulebook.description import description, kind, windows_ms
from alerts.rulebook.reader import read_rulebook
from alerts.rules import DAY_MS, HOUR_MS, MINUTE_MS, Direction
from stream.indicators.catalogue import CATALOGUE

CASES = [
    (
        "indicator: csat, recover: 83, for: 5m, where: {channel: [phone, chat]}",
        (
            "csat below 80 (warning), 50 (critical), healthy again from 83 over 30m, 0.95 sure, "
            "20 answers or more; for 5m; by channel; where channel is phone or chat"
        ),
        (30 * MINUTE_MS,),
    ),
    (
        "indicator: csat, by: [], critical: 50, confidence: 0",
        "csat below 50 (critical) over 30m, 20 answers or more; overall",
        (30 * MINUTE_MS,),
    ),
    (
        "indicator: ttr_p90, by: [], window: 7d, warning: 864000, critical: 1728000, confidence: 0",
        "ttr_p90 below 864000 (warning), 1728000 (critical) over 7d, 20 answers or more; overall",
        (7 * DAY_MS,),
    ),
    (
        "indicator: contacts, by: [], critical: 50",
        "contacts below 50 (critical) over 30m, 0.95 sure, 1 answer or more; overall",
        (30 * MINUTE_MS,),
    ),
    (
        "indicator: csat, detect: sudden, floor: 75",
        "csat suddenly below 75 (critical), at most 1 per 30d in error; by channel",
        (),
    ),
    (
        "indicator: csat, detect: burn, target: 80, windows: [{long: 1h, short: 5m, rate: 3}]",
        "csat burns its budget of 80 over 30d: 3× in 1h and 5m (critical); by channel",
        (HOUR_MS, 5 * MINUTE_MS),
    ),
    (
        (
            "indicator: contacts, detect: silence, at_least: 5 per 1h, open: Fri 07:00-14:00,"
            " holidays: [2026-04-02], time_zone: Asia/Jerusalem"
        ),
        (
            "silence of contacts below 5 per 1h (critical); open Fri 07:00-14:00; closed on 2026-04-02;"
            " Asia/Jerusalem; by channel"
        ),
        (),
    ),
    (
        "indicator: contacts, detect: surge, severity: warning",
        "surge of contacts against the rhythm of 7d, at most 1 per 30d in error (warning); by channel",
        (7 * DAY_MS,),
    ),
    (
        "indicator: csat, detect: gap, across: channel, by: [stage]",
        "csat of one channel worse than the others over 1d, at most 1 per 30d in error; by stage, channel",
        (DAY_MS,),
    ),
]


@pytest.mark.parametrize(("fields", "sentence", "windows"), CASES)
def test_each_kind_of_rule_reads_as_a_sentence(fields: str, sentence: str, windows: tuple[int, ...]) -> None:
    """With its limits, windows, scopes and hours; and the windows alone."""
    (rule,) = read_rulebook(f"rules: [{{name: r, {fields}}}]", "r.yaml", CATALOGUE).rules
    assert description(rule, Direction.LOW_IS_BAD) == sentence
    assert windows_ms(rule.detect) == windows


def test_bad_is_above_where_high_is_bad() -> None:
    """The direction is the indicator's."""
    (rule,) = read_rulebook("rules: [{name: r, indicator: ces}]", "r.yaml", CATALOGUE).rules
    assert description(rule, Direction.HIGH_IS_BAD).startswith("ces above 5 (warning)")
    assert kind(rule.detect) == "threshold"
