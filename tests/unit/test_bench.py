"""The benchmark's own parts: what it feeds, what it reckons, what its tables say."""

import math
from pathlib import Path

import pytest

from stream.files import rule_files as rulefile
from stream.importing.importer import Importer
from stream.importing.mapping_file.reader import load
from stream.importing.rows.row_blocks import gathered
from stream.indicators.plan import Plan
from stream.intake.intake import Intake
from stream.messages.outcomes import RecordOutcome
from stream.messages.records import FileRecord, Stream
from tests.bench import curves, run
from tests.bench.events import Load, generate
from tests.bench.files import CALL_COLUMNS, bank_calls
from tests.bench.latency import percentile
from tests.bench.preload import snapshot
from tests.bench.process import Measured
from tests.bench.rulebooks import mixture, same_rules

LOADS = (Load(2_000), Load(2_000, products=1_000))


@pytest.mark.parametrize("load_", LOADS)
def test_every_event_is_accepted(load_: Load) -> None:
    """What is measured is work on good events, not refusals."""
    intake = Intake(Plan(rulefile.load(run.RULES), 1), 0)
    outcomes = dict.fromkeys(RecordOutcome, 0)
    for stream in Stream:
        values = [value for topic, _, value in generate(load_) if topic == stream.topic]
        output = intake.feed(stream, [FileRecord(place, value) for place, value in enumerate(values)])
        for outcome, count in output.outcomes.items():
            outcomes[outcome] += count
    assert outcomes == {**dict.fromkeys(RecordOutcome, 0), RecordOutcome.ACCEPTED: load_.events}


def test_products_make_the_scopes_that_the_curve_says() -> None:
    """Ten channels have each product; the curve's rules watch each pair."""
    load_ = Load(20_000, products=100)
    assert len(load_.channels) == curves.CHANNELS
    products = {value.split(b'"product":"')[1].split(b'"')[0] for _, _, value in generate(load_)}
    assert len(products) == 100


@pytest.mark.parametrize("count", [1, 10, 100, 1_000])
def test_mixtures_are_sound_and_all_different(count: int, tmp_path: Path) -> None:
    """As many rules as asked for, none like another but for its name."""
    file = tmp_path / "rules.yaml"
    file.write_text(mixture(count), "utf-8")
    rules = rulefile.load(file).rules
    kinds = {(rule.indicator, rule.by, str(rule.where), rule.detect) for rule in rules}
    assert len(rules) == len(kinds) == count


def test_the_scopes_curve_has_the_same_rules_everywhere(tmp_path: Path) -> None:
    """Eight rules, on the dimensions that are given."""
    file = tmp_path / "rules.yaml"
    file.write_text(same_rules("channel", "product"), "utf-8")
    assert [rule.by for rule in rulefile.load(file).rules] == [("channel", "product")] * 8


def test_a_preloaded_state_has_every_customer_and_no_offsets() -> None:
    """So that the first event of the measurement finds a history, and none is taken for read."""
    load_ = Load(0, partitions=2, customers=500)
    intakes = [
        Intake.restore(Plan(rulefile.load(run.RULES), 2), place, snapshot(run.RULES, load_, place))
        for place in range(2)
    ]
    known = [intake.entries() for intake in intakes]
    assert sum(each["contacts"] + each["waiting"] for each in known) == 500
    assert all(intake.next_offset(stream) == 0 for intake in intakes for stream in Stream)


def test_generated_calls_are_the_banks() -> None:
    """The shipped mapping takes every row but the phantoms."""
    rows = [dict(zip(CALL_COLUMNS, call, strict=True)) for call in bank_calls(1_000)]
    importer = Importer(load("bank-calls"))
    (lines,) = importer.lines(gathered(enumerate(rows, 2)))
    assert importer.tale.bad.total() == 0
    assert len(lines) == 1_000 - importer.tale.skipped > 900


@pytest.mark.parametrize(("percent", "value"), [(50, 2.0), (75, 3.0), (99, 4.0), (100, 4.0)])
def test_percentiles_are_measured_values(percent: float, value: float) -> None:
    """The least that so many percent do not exceed."""
    assert percentile([4.0, 1.0, 3.0, 2.0], percent) == value


def test_nothing_measured_has_no_percentile() -> None:
    """And so keeps no budget."""
    assert math.isnan(percentile([], 99))


def test_a_curve_says_where_it_is_not_flat() -> None:
    """More than 1.5 × the cheapest point."""
    results = {label: [Measured(1_000_000, 10.0, cost, 99.0)] for label, cost in (("1", 6.0), ("2", 9.3))}
    lines = curves.table("rules", results).splitlines()
    assert lines[2] == "| 1 | 6.0 | 1.00 × | 100,000 | 99 |"
    assert lines[3] == "| 2 | 9.3 | 1.55 × **not flat** | 100,000 | 99 |"


def test_peers_are_compared_by_their_medians() -> None:
    """Each row ends with how (e) does beside it."""
    costs = {"bare": (4.0, 3.0, 50.0), "tocsin": (9.0, 8.0, 10.0)}
    results = {
        name: [Measured(1_000_000, cost, cost, 100.0) for cost in each] for name, each in costs.items()
    }
    bare, tocsin = run.table(results).splitlines()[2:]
    assert bare.endswith("| 250,000 (20,000-333,333) | 4.0 (3.0-50.0) | 100 | 0.44 × | 2.25 × |")
    assert tocsin.endswith("| 100 | 1.00 × | 1.00 × |")
