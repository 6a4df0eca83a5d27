"""Explanations: every reading that a rule judged, and why it came out as it did, as text or JSON."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo

import orjson

from alerts.errors import SettingsError
from alerts.readings import scope_object, scope_words
from alerts.rules import DIMENSIONS
from alerts.transitions import rounded, utc_text
from stream.judge.evaluation.explained import Explained
from stream.reports.timeline import local


@dataclass(frozen=True, slots=True)
class ExplainChoice:
    """Which rules and scopes somebody wants to hear of; nothing chosen means all."""

    rules: frozenset[str] = frozenset()
    scope: Mapping[str, str] = field(default_factory=dict)

    def holds(self, rule: str, scope: Mapping[str, str]) -> bool:
        """Whether the rule is wanted, and the scope has every value that is asked for."""
        if self.rules and rule not in self.rules:
            return False
        return all(scope.get(name) == value for name, value in self.scope.items())


def choice(rules: Iterable[str], known: Iterable[str], scopes: Iterable[str]) -> ExplainChoice:
    """What `--rule NAME` and `--scope DIMENSION=VALUE` ask for; `known` are the names of the rules.

    Raises:
        SettingsError: there is no such rule or dimension.
    """
    names = list(known)
    for rule in rules:
        if rule not in names:
            raise SettingsError(f'--rule: want one of {", ".join(names) or "no rules"}, got "{rule}"')
    values = {}
    for text in scopes:
        name, equals, value = text.partition("=")
        if not equals or name not in DIMENSIONS:
            raise SettingsError(f'--scope: want DIMENSION=VALUE such as channel=phone, got "{text}"')
        values[name] = value
    return ExplainChoice(frozenset(rules), values)


def explanation_text(explained: Explained, zone: tzinfo) -> str:
    """One line: when, which rule and scope, the reading, the verdict, the state and the reason."""
    reading = explained.reading
    value = "-" if reading.value is None else f"{reading.value:.4g}"
    doubt = (
        "" if reading.low is None or reading.high is None else f" ({reading.low:.4g} to {reading.high:.4g})"
    )
    when = f"{local(explained.at_ms, zone):%Y-%m-%d %H:%M:%S}"
    where = f"{explained.rule.name}  {scope_words(scope_object(explained.scope))}"
    outcome = f"{explained.verdict.word} -> {explained.state.word}"
    return f"{when}  {where}  {value}{doubt} n {reading.n}  {outcome}  {explained.reason}"


def explanation_json(explained: Explained) -> bytes:
    """The same as a JSON line."""
    reading = explained.reading
    value = {
        "at": utc_text(explained.at_ms),
        "rule": explained.rule.name,
        "scope": scope_object(explained.scope),
        "value": rounded(reading.value),
        "n": reading.n,
        "low": rounded(reading.low),
        "high": rounded(reading.high),
        "limit": rounded(explained.limit),
        "verdict": explained.verdict.word,
        "severity": None if explained.severity is None else explained.severity.value,
        "state": explained.state.word,
        "reason": explained.reason,
    }
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
