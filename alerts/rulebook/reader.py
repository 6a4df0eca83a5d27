"""Reads a rules file: text in, a sound `Rulebook` out, or every problem with its place.

Nothing half-right gets through: what cannot work (a limit outside the indicator's range, a window that
is no multiple of the pane, a field that the detector has no use for) is refused here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from unicodedata import category, normalize

from alerts.measures import yardstick
from alerts.paging import RuleAbout
from alerts.rulebook.delivery import read_about, read_links, read_receivers
from alerts.rulebook.detection import KINDS, pass_over, read_detect
from alerts.rulebook.indicators import Catalogue, read_indicators
from alerts.rulebook.numbers import Setting
from alerts.rulebook.routes import Labels, RouteReader
from alerts.rulebook.values import count, dimension_values, dimensions, duration
from alerts.rulebook.yaml_nodes import Fields, Node, read_document
from alerts.rules import (
    DAY_MS,
    DIMENSIONS,
    SECOND_MS,
    Burn,
    CommandTrust,
    Detect,
    Gap,
    Limits,
    Relative,
    Rule,
    Rulebook,
    Sudden,
    SuddenRelative,
    Threshold,
    Timing,
)

RULE_NAME_CHARS: Final = 80
RULE_MARKS: Final = "_.:-"
THRESHOLD: Final = "threshold"
BY: Final = ("channel",)
EXPLAIN: Final = ("stage", "topic")
"""Searched for a cause unless the rule says otherwise (`explain: []` switches it off)."""
SHORTEST_PANE_MS: Final = 100
MOST_VALUES: Final = 1_000_000
MOST_COMBINATIONS: Final = 10_000_000
LONGEST_FOR_MS: Final = 30 * DAY_MS


@dataclass(frozen=True, slots=True)
class Default:
    """What holds where a file says nothing: its clock, and the name of a rule (None: it must have one)."""

    timing: Timing = field(default_factory=Timing)
    name: str | None = None


def read_rulebook(text: str, file: str, catalogue: Catalogue) -> Rulebook:
    """The rules in `text`; `file` is its name in messages.

    Raises:
        RulebookError: with everything that is wrong, in the order of the file.
    """
    document = read_document(text, file)
    found = document.attempt(lambda node: _whole(node.fields("a mapping with rules"), catalogue))
    document.notes.settle()  # raises where nothing was found
    return found[0]


def _whole(root: Fields, catalogue: Catalogue) -> Rulebook:
    rulebook = compose(root, catalogue, rule_list(root))
    root.close()
    return rulebook


def rule_list(root: Fields) -> list[Node]:
    """The items of `rules:`, which may be absent or empty: then there are only scores."""
    node = root.find("rules")
    if node is None or node.is_nothing:
        return []
    return [item for items in node.attempt(lambda node: node.items("a list of rules")) for item in items]


def compose(
    root: Fields, catalogue: Catalogue, rules: Sequence[Node], default: Default = Default()
) -> Rulebook:
    """The rulebook of a mapping with the given rules; what is wrong is noted.

    Scenario files hold the same blocks, with a clock and perhaps a rule name of their own by default.
    """
    clock = read_timing(root, default.timing)
    limits = _limits(root)
    kept = read_indicators(root, catalogue)
    reader = _RuleReader(catalogue=catalogue, kept=kept, timing=clock, default_name=default.name)
    read = [rule for node in rules for rule in node.attempt(reader.read) if rule is not None]
    receivers = read_receivers(root)
    owners = sorted({each.owner for each in reader.about.values() if each.owner})
    labels = Labels(sorted(reader.names), [*catalogue], owners)
    routing = RouteReader(receivers.names, labels)
    return Rulebook(
        rules=tuple(read),
        indicators=kept,
        timing=clock,
        receivers=receivers.sound,
        routes=routing.read(root),
        commands=_command_trust(root),
        limits=limits,
        inhibit=routing.inhibitions(root),
        maintenance=routing.maintenance(root),
        about=reader.about,
        links=read_links(root),
        heartbeat=routing.heartbeat(root),
    )


def _command_trust(root: Fields) -> CommandTrust:
    """`commands:`, which is `signed` or `trusted`."""
    words = [each.value for each in CommandTrust]
    return CommandTrust(root.get_or("commands", lambda node: node.choice(words), CommandTrust.SIGNED.value))


def read_timing(root: Fields, default: Timing) -> Timing:
    """The `timing:` block."""
    node = root.find("timing")
    if node is None or node.is_nothing:
        return default
    for fields in node.attempt(lambda node: node.fields("durations by name")):
        timing = Timing(
            fields.get_or("pane", _pane, default.pane_ms),
            fields.get_or("lateness", duration(0, DAY_MS), default.lateness_ms),
            fields.get_or("idle_after", duration(SECOND_MS, DAY_MS), default.idle_after_ms),
            fields.get_or("max_ahead", duration(SECOND_MS, DAY_MS), default.max_ahead_ms),
            fields.get_or("dedup_horizon", duration(SECOND_MS, 90 * DAY_MS), default.dedup_horizon_ms),
        )
        fields.close()
        if timing.dedup_horizon_ms < timing.lateness_ms + timing.pane_ms:
            fields.note(
                "dedup_horizon", "want at least lateness and one pane, or late duplicates count twice"
            )
        return timing
    return default


def _limits(root: Fields) -> Limits:
    """The `limits:` block."""
    node = root.find("limits")
    if node is None or node.is_nothing:
        return Limits()
    for fields in node.attempt(lambda node: node.fields("numbers by name")):
        limits = Limits(
            fields.get_or("max_values", count(MOST_VALUES), Limits().max_values),
            fields.get_or("max_combinations", count(MOST_COMBINATIONS), Limits().max_combinations),
            fields.get_or("max_scopes", count(MOST_COMBINATIONS), Limits().max_scopes),
        )
        fields.close()
        return limits
    return Limits()


def _pane(node: Node) -> int:
    pane_ms = duration(SHORTEST_PANE_MS, DAY_MS)(node)
    if DAY_MS % pane_ms:
        raise node.wrong("a duration that divides a day, so that hours and days are whole panes")
    return pane_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class _RuleReader:
    """Reads rules against the catalogue, the indicators that are kept, and the clock.

    `names` are those of all rules, the wrong ones too, so that a route to one is not called wrong as well.
    """

    catalogue: Catalogue
    kept: Mapping[str, Mapping[str, object]]
    timing: Timing
    default_name: str | None
    names: set[str] = field(default_factory=set)
    about: dict[str, RuleAbout] = field(default_factory=dict)

    def read(self, node: Node) -> Rule | None:
        """One rule; None when some field is wrong, which was noted."""
        fields = node.fields("a rule")
        name = self._name(fields)
        kind = fields.get("detect", lambda node: node.choice(KINDS)) if "detect" in fields else THRESHOLD
        indicator = fields.require("indicator", self._indicator, "an indicator such as csat")
        by = fields.get("by", dimensions) if "by" in fields else () if kind == "gap" else BY
        where = fields.get("where", _where) or {}
        explain = fields.get("explain", dimensions)
        for_ms = fields.get_or("for", duration(0, LONGEST_FOR_MS), 0)
        keep_ms = fields.get_or("keep_firing_for", duration(0, LONGEST_FOR_MS), 0)
        detect = self._detect(fields, kind, indicator)
        about = read_about(fields)
        fields.close()
        if name is not None and about != RuleAbout():
            self.about[name] = about
        if name is None or indicator is None or by is None or detect is None:
            return None
        rule = Rule(
            name=name, indicator=indicator, by=by, detect=detect, for_ms=for_ms, where=where, keep_ms=keep_ms
        )
        _check_dimensions(fields, rule)
        if explain is None:
            explain = EXPLAIN if self._explains_itself(rule) else ()
        return replace(rule, explain=tuple(dim for dim in explain if dim not in rule.scope_dims))

    def _name(self, fields: Fields) -> str | None:
        if self.default_name is not None and "name" not in fields:
            return self.default_name
        name = fields.require("name", _rule_name, "a name such as csat-low")
        if name in self.names:
            fields.note("name", f'want each rule once, got "{name}" again')
        if name is not None:
            self.names.add(name)
        return name

    def _detect(self, fields: Fields, kind: str | None, indicator: str | None) -> Detect | None:
        if kind is None or indicator is None:
            pass_over(fields)
            return None
        info = self.catalogue[indicator]
        measure = yardstick(info, self.kept[info.configured_by])
        return read_detect(kind, fields, Setting(measure, self.timing))

    def _explains_itself(self, rule: Rule) -> bool:
        """Whether a cause is searched for unasked: not for volumes, rhythms, durations and comparisons."""
        return (
            isinstance(rule.detect, (Threshold, Relative, Sudden, SuddenRelative, Burn))
            and self.catalogue[rule.indicator].bounded
        )

    def _indicator(self, node: Node) -> str:
        name = node.choice(self.catalogue)
        key = self.catalogue[name].configured_by
        if key not in self.kept:
            raise node.wrong(f"an indicator that is kept (indicators.{key} is false)")
        return name


def _rule_name(node: Node) -> str:
    name = node.text("a name such as csat-low")
    if not 1 <= len(name) <= RULE_NAME_CHARS or not all(map(_names, name)):
        raise node.wrong("a name of 1 to 80 letters, digits and _ . : -")
    return normalize("NFC", name)


def _names(char: str) -> bool:
    """Whether rule names may have the character: letters, their marks and digits of any script."""
    return char in RULE_MARKS or category(char)[0] in "LMN"


def _where(node: Node) -> dict[str, tuple[str, ...]]:
    fields = node.fields("dimensions and their values")
    kept: dict[str, tuple[str, ...]] = {}
    for name in DIMENSIONS:
        values = fields.get(name, dimension_values(name))
        if values:
            kept[name] = values
    fields.close()
    return kept


def _check_dimensions(fields: Fields, rule: Rule) -> None:
    """`where` and `explain` must fit what the rule tells apart."""
    if isinstance(rule.detect, Gap) and rule.detect.across in rule.by:
        across = rule.detect.across
        fields.note("by", f"want dimensions other than across, {across}, got {across} as well")
    for name in rule.where:
        if name not in rule.scope_dims:
            fields.note("where", f"want dimensions of by or across, {_listed(rule.scope_dims)}, got {name}")


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"
