"""Routing: which receivers are told of an alert."""

from collections.abc import Mapping, Sequence

from alerts.rules import Receiver, Route, Rulebook


def routed(rulebook: Rulebook, labels: Mapping[str, str]) -> Sequence[Receiver]:
    """The receivers of an alert with these labels, each once, in the order of the rules file.

    Without routes every receiver gets every alert; with routes, those of every route that matches.
    """
    if not rulebook.routes:
        return rulebook.receivers
    names = {route.receiver for route in rulebook.routes if matches(route, labels)}
    return [receiver for receiver in rulebook.receivers if receiver.name in names]


def matches(route: Route, labels: Mapping[str, str]) -> bool:
    """Whether each label that the route names has one of its values; a label that is not there is ""."""
    return all(labels.get(label, "") in values for label, values in route.match.items())
