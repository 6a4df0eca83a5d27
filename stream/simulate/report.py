"""Reports of simulations: a table for people, an object for programs."""

from collections.abc import Iterator, Sequence
from math import isfinite

from alerts.notation import duration_text
from alerts.rules import DAY_MS, Gap, Relative, Threshold
from alerts.wording import columns, figures, padded
from stream.simulate.lives import MONTH_DAYS
from stream.simulate.outcomes import FallSeen, RuleOutcome, false_pages
from stream.simulate.question import Question


def report(question: Question, outcomes: Sequence[RuleOutcome]) -> dict[str, object]:
    """Everything as one JSON object; null where a fall was not seen by enough scopes to say."""
    return {
        "healthy": question.healthy,
        "per_day": question.per_day,
        "scopes": question.scopes,
        "seed": question.seed,
        "rules": [_object(outcome) for outcome in outcomes],
    }


def _object(outcome: RuleOutcome) -> dict[str, object]:
    rate, low, high = false_pages(outcome)
    return {
        "rule": outcome.rule.name,
        "beside": outcome.beside,
        "indicator": outcome.rule.indicator,
        "detect": type(outcome.rule.detect).__name__.lower(),
        "scope_months": outcome.scope_months,
        "false_pages": outcome.pages,
        "false_pages_per_scope_30d": rate,
        "notices": outcome.notices,
        "false_pages_low": low,
        "false_pages_high": high,
        "firing_share": outcome.firing,
        "falls": [_fall(seen) for seen in outcome.falls],
    }


def _fall(seen: FallSeen) -> dict[str, object]:
    return {
        "to": seen.to.told,
        "seen_share": seen.share,
        "answers_median": _finite(seen.answers[0]),
        "answers_p90": _finite(seen.answers[1]),
        "delay_s_median": _finite(seen.seconds[0]),
        "delay_s_p90": _finite(seen.seconds[1]),
    }


def table(question: Question, outcomes: Sequence[RuleOutcome]) -> Iterator[str]:
    """Lines for a terminal."""
    indicator = outcomes[0].rule.indicator
    if question.healthy is None:
        yield f"{question.scopes} scopes with {question.per_day:g} {indicator} a day each\n"
    else:
        yield (
            f"{question.scopes} scopes with {question.per_day:g} answers a day each, "
            f"{indicator} {question.healthy:g} when all is well\n"
        )
    unit = "events" if question.healthy is None else "answers"
    heads = (f"fall to {fall.text}: median, p90" for fall in question.falls)
    rates = (f"false pages per scope and {MONTH_DAYS} d", "notices", "time in alarm")
    rows: list[tuple[str, ...]] = [("", *rates, *heads), *(_row(outcome, unit) for outcome in outcomes)]
    widths = [max(columns(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "   ".join(padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
    months = sorted({outcome.scope_months for outcome in outcomes}, reverse=True)
    yield ""
    yield f"Healthy months of scopes simulated: {', '.join(f'{each:g}' for each in months)}."
    yield from _hardly_judged(question, outcomes)


def _hardly_judged(question: Question, outcomes: Sequence[RuleOutcome]) -> Iterator[str]:
    """Which rules are quiet because their windows hold too little, and not because all is well."""
    for detect, name in ((each.rule.detect, each.rule.name) for each in outcomes if each.beside is None):
        if isinstance(detect, Threshold | Relative | Gap):
            held = question.per_day * detect.window_ms / DAY_MS
            if held < detect.min_answers:
                window = duration_text(detect.window_ms)
                yield (
                    f"{name} is seldom judged: its window of {window} holds {held:.3g} of the "
                    f"{detect.min_answers} answers that it asks for."
                )


def _row(outcome: RuleOutcome, unit: str) -> tuple[str, ...]:
    rate, low, high = false_pages(outcome)
    name = outcome.rule.name if outcome.beside is None else f"  {outcome.rule.name}"
    pages = f"{figures(rate)}  ({figures(low)} to {figures(high)})"
    notices = figures(outcome.notices / outcome.scope_months)
    return (name, pages, notices, f"{outcome.firing:.2%}", *(_delay(seen, unit) for seen in outcome.falls))


def _delay(seen: FallSeen, unit: str) -> str:
    if not isfinite(seen.answers[0]):
        return f"seen by {seen.share:.0%}"
    answers = [f"{each:g}" if isfinite(each) else "never" for each in seen.answers]
    times = [_time(each) for each in seen.seconds]
    return f"{answers[0]}, {answers[1]} {unit} ({times[0]}, {times[1]})"


def _time(delay_s: float) -> str:
    if not isfinite(delay_s):
        return "never"
    return f"{delay_s / 3600:.1f} h" if delay_s >= 3600 else f"{delay_s / 60:.0f} min"


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None
