"""Routing: which receivers are told of an alert."""

import pytest

from alerts.delivery.routing import matches, routed
from alerts.rules import Receiver, Route, Rulebook

PAGER, DESK, CHAT = (Receiver(name, f"http://{name}.example/") for name in ("pager", "desk", "chat"))
LABELS = {"rule": "csat-low", "severity": "critical", "indicator": "csat", "channel": "phone"}


def _names(*routes: Route, labels: dict[str, str] = LABELS) -> list[str]:
    rulebook = Rulebook((), {}, receivers=(PAGER, DESK, CHAT), routes=routes)
    return [receiver.name for receiver in routed(rulebook, labels)]


def test_without_routes_everyone_is_told() -> None:
    """A file with receivers and no routes means what it seems to mean."""
    assert _names() == ["pager", "desk", "chat"]


def test_every_route_that_matches_counts_once() -> None:
    """Receivers are told once, in the order of the file, whichever and however many routes name them."""
    assert _names(Route("chat"), Route("pager", {"severity": ("critical",)}), Route("chat")) == [
        "pager",
        "chat",
    ]


def test_no_matching_route_means_nobody() -> None:
    """Routes narrow down; there is no default behind them."""
    assert _names(Route("desk", {"channel": ("email", "chat")})) == []


@pytest.mark.parametrize(
    ("match", "fits"),
    [
        ({}, True),
        ({"channel": ("phone", "chat")}, True),
        ({"channel": ("phone",), "severity": ("warning",)}, False),
        ({"team": ("",)}, True),
        ({"team": ("blue",)}, False),
    ],
)
def test_all_labels_of_a_route_must_match(match: dict[str, tuple[str, ...]], *, fits: bool) -> None:
    """Each label needs one of its values; an alert without the label has it empty."""
    assert matches(Route("desk", match), LABELS) is fits
