"""What transitions quote: the counts are those of the reading beside them, or there are none."""

import json
from pathlib import Path

from click.testing import CliRunner

from stream.cli import tocsin
from stream.judge.judge import Judge
from tests.builders import plan_of
from tests.judging import answers, both, fed

OFF = "{ces: false, nps: false, sentiment: false, fcr: false, ttr: false, wait: false}"


def test_a_quota_that_is_missed_is_told_without_the_counts_of_another_period(tmp_path: Path) -> None:
    """Nobody reads of twenty contacts beside none in the last half minute."""
    rules, events = tmp_path / "rules.yaml", tmp_path / "events.ndjson"
    rules.write_text(
        "rules: [{name: quiet, detect: silence, indicator: contacts, by: [channel], at_least: 5 per 30s}]"
    )
    rows = [(second, "phone") for second in range(20)] + [(120, "chat")]
    events.write_text(
        "".join(f'{{"id": "{at}", "at": {1_767_571_200 + at}, "channel": "{name}"}}\n' for at, name in rows)
    )
    done = CliRunner().invoke(tocsin, ["backtest", "--rules", str(rules), "--events", str(events), "--json"])
    told = json.loads(done.stdout.splitlines()[0])
    assert (told["state"], told["n"], told["evidence"]) == ("firing", 0, {"at_least": 5.0, "per_s": 30})


def test_the_end_of_a_burn_names_no_window_that_its_reading_is_not_of() -> None:
    """It is of the shortest window with enough answers; the first pair's may hold fewer."""
    rules = f"""
indicators: {OFF}
timing: {{pane: 1m}}
rules:
  - {{name: slow, detect: burn, indicator: csat, by: [channel], target: 80, period: 30d, explain: [],
     windows: [{{long: 10m, short: 5m, rate: 4.5}}, {{long: 5h, short: 5m, rate: 1, severity: warning}}]}}
"""
    judge = Judge(plan_of(rules), 0)
    told = fed(judge, both(10, answers(0, 10, 30)))
    told += fed(judge, both(60, answers(55, 400, 3)))
    assert [(each.state, each.window_s) for each in told] == [("firing", 18_000), ("resolved", None)]
    assert told[1].evidence == {}
