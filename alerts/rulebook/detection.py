"""The six ways to detect, as a rules file writes them."""

from collections.abc import Callable
from typing import Final

from alerts import notation
from alerts.hours import OpenHours
from alerts.measures import Measure
from alerts.notation import duration_text
from alerts.rulebook.burn import PERIOD_MS, default_pairs, fastest_rate, healthy_target, pair
from alerts.rulebook.numbers import Setting, at_least_one, confidence, inner, limit
from alerts.rulebook.relative import FALSE_PAGES, against, levels, points, sudden_relative, usual_gap
from alerts.rulebook.values import (
    LONGEST_WINDOW_MS,
    budget,
    dimension,
    duration,
    open_hours,
    rate,
    severity,
    whole_panes,
)
from alerts.rulebook.yaml_nodes import Fields, Node
from alerts.rules import (
    DAY_MS,
    MINUTE_MS,
    Budget,
    Burn,
    Detect,
    Family,
    Gap,
    Relative,
    Severity,
    Silence,
    Sudden,
    SuddenRelative,
    Surge,
    Threshold,
)

WINDOW_MS: Final = 30 * MINUTE_MS
LONGEST_RELATIVE_MS: Final = DAY_MS
"""Longest window that is compared with the same hours of other weeks."""
GAP_WINDOW_MS: Final = DAY_MS
LEARN_MS: Final = 7 * DAY_MS
"""One whole week, so that every hour of the week was seen once."""
CONFIDENCE: Final = 0.95
MIN_ANSWERS: Final = 20


def read_detect(kind: str, fields: Fields, setting: Setting) -> Detect | None:
    """The fields of one kind of detection; None when something is wrong, which was noted."""
    for other, names in ONLY_FOR.items():
        for name in names:
            if kind not in other:
                fields.refuse(name, f"has no meaning for detect: {kind} (only for {', '.join(other)})")
    return KINDS[kind](fields, setting)


def _threshold(fields: Fields, setting: Setting) -> Threshold | Relative | None:
    if "against" in fields or "worse_by" in fields:
        return _relative(fields, setting)
    fields.refuse("severity", "has a meaning only with worse_by: warning and critical are limits")
    measure = setting.measure
    few = 1 if measure.info.family is Family.COUNT else MIN_ANSWERS
    warning = fields.get("warning", limit(measure))
    critical = fields.get("critical", limit(measure))
    if "warning" not in fields and "critical" not in fields:
        warning, critical = measure.limits
        if measure.limits == (None, None):
            fields.node.note(f"want warning or critical: {measure.info.name} has no limit of its own")
    if warning is not None and critical is not None and not measure.worse(critical, warning):
        fields.note("warning", f"want a limit {measure.better_word} critical, {critical:g}, got {warning:g}")
    outer = critical if warning is None else warning
    recover, calm = fields.get("recover", _recovery(measure, outer, critical)) or (None, None)
    return Threshold(
        window_ms=fields.get_or("window", whole_panes(setting.timing.pane_ms), WINDOW_MS),
        warning=warning,
        critical=critical,
        recover=recover,
        confidence=fields.get_or("confidence", confidence, CONFIDENCE),
        min_answers=fields.get_or("min_answers", at_least_one, few),
        calm=calm if warning is not None else None,
        hours=open_hours(fields),
    )


def _relative(fields: Fields, setting: Setting) -> Relative | None:
    for name in ("warning", "critical", "recover"):
        fields.refuse(name, "has no meaning beside against: worse_by says how much worse is too much")
    measure = _bounded(fields, setting, "threshold with against")
    if measure is None:
        return None
    past = fields.require("against", against, "usual or last_week")
    warning, critical = levels(fields, measure)
    window_ms = fields.get_or("window", whole_panes(setting.timing.pane_ms, LONGEST_RELATIVE_MS), WINDOW_MS)
    sure = fields.get_or("confidence", confidence, CONFIDENCE)
    few = fields.get_or("min_answers", at_least_one, MIN_ANSWERS)
    hours = open_hours(fields)
    if past is None or (warning is None and critical is None):
        return None
    return Relative(
        against=past,
        window_ms=window_ms,
        warning=warning,
        critical=critical,
        confidence=sure,
        min_answers=few,
        hours=hours,
    )


Recovery = tuple[float | None, float | None]
"""What a score must get back to before an alert resolves, and before a critical one becomes a warning."""


def _recovery(measure: Measure, outer: float | None, critical: float | None) -> Callable[[Node], Recovery]:
    """A parser of one number for the outer limit, or of one for each limit by name."""

    def parse(node: Node) -> Recovery:
        if not node.is_mapping:
            return _healthier(measure, outer)(node), None
        fields = node.fields("a number, or numbers for warning and critical")
        of_warning = fields.get("warning", _healthier(measure, outer))
        of_critical = fields.get("critical", _healthier(measure, critical))
        fields.close()
        if outer == critical:
            return of_critical, None
        return of_warning, of_critical

    return parse


def _healthier(measure: Measure, edge: float | None) -> Callable[[Node], float]:
    """A parser of what is at a limit or on its healthy side."""

    def parse(node: Node) -> float:
        value = limit(measure)(node)
        if edge is not None and measure.worse(value, edge):
            raise node.wrong(f"{edge:g} or {measure.better_word}, on the healthy side of the limit")
        return value

    return parse


def _sudden(fields: Fields, setting: Setting) -> Sudden | SuddenRelative | None:
    measure = _bounded(fields, setting, "sudden")
    if measure is None:
        return None
    if "against" in fields or "worse_by" in fields:
        return sudden_relative(fields, measure)
    name, other = ("floor", "ceiling") if measure.worse_word == "below" else ("ceiling", "floor")
    direction = "low" if name == "floor" else "high"
    fields.refuse(other, f"want {name}: {direction} is bad for {measure.info.name}, got {other}")
    bound = fields.get(name, inner(measure))
    if name not in fields and other not in fields:
        fields.require(name, inner(measure), f"the worst {measure.info.name} that is still healthy")
    false_pages = fields.get_or("false_pages", budget, FALSE_PAGES)
    level = fields.get_or("severity", severity, Severity.CRITICAL)
    return None if bound is None else Sudden(bound, false_pages, level, open_hours(fields))


def _burn(fields: Fields, setting: Setting) -> Burn | None:
    measure = _bounded(fields, setting, "burn")
    if measure is None:
        return None
    target = fields.require(
        "target", healthy_target(measure, inner(measure)), f"the {measure.info.name} to keep over the period"
    )
    pane_ms = setting.timing.pane_ms
    period_ms = fields.get_or("period", whole_panes(pane_ms), PERIOD_MS)
    if target is None:
        for name in ("windows", "min_answers", *HOURS):
            fields.find(name)
        return None
    hours = open_hours(fields)
    few = fields.get_or("min_answers", at_least_one, MIN_ANSWERS)
    fastest = fastest_rate(measure, target)
    pairs = fields.get("windows", lambda node: node.each(pair(pane_ms, period_ms, fastest)))
    if pairs is not None and not pairs:
        fields.note("windows", "want at least one pair of windows")
    return Burn(target, period_ms, tuple(pairs or default_pairs(period_ms, pane_ms, fastest)), hours, few)


def _silence(fields: Fields, setting: Setting) -> Silence | None:
    if not (setting.measure.info.bounded or setting.measure.info.family is Family.COUNT):
        fields.note(
            "indicator", f"want a volume or an indicator with answers, got {setting.measure.info.name}"
        )
    hours = open_hours(fields)
    at_least = fields.get("at_least", _at_least(setting, hours))
    learns = "learn" in fields or "at_least" not in fields
    learn_ms = fields.get_or("learn", duration(DAY_MS, LONGEST_WINDOW_MS), LEARN_MS)
    if not learns:
        fields.refuse("false_pages", "has a meaning only with learn: at_least is a plain limit")
    false_pages = fields.get_or("false_pages", budget, FALSE_PAGES)
    level = fields.get_or("severity", severity, Severity.CRITICAL)
    return Silence(at_least, learn_ms if learns else None, false_pages if learns else None, hours, level)


def _at_least(setting: Setting, hours: OpenHours) -> Callable[[Node], Budget]:
    """A parser of the plain limit: its window must lie within one opening, or it would never be full."""
    longest_ms = notation.longest_opening_ms(hours.week)

    def parse(node: Node) -> Budget:
        least = rate(node)
        if least.per_ms < setting.timing.pane_ms:
            raise node.wrong(f"a duration of at least one pane, {duration_text(setting.timing.pane_ms)}")
        if longest_ms is not None and least.per_ms > longest_ms:
            raise node.wrong(f"a duration within one opening, at most {duration_text(longest_ms)}")
        return least

    return parse


def _surge(fields: Fields, setting: Setting) -> Surge | None:
    if setting.measure.info.family is not Family.COUNT:
        fields.note(
            "indicator",
            f"want a volume such as contacts or negative_mentions, got {setting.measure.info.name}",
        )
    return Surge(
        fields.get_or("learn", duration(DAY_MS, LONGEST_WINDOW_MS), LEARN_MS),
        fields.get_or("false_pages", budget, FALSE_PAGES),
        open_hours(fields),
        fields.get_or("severity", severity, Severity.CRITICAL),
    )


def _gap(fields: Fields, setting: Setting) -> Gap | None:
    _bounded(fields, setting, "gap")
    relative = "against" in fields or "worse_by" in fields
    across = fields.require("across", dimension, "the dimension whose values are compared")
    longest_ms = LONGEST_RELATIVE_MS if relative else LONGEST_WINDOW_MS
    window_ms = fields.get_or("window", whole_panes(setting.timing.pane_ms, longest_ms), GAP_WINDOW_MS)
    false_pages = fields.get_or("false_pages", budget, FALSE_PAGES)
    few = fields.get_or("min_answers", at_least_one, MIN_ANSWERS)
    hours = open_hours(fields)
    level = fields.get_or("severity", severity, Severity.WARNING)
    past, worse_by = usual_gap(fields, setting.measure) if relative else (None, None)
    least = fields.get("at_least", points(setting.measure))
    if across is None or (relative and (past is None or worse_by is None)):
        return None
    return Gap(
        across=across, window_ms=window_ms, false_pages=false_pages, min_answers=few, severity=level,
        hours=hours, at_least=least, against=past, worse_by=worse_by,
    )  # fmt: skip


HOURS: Final = ("open", "holidays", "time_zone", "outside")
"""What says which time counts; every kind has it."""

KINDS: Final[dict[str, Callable[[Fields, Setting], Detect | None]]] = {
    "threshold": _threshold,
    "sudden": _sudden,
    "burn": _burn,
    "silence": _silence,
    "surge": _surge,
    "gap": _gap,
}
"""Kinds of detection by their word in the file; without the word it is a threshold."""

ONLY_FOR: Final[dict[tuple[str, ...], tuple[str, ...]]] = {
    ("threshold",): ("warning", "critical", "recover", "confidence"),
    ("threshold", "sudden", "gap"): ("against", "worse_by"),
    ("threshold", "gap"): ("window",),
    ("threshold", "burn", "gap"): ("min_answers",),
    ("sudden",): ("floor", "ceiling"),
    ("burn",): ("target", "period", "windows"),
    ("silence", "gap"): ("at_least",),
    ("silence", "surge"): ("learn",),
    ("threshold", "sudden", "burn", "silence", "surge", "gap"): HOURS,
    ("gap",): ("across",),
    ("sudden", "silence", "surge", "gap"): ("false_pages",),
    ("threshold", "sudden", "silence", "surge", "gap"): ("severity",),
}
"""Fields that belong to some kinds only; elsewhere their presence is a mistake worth its own words."""


def _bounded(fields: Fields, setting: Setting, kind: str) -> Measure | None:
    if setting.measure.info.bounded:
        return setting.measure
    fields.note(
        "indicator",
        f"want one whose answers have two ends for detect: {kind}, got {setting.measure.info.name}",
    )
    pass_over(fields)
    return None


def pass_over(fields: Fields) -> None:
    """Leave the detectors' fields unread: they may be right for the indicator that was meant."""
    for names in ONLY_FOR.values():
        for name in names:
            fields.find(name)
