"""The rules of Grafana's dashboard linter (grafana/dashboard-linter), each under its name there.

Its program is not to be had without a Go tool chain, and its rules are short.  Recorded series
are the one exemption that its `.lint` file would hold.
"""

import re
from typing import Any

import pytest

from tests.dashboards import DASHBOARDS, NAMES, PANELS, RULES, TARGETS, variables

SOURCE = {"type": "prometheus", "uid": "${datasource}"}
RECORDED = tuple(rule["record"] for rule in RULES if "record" in rule)
UNITS = {"none", "short", "percent", "percentunit", "ops", "reqps", "s", "bytes"}
"""Of Grafana's own list of units, those that are used here."""

by_name = pytest.mark.parametrize("name", NAMES)
by_panel = pytest.mark.parametrize("panel", [pytest.param(panel, id=title) for title, panel in PANELS])
by_target = pytest.mark.parametrize("target", [pytest.param(target, id=title) for title, target in TARGETS])


@by_name
def test_template_datasource(name: str) -> None:
    """One variable is the data source, so that nobody edits a dashboard to import it."""
    source = variables(name)["datasource"]
    assert (source["type"], source["query"], source["label"]) == ("datasource", "prometheus", "Data source")


@by_name
@pytest.mark.parametrize("label", ["job", "instance"])
def test_template_job_and_instance(name: str, label: str) -> None:
    """Several clusters can share a Prometheus."""
    found = variables(name)[label]
    assert (found["type"], found["multi"], found["includeAll"], found["allValue"]) == (
        "query",
        True,
        True,
        ".+",
    )
    assert found["label"] == label.capitalize()
    assert found["datasource"] == SOURCE


@by_name
def test_template_label_promql(name: str) -> None:
    """Variables are `label_values(selector, label)`; whether the selector finds something is asked live."""
    queries = [each["query"]["query"] for each in variables(name).values() if each["type"] == "query"]
    assert all(re.fullmatch(r"label_values\(\w+(\{[^}]*\})?, \w+\)", query) for query in queries)


@by_name
def test_template_on_time_change_reload(name: str) -> None:
    """What there is to choose follows the time range."""
    assert {each["refresh"] for each in variables(name).values() if each["type"] == "query"} == {2}


@by_name
def test_uneditable_dashboard(name: str) -> None:
    """Provisioned from a file: what somebody edited would be gone with the next start."""
    assert DASHBOARDS[name]["editable"] is False


@by_panel
def test_panel_datasource(panel: dict[str, Any]) -> None:
    """By the variable."""
    assert panel["datasource"] == SOURCE
    assert all(target["datasource"] == SOURCE for target in panel["targets"])


@by_panel
def test_panel_title_description(panel: dict[str, Any]) -> None:
    """Both; a description is a sentence."""
    assert panel["title"]
    assert re.search(r"\S.*[.)`]$", panel["description"])


@by_panel
def test_panel_units(panel: dict[str, Any]) -> None:
    """Every number has one."""
    assert panel["fieldConfig"]["defaults"]["unit"] in UNITS


@by_panel
def test_panel_no_targets(panel: dict[str, Any]) -> None:
    """Something is asked, each thing under a letter of its own."""
    letters = [target["refId"] for target in panel["targets"]]
    assert letters
    assert len(set(letters)) == len(letters)


@by_target
def test_target_rate_interval(target: dict[str, Any]) -> None:
    """A rate over a fixed time is wrong at most zooms."""
    assert re.findall(r"\brate\(\w+(?:\{[^}]*\})?\[([^]]+)\]", target["expr"]) == ["$__rate_interval"] * len(
        re.findall(r"\brate\(", target["expr"])
    )


def _selectors(expr: str) -> list[tuple[str, str]]:
    """Each metric that is selected, with its matchers."""
    return re.findall(r"([a-zA-Z_:][\w:]*)\{([^}]*)\}", expr)


@by_target
def test_target_job(target: dict[str, Any]) -> None:
    """In every selector."""
    selectors = _selectors(target["expr"])
    assert selectors
    assert all('job=~"$job"' in matchers for _, matchers in selectors)


@by_target
def test_target_instance(target: dict[str, Any]) -> None:
    """In every selector but of recorded series, which are of all workers of a group together."""
    for metric, matchers in _selectors(target["expr"]):
        assert ('instance=~"$instance"' in matchers) != (metric in RECORDED)


@by_target
def test_target_counter_agg(target: dict[str, Any]) -> None:
    """A bare counter tells when a process started, and nothing else, unless it is known when that was."""
    expr = re.sub(r"\w+_total\{[^}]*\} and on \(job, instance\) time\(\) - process_start", "", target["expr"])
    counters = re.findall(r"(\w*)\(?(?:[a-z]\w+_(?:total|bucket))\{", expr)
    assert set(counters) <= {"rate", "increase"}


@by_target
def test_every_series_has_a_legend(target: dict[str, Any]) -> None:
    """Tables apart, whose columns are the labels."""
    assert bool(target["legendFormat"]) == (target["format"] == "time_series")
    split = re.search(r"^\w+ by \(([^)]+)\)", target["expr"])
    if split and target["legendFormat"] not in {"low", "high"}:
        wanted = [label for label in split[1].split(", ") if label != "channel"]
        assert all(f"{{{{{label}}}}}" in target["legendFormat"] for label in wanted if label != "le")
