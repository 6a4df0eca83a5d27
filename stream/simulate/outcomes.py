"""Outcomes: what came of the simulation of one rule."""

from dataclasses import dataclass, field, replace

import numpy as np

from alerts.intervals import PUBLISHED_CONFIDENCE, normal_quantile, poisson
from alerts.rules import Rule
from stream.simulate.question import Fall


@dataclass(frozen=True, slots=True)
class FallSeen:
    """How a fall was seen: the share of scopes that were paged in time, and after how long."""

    to: Fall
    share: float
    answers: tuple[float, float]
    seconds: tuple[float, float]


@dataclass(slots=True, kw_only=True)
class RuleOutcome:
    """What one rule did.  `pages` are false ones over `scope_months`; `firing` the share of time in alarm.

    A page is an episode that fired; `notices` are all that people got of them, to the last one.
    """

    rule: Rule
    beside: str | None
    scope_months: float
    pages: int = 0
    firing: float = 0.0
    falls: list[FallSeen] = field(default_factory=list)
    notices: int = 0


def together(first: RuleOutcome, rest: RuleOutcome) -> RuleOutcome:
    """What one rule did in other scopes too, of which none fell."""
    months = first.scope_months + rest.scope_months
    alarm = first.firing * first.scope_months + rest.firing * rest.scope_months
    return replace(
        first,
        scope_months=months,
        pages=first.pages + rest.pages,
        firing=alarm / months,
        notices=first.notices + rest.notices,
    )


def no_oftener(one: RuleOutcome, of: RuleOutcome) -> bool:
    """Whether one rule makes no more false pages a month than another."""
    return one.pages / one.scope_months <= of.pages / of.scope_months


def false_pages(of: RuleOutcome) -> tuple[float, float, float]:
    """Per scope and month, with the 95 % interval that the number of pages allows."""
    count = np.array([float(of.pages)])
    low, high = poisson(count, normal_quantile(PUBLISHED_CONFIDENCE))
    return of.pages / of.scope_months, float(low[0]) / of.scope_months, float(high[0]) / of.scope_months
