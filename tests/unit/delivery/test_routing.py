"""Routing: which receivers are told of an alert, through which routes."""

import pytest

from alerts.delivery.grouping.routing import targets
from alerts.paging import EVERYTHING, Comparison, Matcher, Receiver, Route, Timers
from alerts.rules import Rulebook

PAGER, DESK, CHAT = (Receiver(name=name, kind="webhook") for name in ("pager", "desk", "chat"))
LABELS = {"rule": "csat-low", "severity": "critical", "indicator": "csat", "channel": "phone"}


def _match(**labels: tuple[str, ...]) -> tuple[Matcher, ...]:
    return tuple(Matcher(label, Comparison.EQUAL, values) for label, values in labels.items())


def _names(*routes: Route, labels: dict[str, str] = LABELS) -> list[str]:
    rulebook = Rulebook(rules=(), indicators={}, receivers=(PAGER, DESK, CHAT), routes=routes)
    told = {target.receiver for target in targets(rulebook, labels)}
    return [receiver.name for receiver in rulebook.receivers if receiver.name in told]


def test_without_routes_everyone_is_told() -> None:
    """A file with receivers and no routes means what it seems to mean."""
    assert _names() == ["pager", "desk", "chat"]


def test_every_route_that_matches_counts_once() -> None:
    """Receivers are told once, in the order of the file, whichever and however many routes name them."""
    critical = _match(severity=("critical",))
    assert _names(
        Route(receiver="chat"), Route(receiver="pager", matchers=critical), Route(receiver="chat")
    ) == ["pager", "chat"]


def test_no_matching_route_means_nobody() -> None:
    """Routes narrow down; there is no default behind them."""
    assert _names(Route(receiver="desk", matchers=_match(channel=("email", "chat")))) == []


@pytest.mark.parametrize(
    ("label", "comparison", "values", "holds"),
    [
        ("channel", "=", ("phone", "chat"), True),
        ("severity", "=", ("warning",), False),
        ("team", "=", ("",), True),
        ("team", "=", ("blue",), False),
        ("channel", "!=", ("phone",), False),
        ("team", "!=", ("blue",), True),
        ("channel", "=~", ("ph.*",), True),
        ("channel", "=~", ("ph",), False),
        ("channel", "!~", ("ph",), True),
        ("team", "=~", ("",), True),
    ],
)
def test_matchers_compare_as_alertmanagers(
    label: str, comparison: str, values: tuple[str, ...], *, holds: bool
) -> None:
    """Patterns match the whole value; an alert without the label has it empty."""
    assert Matcher(label, Comparison(comparison), values).holds(LABELS) is holds


def test_a_child_takes_the_alert_from_its_parent() -> None:
    """The parent is asked when no child matches; after a match the brothers are not, unless it goes on."""
    pager = Route(receiver="pager", matchers=_match(severity=("critical",)), go_on=False)
    chat = Route(receiver="chat", matchers=_match(channel=("phone",)), go_on=False)
    assert _names(Route(receiver="desk", routes=(pager, chat))) == ["pager"]
    assert _names(
        Route(receiver="desk", routes=(Route(receiver="pager", matchers=pager.matchers), chat))
    ) == ["pager", "chat"]
    assert _names(Route(receiver="desk", routes=(pager, chat)), labels={"channel": "mail"}) == ["desk"]


@pytest.mark.parametrize(
    ("by", "labels"),
    [
        (None, None),
        ((), {}),
        (("rule", "team"), {"rule": "csat-low", "team": ""}),
        (EVERYTHING, LABELS),
    ],
)
def test_alerts_are_gathered_by_labels(by: tuple[str, ...] | None, labels: dict[str, str] | None) -> None:
    """By none (one group for all), some, all, or not at all."""
    rulebook = Rulebook(
        rules=(),
        indicators={},
        receivers=(PAGER,),
        routes=(Route(receiver="pager", timers=Timers(group_by=by)),),
    )
    (target,) = targets(rulebook, LABELS)
    assert target.group_labels(LABELS) == labels
