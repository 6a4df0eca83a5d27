"""Which groups an alert belongs to: of its routes, of their escalations, of receivers that want repeats."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import orjson

from alerts.delivery.grouping.group_log import GroupNews, group_id
from alerts.delivery.grouping.groups import GroupRule
from alerts.delivery.grouping.routing import RouteTarget, every_route, targets
from alerts.paging import Route
from alerts.receivers.kinds import KINDS
from alerts.receivers.settings import seconds_of
from alerts.rules import Rulebook, Severity


@dataclass(frozen=True, slots=True)
class Placed:
    """A group that a transition belongs to.  `follow`: only if the alert was told of there before."""

    receiver: str
    place: str
    labels: dict[str, str]
    follow: bool


def gathers(rulebook: Rulebook, target: RouteTarget) -> bool:
    """Whether a target's notices go through a group; the others go out by themselves at once."""
    route = target.route
    return (
        route.timers.group_by is not None
        or bool(route.escalate or route.active or route.muted)
        or _resend_s(rulebook, target.receiver) > 0
    )


def groups_of(rulebook: Rulebook, labels: Mapping[str, str]) -> Iterator[Placed]:
    """The groups of an alert, escalations included; then those that it would have at another severity.

    An alert that has calmed down may match another route than before; those who heard the beginning
    still hear what follows.
    """
    seen = set()
    for severity in (labels.get("severity", ""), *(str(each) for each in Severity)):
        follow = severity != labels.get("severity", "")
        for target in targets(rulebook, {**labels, "severity": severity}):
            if not gathers(rulebook, target):
                continue
            for receiver, place in _places(target):
                # The labels of the group are those that the alert had then, its severity among them.
                found = _labels(rulebook, target, {**labels, "severity": severity})
                key = (receiver, place, tuple(sorted(found.items())))
                if key not in seen:
                    seen.add(key)
                    yield Placed(receiver, place, found, follow)


def news_of(rulebook: Rulebook, value: bytes, labels: Mapping[str, str], at_s: float) -> Iterator[GroupNews]:
    """What is written down of a transition (`value`) of `at_s`: a record for each of its groups."""
    for placed in groups_of(rulebook, labels):
        yield GroupNews(
            group=group_id(placed.receiver, placed.place, placed.labels),
            receiver=placed.receiver,
            place=placed.place,
            labels=placed.labels,
            value=orjson.loads(value),
            follow=placed.follow,
            at_s=at_s,
        )


def group_rules(rulebook: Rulebook) -> dict[tuple[str, str], GroupRule]:
    """How groups tell, by receiver and place."""
    routes = list(every_route(rulebook.routes)) or [
        Route(receiver=each.name, place="") for each in rulebook.receivers
    ]
    found: dict[tuple[str, str], GroupRule] = {}
    for route in routes:
        found[route.receiver, route.place] = _rule(rulebook, route)
        for number, step in enumerate(route.escalate):
            found[step.receiver, f"{route.place}.escalate[{number}]"] = GroupRule(
                wait_s=step.after_ms / 1000,
                interval_s=route.timers.group_interval_ms / 1000,
                active=step.hours,
                first=(route.receiver, route.place),
            )
    return found


def _rule(rulebook: Rulebook, route: Route) -> GroupRule:
    timers, resend_s = route.timers, _resend_s(rulebook, route.receiver)
    if resend_s:  # it gathers by itself, and takes silence for health
        return GroupRule(wait_s=0, interval_s=0, repeat_s=resend_s, quiet=True)
    alone = timers.group_by is None
    return GroupRule(
        wait_s=0 if alone else timers.group_wait_ms / 1000,
        interval_s=0 if alone else timers.group_interval_ms / 1000,
        repeat_s=None if timers.repeat_interval_ms is None else timers.repeat_interval_ms / 1000,
        active=route.active,
        muted=route.muted,
    )


def _places(target: RouteTarget) -> Iterator[tuple[str, str]]:
    yield target.receiver, target.route.place
    for number, step in enumerate(target.route.escalate):
        yield step.receiver, f"{target.route.place}.escalate[{number}]"


def _labels(rulebook: Rulebook, target: RouteTarget, labels: Mapping[str, str]) -> dict[str, str]:
    """What is gathered; by itself where nothing is said, but without the severity, which may change."""
    by = target.group_labels(labels)
    every = by is None or by == dict(labels) or _resend_s(rulebook, target.receiver) > 0
    found = {name: value for name, value in labels.items() if name != "severity"} if every else by
    return dict(found or {})


def _resend_s(rulebook: Rulebook, receiver: str) -> float:
    found = next((each for each in rulebook.receivers if each.name == receiver), None)
    if found is None or found.kind not in KINDS or not KINDS[found.kind].resend_s:
        return 0.0
    asked = found.settings.get("resend")
    return seconds_of(asked[0]) if isinstance(asked, tuple) else KINDS[found.kind].resend_s
