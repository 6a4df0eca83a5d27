"""Scenarios of single events: `events:` in the file or in an NDJSON file beside it, and `expect:` by time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import orjson

from alerts.errors import OperatorError
from alerts.readings import Scope, as_carried
from alerts.rulebook.notes import did_you_mean
from alerts.rulebook.shown import shown
from alerts.rulebook.values import severity
from alerts.rulebook.yaml_nodes import Fields, Node, Wrong
from alerts.rules import DIMENSIONS, Rule
from stream.columnar.timestamps import EARLIEST_MS, NO_TIME, UNTIL_MS, read_time
from stream.files.packed_logs import mark_of, opened
from stream.scenarios.rows import STATES
from stream.scenarios.scenario import Expected, ExpectedMoment, WantedState
from stream.scenarios.series import read_scope

Placed = tuple[str, bytes]
"""Where an event stands, for messages, and its JSON."""

WANT_TIME: Final = 'a time such as "2026-01-05T08:00:00Z"'


def read_events(node: Node, folder: Path) -> list[Placed]:
    """The events of a list, or of the NDJSON file (perhaps gzipped) that is named, relative to `folder`."""
    if node.is_list:
        return node.each(_event)
    name = node.text("a list of events or the path of an NDJSON file")
    try:
        with opened(str(folder / name)) as log:
            mark = mark_of(log)
            lines = log.stream.read()[mark:].split(b"\n")
    except OperatorError as error:
        raise Wrong(node, str(error)) from None
    return [(f"{name}:{number}", line) for number, line in enumerate(lines, 1) if line.strip()]


def read_time_ms(node: Node) -> int:
    """Unix milliseconds of an RFC 3339 time, quoted or not, in the years of which events are accepted."""
    at_ms = read_time(node.plain() or node.text(WANT_TIME))
    if at_ms == NO_TIME:
        raise node.wrong(WANT_TIME)
    if not EARLIEST_MS <= at_ms < UNTIL_MS:
        raise node.wrong("a time from 1990 to 2099, as events have")
    return at_ms


def read_moments(rules: Sequence[Rule], events: Sequence[Placed]) -> Callable[[Node], list[Expected]]:
    """A parser of a list of `{at: …, rule: …, scope: {…}, state: firing, severity: critical}`.

    Without `at` the state must hold all the time.  `rule` may be left out where there is but one.  A scope
    that is nearly one of the events' is wrong: nothing ever happens there, whatever the rules are.
    """
    moments = _Moments({rule.name: rule for rule in rules}, _values(events))

    def parse(node: Node) -> list[Expected]:
        if node.is_list and not node.items():
            raise Wrong(node, "want at least one state to expect")
        return _by_scope([one for one in node.each(moments.read) if one is not None])

    return parse


@dataclass(frozen=True, slots=True)
class _Moments:
    """Reads states to expect of rules; `known` are the values of each dimension that events have."""

    rules: Mapping[str, Rule]
    known: Mapping[str, set[str]]

    def read(self, node: Node) -> Expected | None:
        """One state, None where it is wrong, which is noted."""
        fields = node.fields("a state to expect")
        at_ms = fields.get("at", read_time_ms)
        name = _rule(fields, self.rules)
        scope = fields.get("scope", read_scope)
        state = fields.require("state", lambda node: STATES[node.choice(STATES)], "the state to expect")
        level = fields.get("severity", severity)
        fields.close()
        if name is None or state is None or (scope is None and "scope" in fields):
            return None
        found = self._scope(fields, scope or {}, self.rules[name])
        return Expected(name, found, (ExpectedMoment(at_ms, WantedState(state, level)),))

    def _scope(self, fields: Fields, given: Mapping[str, str], rule: Rule) -> Scope:
        """A scope of the rule; noted is what it does not tell apart, and what is nearly an event's value."""
        about = fields.find("scope") or fields.node
        for name in [name for name in given if name not in rule.scope_dims]:
            dims = ", ".join(rule.scope_dims) or "nothing"
            about.note(f"want {dims}, as {rule.name} tells apart, got {name}")
        scope = tuple((name, given.get(name, "")) for name in rule.scope_dims)
        for name, value in scope:
            known = {*self.known[name], *rule.where.get(name, ())}
            is_known = value in known or value.startswith("(")  # such as (other)
            if not is_known and (hint := did_you_mean(value, self.known[name], about.notes)):
                about.note(f'want a {name} that some event has, got "{shown(value)}"{hint}')
        return scope


def _values(events: Sequence[Placed]) -> Mapping[str, set[str]]:
    """The values of each dimension that some event has, as they are carried; "" of events without one."""
    found: dict[str, set[str]] = {name: set() for name in DIMENSIONS}
    for _, value in events:
        try:
            event = orjson.loads(value)
        except orjson.JSONDecodeError:
            continue  # it is told when it is played
        for name in DIMENSIONS if isinstance(event, dict) else ():
            given = event.get(name)
            found[name].add(as_carried(name, given) if isinstance(given, str) else "")
    return found


def _rule(fields: Fields, by_name: Mapping[str, Rule]) -> str | None:
    if "rule" not in fields and len(by_name) == 1:
        return next(iter(by_name))
    return fields.require("rule", lambda node: node.choice(by_name), "the name of a rule")


def _by_scope(single: Sequence[Expected]) -> list[Expected]:
    """Moments of the same rule and scope together, in the order of time; those without come first."""
    found: dict[object, Expected] = {}
    for one in single:
        known = found.get((one.rule, one.scope))
        moments = one.moments if known is None else (*known.moments, *one.moments)
        ordered = tuple(sorted(moments, key=lambda moment: moment.at_ms or 0))
        found[one.rule, one.scope] = replace(one, moments=ordered)
    return list(found.values())


def _event(node: Node) -> Placed:
    """One event as JSON; without an id it gets one from its place."""
    fields = node.fields("an event")
    event = {name: fields.get(name, _scalar) for name in fields.names()}
    event.setdefault("id", node.path)
    mark = node.raw.start_mark
    return f"{node.notes.file}:{mark.line + 1}:{mark.column + 1}: {node.path}", orjson.dumps(event)


def _scalar(node: Node) -> object:
    """A field of an event: times need no quotes here."""
    plain = node.plain()
    if plain in {"true", "false"}:
        return node.flag()
    if plain is None:
        return None if node.is_nothing else node.text("text, a number, true or false")
    try:
        return node.number()
    except Wrong:
        return plain
