"""Rules of every kind that can be simulated, for tests."""

from alerts.rulebook.reader import read_rulebook
from alerts.rules import Rule, Rulebook
from stream.indicators.catalogue import CATALOGUE

RULES = """
indicators: {csat: {scale: 1-5}}
rules:
  - {name: low, indicator: csat, by: [channel], window: 6h, critical: 80}
  - {name: sudden, indicator: csat, by: [channel], detect: sudden, floor: 75}
  - {name: spent, indicator: csat, by: [channel], detect: burn, target: 80}
  - {name: quiet, indicator: csat, by: [channel], detect: silence, at_least: 5 per 1h}
"""


def book() -> Rulebook:
    """The rules above."""
    return read_rulebook(RULES, "rules.yaml", CATALOGUE)


def rule(name: str) -> Rule:
    """One of them."""
    return next(each for each in book().rules if each.name == name)
