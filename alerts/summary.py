"""What an alert says in one sentence, for somebody who runs customer service and not computers.

No sentence says more than its numbers do.  A score is "below its limit" only where the value in the sentence
is below the limit in it, both as they are written: 79.97 % is not shown as "80 %, below the limit 80 %".
"""

from datetime import datetime
from math import isfinite
from typing import Final

from alerts.facts import Facts
from alerts.readings import scope_object, scope_words
from alerts.rules import (
    SECOND_MS,
    Burn,
    Gap,
    Relative,
    Silence,
    Sudden,
    SuddenRelative,
    Surge,
    Threshold,
)
from alerts.states import KNOWN, State
from alerts.wording import (
    NAMES,
    NOUNS,
    amount,
    budget_words,
    new_score_words,
    new_volume_words,
    pace_words,
    since_words,
    times_words,
    trimmed,
    were,
    window_words,
)
from alerts.worsening import Against

FEW_CUSTOMERS: Final = 5
"""How many people are still a few; of more their number is not told, as it is a lower bound."""


def summary(facts: Facts) -> str:
    """One sentence without a full stop: where, how bad, how sure, past what, from how much."""
    text = f"{_subject(facts)} {_told(facts)}"
    return text[:1].upper() + text[1:]


def _subject(facts: Facts) -> str:
    scope = scope_words(scope_object(facts.scope))
    if isinstance(facts.detect, Silence):
        return scope
    return f"{NAMES.get(facts.indicator, facts.indicator)} of {scope}"


def _told(facts: Facts) -> str:
    match facts.state:
        case State.STALE:
            few = "too little comes in" if facts.reading.n else f"no {_nouns(facts)}{_window_words(facts)}"
            return f"cannot be judged: {few}; the alert stays open"
        case State.RESOLVED:
            return _recovered(facts)
        case State.PENDING:
            return f"{_breach(facts)}{_further(facts)}; waiting to see if it lasts"
        case State.FIRING | State.INACTIVE | State.KNOWN:
            again = f"; {times_words(facts.times)}" if facts.times > 1 else ""
            return f"{_breach(facts)}{_further(facts)}{again}"


def _breach(facts: Facts) -> str:
    match facts.detect:
        case Threshold():
            return _past_limit(facts)
        case Sudden():
            return _fallen(facts)
        case SuddenRelative():
            return _suddenly_worse(facts, facts.detect)
        case Burn():
            pace = pace_words(facts.evidence.get("long_rate"))
            rest = budget_words(facts.evidence.get("budget_left"))
            spends = f"that spends what the target allows {pace} times too fast"
            return f"is {_value_words(facts)}: {spends}{_source_words(facts)}{rest}"
        case Relative():
            return _worse_than_before(facts, facts.detect)
        case Gap() if facts.detect.against is not None:
            return _wider_than_usual(facts, facts.detect.against)
        case Gap():
            others = f"clearly worse than the others' {_limit(facts)}"
            return f"is {_value_words(facts)}, {others}{_source_words(facts)}"
        case Surge():
            return _surge(facts)
        case Silence():
            return _silence(facts)


def _wider_than_usual(facts: Facts, against: Against) -> str:
    """That one is farther behind the others than it always is."""
    more, others = facts.evidence.get("worse_by"), facts.evidence.get("others")
    by = f" by {trimmed(more, 1)} points more" if isinstance(more, int | float) else " more"
    score = f"' {amount(others, facts.unit)}" if isinstance(others, int | float) else ""
    past = f"worse than the others{score}{by} than {_past(facts, against)}"
    return f"is {_value_words(facts)}, {past}{_source_words(facts)}"


def _past_limit(facts: Facts) -> str:
    side = "below" if facts.low_is_bad else "above"
    limit = f"{side} the {facts.severity.value} limit {_limit(facts)}"
    if not facts.past(facts.terms.limit):
        limit = f"not back over doubt from the {facts.severity.value} limit {_limit(facts)}"
    if _is_volume(facts):
        return f"is {_value_words(facts)}{_window_words(facts)}, {limit}"
    return f"is {_value_words(facts)}, {limit}{_source_words(facts)}"


def _worse_than_before(facts: Facts, detect: Relative) -> str:
    return (
        f"is {_value_words(facts)}, clearly worse than {_past(facts, detect.against)}{_source_words(facts)}"
    )


def _past(facts: Facts, against: Against) -> str:
    """What a score is compared with, and what it was."""
    past = "usual at these hours" if against is Against.USUAL else "at these hours a week ago"
    usual = facts.evidence.get("usual")
    return past + (f", {amount(usual, facts.unit)}" if isinstance(usual, int | float) else "")


def _fallen(facts: Facts) -> str:
    fell, bound = ("fallen", "floor") if facts.low_is_bad else ("risen", "ceiling")
    came = f"{_value_words(facts)}, against a {bound} of {_limit(facts)}{_source_words(facts)}{_since(facts)}"
    if facts.past(facts.terms.limit):
        return f"has suddenly {fell} to {came}"
    return f"had suddenly {fell} and is not surely back: it is {came}"


def _suddenly_worse(facts: Facts, detect: SuddenRelative) -> str:
    fell = "fallen" if facts.low_is_bad else "risen"
    source = f"{_source_words(facts)}{_since(facts)}"
    if facts.past(facts.terms.limit):
        worse = f"clearly worse than {_past(facts, detect.against)}"
        return f"has suddenly {fell} to {_value_words(facts)}, {worse}{source}"
    beside = f"compared with {_past(facts, detect.against)}"
    return f"had suddenly {fell} and is not surely back: it is {_value_words(facts)}, {beside}{source}"


def _surge(facts: Facts) -> str:
    expected = facts.evidence.get("expected")
    came = f"{facts.reading.n}{_since(facts)}, where {_number_of(facts, 'expected')} expected"
    if isinstance(expected, int | float) and facts.reading.n <= expected:
        return f"has surged and is not surely back to its usual volume: {came}"
    return f"surges: {came}"


def _silence(facts: Facts) -> str:
    heard, hears = f"{facts.reading.n} {_counted(facts)}", _hears(facts)
    if "at_least" in facts.evidence:
        wanted = f"at least {_number_of(facts, 'at_least')} wanted"
        length_s = facts.evidence.get("per_s")
        length = window_words(int(length_s * SECOND_MS)) if isinstance(length_s, int | float) else "window"
        return f"{hears} too little: {heard} in the last {length}, where {wanted}"
    expected = facts.evidence.get("expected")
    wanted = f"{_number_of(facts, 'expected')} expected"
    if isinstance(expected, int | float) and facts.reading.n >= expected:
        return f"cannot be said to hear enough again: {heard}{_since(facts)}, where {wanted}"
    return f"{hears} too little: {heard}{_since(facts)}, where {wanted}"


def _recovered(facts: Facts) -> str:
    if facts.evidence.get("reason") in KNOWN:
        return _known(facts)
    match facts.detect:
        case Threshold():
            return _back(facts)
        case Sudden():
            bound = "floor" if facts.low_is_bad else "ceiling"
            return f"has recovered: its latest {_nouns(facts)} are back at its {bound}, {_limit(facts)}"
        case SuddenRelative() if "new_level" in facts.evidence:
            return new_score_words(facts.evidence["new_level"], facts.unit)
        case SuddenRelative():
            return f"has recovered: its latest {_nouns(facts)} are back near what is usual at these hours"
        case Burn():
            return "no longer spends what the target allows too fast"
        case Relative():
            past = _past(facts, facts.detect.against)
            return f"is no longer clearly worse than {past}: it is {_value_words(facts)}"
        case Gap() if facts.detect.against is not None:
            return f"is no longer clearly farther behind the others than {_past(facts, facts.detect.against)}"
        case Gap():
            return (
                f"is no longer clearly worse than the others: {_value_words(facts)} against {_limit(facts)}"
            )
        case Surge() | Silence() if "new_level" in facts.evidence:
            return new_volume_words(facts.evidence["new_level"])
        case Surge():
            return "is back to its usual volume"
        case Silence():
            return f"{_hears(facts)} enough {_nouns(facts)} again"


def _known(facts: Facts) -> str:
    """That somebody says so of what has not recovered."""
    if "new_level" not in facts.evidence:
        known = (
            f"{_hears(facts)} too little, as is known" if isinstance(facts.detect, Silence) else "is known"
        )
        return f"{known}, somebody says: it fires again if it gets louder, or after it has recovered"
    where = "below" if facts.low_is_bad else "above"
    return (
        f"is known, somebody says: at {_value_words(facts)}; it fires again clearly {where} {_limit(facts)}"
    )


def _further(facts: Facts) -> str:
    """That few people gave many of the answers: `; 17 of them are further answers of 1 customer`."""
    found = facts.further
    if found is None:
        return ""
    whose = "customers who had answered within a day"
    if found.customers <= FEW_CUSTOMERS:
        whose = "1 customer" if found.customers == 1 else f"{found.customers} customers"
    if facts.terms.window_ms == found.window_ms:
        return f"; {found.answers} of these are further answers of {whose}"
    all_ = f"the {found.of} answers in the last {window_words(found.window_ms)}"
    return f"; {found.answers} of {all_} are further ones of {whose}"


def _hears(facts: Facts) -> str:
    """One scope hears, all channels together hear."""
    return "hears" if facts.scope else "hear"


def _back(facts: Facts) -> str:
    """A reading that is not back ends an alert only where the rule no longer watches its scope."""
    reading = facts.reading
    if reading.value is None or facts.past(facts.terms.recover):
        return "is no longer watched by this rule"
    recover = ""
    if facts.terms.recover is not None:
        side = "over" if facts.low_is_bad else "under"
        back = "back at" if reading.value == facts.terms.recover else f"back {side}"
        recover = f", {back} the limit of recovery, {amount(facts.terms.recover, facts.unit, reading.value)}"
    return f"has recovered: it is {_value_words(facts, facts.terms.recover)}{recover}{_source_words(facts)}"


def _value_words(facts: Facts, beside: float | None = None) -> str:
    """The value and how sure it is; told apart from the limit, or from the other value `beside` it."""
    reading = facts.reading
    if reading.value is None:
        return "unknown"
    value = amount(reading.value, facts.unit, facts.terms.limit if beside is None else beside)
    if reading.low is None or not facts.terms.confidence or reading.low == reading.high == reading.value:
        return value
    sure = f"{trimmed(100 * facts.terms.confidence, 1)} % sure"
    low = amount(reading.low, facts.unit)
    if reading.high is None or not isfinite(reading.high):
        return f"{value} ({sure} at least {low})"
    return f"{value} ({sure} between {low.removesuffix(' %')} and {amount(reading.high, facts.unit)})"


def _limit(facts: Facts) -> str:
    limit = facts.terms.limit
    return "unknown" if limit is None else amount(limit, facts.unit, facts.reading.value)


def _source_words(facts: Facts) -> str:
    if _is_volume(facts):
        return _window_words(facts)
    return f", from {facts.reading.n} {_counted(facts)}{_window_words(facts)}"


def _counted(facts: Facts) -> str:
    """What the reading is made of, one of them or several."""
    return _nouns(facts).removesuffix("s") if facts.reading.n == 1 else _nouns(facts)


def _is_volume(facts: Facts) -> bool:
    """Whether the indicator is what it is counted from."""
    return facts.unit == "count"


def _window_words(facts: Facts) -> str:
    return "" if facts.terms.window_ms is None else f" in the last {window_words(facts.terms.window_ms)}"


def _nouns(facts: Facts) -> str:
    return NOUNS.get(facts.indicator, "contacts")


def _number_of(facts: Facts, name: str) -> str:
    """`5.4 were`, `1 was`."""
    found = facts.evidence.get(name)
    count = trimmed(found, 1) if isinstance(found, int | float) else "unknown"
    return f"{count} {were(count)}"


def _since(facts: Facts) -> str:
    since = facts.evidence.get("since")
    return since_words(datetime.fromisoformat(since), facts.at) if isinstance(since, str) else ""
