"""The demo's parts that can be judged alone: its rules, and how it asks its worker."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from alerts.rules import MINUTE_MS, SECOND_MS, Rulebook
from stream.demo.child_worker import TAIL_LINES, ChildWorker, WorkerError, counted_events
from stream.demo.demo_rules import RULES, demo_rules
from stream.files.rule_files import load
from stream.traffic.profiles import CHANNELS, DAY_SPEED, DEMO

SHIPPED = Path(__file__).parents[3] / "stream" / RULES
URL, SECRET = "http://127.0.0.1:9109/hook", "whsec_" + "A" * 44

THEIRS = """
rules: [{name: a, indicator: csat, window: WINDOW}]
receivers: [{name: crm, webhook: {url: "https://crm.example.com", secret_env: CRM}}]
routes: [{receiver: crm, match: {severity: critical}}]
"""


def _rules(directory: Path, text: str, speed: float = DAY_SPEED) -> Rulebook:
    source = directory / "theirs.yaml"
    source.write_text(text)
    return load(demo_rules(source, directory, URL, SECRET, speed))


def test_the_shipped_rules_name_the_incidents_topic_and_page_by_channel() -> None:
    """What the demo promises to show."""
    book = load(SHIPPED)
    low = next(rule for rule in book.rules if rule.name == "csat-low")
    assert low.by == ("channel",)
    assert "topic" in low.explain
    assert DEMO.incidents[0].channel in {channel.name for channel in CHANNELS}


def test_notices_go_to_the_webhook_log_and_nowhere_else(tmp_path: Path) -> None:
    """Whatever receivers and routes the user's file has: the demo talks to nobody outside."""
    book = _rules(tmp_path, THEIRS.replace("WINDOW", "30m"))
    assert [(each.name, each.settings["url"]) for each in book.receivers] == [("webhook-log", (URL,))]
    assert book.routes == ()


@pytest.mark.parametrize(
    ("text", "speed", "pane_ms"),
    [
        (THEIRS.replace("WINDOW", "30m"), DAY_SPEED, MINUTE_MS),
        (THEIRS.replace("WINDOW", "30m"), 60, 10 * SECOND_MS),
        (THEIRS.replace("WINDOW", "90s"), DAY_SPEED, 10 * SECOND_MS),  # not whole minutes
        (THEIRS.replace("WINDOW", "30m") + "timing: {pane: 20s}", DAY_SPEED, 20 * SECOND_MS),
    ],
)
def test_panes_last_longer_at_high_speed_unless_the_rules_forbid_it(
    tmp_path: Path, text: str, speed: float, pane_ms: int
) -> None:
    """A pane of ten seconds would be nine thousandths of a second of real time."""
    assert _rules(tmp_path, text, speed).timing.pane_ms == pane_ms


def test_events_are_counted_by_outcome_over_all_topics() -> None:
    """From the text that Prometheus would read."""
    text = (
        "# TYPE tocsin_events_total counter\n"
        'tocsin_events_total{outcome="accepted",topic="cx.feedback"} 1.5e+06\n'
        'tocsin_events_total{topic="cx.interactions",outcome="accepted"} 7.0\n'
        'tocsin_events_total{topic="cx.feedback",outcome="rejected"} 2.0\n'
        'tocsin_rejected_total{topic="cx.feedback",reason="null"} 2.0\n'
    )
    assert counted_events(text) == {"accepted": 1_500_007, "rejected": 2}


def test_a_worker_that_has_ended_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    """Exit code and last lines, so that nobody has to look for the log."""
    log = tmp_path / "worker.log"
    log.write_text("\n".join(f"line {number}" for number in range(100)))
    process = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
    process.wait()
    with pytest.raises(WorkerError) as caught:
        ChildWorker(process, 9108, log).check()
    assert "exit code 3" in str(caught.value)
    assert re.findall(r"line \d+", str(caught.value)) == [f"line {n}" for n in range(100 - TAIL_LINES, 100)]
