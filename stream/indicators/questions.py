"""What rules ask, in words: a rule under an old name that asks something else is another one."""

from collections.abc import Mapping

from alerts.rules import Family, Gap, Relative, Rule, Silence, Sudden, SuddenRelative, Surge, Threshold
from alerts.worsening import Against
from stream.indicators.catalogue import CATALOGUE
from stream.indicators.definitions import definition


def question(rule: Rule, options: Mapping[str, Mapping[str, object]]) -> str:
    """What a rule asks: of which indicator, in which way, and what its memory goes by.

    A score of few answers is in doubt, where a window has just begun; a volume would be low without any.  A
    past by another definition is no past.
    """
    asks = f"{rule.indicator} {type(rule.detect).__name__.lower()}"
    match rule.detect:
        case Sudden(bound=bound):
            return f"{asks} {bound:g}"
        case Threshold(window_ms=span_ms, hours=hours) if CATALOGUE[rule.indicator].family is Family.COUNT:
            return f"{asks} {span_ms} {hours.text}"  # counted from the change on
        case Surge(hours=hours) | Silence(learn_ms=int(), hours=hours):
            return f"{asks} {hours.time_zone}"
        case Relative() | SuddenRelative() | Gap(against=Against()):
            return f"{asks} {definition(rule.indicator, options)}"
        case _:
            return asks
