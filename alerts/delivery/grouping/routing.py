"""Routing: who is told of an alert, through which route of the tree.

As in Alertmanager a route that matches asks its children, and takes the alert itself when none of them does;
after a match its brothers are not asked, unless it says `continue`.  The routes of the list at the top go on
by themselves, as they always did: each that matches counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from alerts.paging import EVERYTHING, NOTHING_MORE, Route
from alerts.rules import Rulebook


@dataclass(frozen=True, slots=True)
class RouteTarget:
    """One receiver of an alert, and the route that leads there."""

    receiver: str
    route: Route

    def group_labels(self, labels: Mapping[str, str]) -> Mapping[str, str] | None:
        """What an alert with these labels is gathered by; None where its notices go out by themselves."""
        by = self.route.timers.group_by
        if by is None:
            return None
        return dict(labels) if by == EVERYTHING else {name: labels.get(name, "") for name in by}


def targets(rulebook: Rulebook, labels: Mapping[str, str]) -> list[RouteTarget]:
    """Who is told of an alert with these labels, in the order of the tree; each receiver and route once.

    Without routes every receiver gets every alert.
    """
    if not rulebook.routes:
        return [RouteTarget(each.name, Route(receiver=each.name, place="")) for each in rulebook.receivers]
    return [RouteTarget(route.receiver, route) for route in _taken(rulebook.routes, labels)]


def labelled(rulebook: Rulebook, labels: Mapping[str, str]) -> dict[str, str]:
    """An alert's labels with the owner of its rule."""
    return rulebook.about.get(labels.get("rule", ""), NOTHING_MORE).labels(labels)


def _taken(routes: Iterable[Route], labels: Mapping[str, str]) -> list[Route]:
    """The routes among brothers, or below them, that take the alert."""
    found: list[Route] = []
    for route in routes:
        if not all(matcher.holds(labels) for matcher in route.matchers):
            continue
        found += _taken(route.routes, labels) or [route]
        if not route.go_on:
            break
    return found
