"""Which groups an alert belongs to: of its routes, of their escalations, of receivers that want repeats."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import orjson

from alerts.delivery.alert_records import News
from alerts.delivery.grouping.group_log import GroupNews, group_id
from alerts.delivery.grouping.groups import AlertGroup, GroupRule
from alerts.delivery.grouping.routing import RouteTarget, labelled, targets
from alerts.paging import Route, every_route
from alerts.receivers.kinds import KINDS
from alerts.receivers.settings import seconds_of
from alerts.rules import Rulebook, Severity

STEP: Final = ".escalate["
"""Begins the number of a step in the place of an escalation."""


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


def news_of(
    rulebook: Rulebook, told: News, labels: Mapping[str, str], knowing: Sequence[AlertGroup], at_s: float
) -> Iterator[GroupNews]:
    """What is written down of a transition of `at_s`: a record for each of its groups.

    An alert stays in the groups that know of it (`knowing`), though the rules have changed since: whoever
    has heard that it began hears what follows, and does not hear of it twice.  An end that is owed goes to
    those who would hear of the alert first, where no group knows of it.
    """
    parsed, owed = orjson.loads(told.record.value or b""), told.owed and not knowing
    for group, placed in _kept(groups_of(rulebook, labels), knowing).items():
        yield GroupNews(
            group=group,
            receiver=placed.receiver,
            place=placed.place,
            labels=placed.labels,
            value=parsed,
            follow=placed.follow,
            owed=owed and not placed.follow and not _is_step(placed.place),
            at_s=at_s,
        )


def _kept(placed: Iterable[Placed], knowing: Iterable[AlertGroup]) -> dict[str, Placed]:
    """Groups by id: those of the rules, but for a receiver that has another which knows of the alert."""
    found = {group_id(each.receiver, each.place, each.labels): each for each in placed}
    left = [group for group in knowing if group.id not in found]
    heard = {(group.receiver, _is_step(group.place)) for group in left}
    kept = {
        group: each
        for group, each in found.items()
        if each.follow or (each.receiver, _is_step(each.place)) not in heard
    }
    stays = {each.id: Placed(each.receiver, each.place, dict(each.labels), follow=True) for each in left}
    return kept | stays


class GroupRules:
    """How groups tell: as their route says, wherever it stands in the file now.

    One whose route is gone or says something else tells as the route does by which its receiver hears of its
    alerts now; where there is none, at once, so that whoever has heard of an alert hears that it is over.
    """

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        self._by_place: Final = group_rules(rulebook)
        self._others: Final[dict[str, GroupRule]] = {}

    def of(self, group: AlertGroup) -> GroupRule:
        """The rule of a group."""
        found = self._by_place.get((group.receiver, group.place)) or self._others.get(group.id)
        if found is None:
            found = self._others[group.id] = self._other(group)
        return found

    def _other(self, group: AlertGroup) -> GroupRule:
        step = _is_step(group.place)
        for news in group.members[:1]:
            for target in targets(self._rulebook, labelled(self._rulebook, news.labels)):
                for receiver, place in _places(target):
                    if receiver == group.receiver and _is_step(place) == step:
                        return _behind(self._by_place[receiver, place], group)
        return GroupRule(wait_s=0, interval_s=0)


def _behind(rule: GroupRule, group: AlertGroup) -> GroupRule:
    """The rule of an escalation, behind the group that it has stood behind until now."""
    if rule.first is None:
        return rule
    return replace(rule, first=(rule.first[0], group.place.rpartition(STEP)[0]))


def group_rules(rulebook: Rulebook) -> dict[tuple[str, str], GroupRule]:
    """How groups tell, by receiver and place."""
    routes = list(every_route(rulebook.routes)) or [
        Route(receiver=each.name, place="") for each in rulebook.receivers
    ]
    found: dict[tuple[str, str], GroupRule] = {}
    for route in routes:
        found[route.receiver, route.known_as] = _rule(rulebook, route)
        for number, step in enumerate(route.escalate):
            found[step.receiver, _step(route, number)] = GroupRule(
                wait_s=step.after_ms / 1000,
                interval_s=route.timers.group_interval_ms / 1000,
                active=step.hours,
                first=(route.receiver, route.known_as),
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
    yield target.receiver, target.route.known_as
    for number, step in enumerate(target.route.escalate):
        yield step.receiver, _step(target.route, number)


def _step(route: Route, number: int) -> str:
    return f"{route.known_as}{STEP}{number}]"


def _is_step(place: str) -> bool:
    return STEP in place


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
