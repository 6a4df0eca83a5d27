"""The Overview dashboard: what the script writes, sound, and only about metrics that exist."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
WRITTEN = (ROOT / "grafana/dashboards/overview.json").read_text()
DASHBOARD: dict[str, Any] = json.loads(WRITTEN)
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
TARGETS = [target for panel in PANELS for target in panel["targets"]]
VARIABLES = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}
EXPORTED = "\n".join(path.read_text() for path in sorted((ROOT / "stream" / "monitoring").glob("*.py")))
FOREIGN = {"process_resident_memory_bytes"}
"""Exported by prometheus_client itself."""


def _titles(panel: dict[str, Any]) -> str:
    return str(panel["title"])


def test_the_file_is_what_the_script_writes() -> None:
    """Nobody edits the JSON by hand."""
    command = [sys.executable, "grafana/dashboard.py"]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout == WRITTEN


@pytest.mark.parametrize("panel", PANELS, ids=_titles)
def test_every_panel_says_what_it_shows_and_in_which_unit(panel: dict[str, Any]) -> None:
    """Title, description, unit, data source by variable, at least one query."""
    assert panel["title"]
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    assert panel["targets"]


@pytest.mark.parametrize("panel", PANELS, ids=_titles)
def test_every_query_has_an_id_of_its_own_and_the_panels_data_source(panel: dict[str, Any]) -> None:
    """As Grafana wants it."""
    assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
    assert all(target["datasource"] == panel["datasource"] for target in panel["targets"])


def _metrics(expr: str) -> set[str]:
    return set(re.findall(r"\b((?:cx|tocsin|process)_\w+)\{", expr))


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target["expr"])
def test_every_metric_exists_in_the_code(target: dict[str, Any]) -> None:
    """Counters by their name less _total, histograms by theirs less _bucket."""
    metrics = _metrics(target["expr"])
    assert metrics
    for metric in metrics - FOREIGN:
        assert f'"{re.sub("_(total|bucket)$", "", metric)}"' in EXPORTED


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target["expr"])
def test_every_selector_can_be_narrowed_to_a_job_and_a_worker(target: dict[str, Any]) -> None:
    """Template variables in each selector, so that several clusters can share a Prometheus."""
    selectors = re.findall(r"\{([^}]*)\}", target["expr"])
    assert selectors
    assert all('job=~"$job",instance=~"$instance"' in selector for selector in selectors)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target["expr"])
def test_counters_are_shown_as_rates(target: dict[str, Any]) -> None:
    """A bare counter tells when the worker started, and nothing else."""
    for function in re.findall(r"(\w*)\((?:cx|tocsin)_\w+_(?:total|bucket)\{", target["expr"]):
        assert function in {"rate", "increase"}
    assert "rate(" not in target["expr"] or "$__rate_interval" in target["expr"]


def test_variables_offer_data_source_job_worker_and_channel() -> None:
    """All values at first, read again when the time range changes."""
    assert set(VARIABLES) == {"datasource", "job", "instance", "channel"}
    for name in ("job", "instance", "channel"):
        assert (VARIABLES[name]["multi"], VARIABLES[name]["includeAll"], VARIABLES[name]["refresh"]) == (
            True, True, 2,
        )  # fmt: skip


def test_every_channel_has_its_csat_ces_fcr_and_nps_with_interval_and_limit() -> None:
    """One repeated panel per indicator: value, low, high, limits."""
    repeated = [panel for panel in PANELS if panel.get("repeat") == "channel"]
    assert len(repeated) == 4
    for panel, indicator in zip(repeated, ("csat", "ces", "nps", "fcr"), strict=True):
        expressions = [target["expr"] for target in panel["targets"]]
        assert all(f'indicator="{indicator}"' in expr for expr in expressions)
        assert [_metrics(expr) for expr in expressions] == [
            {"cx_score"}, {"cx_score_low"}, {"cx_score_high"}, {"cx_limit"},
        ]  # fmt: skip


def test_it_cannot_be_edited_where_it_would_be_overwritten() -> None:
    """Provisioned from a file, with an identity that links can rely on."""
    assert DASHBOARD["editable"] is False
    assert DASHBOARD["uid"] == "tocsin-overview"
    assert 39 <= DASHBOARD["schemaVersion"] <= 41


def test_panels_do_not_overlap() -> None:
    """Each cell of the grid belongs to one panel at most (repeated ones grow to the right)."""
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not taken & cells
        assert at["x"] + at["w"] <= 24
        taken |= cells
