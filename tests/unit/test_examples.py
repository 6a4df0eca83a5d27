"""Example and shipped rules: sound, without doubts, and each with scenarios that pass."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from alerts.rulebook.advice import advice
from stream.cli.check import command as check
from stream.files.rule_files import load
from stream.indicators.catalogue import CATALOGUE
from stream.scenarios.reader import read_scenario
from stream.scenarios.runner import run

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples" / "rules").glob("*.yaml"))
RULES = sorted([*EXAMPLES, *(ROOT / "stream" / "rules").glob("*.yaml")])
SCENARIOS = sorted((ROOT / "examples" / "scenarios").glob("*.yaml"))
OF_REAL_LOGS = {"bank-calls", "incidents"}
"""Tried on the logs that they were made for instead."""


def name_of(path: Path) -> str:
    """As it shows in the list of tests."""
    return f"{path.parent.parent.name}-{path.stem}"


@pytest.mark.parametrize("path", RULES, ids=name_of)
def test_shipped_rules_are_beyond_doubt(path: Path) -> None:
    """`tocsin check --strict` finds nothing, not even a warning."""
    assert advice(load(path), CATALOGUE) == []
    assert CliRunner().invoke(check, ["--strict", str(path)]).exit_code == 0


@pytest.mark.parametrize("path", SCENARIOS, ids=name_of)
def test_example_scenarios_pass(path: Path) -> None:
    """State by state."""
    found = run(read_scenario(path))
    assert found
    assert [
        (one.expected.rule, one.expected.scope, m) for one in found for m in one.moments if not m.passed
    ] == []


@pytest.mark.parametrize("path", EXAMPLES, ids=name_of)
def test_every_rule_of_the_examples_is_tried(path: Path) -> None:
    """Some scenario expects something of each rule, and of each something else than that it stays quiet."""
    if path.stem in OF_REAL_LOGS:
        return
    scenarios = [
        read_scenario(one) for one in SCENARIOS if f"rules_file: ../rules/{path.name}" in one.read_text()
    ]
    loud = {
        expected.rule
        for scenario in scenarios
        for expected in scenario.expected
        for moment in expected.moments
        if moment.wanted.text.startswith("firing")
    }
    assert {rule.name for rule in load(path).rules} - loud == set()
