"""The board in a real Chromium, on a real demo: the incident is there, and can be acknowledged."""

import io
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, cast

import msgspec
import pytest
from playwright.sync_api import Page
from rich.console import Console
from rich.terminal_theme import MONOKAI

from alerts.transitions import Score, Transition
from stream.demo.board import LiveView, Pulse
from stream.demo.child_worker import counted_events
from tests.demo.accessible import violations
from tests.demo.processes import wait_for

START_S = 90.0
INCIDENT_S = 60.0
"""From the command to the incident on the board."""
SECONDS = 75


@pytest.fixture
def board(tmp_path: Path) -> Iterator[tuple[str, float]]:
    """The address of a demo's board, with the token that only its user is given, and when it was started."""
    environment = os.environ | {"HOME": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "stream", "demo", "--json", "--seconds", str(SECONDS)]
    log, began_s = tmp_path / "stderr", time.monotonic()
    with (
        log.open("w") as notes,
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=notes, env=environment) as demo,
    ):
        try:
            assert wait_for(lambda: "/board#" in log.read_text(), START_S), log.read_text()
            (found,) = re.findall(r"http://\S+/board#token=\S+", log.read_text())
            yield found, began_s
        finally:
            demo.terminate()


def test_the_incident_is_on_the_board_and_can_be_acknowledged(board: tuple[str, float], page: Page) -> None:
    """Within a minute of the command; who acknowledges is then named; French says the same."""
    url, began_s = board
    page.goto(url)
    page.wait_for_selector("article", timeout=30_000)
    assert "#token" not in page.url
    page.wait_for_selector("#alerts li:is(.warning, .critical)", timeout=INCIDENT_S * 1000)
    assert time.monotonic() - began_s < INCIDENT_S
    page.wait_for_selector("#alerts li.critical", timeout=INCIDENT_S * 1000)
    assert "phone" in page.inner_text("#alerts li.critical >> nth=0")
    if pictures := os.environ.get("TOCSIN_PICTURES"):  # what README and docs show: `make pictures`
        page.wait_for_timeout(3_000)  # until scores have followed what fires
        _take_pictures(page, Path(pictures))
    page.fill("#by", "ann")
    page.click("#alerts li.critical [data-act=ack] >> nth=0")
    page.wait_for_selector("#said:text-is('Done.')", timeout=15_000)
    page.wait_for_selector("#alerts:has-text('taken care of by ann')", timeout=30_000)
    page.click("#alerts li:not(:has-text('taken care of')) [data-act=silence] >> nth=0")
    page.wait_for_selector("#alerts:has-text('silenced until')", timeout=30_000)
    page.select_option("#language", "fr")
    assert "Canaux" in page.inner_text("#scores-title")
    assert violations(page) == []
    page.click("article h3 a >> nth=0")
    page.wait_for_selector("#place:not(:empty)")
    page.wait_for_selector("article")


def _take_pictures(page: Page, folder: Path) -> None:
    """The page by day, by night, and on a phone; a channel's page; and what the demo's terminal shows."""
    for name, scheme, width in (
        ("board", "light", 1280),
        ("board-dark", "dark", 1280),
        ("board-phone", "light", 400),
    ):
        page.emulate_media(color_scheme=cast("Literal['light', 'dark']", scheme))
        page.set_viewport_size({"width": width, "height": 800})
        page.screenshot(path=folder / f"{name}.png")
    page.set_viewport_size({"width": 1280, "height": 900})
    state = page.evaluate("fetch('/board/state.json').then((answer) => answer.json())")
    terminal = page.context.new_page()
    terminal.set_content(_terminal(state, page.url, _pulse(page)))
    terminal.set_viewport_size({"width": 1280, "height": 420})
    terminal.screenshot(path=folder / "demo.png")
    terminal.close()


def _pulse(page: Page) -> Pulse:
    """How the demo's worker is doing, over a second."""
    texts = []
    for _ in range(2):
        texts.append(page.evaluate("fetch('/metrics').then((answer) => answer.text())"))
        page.wait_for_timeout(1_000)
    before, after = (counted_events(text) for text in texts)
    notices = re.findall(
        r'^tocsin_deliveries_total\{.*outcome="delivered".*\} (\S+)$', texts[1], re.MULTILINE
    )
    told = int(sum(map(float, notices)))
    return Pulse(after.total() - before.total(), after.total(), after["rejected"], told)


def _terminal(state: dict[str, Any], url: str, pulse: Pulse) -> str:
    """The terminal's view of what the board shows, as a page."""
    view = LiveView(links={"board": url}, pulse=pulse)
    for each in state["scores"]:
        kept = {name: each[name] for name in Score.__struct_fields__ if name in each}
        view.take_score(msgspec.convert({"definition": {}, **kept}, Score))
    for each in reversed(state["alerts"]):
        rest: dict[str, Any] = {
            "definition": {},
            "window_s": None,
            "value": None,
            "n": 0,
            "low": None,
            "high": None,
        }
        view.take_alert(
            msgspec.convert({**rest, "limit": None, "evidence": {}, "seq": 1, **each}, Transition)
        )
    console = Console(record=True, width=128, file=io.StringIO(), force_terminal=True)
    console.print(view.render())
    return console.export_html(inline_styles=True, theme=MONOKAI)
