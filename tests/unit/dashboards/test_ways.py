"""From overview to channel to alert to board and back: links keep time and channel, and lead somewhere."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.dashboards import DASHBOARDS, NAMES, panels, variables

UIDS = {board["uid"]: name for name, board in DASHBOARDS.items()}


def _found(node: Any) -> Iterator[dict[str, Any]]:
    """Every link of a dashboard's panels: at titles, on series, in cells."""
    if isinstance(node, dict):
        if "url" in node and "title" in node:
            yield node
        for value in node.values():
            yield from _found(value)
    elif isinstance(node, list):
        for value in node:
            yield from _found(value)


LINKS = [(name, link) for name in NAMES for link in _found(panels(name))]


def test_one_identity_each() -> None:
    """Addresses that notices and bookmarks rely on."""
    assert UIDS == {
        "tocsin-overview": "overview", "tocsin-channel": "channel",
        "tocsin-alerts": "alerts", "tocsin-pipeline": "pipeline",
    }  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_the_top_leads_to_all_others_and_to_the_board(name: str) -> None:
    """The others at the same time with the same choices; the board in a tab of its own."""
    *others, board = DASHBOARDS[name]["links"]
    assert {link["url"] for link in others} == {f"/d/{uid}" for uid in UIDS if UIDS[uid] != name}
    assert all(
        (link["type"], link["keepTime"], link["includeVars"]) == ("link", True, True) for link in others
    )
    assert board["url"].startswith("${board:raw}")
    assert board["targetBlank"] is True


def test_the_channels_page_leads_to_the_channel_on_the_board() -> None:
    """Where the board's own page reads it."""
    assert DASHBOARDS["channel"]["links"][-1]["url"] == "${board:raw}#/channel/${channel:percentencode}"


@pytest.mark.parametrize("name", NAMES)
def test_no_link_can_lead_the_board_elsewhere(name: str) -> None:
    """A constant that an address cannot set: whoever sends a link does not choose where it leads."""
    board = variables(name)["board"]
    assert (board["type"], board["skipUrlSync"], board["hide"]) == ("constant", True, 2)
    assert urlsplit(board["query"]).path == "/board"


@pytest.mark.parametrize(("name", "link"), LINKS, ids=[f"{name}: {link['title']}" for name, link in LINKS])
def test_links_on_what_is_shown_keep_time_source_and_workers(name: str, link: dict[str, Any]) -> None:
    """They lead to one of ours, and choose nothing that it does not have."""
    place, _, query = link["url"].partition("?")
    target = UIDS[place.removeprefix("/d/")]
    assert target != name or "var-" in query
    kept, *rest = query.split("&")
    assert kept == "${__url_time_range}"
    named = {re.sub(r"^var-|=.*|^\$\{|:queryparam\}$", "", part) for part in rest}
    assert {"datasource", "job", "instance", "channel"} <= named
    assert named <= set(variables(target)) | {"channel"}


def test_ways_lead_from_overview_to_channel_to_alert_and_back() -> None:
    """On what is shown, and for the rest at the top."""
    ways = {(name, UIDS[link["url"].partition("?")[0].removeprefix("/d/")]) for name, link in LINKS}
    assert {
        ("overview", "channel"),
        ("overview", "alerts"),
        ("channel", "alerts"),
        ("alerts", "channel"),
    } <= ways


@pytest.mark.parametrize("name", NAMES)
def test_alerts_are_marked(name: str) -> None:
    """Those of the channels that are shown; on the pipeline Tocsin's own."""
    marks = DASHBOARDS[name]["annotations"]["list"]
    assert marks
    for mark in marks:
        assert mark["target"]["expr"] == mark["expr"]
        labels = set(re.findall(r"\{\{(\w+)\}\}", mark["titleFormat"] + mark["textFormat"]))
        by = re.search(r"max by \(([^)]+)\)", mark["expr"])
        assert by is not None
        assert labels == set(by[1].split(", ")) == set(mark["tagKeys"].split(","))
