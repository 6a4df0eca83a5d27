"""Times to resolution as a report shows them, beside what anyone can work out by hand."""

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
from click.testing import CliRunner
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from stream.cli.backtest import command as backtest

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
RULES = """
indicators: {ttr: {target: 1d}}
rules: [{name: slow, indicator: ttr_within, window: 1d, warning: 1, min_answers: 1, confidence: 0}]
"""


def reported(folder: Path, took_ms: list[int], reopened: int = 0) -> dict[str, dict[str, float]]:
    """The report's indicators of cases that took so long; some first ones are solved a day later for good."""
    lines = []
    for number, took in enumerate(took_ms):
        solved = MONDAY + timedelta(days=20, minutes=number % 1000)
        who = f"p{number}"
        case = {"channel": "mail", "customer": who, "case": "1", "event": "resolved"}
        opened = {"opened_at": (solved - timedelta(milliseconds=took)).isoformat()}
        lines.append({"id": f"s{number}", "at": solved.isoformat(), **case, **opened})
        if number < reopened:
            back, again = solved + timedelta(hours=1), solved + timedelta(days=1)
            lines.append({"id": f"r{number}", "at": back.isoformat(), **case, "event": "reopened"})
            lines.append({"id": f"t{number}", "at": again.isoformat(), **case})
    (folder / "rules.yaml").write_text(RULES)
    (folder / "events.ndjson").write_bytes(b"\n".join(map(orjson.dumps, lines)))
    arguments = ["--rules", f"{folder}/rules.yaml", "--events", f"{folder}/events.ndjson"]
    result = CliRunner().invoke(backtest, [*arguments, "--report", "1w", "--json"], catch_exceptions=False)
    found: dict[str, dict[str, float]] = orjson.loads(result.stdout.splitlines()[-1])["indicators"]
    return found


def ranked_s(took_ms: list[int], share: float) -> float:
    """The time at rank ⌈share × n⌉, in seconds."""
    return sorted(took_ms)[math.ceil(share * len(took_ms)) - 1] / 1000


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(took_ms=st.lists(st.integers(0, 12 * 86_400_000), min_size=1, max_size=30))
@example(took_ms=[3_600_000] * 999)
@example(took_ms=[1, 10_800_000, 10_800_001, 86_400_000])
def test_quantiles_of_few_cases_are_exact(tmp_path: Path, took_ms: list[int]) -> None:
    """To the millisecond: three hours are three hours."""
    found = reported(tmp_path, took_ms)
    assert found["ttr_median"] == {"value": ranked_s(took_ms, 0.5), "n": len(took_ms)}
    assert found["ttr_p90"] == {"value": ranked_s(took_ms, 0.9), "n": len(took_ms)}


def test_quantiles_of_a_thousand_cases_are_within_two_percent(tmp_path: Path) -> None:
    """From there on buckets are read."""
    took_ms = [60_000 + 86_399 * number for number in range(1_000)]
    found = reported(tmp_path, took_ms)["ttr_median"]
    assert abs(found["value"] / ranked_s(took_ms, 0.5) - 1) < 0.02
    assert found["n"] == 1_000


def test_a_case_that_is_reopened_has_one_time(tmp_path: Path) -> None:
    """What it first took is taken back, from the quantiles too."""
    took_ms = [3_600_000, 7_200_000, 10_800_000]
    found = reported(tmp_path, took_ms, reopened=3)
    assert found["ttr_median"]["n"] == 3
    assert found["ttr_median"]["value"] == 7_200 + 86_400
