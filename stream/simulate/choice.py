"""Choice: which rules of a file can be simulated, and together."""

from dataclasses import dataclass
from typing import Final

from alerts.errors import SettingsError
from alerts.rules import (
    Burn,
    Gap,
    Relative,
    Rule,
    Rulebook,
    Sudden,
    SuddenRelative,
    Threshold,
)
from stream.indicators.catalogue import CATALOGUE
from stream.simulate.question import on_volume

ON_SCORES: Final = (Threshold, Relative, Sudden, SuddenRelative, Burn, Gap)


@dataclass(frozen=True, slots=True)
class RuleChoice:
    """Which rules of a file are simulated, by name and by indicator."""

    rule: tuple[str, ...]
    indicator: str | None


def chosen(rulebook: Rulebook, wanted: RuleChoice, *, scores: bool) -> list[Rule]:
    """The rules to simulate, all on one indicator; `scores` says that there is a healthy one.

    Raises:
        SettingsError: there is no such rule, or more than one indicator is left.
    """
    known = {rule.name: rule for rule in rulebook.rules}
    unknown = [name for name in wanted.rule if name not in known]
    if unknown:
        raise SettingsError(f"--rule: want one of {', '.join(known)}, got {unknown[0]}")
    rules = [known[name] for name in wanted.rule]
    if not rules:
        rules = [each for each in rulebook.rules if _fits(each, scores=scores)]
    rules = [rule for rule in rules if wanted.indicator in {None, rule.indicator}]
    _check(rules, scores=scores)
    return rules


def _check(rules: list[Rule], *, scores: bool) -> None:
    """Whether rules can be simulated together."""
    indicators = sorted({rule.indicator for rule in rules})
    if not rules:
        kinds = "threshold, sudden, burn or gap" if scores else "surge or silence; with --healthy, on scores"
        raise SettingsError(f"want a rule that can be simulated ({kinds}), got none")
    if not scores and not all(map(on_volume, rules)):
        names = ", ".join(rule.name for rule in rules if not on_volume(rule))
        raise SettingsError(f"--healthy: want the score when all is well, for {names}")
    if len(indicators) > 1:
        raise SettingsError(f"--indicator: want one of {', '.join(indicators)}, got rules on all of them")
    if scores and not all(map(_is_bounded, rules)):
        raise SettingsError(f"--healthy: want it for rules on scores only, got rules on {indicators[0]}")


def _fits(rule: Rule, *, scores: bool) -> bool:
    if scores:
        return isinstance(rule.detect, ON_SCORES) and _is_bounded(rule)
    return on_volume(rule)


def _is_bounded(rule: Rule) -> bool:
    return CATALOGUE[rule.indicator].bounded
