"""The `routes:`, `inhibit:` and `maintenance:` of a rules file."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final
from unicodedata import normalize

import orjson

from alerts.hours import OpenHours
from alerts.paging import (
    EVERYTHING,
    PLAIN,
    Comparison,
    Escalation,
    Heartbeat,
    Inhibition,
    Maintenance,
    Matcher,
    Route,
    Timers,
)
from alerts.readings import as_carried
from alerts.rulebook.patterns import in_lower_case, is_quick
from alerts.rulebook.values import dimension_values, duration, open_hours, opening_spans, time_zone
from alerts.rulebook.yaml_nodes import Fields, Node
from alerts.rules import DAY_MS, DIMENSIONS, SECOND_MS, Severity

MATCHER: Final = re.compile(r'\s*([A-Za-z_]+)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|[^"]*?)\s*')
LONGEST_WAIT_MS: Final = 7 * DAY_MS
LONGEST_PATTERN: Final = 200


class Labels:
    """Which labels a route may match, and with which values where these are known."""

    def __init__(self, rules: Collection[str], indicators: Collection[str], owners: Collection[str]) -> None:
        self._closed = {
            "rule": rules,
            "severity": [str(level) for level in Severity],
            "indicator": indicators,
            "owner": owners,
        }

    @property
    def names(self) -> tuple[str, ...]:
        """Every label that alerts may have."""
        return (*self._closed, *DIMENSIONS)

    def read(self, fields: Fields) -> tuple[Matcher, ...]:
        """The `match:` (label: value or values) and `matchers:` (text) of something."""
        match = fields.get("match", self.mapping) or ()
        texts = fields.get("matchers", lambda node: tuple(node.one_or_each(self.text))) or ()
        return (*match, *texts)

    def mapping(self, node: Node) -> tuple[Matcher, ...]:
        """`{channel: phone, team: [blue, red]}`."""
        fields = node.fields("labels and their values")
        found = []
        for label in self.names:
            values = fields.get(label, self._parser(label))
            if values is not None:
                found.append(Matcher(label, Comparison.EQUAL, values))
        fields.close()
        return tuple(found)

    def text(self, node: Node) -> Matcher:
        """`channel=phone`, `severity!="warning"`, `team=~"blue|red"`."""
        text = node.text('a matcher such as channel="phone"')
        parts = MATCHER.fullmatch(text)
        if parts is None or parts[1] not in self.names:
            raise node.wrong(f"a matcher (=, !=, =~, !~) of {', '.join(self.names)}")
        label, comparison = parts[1], Comparison(parts[2])
        value = normalize("NFC", parts[3]).strip('"').replace('\\"', '"').replace("\\\\", "\\")
        if comparison in {Comparison.LIKE, Comparison.UNLIKE}:
            _look_at_pattern(node, value)
            return Matcher(label, comparison, (in_lower_case(value) if label == "channel" else value,))
        return Matcher(label, comparison, (as_carried(label, value),))

    def _parser(self, label: str) -> Callable[[Node], tuple[str, ...]]:
        if label in self._closed:
            options = self._closed[label]
            return lambda node: tuple(node.some(lambda item: item.choice(options)))
        return dimension_values(label)


def _look_at_pattern(node: Node, pattern: str) -> None:
    if len(pattern) > LONGEST_PATTERN:
        raise node.wrong(f"a pattern of at most {LONGEST_PATTERN} characters")
    try:
        if not is_quick(pattern):
            raise node.wrong("a pattern with few repeats, and no repeats or alternatives in a repeat")
    except re.error:
        raise node.wrong("a pattern (a regular expression)") from None


@dataclass(frozen=True, slots=True)
class _Parent:
    """What a route takes over from the one above it."""

    receiver: str | None
    timers: Timers
    owner: str
    go_on: bool


@dataclass(frozen=True, slots=True)
class RouteReader:
    """Reads the tree against the receivers and labels that there are."""

    receivers: Collection[str]
    labels: Labels

    def read(self, root: Fields) -> tuple[Route, ...]:
        """`routes:`, a list of which every match counts, or `route:`, one root as Alertmanager has it."""
        node = root.find("routes")
        found: list[Route] = []
        top = _Parent(None, PLAIN, "", go_on=True)
        if node is not None and not node.is_nothing:
            for items in node.attempt(lambda node: node.items("a list of routes")):
                found += [route for item in items for route in item.attempt(self._parser(top))]
        single = root.get("route", self._parser(top))
        if single is not None:
            found.append(single)
        return _keyed(found)

    def heartbeat(self, root: Fields) -> Heartbeat | None:
        """`heartbeat:`, a receiver and how often."""

        def parse(node: Node) -> Heartbeat | None:
            fields = node.fields("a receiver and every")
            receiver = fields.require("receiver", self._known, "the name of a receiver")
            every_ms = fields.get_or("every", duration(SECOND_MS, DAY_MS), 60 * SECOND_MS)
            canary = fields.get_or("canary", Node.flag, default=False)
            fields.close()
            return None if receiver is None else Heartbeat(receiver, every_ms, canary)

        return root.get("heartbeat", parse)

    def inhibitions(self, root: Fields) -> tuple[Inhibition, ...]:
        """`inhibit:`, a list of source, target and equal."""
        return tuple(root.get("inhibit", lambda node: node.each(self._inhibition)) or ())

    def maintenance(self, root: Fields) -> tuple[Maintenance, ...]:
        """`maintenance:`, a list of windows."""
        return tuple(root.get("maintenance", lambda node: node.each(self._window)) or ())

    def _known(self, node: Node) -> str:
        if not self.receivers:
            raise node.wrong("the name of a receiver (there are none)")
        return node.choice(self.receivers)

    def _parser(self, parent: _Parent) -> Callable[[Node], Route]:
        def parse(node: Node) -> Route:
            fields = node.fields("a route with receiver and match")
            if parent.receiver is None:
                receiver = fields.require("receiver", self._known, "the name of a receiver")
            else:
                receiver = fields.get("receiver", self._known) or parent.receiver
            matchers = self.labels.read(fields)
            timers = self._timers(fields, parent.timers)
            owner = fields.get_or("owner", lambda node: node.text("a person or a team"), parent.owner)
            route = Route(
                receiver=receiver or "",
                matchers=matchers,
                go_on=fields.get_or("continue", Node.flag, parent.go_on),
                timers=timers,
                active=_hours(fields, "active"),
                muted=_hours(fields, "mute"),
                escalate=tuple(fields.get("escalate", lambda node: node.each(self._step)) or ()),
                owner=owner,
                place=node.path,
            )
            below = _Parent(receiver or "", timers, owner, go_on=False)
            children = fields.get("routes", lambda node: node.each(self._parser(below), "a list of routes"))
            fields.close()
            return replace(route, routes=tuple(children or ()))

        return parse

    def _timers(self, fields: Fields, above: Timers) -> Timers:
        by = fields.get("group_by", self._group_by)
        wait = fields.get("group_wait", duration(0, LONGEST_WAIT_MS))
        every = fields.get("group_interval", duration(SECOND_MS, LONGEST_WAIT_MS))
        repeat = fields.get("repeat_interval", duration(SECOND_MS, LONGEST_WAIT_MS))
        timers = above
        if by is not None:
            timers = replace(timers, group_by=by)
        elif timers.group_by is None and {wait, every, repeat} != {None}:
            # Repeats and waits need to be kept account of, each alert by itself.
            timers = replace(timers, group_by=EVERYTHING, group_wait_ms=0)
        if wait is not None:
            timers = replace(timers, group_wait_ms=wait)
        if every is not None:
            timers = replace(timers, group_interval_ms=every)
        return timers if repeat is None else replace(timers, repeat_interval_ms=repeat)

    def _group_by(self, node: Node) -> tuple[str, ...]:
        names = tuple(node.one_or_each(lambda item: item.choice((*EVERYTHING, *self.labels.names))))
        return EVERYTHING if EVERYTHING[0] in names else names

    def _step(self, node: Node) -> Escalation:
        fields = node.fields("a step with after and receiver")
        after = fields.require("after", duration(0, LONGEST_WAIT_MS), "how long to wait")
        receiver = fields.require("receiver", self._known, "the name of a receiver")
        hours = open_hours(fields) if "open" in fields else None
        fields.close()
        return Escalation(receiver or "", after or 0, hours)

    def _inhibition(self, node: Node) -> Inhibition:
        fields = node.fields("source, target and equal")
        sides = [
            fields.require(side, self._side, "matchers such as {severity: critical}") or ()
            for side in ("source", "target")
        ]
        equal = fields.get(
            "equal", lambda node: tuple(node.one_or_each(lambda n: n.choice(self.labels.names)))
        )
        fields.close()
        return Inhibition(sides[0], sides[1], equal or ())

    def _side(self, node: Node) -> tuple[Matcher, ...]:
        """A mapping of labels, or a list of matchers."""
        if node.is_mapping:
            return self.labels.mapping(node)
        return tuple(node.one_or_each(self.labels.text))

    def _window(self, node: Node) -> Maintenance:
        fields = node.fields("a window with name, open and match")
        name = fields.require("name", lambda node: node.text("a name"), "a name")
        matchers = self.labels.read(fields)
        if "open" not in fields:
            fields.note("open", 'missing, want hours such as "Sun 02:00-04:00"')
        hours = open_hours(fields)
        owner = fields.get_or("owner", lambda node: node.text("a person or a team"), "")
        fields.close()
        return Maintenance(name or "", matchers, hours, owner)


def _keyed(routes: Iterable[Route], above: str = "") -> tuple[Route, ...]:
    """The routes, each with its key: what it takes and whom it tells, and not where it stands.

    So a route that is put in before others takes nothing from the groups of those.  Routes that say the same
    (one for the day, one for the night) are told apart by their order.
    """
    alike: Counter[str] = Counter()
    found = []
    for route in routes:
        taken = sorted([each.label, each.comparison, *each.values] for each in route.matchers)
        said = orjson.dumps([above, route.receiver, taken, route.timers.group_by])
        own = sha256(said).hexdigest()[:12]
        alike[own] += 1
        key = f"{own}.{alike[own]}"
        found.append(replace(route, key=key, routes=_keyed(route.routes, key)))
    return tuple(found)


def _hours(fields: Fields, name: str) -> OpenHours | None:
    """Hours in the words of `open`: a text or list, or a mapping with `open`, `holidays` and `time_zone`."""

    def parse(node: Node) -> OpenHours:
        if node.is_mapping:
            inner = node.fields()
            hours = open_hours(inner)
            inner.close()
            return hours
        return OpenHours(zone, opening_spans(node))

    zone = fields.get_or("time_zone", time_zone, "UTC")
    return fields.get(name, parse)
