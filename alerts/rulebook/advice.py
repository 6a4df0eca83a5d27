"""What a sound rules file would still be better without: nothing here stops a worker."""

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from alerts.intervals import bounded_mean, normal_quantile, wilson
from alerts.measures import Measure, yardstick
from alerts.paging import Comparison, Receiver, Route, every_route
from alerts.rulebook.indicators import Catalogue
from alerts.rules import DIMENSIONS, Family, Gap, Rule, Rulebook, Threshold

MANY_DIMENSIONS: Final = 3
"""From here on scopes multiply: 6 channels × 30 topics × 40 teams are 7,200 before anybody notices."""
MANY_ANSWERS: Final = 10**6
SECONDS_MEANT: Final = 60
"""Cases that are solved within a minute need no limit."""


def advice(rulebook: Rulebook, catalogue: Catalogue) -> list[str]:
    """One sentence per doubt, each beginning with where: `rules.csat-low: …`."""
    found = [
        f"rules.{rule.name}: {doubt}"
        for rule in rulebook.rules
        for doubt in (
            *_of_rule(rule, yardstick_of(rule, rulebook, catalogue)),
            *_of_closing(rule, rulebook.indicators[catalogue[rule.indicator].configured_by]),
        )
    ]
    found += [
        f"receivers.{receiver.name}: {doubt}"
        for receiver in rulebook.receivers
        for doubt in _of_receiver(receiver, rulebook.routes)
    ]
    for route in every_route(rulebook.routes):
        found += [f"{route.place}: {doubt}" for doubt in _of_route(route, rulebook.rules)]
    return found


def yardstick_of(rule: Rule, rulebook: Rulebook, catalogue: Catalogue) -> Measure:
    """The rule's indicator under the rulebook's options."""
    info = catalogue[rule.indicator]
    return yardstick(info, rulebook.indicators[info.configured_by])


def answers_needed(detect: Threshold, measure: Measure) -> int | None:
    """How few answers, all of them the worst, are beyond doubt past the outer limit; None: never enough.

    1 where nothing is doubted, and for indicators whose single values have no worst.
    """
    limit = detect.critical if detect.warning is None else detect.warning
    if limit is None or measure.worst is None or measure.best is None:
        return 1
    share = (limit - measure.worst) / (measure.best - measure.worst)
    if share <= 0:
        return None
    n = np.arange(1, 4096, dtype=np.float64)
    none = np.zeros_like(n)
    z = normal_quantile(detect.confidence)
    share_like = measure.info.family is Family.SHARE
    _, high = wilson(n, none, z) if share_like else bounded_mean(n, none, none, z)
    enough = np.flatnonzero(high < share)
    return int(n[enough[0]]) if len(enough) else MANY_ANSWERS


def _of_rule(rule: Rule, measure: Measure) -> Iterator[str]:
    dims = rule.scope_dims
    if len(dims) >= MANY_DIMENSIONS:
        yield f"{len(dims)} dimensions ({', '.join(dims)}) multiply: every combination seen is kept"
    if rule.detect.hours.rounded:
        yield "open until 23:59 is taken as open until midnight (24:00)"
    if isinstance(rule.detect, Threshold):
        yield from _of_threshold(rule.detect, measure)
    if isinstance(rule.detect, Gap) and len(rule.where.get(rule.detect.across, ("", ""))) < 2:
        yield f"only one {rule.detect.across} is left to compare, so it can never fire"


def _of_closing(rule: Rule, options: Mapping[str, object]) -> Iterator[str]:
    """Failures that are charged to the first contact come while its channel is closed, successes do not.

    A window has a least number of answers, and a day of them; bets go on all night.
    """
    closes = [each for each in ("channel", "team") if each in rule.scope_dims]
    bets = not isinstance(rule.detect, Threshold | Gap)
    if options.get("charge") == "first" and closes and bets and not rule.detect.hours.limited:
        yield (
            f"its nights look bad where a {closes[0]} closes, as contacts are repeated elsewhere meanwhile: "
            "`open` says its hours"
        )


def _of_threshold(detect: Threshold, measure: Measure) -> Iterator[str]:
    for limit, name in ((detect.warning, "warning"), (detect.critical, "critical")):
        if limit is not None and measure.worst is not None and limit == measure.worst:
            yield f"{name} {limit:g} can never be crossed: nothing is {measure.worse_word} it"
        elif limit is not None and 0 < limit <= 1 and measure.info.unit == "percent":
            yield f"{name} {limit:g} is in percent, as all shares are: were {100 * limit:g} % meant?"
        elif limit is not None and 0 < limit < SECONDS_MEANT and measure.info.unit == "seconds":
            yield f"{name} {limit:g} is in seconds: were minutes, hours or days meant?"
    needed = answers_needed(detect, measure)
    if needed is not None and needed > detect.min_answers:
        count = f"{needed}" if needed < MANY_ANSWERS else "thousands of"
        yield (
            f"min_answers {detect.min_answers} is less than it takes: below {count} answers"
            f" no score is beyond doubt at confidence {detect.confidence:g}"
        )


def _of_receiver(receiver: Receiver, routes: tuple[Route, ...]) -> Iterator[str]:
    if receiver.kind == "webhook" and "secret" not in receiver.settings:
        yield "no secret, so its notices are not signed"
    told = {route.receiver for route in every_route(routes)}
    told |= {step.receiver for route in every_route(routes) for step in route.escalate}
    if routes and receiver.name not in told:
        yield "no route leads to it"


def _of_route(route: Route, rules: tuple[Rule, ...]) -> Iterator[str]:
    match = {each.label: each.values for each in route.matchers if each.comparison is Comparison.EQUAL}
    for name in DIMENSIONS:
        if name in match and not any(name in rule.scope_dims for rule in rules):
            yield f"matches nothing: no rule tells {name} apart"
    for label, values in (
        ("rule", [rule.name for rule in rules]),
        ("indicator", [r.indicator for r in rules]),
    ):
        wanted = match.get(label, ())
        if wanted and not set(wanted) & set(values):
            yield f"matches nothing: no rule has {label} {' or '.join(wanted)}"
