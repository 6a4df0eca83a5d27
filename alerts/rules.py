"""Rules as values: what a rules file says, after it has been read and found sound.

Durations are integer milliseconds of event time.  Limits are in the indicator's own unit:
percent (0-100) for shares, points for NPS, the scale's points for means, seconds for durations.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum
from typing import Final

from alerts.hours import ALWAYS, OpenHours
from alerts.paging import Heartbeat, Inhibition, Maintenance, Receiver, Route, RuleAbout
from alerts.worsening import Against, Worsening

DIMENSIONS: Final = ("channel", "stage", "segment", "topic", "team", "product", "country", "variant")
"""What events can be told apart by; rules name them in `by`, `explain`, `across` and `where`."""

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60 * SECOND_MS
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS


class Severity(StrEnum):
    """How loud an alert is; `CRITICAL` outranks `WARNING`."""

    WARNING = "warning"
    CRITICAL = "critical"


class Direction(Enum):
    """Which way an indicator gets worse."""

    LOW_IS_BAD = "low_is_bad"
    HIGH_IS_BAD = "high_is_bad"


class Family(Enum):
    """How an indicator is computed from counts, and so which interval and detectors suit it."""

    SHARE = "share"  # percent of answers that are of a kind: Wilson
    MEAN = "mean"  # mean of a bounded score
    BALANCE = "balance"  # NPS: promoters less detractors, -100..100
    DURATION = "duration"  # mean of an unbounded, positive quantity in seconds
    QUANTILE = "quantile"  # of a duration, in seconds
    COUNT = "count"  # a volume


@dataclass(frozen=True, slots=True)
class OptionInfo:
    """One option of an indicator in the rules file.

    `kind` is "duration" (value: int ms), "number" (float), "scale" (str) or "choice" (str);
    `choices` closes the set of the latter two, `advice` says why; a duration is at most `most_ms`.
    """

    kind: str
    default: object
    choices: tuple[str, ...] = ()
    advice: str = ""
    most_ms: int = 90 * DAY_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorInfo:
    """What a rules file must know of an indicator to judge whether a rule on it makes sense.

    `low` and `high` bound its values (None: unbounded); `options` belong to `configured_by`,
    the key of the `indicators:` block (`ttr` for `ttr_p90`); `default_limits` are (warning, critical).
    """

    name: str
    family: Family
    direction: Direction
    unit: str
    low: float | None
    high: float | None
    configured_by: str
    default_limits: tuple[float | None, float | None] = (None, None)
    options: Mapping[str, OptionInfo] = field(default_factory=dict)

    @property
    def bounded(self) -> bool:
        """Whether single answers lie between two ends, as sudden and burn detection need."""
        return self.family in (Family.SHARE, Family.MEAN, Family.BALANCE)


@dataclass(frozen=True, slots=True)
class Budget:
    """At most `count` per `per_ms` of event time, such as false pages: `1 per 30d`."""

    count: float
    per_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A limit on a windowed score.

    `confidence` 0 compares the score itself; above 0 the whole interval must be past the limit.
    `recover` is what a score must get back to before the alert resolves; None means the outer limit itself.
    `calm` is the same for a critical alert to become a warning; None: half way, and surely over the critical.
    """

    window_ms: int
    warning: float | None
    critical: float | None
    recover: float | None = None
    confidence: float = 0.95
    min_answers: int = 20
    calm: float | None = None
    hours: OpenHours = ALWAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Relative:
    """A windowed score worse than its past by one of two amounts; nothing is said below `min_answers`."""

    against: Against
    window_ms: int
    warning: Worsening | None
    critical: Worsening | None
    confidence: float = 0.95
    min_answers: int = 20
    hours: OpenHours = ALWAYS


@dataclass(frozen=True, slots=True)
class Sudden:
    """Sequential detection: the true mean is worse than `bound` (floor, or ceiling where high is bad)."""

    bound: float
    false_pages: Budget
    severity: Severity = Severity.CRITICAL
    hours: OpenHours = ALWAYS


@dataclass(frozen=True, slots=True)
class SuddenRelative:
    """Sequential detection: the true mean is worse than the score's own past by more than `worse_by`."""

    against: Against
    worse_by: Worsening
    false_pages: Budget
    severity: Severity = Severity.CRITICAL
    hours: OpenHours = ALWAYS


@dataclass(frozen=True, slots=True)
class BurnPair:
    """Both windows must burn the error budget at `rate` times the sustainable pace."""

    long_ms: int
    short_ms: int
    rate: float
    severity: Severity


@dataclass(frozen=True, slots=True)
class Burn:
    """A target over a period, and what watches its budget; no window says anything below `min_answers`."""

    target: float
    period_ms: int
    pairs: tuple[BurnPair, ...]
    hours: OpenHours = ALWAYS
    min_answers: int = 20

    @property
    def windows_ms(self) -> tuple[int, ...]:
        """Lengths of all windows that it reads, ascending: its pairs', its period, and a day within both."""
        lengths = {length for pair in self.pairs for length in (pair.long_ms, pair.short_ms)}
        if max(lengths) > DAY_MS:
            lengths.add(DAY_MS)
        return tuple(sorted({*lengths, self.period_ms}))


@dataclass(frozen=True, slots=True)
class Silence:
    """Too little volume: below `at_least`, or too little for the rhythm learned over `learn_ms`."""

    at_least: Budget | None
    learn_ms: int | None
    false_pages: Budget | None
    hours: OpenHours = ALWAYS
    severity: Severity = Severity.CRITICAL


@dataclass(frozen=True, slots=True)
class Surge:
    """Too much volume for the rhythm learned over `learn_ms`."""

    learn_ms: int
    false_pages: Budget
    hours: OpenHours = ALWAYS
    severity: Severity = Severity.CRITICAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One value of `across` is worse than the others in its scope, by `at_least` points (None: 3 %)."""

    across: str
    window_ms: int
    false_pages: Budget
    min_answers: int = 20
    severity: Severity = Severity.WARNING
    hours: OpenHours = ALWAYS
    at_least: float | None = None
    against: Against | None = None
    worse_by: float | None = None  # points more than in that past of its own


Detect = Threshold | Relative | Sudden | SuddenRelative | Burn | Silence | Surge | Gap


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of the rules file.

    `by` are the dimensions of its scopes, in the file's order; for `Gap`, `across` is not among them.
    `where` keeps only scopes whose dimension has one of the values (dimensions of `by` or `across`).
    `explain` are dimensions outside `by` that are searched for a cause when an alert fires.  A breach fires
    once it has lasted `for_ms`, and what fires resolves once health has lasted `keep_ms`.
    """

    name: str
    indicator: str
    by: tuple[str, ...]
    detect: Detect
    for_ms: int = 0
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    explain: tuple[str, ...] = ()
    keep_ms: int = 0

    @property
    def scope_dims(self) -> tuple[str, ...]:
        """Dimensions of the scopes that this rule alerts on."""
        return (*self.by, self.detect.across) if isinstance(self.detect, Gap) else self.by


@dataclass(frozen=True, slots=True)
class Timing:
    """Event time: how it is cut and how far disorder may go.  All in milliseconds."""

    pane_ms: int = 10 * SECOND_MS
    lateness_ms: int = 10 * SECOND_MS
    idle_after_ms: int = 30 * SECOND_MS
    max_ahead_ms: int = 5 * MINUTE_MS
    dedup_horizon_ms: int = DAY_MS


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is told apart; what comes beyond counts as `(other)`.

    Values and combinations are limits of one partition of an input within a day, scopes of one judge.
    """

    max_values: int = 10_000
    """Values of each dimension."""
    max_combinations: int = 500_000
    """Combinations of values, of all dimensions that rules use."""
    max_scopes: int = 500_000
    """Scopes of all groupings that a judge keeps: those that are in some window, or have an alert."""


class CommandTrust(StrEnum):
    """Which records of cx.commands are heeded."""

    SIGNED = "signed"
    TRUSTED = "trusted"  # all: the broker's ACLs say who may write there


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """A whole rules file.

    `indicators` maps each indicator that is kept (`csat`, `fcr`, …: `IndicatorInfo.configured_by`)
    to all its options, defaults filled in.  Without routes every receiver gets everything.  `about` says more
    of a rule, by its name; `links` are places that every notice leads to (URL by name).
    """

    rules: tuple[Rule, ...]
    indicators: Mapping[str, Mapping[str, object]]
    timing: Timing = Timing()
    receivers: tuple[Receiver, ...] = ()
    routes: tuple[Route, ...] = ()
    commands: CommandTrust = CommandTrust.SIGNED
    limits: Limits = Limits()
    inhibit: tuple[Inhibition, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    about: Mapping[str, RuleAbout] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    heartbeat: Heartbeat | None = None

    def without_receivers(self) -> "Rulebook":
        """The same rules, of which nobody is told."""
        return replace(self, receivers=(), routes=(), heartbeat=None)
