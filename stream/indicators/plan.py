"""The plan: what a rulebook makes intake and judge keep.  Both derive it from the same rulebook."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from operator import mod
from zlib import crc32

from alerts.rules import DIMENSIONS, MINUTE_MS, Gap, Relative, Rule, Rulebook, Silence, Surge, Threshold
from stream.indicators.catalogue import CATALOGUE, SCORED

SCORE_WINDOW_MS = 30 * MINUTE_MS
"""Window of the indicators that no rule mentions."""


@dataclass(frozen=True, slots=True, order=True)
class Grouping:
    """Tallies grouped by `dims`; those that agree on `shard_dims` meet in one judge.

    `shard_dims` is a prefix of `dims`: all of it for plain rules, none where a rule compares scopes with
    each other (gap), the rule's own scope for the finer groupings that explain it.
    """

    dims: tuple[str, ...]
    shard_dims: tuple[str, ...]

    @property
    def key(self) -> str:
        """Its name in cx.tallies and in snapshots: `channel,stage|channel`."""
        return ",".join(self.dims) + "|" + ",".join(self.shard_dims)

    def sharded(self, values: Iterable[tuple[str, ...]], shards: int) -> Iterator[int]:
        """Which of `shards` judges keeps each of many scopes, given by the values of `shard_dims` alone."""
        named = crc32("".join(f"{dim}\x1f" for dim in self.shard_dims).encode())
        sums = map(crc32, map(str.encode, map("\x1f".join, values)), repeat(named))
        return map(mod, sums, repeat(shards))


@dataclass(frozen=True, slots=True)
class Scored:
    """One indicator that is read at every pane's end in each scope of a grouping."""

    indicator: str
    grouping: Grouping
    window_ms: int
    min_answers: int


ScoreName = tuple[str, frozenset[str], int]
"""What a published score is known by: indicator, dimensions of its scopes, window in ms."""


@dataclass(frozen=True)
class Plan:
    """What is kept, for `partitions` of each input topic and as many judges (shards of cx.tallies).

    Without `publishes` nothing is kept for the sake of scores alone, as nobody asks for them.  With `reports`
    judges are sent every cell of their scopes, also those that nobody reads, as somebody listens.
    """

    rulebook: Rulebook
    partitions: int = 1
    publishes: bool = True
    reports: bool = False

    @cached_property
    def groupings(self) -> tuple[Grouping, ...]:
        """Every grouping that some rule or score needs, each once, in a stable order."""
        wanted = {scored.grouping for scored in self.scored}
        for rule in self.rulebook.rules:
            wanted.add(grouping_of(rule))
            wanted.update(explaining(rule).values())
        return tuple(sorted(wanted))

    @cached_property
    def used_dims(self) -> tuple[str, ...]:
        """Dimensions that events must be told apart by, in the order of `DIMENSIONS`."""
        used = {dim for grouping in self.groupings for dim in grouping.dims}
        return tuple(dim for dim in DIMENSIONS if dim in used)

    @cached_property
    def scored(self) -> tuple[Scored, ...]:
        """What cx.scores carries: every windowed rule's reading, and by channel whatever has none."""
        found: dict[ScoreName, Scored] = {}
        if not self.publishes:
            return ()
        for rule in self.rulebook.rules:
            if isinstance(rule.detect, (Silence, Surge)):
                continue  # volumes against a rhythm: no windowed score
            window_ms, least = SCORE_WINDOW_MS, 1
            if isinstance(rule.detect, (Threshold, Relative, Gap)):
                window_ms, least = rule.detect.window_ms, rule.detect.min_answers
            _add(found, Scored(rule.indicator, grouping_of(rule), window_ms, least))
            if rule.indicator == "csat":  # the mean is published beside the share
                _add(found, Scored("csat_mean", grouping_of(rule), window_ms, least))
        covered = {scored.indicator for scored in found.values()}
        by_channel = Grouping(("channel",), ("channel",))
        for indicator in SCORED:
            if indicator not in covered and CATALOGUE[indicator].configured_by in self.rulebook.indicators:
                _add(found, Scored(indicator, by_channel, SCORE_WINDOW_MS, 1))
        return tuple(found.values())

    @property
    def keeps(self) -> Mapping[str, Mapping[str, object]]:
        """Options of each indicator that is kept."""
        return self.rulebook.indicators


def _add(found: dict[ScoreName, Scored], scored: Scored) -> None:
    """Add one published score, or raise the demand on answers of one that is there.

    A gap rule keeps scopes in a grouping of its own, which another rule may keep as well; a score is
    published once all the same, from where its scopes are spread over the judges.
    """
    name = (scored.indicator, frozenset(scored.grouping.dims), scored.window_ms)
    known = found.get(name, scored)
    spread = max(known.grouping, scored.grouping, key=lambda grouping: len(grouping.shard_dims))
    least = max(known.min_answers, scored.min_answers)
    found[name] = Scored(scored.indicator, spread, scored.window_ms, least)


def grouping_of(rule: Rule) -> Grouping:
    """The grouping that the rule judges."""
    if isinstance(rule.detect, Gap):
        return Grouping(rule.scope_dims, rule.by)
    return Grouping(rule.by, rule.by)


def explaining(rule: Rule) -> Mapping[str, Grouping]:
    """For each dimension of `explain`, the finer grouping that is searched for a cause."""
    own = rule.scope_dims
    shard = grouping_of(rule).shard_dims
    return {dim: Grouping((*own, dim), shard) for dim in rule.explain if dim not in own}
