"""The two real logs that Tocsin ships mappings and rules for.

The incidents are an extract (see tests/data/README.md), the bank's calls look-alikes in the log's own form.
"""

import gzip
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from stream.cli.backtest import command as backtest
from stream.cli.importing import command as importing

ROOT = Path(__file__).parents[2]
INCIDENTS = Path(__file__).parents[1] / "data" / "incidents-extract.zip"
HEADER = (
    "vru+line\tcall_id\tcustomer_id\tpriority\ttype\tdate\tvru_entry\tvru_exit\tvru_time\tq_start\tq_exit\t"
    "q_time\toutcome\tser_start\tser_exit\tser_time\tserver"
)
HOUR_S = 3600


def clock(second: int) -> str:
    """A time of day as the bank writes it."""
    return f"{second // HOUR_S}:{second // 60 % 60:02}:{second % 60:02}"


def call(number: int, second: int, outcome: str) -> str:
    """A call of 7 January 1999 in the bank's columns; two in three callers do not identify themselves."""
    customer = 0 if number % 3 else 1_000 + number
    served: list[str | int] = (
        [0, 0, 0, "NO_SERVER"] if outcome == "HANG" else [second + 5, second + 65, 60, "MICHAL"]
    )
    row: list[str | int] = [f"AA010{number % 6}", number, customer, 0, "PS", "990107", second, second + 4, 4]
    row += [second + 4, second + 5, 1, outcome, *served]
    times = {6, 7, 9, 10, 13, 14}
    return "\t".join(clock(int(cell)) if place in times else str(cell) for place, cell in enumerate(row))


def working_day() -> Iterator[str]:
    """A call every 20 s from 8 to 20 o'clock, every eighth given up, every hundredth a phantom.

    Between 18:00 and 18:20 all give up; from 15:00 to 15:30 nobody gets through.
    """
    yield HEADER
    for number, second in enumerate(range(8 * HOUR_S, 20 * HOUR_S, 20)):
        outage = 18 * HOUR_S <= second < 18 * HOUR_S + 1200
        outcome = "PHANTOM" if number % 100 == 99 else "HANG" if outage or number % 8 == 0 else "AGENT"
        if not 15 * HOUR_S <= second < 15 * HOUR_S + 1800:
            yield call(number, second, outcome)


def imported(kind: str, log: Path, out: Path) -> tuple[list[dict[str, Any]], str]:
    """The events that `tocsin import` makes of a log, and what it says."""
    result = CliRunner().invoke(importing, [kind, str(log), "-o", str(out), "--strict"])
    assert result.exit_code == 0, result.stderr
    return [orjson.loads(line) for line in out.read_bytes().splitlines()], result.stderr


def alerts(path: Path, events: Path) -> list[dict[str, Any]]:
    """What `tocsin backtest --json` prints under some rules."""
    result = CliRunner().invoke(backtest, ["--rules", str(path), "--events", str(events), "--json"])
    assert result.exit_code == 0, result.stderr
    return [orjson.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    """A log of the bank's, packed, its lines sorted by VRU line and not by time."""
    header, *rows = working_day()
    path = tmp_path / "january.txt.gz"
    path.write_bytes(gzip.compress("\n".join([header, *sorted(rows)]).encode()))
    return path


def fired(found: Sequence[dict[str, Any]], rule: str) -> list[str]:
    """When a rule first fired, per episode."""
    firsts = {alert["id"]: alert["at"] for alert in reversed(found) if alert["state"] == "firing"}
    return sorted(
        at for key, at in firsts.items() if any(a["id"] == key and a["rule"] == rule for a in found)
    )


def test_calls_become_contacts_and_abandonments(bank: Path, tmp_path: Path) -> None:
    """By event time, in UTC; callers without identification have no customer, phantoms are skipped."""
    events, said = imported("bank-calls", bank, tmp_path / "bank.ndjson")
    assert "2,070 rows: 2,050 events, 20 rows skipped, 0 bad" in said
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)
    assert events[0] == {
        "id": "AA0100-0",
        "at": "1999-01-07T06:00:00Z",
        "channel": "phone",
        "event": "abandoned",
        "customer": "1000",
        "wait_s": 1,
        "team": "PS",
    }
    assert events[1]["handle_s"] == 60
    assert "customer" not in events[1]
    assert Counter(event["event"] for event in events) == {"contact": 1_739, "abandoned": 311}


def test_outages_of_the_bank_are_found_within_minutes(bank: Path, tmp_path: Path) -> None:
    """Callers who all hang up, and a queue that has gone silent; nothing else on that day."""
    imported("bank-calls", bank, tmp_path / "bank.ndjson.txt")
    found = alerts(ROOT / "examples" / "rules" / "bank-calls.yaml", tmp_path / "bank.ndjson.txt")
    # Local time is two hours ahead of UTC.
    assert fired(found, "abandoned") == ["1999-01-07T16:04:30Z"]
    assert fired(found, "silent") == ["1999-01-07T13:14:50Z"]


def test_sudden_detection_finds_an_outage_without_a_window(bank: Path, tmp_path: Path) -> None:
    """Within ten minutes from when everybody hangs up, and it is over when they are served again."""
    imported("bank-calls", bank, tmp_path / "bank.ndjson")
    rules = tmp_path / "sudden.yaml"
    rules.write_text(
        "rules: [{name: sudden, detect: sudden, indicator: abandonment, by: [team], ceiling: 25}]\n"
    )
    found = alerts(rules, tmp_path / "bank.ndjson")
    assert [alert["state"] for alert in found] == ["firing", "resolved"]
    assert "1999-01-07T16:00:00Z" < found[0]["at"] < "1999-01-07T16:10:00Z"
    assert "1999-01-07T16:20:00Z" < found[1]["at"] < "1999-01-07T16:40:00Z"


def test_updates_of_tickets_become_the_steps_of_their_lives(tmp_path: Path) -> None:
    """Opened by the first line, reopened when the count rises, resolved as the last line says."""
    events, said = imported("incidents", INCIDENTS, tmp_path / "incidents.ndjson")
    assert "97 rows: 34 events, 0 rows skipped, 0 bad" in said
    assert Counter(event["event"] for event in events) == {"contact": 17, "resolved": 14, "reopened": 3}
    of_one = [event for event in events if event["case"] == "0001155"]
    assert [(event["event"], event["at"]) for event in of_one] == [
        ("contact", "2016-03-02T11:09:00Z"),
        ("reopened", "2016-04-07T06:58:00Z"),
        ("resolved", "2016-04-25T09:43:00Z"),
    ]
    assert of_one[-1] == {
        "id": "0001155-resolved",
        "at": "2016-04-25T09:43:00Z",
        "channel": "Phone",
        "event": "resolved",
        "customer": "2764",
        "case": "0001155",
        "opened_at": "2016-03-02T11:07:00Z",
        "within_target": False,
        "segment": "moderate",
        "team": of_one[-1]["team"],
        "topic": of_one[-1]["topic"],
    }


def test_incidents_are_reported_by_week(tmp_path: Path) -> None:
    """Time to resolution, first contact resolution by reason, and the share that met its target."""
    out = tmp_path / "incidents.ndjson"
    imported("incidents", INCIDENTS, out)
    rules = ROOT / "examples" / "rules" / "incidents.yaml"
    result = CliRunner().invoke(backtest, ["--rules", str(rules), "--events", str(out), "--report", "1w"])
    assert result.exit_code == 0, result.stderr
    report = result.stdout[result.stdout.index("Per period, overall") :].splitlines()
    header, *lines = [re.split(r"  +", line.strip()) for line in report[1:] if line]
    weeks = {line[0]: dict(zip(header, line, strict=True)) for line in lines if len(line) == len(header)}
    first = weeks["2016-02-29"]
    assert (first["contacts"], first["fcr"], first["ttr_within"]) == ("15", "100.0 % (15)", "100.0 % (5)")
    assert weeks["2016-03-07"]["ttr_within"] == "16.7 % (6)"
    assert weeks["in all"]["fcr (reopened)"] == "81.2 % (16)"
