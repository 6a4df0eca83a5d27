"""The dashboards: what the script writes, and only about metrics that exist."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.dashboards import DASHBOARDS, FOLDER, NAMES, PANELS, ROOT, RULES, TARGETS, panels, variables

EXPORTED = "\n".join(
    file.read_text()
    for file in (*(ROOT / "stream/monitoring").glob("*.py"), ROOT / "stream/gateway/metrics.py")
)
RECORDED = {rule["record"] for rule in RULES if "record" in rule}
FOREIGN = {
    f"process_{what}"
    for what in ("resident_memory_bytes", "cpu_seconds_total", "open_fds", "start_time_seconds")
}
"""Exported by prometheus_client itself."""


def test_the_files_are_what_the_script_writes(tmp_path: Path) -> None:
    """Nobody edits the JSON by hand, and no other file lies there."""
    subprocess.run([sys.executable, "grafana/dashboard.py", "--to", str(tmp_path)], cwd=ROOT, check=True)
    written = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert written == {file.name: file.read_text() for file in FOLDER.iterdir()}
    assert set(written) == {f"{name}.json" for name in NAMES}


def test_they_can_be_written_for_a_board_at_another_address(tmp_path: Path) -> None:
    """As a team does that has its own host name."""
    command = ["grafana/dashboard.py", "--to", str(tmp_path), "--board", "https://cx.example/board"]
    subprocess.run([sys.executable, *command], cwd=ROOT, check=True)
    texts = [file.read_text() for file in tmp_path.iterdir()]
    assert all('"https://cx.example/board"' in text and "127.0.0.1" not in text for text in texts)


def test_all_channels_are_all() -> None:
    """Also what has none, and one whose name has several lines: its alert was missing in what fires."""
    for name in NAMES:
        for variable in variables(name).values():
            if variable["name"] == "channel" and variable.get("includeAll"):
                assert all(re.fullmatch(variable["allValue"], each) for each in ("", "phone", "two\nlines"))


def _metrics(expr: str) -> set[str]:
    return set(re.findall(r"\b([a-z]\w*(?::\w+)*)\{", expr))


@pytest.mark.parametrize("target", [pytest.param(target, id=title) for title, target in TARGETS])
def test_every_metric_exists_in_the_code(target: dict[str, Any]) -> None:
    """Counters by their name less _total, histograms by theirs less _bucket; or it is recorded."""
    metrics = _metrics(target["expr"])
    assert metrics
    for metric in metrics - FOREIGN - RECORDED:
        assert f'"{re.sub("_(total|bucket)$", "", metric)}"' in EXPORTED


def test_every_metric_of_ours_is_shown_somewhere() -> None:
    """What is worth counting is worth a panel."""
    counted = set(re.findall(r'"((?:cx|tocsin)_[a-z_]+)"', EXPORTED))
    assert len(counted) > 35
    shown = {
        re.sub("_(total|bucket)$", "", metric) for _, target in TARGETS for metric in _metrics(target["expr"])
    }
    assert counted - shown == set()


@pytest.mark.parametrize("name", NAMES)
def test_expressions_use_variables_that_are_there(name: str) -> None:
    """And those that Grafana has."""
    known = set(variables(name)) | {"__rate_interval", "__range", "__range_s"}
    for panel in panels(name):
        for target in panel["targets"]:
            assert set(re.findall(r"\$(\w+)", target["expr"])) <= known


def test_every_channel_has_its_csat_ces_fcr_and_nps_with_interval_and_limit() -> None:
    """One repeated panel per indicator: value, low, high, limits."""
    repeated = [panel for panel in panels("overview") if panel.get("repeat") == "channel"]
    assert len(repeated) == 4
    for panel, indicator in zip(repeated, ("csat", "ces", "nps", "fcr"), strict=True):
        expressions = [target["expr"] for target in panel["targets"]]
        assert all(f'indicator="{indicator}"' in expr for expr in expressions)
        assert [_metrics(expr) for expr in expressions] == [
            {"cx_score"}, {"cx_score_low"}, {"cx_score_high"}, {"cx_limit"},
        ]  # fmt: skip


def test_all_channels_are_what_has_none_as_well() -> None:
    """Alerts of a team, or of the brand as a whole, fired, and the page of alerts said that nothing did."""
    for name in ("overview", "alerts"):
        every = variables(name)["channel"]["allValue"]
        assert all(re.fullmatch(every, channel) for channel in ("", "phone"))


def test_a_number_of_a_channel_says_of_which_window_it_is() -> None:
    """Of two windows it was the greater one's, which is the better one's where low is bad."""
    numbers = [panel for panel in panels("channel") if panel["type"] == "stat"][1:]
    assert numbers
    for panel in numbers:
        (target,) = panel["targets"]
        assert (target["expr"].split("(cx_score")[0], target["legendFormat"]) == (
            "max by (window) ", "{{window}}",
        )  # fmt: skip


def test_a_channel_is_drawn_against_the_week_before() -> None:
    """Each indicator, volumes and times: the same series, recorded, a week ago."""
    before = {
        panel["title"] for panel in panels("channel") for t in panel["targets"] if "offset 1w" in t["expr"]
    }
    assert {"CSAT", "CES", "NPS", "FCR", "Contacts", "Time to resolution"} <= before


@pytest.mark.parametrize("name", NAMES)
def test_a_version_that_grafana_11_to_13_read(name: str) -> None:
    """Classic JSON; those after 11 bring an older version up to date by themselves."""
    assert 39 <= DASHBOARDS[name]["schemaVersion"] <= 41
    assert {panel["type"] for _, panel in PANELS} <= {
        "stat",
        "timeseries",
        "table",
        "state-timeline",
        "bargauge",
    }


@pytest.mark.parametrize("name", NAMES)
def test_panels_do_not_overlap(name: str) -> None:
    """Each cell of the grid belongs to one panel at most (repeated ones grow to the right)."""
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARDS[name]["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not taken & cells
        assert at["x"] + at["w"] <= 24
        taken |= cells


@pytest.mark.parametrize("name", NAMES)
def test_every_panel_has_a_number_of_its_own(name: str) -> None:
    """Links to a single panel rely on it."""
    numbers = [panel["id"] for panel in DASHBOARDS[name]["panels"]]
    assert len(set(numbers)) == len(numbers)
