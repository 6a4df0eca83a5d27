"""A rule in one sentence, as `tocsin check` and reports show it."""

from alerts.hours import OpenHours
from alerts.notation import duration_text
from alerts.rules import (
    Budget,
    Burn,
    Detect,
    Direction,
    Gap,
    Relative,
    Rule,
    Silence,
    Sudden,
    SuddenRelative,
    Surge,
    Threshold,
)
from alerts.worsening import Against, Worsening


def kind(detect: Detect) -> str:
    """The word for it in a rules file."""
    match detect:
        case Relative():
            return "threshold"
        case SuddenRelative():
            return "sudden"
        case _:
            return type(detect).__name__.lower()


def description(rule: Rule, direction: Direction) -> str:
    """What the rule watches, when it fires, and in which scopes; `direction` is its indicator's."""
    parts = [_condition(rule.indicator, rule.detect, direction) + _hours(rule.detect.hours)]
    if rule.for_ms:
        parts.append(f"for {duration_text(rule.for_ms)}")
    if rule.keep_ms:
        parts.append(f"held open until healthy for {duration_text(rule.keep_ms)}")
    parts.append(f"by {', '.join(rule.scope_dims)}" if rule.scope_dims else "overall")
    for name, values in rule.where.items():
        parts.append(f"where {name} is {' or '.join(value or 'empty' for value in values)}")
    return "; ".join(parts)


def windows_ms(detect: Detect) -> tuple[int, ...]:
    """Every stretch of event time that the rule looks back on, in the order of the file."""
    match detect:
        case Threshold() | Relative() | Gap():
            return (detect.window_ms,)
        case Burn():
            return tuple(window for pair in detect.pairs for window in (pair.long_ms, pair.short_ms))
        case Silence() | Surge():
            return () if detect.learn_ms is None else (detect.learn_ms,)
        case Sudden() | SuddenRelative():
            return ()


def _condition(indicator: str, detect: Detect, direction: Direction) -> str:
    past = "below" if direction is Direction.LOW_IS_BAD else "above"
    match detect:
        case Threshold():
            levels = ((detect.warning, "warning"), (detect.critical, "critical"))
            limits = ", ".join(f"{limit:.15g} ({level})" for limit, level in levels if limit is not None)
            back = "" if detect.recover is None else f", healthy again from {detect.recover:.15g}"
            back += "" if detect.calm is None else f", a warning again from {detect.calm:.15g}"
            return f"{indicator} {past} {limits}{back}{_sample(detect)}"
        case Relative():
            return _relative(indicator, detect)
        case Sudden():
            pages = _pages(detect.false_pages)
            return f"{indicator} suddenly {past} {detect.bound:.15g} ({detect.severity}), {pages}"
        case SuddenRelative():
            worse = f"{indicator} suddenly worse than {_past(detect.against)} by {_amount(detect.worse_by)}"
            return f"{worse} ({detect.severity}), {_pages(detect.false_pages)}"
        case Burn():
            period = duration_text(detect.period_ms)
            return f"{indicator} burns its budget of {detect.target:.15g} over {period}: {_pairs(detect)}"
        case Silence():
            least = "" if detect.at_least is None else f" below {_budget(detect.at_least)}"
            return f"silence of {indicator}{least}{_rhythm(detect)} ({detect.severity})"
        case Surge():
            return f"surge of {indicator}{_rhythm(detect)} ({detect.severity})"
        case Gap():
            window, pages = duration_text(detect.window_ms), _pages(detect.false_pages)
            least = "" if detect.at_least is None else f" by {detect.at_least:g} points or more"
            if detect.against is not None:
                least = f", by {detect.worse_by:g} points more than {_past(detect.against)},"
            return f"{indicator} of one {detect.across} worse than the others{least} over {window}, {pages}"


def _relative(indicator: str, detect: Relative) -> str:
    levels = ((detect.warning, "warning"), (detect.critical, "critical"))
    given = [f"{_amount(allowed)} ({level})" for allowed, level in levels if allowed is not None]
    return f"{indicator} worse than {_past(detect.against)} by {', '.join(given)}{_sample(detect)}"


def _sample(detect: Threshold | Relative) -> str:
    sure = f", {detect.confidence:.4g} sure" if detect.confidence else ""
    answers = "1 answer" if detect.min_answers == 1 else f"{detect.min_answers} answers"
    return f" over {duration_text(detect.window_ms)}{sure}, {answers} or more"


def _past(against: Against) -> str:
    return "usual at these hours" if against is Against.USUAL else "at these hours a week ago"


def _amount(allowed: Worsening) -> str:
    return f"{allowed.amount:g} {'%' if allowed.percent else 'points'}"


def _pairs(burn: Burn) -> str:
    texts = []
    for pair in burn.pairs:
        windows = f"{duration_text(pair.long_ms)} and {duration_text(pair.short_ms)}"
        texts.append(f"{pair.rate:g}× in {windows} ({pair.severity})")
    return ", ".join(texts)


def _rhythm(detect: Silence | Surge) -> str:
    if detect.learn_ms is None or detect.false_pages is None:
        return ""
    return f" against the rhythm of {duration_text(detect.learn_ms)}, {_pages(detect.false_pages)}"


def _pages(budget: Budget) -> str:
    return f"at most {_budget(budget)} in error"


def _budget(budget: Budget) -> str:
    return f"{budget.count:g} per {duration_text(budget.per_ms)}"


def _hours(hours: OpenHours) -> str:
    words = hours.in_words()
    return f"; {words}" if words else ""
