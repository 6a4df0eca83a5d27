"""Fakes: small classes that stand in for what a test does not want to run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from alerts.readings import Scope
from alerts.rules import Rule, Severity
from alerts.transitions import Score
from stream.indicators.plan import Plan
from stream.messages.records import Stream


@dataclass
class FakeIntake:
    """An intake as metrics see it."""

    partition: int = 0
    watermarks: Mapping[Stream, int] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)

    def watermark_ms(self, stream: Stream) -> int | None:
        """As set."""
        return self.watermarks.get(stream)

    def entries(self) -> Mapping[str, int]:
        """As set."""
        return self.sizes


@dataclass
class FakeJudge:
    """A judge as metrics see it."""

    plan: Plan
    shard: int = 0
    judged_through_ms: int | None = None
    scores: Sequence[Score] = ()
    fires: Sequence[tuple[Rule, Severity, Scope]] = ()
    known: Sequence[Scope] = ()
    left: Sequence[tuple[Rule, Scope, float]] = ()
    sizes: Mapping[str, int] = field(default_factory=dict)
    out: int = 0

    @property
    def scores_left_out(self) -> int:
        """As `current_scores` had to."""
        return self.out

    def current_scores(self, most: int | None = None) -> Sequence[Score]:
        """As set."""
        self.out = max(0, len(self.scores) - (most or 0))
        return self.scores[:most]

    def firing(self) -> Sequence[tuple[Rule, Severity, Scope]]:
        """As set."""
        return self.fires

    def scopes(self, rule: Rule, most: int | None = None) -> Sequence[Scope]:
        """The same for every rule."""
        assert rule in self.plan.rulebook.rules
        return self.known[:most]

    def scope_count(self, rule: Rule) -> int:
        """The same for every rule."""
        assert rule in self.plan.rulebook.rules
        return len(self.known)

    def budgets(self) -> Sequence[tuple[Rule, Scope, float]]:
        """As set."""
        return self.left

    def entries(self) -> Mapping[str, int]:
        """As set."""
        return self.sizes


@dataclass
class FakeWorker:
    """A worker as web server and metrics see it; ready unless `reason` says why not."""

    judging: Sequence[FakeJudge] = ()
    taking: Sequence[FakeIntake] = ()
    lag: Mapping[tuple[str, int], int] = field(default_factory=dict)
    reason: str | None = None

    def intakes(self) -> Sequence[FakeIntake]:
        """As set."""
        return self.taking

    def judges(self) -> Sequence[FakeJudge]:
        """As set."""
        return self.judging

    def unowned_partitions(self) -> int:
        """All have a worker."""
        return 0

    def lag_records(self) -> Mapping[tuple[str, int], int]:
        """As set."""
        return self.lag

    def held_records(self) -> Mapping[tuple[str, int], int]:
        """As many of each partition as lag."""
        return self.lag

    def ready(self) -> str | None:
        """As set."""
        return self.reason


@dataclass(frozen=True, slots=True)
class Said:
    """A notifier as this collector sees it."""

    judged: Mapping[tuple[str, str], int] = field(default_factory=dict)
    acknowledged: Mapping[str, Sequence[float]] = field(default_factory=dict)

    def verdicts(self) -> Mapping[tuple[str, str], int]:
        """As set."""
        return self.judged

    def acknowledged_after_s(self) -> Mapping[str, Sequence[float]]:
        """As set."""
        return self.acknowledged
