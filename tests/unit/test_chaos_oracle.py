"""The chaos suite's oracle, against intakes without a broker: what it wants is what sound ones say."""

from pathlib import Path

import pytest

from stream.files import rule_files
from stream.indicators.plan import Plan
from stream.intake.intake import Intake
from stream.messages.records import FileRecord, Stream
from stream.messages.tallies import encode
from tests.chaos import run as suite
from tests.chaos import verdicts
from tests.chaos.oracle import Oracle
from tests.chaos.traffic import Shape, end_ms, generate
from tests.chaos.wire import Tallied
from tests.event_builders import closed

SHAPE = Shape(seed=5, events=4_000, partitions=1, span_ms=2 * 3_600_000, customers=400)


@pytest.mark.parametrize("at_once", [1_000, 10_000])
def test_a_sound_intake_passes(at_once: int) -> None:
    """Every cell, those of further answers too; duplicates and bad records are among the traffic."""
    produced = list(generate(SHAPE))
    oracle, tallied = Oracle(), Tallied()
    oracle.take(produced)
    rules = Path(suite.__file__).parent / "rules.yaml"
    intake = Intake(Plan(rule_files.load(rules), SHAPE.partitions), 0)
    for first in range(0, len(produced), at_once):
        for stream in Stream:
            batch = [
                FileRecord(offset, sent.value, key=sent.key)
                for offset, sent in enumerate(produced[first : first + at_once], first)
                if sent.topic == stream.topic
            ]
            for section in closed(intake.feed(stream, batch)):
                tallied.take(0, encode(section))
    want, until_ms = oracle.result(), end_ms(SHAPE)
    assert verdicts.tallies(tallied.counts, want, until_ms) == []
    assert oracle.duplicates > 10
    for cell in ("csat.further", "ces.further", "nps.further", "fcr.failed", "abandoned", "csat/1-5/5"):
        assert sum(count for (_, _, name), count in want.items() if name == cell) > 10
