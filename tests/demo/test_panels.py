"""Every panel of the Overview shows something to a newcomer: its expressions against a real Prometheus.

Prometheus scrapes the worker of a running `tocsin demo`, so what has no data here has none for a newcomer.
"""

import math
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.dashboards import filled, panels
from tests.demo.processes import wait_for
from tests.prometheus.programs import Prometheus, prometheus

SECONDS = 60
PATIENCE_S = 60.0
CHOSEN = {"job": ".+", "instance": ".+", "channel": ".+", "__rate_interval": "10s"}


def _expressions() -> list[str]:
    return [filled(target["expr"], CHOSEN) for panel in panels("overview") for target in panel["targets"]]


@pytest.fixture(scope="module")
def scraping(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A demo, and a Prometheus that scrapes its worker."""
    directory = tmp_path_factory.mktemp("prometheus")
    notes = directory / "stderr"
    command = [sys.executable, "-m", "stream", "demo", "--json", "--seconds", str(SECONDS)]
    with (
        notes.open("w") as stderr,
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=stderr, env=os.environ) as demo,
    ):
        try:
            assert wait_for(lambda: "webhook log: " in notes.read_text(), PATIENCE_S), notes.read_text()
            found = re.search(r"metrics: http://(127\.0\.0\.1:\d+)/metrics", notes.read_text())
            assert found is not None
            with prometheus(found[1], directory) as server:
                yield server
        finally:
            demo.terminate()
            demo.wait(PATIENCE_S)


def _labels(server: Prometheus, expr: str) -> list[dict[str, str]]:
    return [sample["metric"] for sample in server.query(expr)]


def _shows(server: Prometheus, expr: str) -> bool:
    return any(not math.isnan(float(sample["value"][1])) for sample in server.query(expr))


@pytest.mark.parametrize("series", ["tocsin_build_info", 'cx_answers{channel="phone"}'])
def test_the_dashboards_variables_find_their_labels(scraping: Prometheus, series: str) -> None:
    """Job and worker from the one, channels from the other."""
    assert wait_for(lambda: bool(scraping.query(series)), SECONDS)


def test_the_channels_panels_select_one_series_per_channel_and_window(scraping: Prometheus) -> None:
    """Six channels, none of them split by another dimension."""
    expr = next(expr for expr in _expressions() if "cx_score{" in expr and 'indicator="csat"' in expr)
    names = {"phone", "shop", "email", "chat", "app", "web"}
    assert wait_for(lambda: {each["channel"] for each in _labels(scraping, expr)} == names, SECONDS)
    labels = [tuple(sorted(each.items())) for each in _labels(scraping, expr)]
    assert len(labels) == len(set(labels))


def test_every_expression_returns_data(scraping: Prometheus) -> None:
    """At some time in the demo's day, which has an incident in it."""
    silent = set(_expressions())
    deadline = time.monotonic() + SECONDS
    while silent and time.monotonic() < deadline:
        silent -= {expr for expr in silent if _shows(scraping, expr)}
        time.sleep(0.5)
    assert not silent
