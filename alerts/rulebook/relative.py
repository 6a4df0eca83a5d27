"""A rule on a score that is worse than its own past, as a rules file writes it."""

import re
from collections.abc import Callable
from typing import Final

from alerts.measures import Measure
from alerts.rulebook.values import budget, open_hours, severity
from alerts.rulebook.yaml_nodes import Fields, Node
from alerts.rules import DAY_MS, Budget, Severity, SuddenRelative
from alerts.worsening import Against, Worsening

AMOUNT: Final = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?) ?(points?|%|percent)")
MOST_PERCENT: Final = 100
FALSE_PAGES: Final = Budget(1, 30 * DAY_MS)
"""Where a rule names no budget."""


def worsening(measure: Measure) -> Callable[[Node], Worsening]:
    """A parser of `5 points` (of the indicator's unit) or `10%` (of the past score)."""

    def parse(node: Node) -> Worsening:
        want = 'an amount such as "5 points" or "10%"'
        match = AMOUNT.fullmatch(" ".join(node.word(want).split()))
        if match is None or float(match[1]) <= 0:
            raise node.wrong(want)
        amount, percent = float(match[1]), not match[2].startswith("point")
        span = MOST_PERCENT if percent else (measure.high or 0) - (measure.low or 0)
        if amount >= span:
            raise node.wrong(f"less than {span:g}{' %' if percent else ' points'}, all that there is")
        return Worsening(amount, percent)

    return parse


def points(measure: Measure) -> Callable[[Node], float]:
    """A parser of `5 points`, a difference of two scores."""

    def parse(node: Node) -> float:
        found = worsening(measure)(node)
        if found.percent:
            raise node.wrong('points such as "5 points": of two scores that differ neither is the whole')
        return found.amount

    return parse


def against(node: Node) -> Against:
    """`usual` or `last_week`."""
    return Against(node.choice([each.value for each in Against]))


Levels = tuple[Worsening | None, Worsening | None]
"""For a warning, and for what is critical."""


def levels(fields: Fields, measure: Measure) -> Levels:
    """`worse_by`: one amount, which `severity` (critical) is told of, or one for each severity."""
    level = fields.get_or("severity", severity, Severity.CRITICAL)
    found = fields.require("worse_by", _levels(measure), 'by how much, such as "5 points" or "10%"')
    if found is None:
        return None, None
    warning, critical = found
    if warning is None and critical is not None and level is Severity.WARNING:
        return critical, None
    if warning and critical and warning.percent == critical.percent and warning.amount >= critical.amount:
        fields.note("worse_by", f"want less for warning than for critical, {critical.amount:g}")
    return found


def _levels(measure: Measure) -> Callable[[Node], Levels]:
    def parse(node: Node) -> Levels:
        if not node.is_mapping:
            return None, worsening(measure)(node)
        fields = node.fields("amounts for warning and critical")
        found = fields.get("warning", worsening(measure)), fields.get("critical", worsening(measure))
        fields.close()
        if "warning" not in fields and "critical" not in fields:
            node.note("want warning or critical")
        return found

    return parse


def usual_gap(fields: Fields, measure: Measure) -> tuple[Against | None, float | None]:
    """Of `gap` against each one's usual gap: which past, and by how many points it may have grown."""
    fields.refuse("at_least", "has no meaning beside against: worse_by says how much worse is too much")
    past = fields.require("against", against, "usual or last_week")
    return past, fields.require("worse_by", points(measure), 'by how much, such as "5 points"')


def sudden_relative(fields: Fields, measure: Measure) -> SuddenRelative | None:
    """`sudden` against its own past; None when something is wrong, which was noted."""
    for name in ("floor", "ceiling"):
        fields.refuse(name, "has no meaning beside against: worse_by says how much worse is too much")
    past = fields.require("against", against, "usual or last_week")
    allowed = fields.require("worse_by", worsening(measure), 'by how much, such as "5 points" or "10%"')
    false_pages = fields.get_or("false_pages", budget, FALSE_PAGES)
    level = fields.get_or("severity", severity, Severity.CRITICAL)
    hours = open_hours(fields)
    if past is None or allowed is None:
        return None
    return SuddenRelative(past, allowed, false_pages, level, hours)
