"""Comparing: what would change for the people who are paged if one set of rules replaced another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from alerts.rules import Severity
from stream.reports.episodes import EpisodeStory

ScopeItems = tuple[tuple[str, str], ...]


class Difference(StrEnum):
    """What became of an alert.  Those of one pair may be several: later and quieter, say."""

    NEW = "new"
    VANISHED = "vanished"
    EARLIER = "earlier"
    LATER = "later"
    LOUDER = "louder"  # critical where it was a warning
    QUIETER = "quieter"


@dataclass(frozen=True, slots=True)
class Pair:
    """An alert under the old rules and the one that stands for it under the new; either may be missing."""

    old: EpisodeStory | None
    new: EpisodeStory | None

    @property
    def either(self) -> EpisodeStory:
        """The new one, or else the old."""
        found = self.old if self.new is None else self.new
        if found is None:
            raise ValueError("want a pair with an episode in it")
        return found

    @property
    def later_ms(self) -> int:
        """By how much the new one fires later; negative: earlier, 0 without a counterpart."""
        if self.old is None or self.new is None:
            return 0
        return (self.new.fired_ms or 0) - (self.old.fired_ms or 0)

    @property
    def changes(self) -> tuple[Difference, ...]:
        """All that changed; nothing where the alert stays as it was."""
        if self.old is None:
            return (Difference.NEW,)
        if self.new is None:
            return (Difference.VANISHED,)
        found = []
        if self.later_ms:
            found.append(Difference.LATER if self.later_ms > 0 else Difference.EARLIER)
        if self.old.severity != self.new.severity:
            found.append(Difference.LOUDER if self.new.severity == Severity.CRITICAL else Difference.QUIETER)
        return tuple(found)


def pairs(old: Sequence[EpisodeStory], new: Sequence[EpisodeStory]) -> list[Pair]:
    """Every episode once, those of one rule and scope that overlap in time paired; in order of firing.

    Rules are the same if they have the same name.
    """
    found: list[Pair] = []
    keys = {_key(episode) for episode in (*old, *new)}
    for key in keys:
        found += _matched(
            [episode for episode in old if _key(episode) == key],
            [episode for episode in new if _key(episode) == key],
        )
    return sorted(found, key=lambda pair: (pair.either.fired_ms or 0, *_key(pair.either)))


def _matched(old: Sequence[EpisodeStory], new: Sequence[EpisodeStory]) -> Iterator[Pair]:
    """Episodes of one rule and scope, which never overlap among themselves: one pass over both."""
    i = j = 0
    while i < len(old) and j < len(new):
        if _overlap(old[i], new[j]):
            yield Pair(old[i], new[j])
            i, j = i + 1, j + 1
        elif old[i].began_ms < new[j].began_ms:
            yield Pair(old[i], None)
            i += 1
        else:
            yield Pair(None, new[j])
            j += 1
    yield from (Pair(episode, None) for episode in old[i:])
    yield from (Pair(None, episode) for episode in new[j:])


def _overlap(one: EpisodeStory, other: EpisodeStory) -> bool:
    first, second = sorted((one, other), key=lambda episode: episode.began_ms)
    return first.ended_ms is None or second.began_ms <= first.ended_ms


def _key(episode: EpisodeStory) -> tuple[str, ScopeItems]:
    return episode.rule, tuple(sorted(episode.scope.items()))
