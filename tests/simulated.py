"""Rules of every kind that can be simulated, for tests."""

from alerts.rulebook.reader import read_rulebook
from alerts.rules import Rule, Rulebook
from stream.indicators.catalogue import CATALOGUE

RULES = """
indicators: {csat: {scale: 1-5}, contacts: {}}
rules:
  - {name: low, indicator: csat, by: [channel], window: 6h, critical: 80}
  - {name: sudden, indicator: csat, by: [channel], detect: sudden, floor: 75}
  - {name: spent, indicator: csat, by: [channel], detect: burn, target: 80}
  - {name: quiet, indicator: csat, by: [channel], detect: silence, at_least: 5 per 1h}
  - {name: gap, indicator: csat, by: [stage], detect: gap, across: channel}
  - {name: lag, indicator: csat, by: [stage], detect: gap, across: channel,
     against: last_week, worse_by: 5 points}
  - {name: worse, indicator: csat, by: [channel], against: usual, worse_by: 5 points}
  - {name: surge, indicator: contacts, by: [channel], detect: surge, learn: 7d}
  - {name: hush, indicator: contacts, by: [channel], detect: silence, learn: 7d}
"""


def book() -> Rulebook:
    """The rules above."""
    return read_rulebook(RULES, "rules.yaml", CATALOGUE)


def rule(name: str) -> Rule:
    """One of them."""
    return next(each for each in book().rules if each.name == name)
