"""Published scores: what goes to cx.scores, and which of them have changed since they were last taken."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Final

import numpy as np

from alerts.intervals import PUBLISHED_CONFIDENCE, normal_quantile
from alerts.readings import Status
from alerts.transitions import DECIMALS, Score, seconds, utc_text
from stream.indicators.formulas import Floats, Ints, interval, score
from stream.indicators.needs import WindowSpan
from stream.indicators.plan import Scored
from stream.judge.evaluation.groups import Group
from stream.judge.windows.layout import Readout
from stream.judge.windows.sliding import Window

Definition = Mapping[str, object]

_STATUSES: Final = tuple(Status)
_WORDS: Final = tuple(status.value for status in Status)
RETELL: Final = len(_STATUSES)
"""Status of what is known and must be told again."""


@dataclass(slots=True)
class PublishedScores:
    """What was last taken of one score, by row: its sums and status; -1 where nothing was."""

    sums: Floats = field(default_factory=lambda: np.zeros((0, 3)))
    status: Ints = field(default_factory=lambda: np.zeros(0, np.int64))

    def grow(self, rows: int) -> None:
        """Make room for row numbers below `rows`."""
        more = rows - len(self.status)
        if more <= 0:
            return
        self.sums = np.pad(self.sums, ((0, more), (0, 0)))
        self.status = np.pad(self.status, (0, more), constant_values=-1)


@dataclass(frozen=True, slots=True)
class ScoreClock:
    """When scores are read: the end of the last judged pane, and the first pane with data."""

    at_ms: int
    first_ms: int


class Scoring:
    """The scores of one group."""

    def __init__(self, group: Group, definitions: Mapping[str, Definition]) -> None:
        self._group: Final = group
        self._definitions: Final = definitions
        self._published: Final = {each: PublishedScores() for each in group.scored}
        self._warm: Final[set[int]] = set()
        self._after: Final[dict[int, int]] = {}  # by window, behind the last row that was told in a turn

    def forget(self, rows: Ints) -> None:
        """Rows that stand for nothing any more."""
        for published in self._published.values():
            published.status[rows[rows < len(published.status)]] = -1

    def retell(self, moment: ScoreClock) -> None:
        """Everything is as it was last taken, says a snapshot; to be sure, the next call tells all of it."""
        for window in self._group.windows.values():
            window.changed[self._group.scopes.used()] = True
        for _ in self.changed(moment):
            pass
        for published in self._published.values():
            published.status[published.status >= 0] = RETELL
        for window in self._group.windows.values():
            window.changed[self._group.scopes.used()] = True

    def changed(self, moment: ScoreClock, most: int | None = None) -> Iterator[Score]:
        """Scores that changed since they were last told; of each window at most those of `most` scopes.

        The others' turn comes with the next calls, in the order of their rows and round again.
        """
        for window_ms, window in self._windows():
            if window_ms not in self._warm and moment.at_ms - window_ms >= moment.first_ms:
                self._warm.add(window_ms)
                window.changed[self._group.scopes.used()] = True
            rows = self._turn(window_ms, np.flatnonzero(window.changed), most)
            if len(rows):
                window.changed[rows] = False
                readout = window.read(rows)
                for scored in self._of(window_ms):
                    yield from self._changed(scored, rows, readout, moment)

    def _turn(self, window_ms: int, rows: Ints, most: int | None) -> Ints:
        """Of the rows, ascending, those whose turn it is."""
        if most is None or len(rows) <= most:
            return rows
        first = int(np.searchsorted(rows, self._after.get(window_ms, 0)))
        rows = np.concatenate((rows[first:], rows[:first]))[:most]
        self._after[window_ms] = int(rows[-1]) + 1
        return rows

    def known(self) -> Iterator["KnownScores"]:
        """Of each score the scopes that ever had answers in its window, as far as it is known."""
        rows = self._group.scopes.used()
        if not len(rows):
            return
        for window_ms, window in self._windows():
            readout = window.read(rows, buckets=False)
            for scored in self._of(window_ms):
                published = self._published[scored]
                published.grow(self._group.scopes.room)
                sums = readout.of(scored.indicator).sums
                known = (published.status[rows] >= 0) | sums.any(axis=1)
                yield KnownScores(self, scored, rows[known], sums[known, 0])

    def current(self, found: "KnownScores", moment: ScoreClock, most: int | None) -> Iterator[Score]:
        """The latest of one score in every scope where it is known; at most `most`, of most answers."""
        scored, rows = found.scored, found.rows
        if most is not None and found.count > most:
            rows = rows[_fullest(found.answers, most)]
        if len(rows):
            window = self._group.windows[WindowSpan(scored.window_ms)]
            readout = window.read(rows, buckets=window.layout.formulas[scored.indicator].buckets)
            yield from self._scores(scored, rows, readout, np.ones(len(rows), np.bool_), moment)

    def _windows(self) -> Iterator[tuple[int, Window]]:
        """Those whose scores are published, by length: they count at all hours.

        What is kept for causes alone is not among them: its sums are made when somebody asks.
        """
        for span, window in self._group.windows.items():
            if not span.hours.limited and self._of(span.window_ms):
                yield span.window_ms, window

    def _of(self, window_ms: int) -> list[Scored]:
        return [each for each in self._group.scored if each.window_ms == window_ms]

    def _changed(self, scored: Scored, rows: Ints, readout: Readout, moment: ScoreClock) -> Iterator[Score]:
        sums = readout.of(scored.indicator).sums
        published = self._published[scored]
        published.grow(self._group.scopes.room)
        status = self._status(scored, sums[:, 0], moment)
        before = published.status[rows]
        other = (sums != published.sums[rows]).any(axis=1) & ((before >= 0) | (sums[:, 0] > 0))
        chosen = other | ((before >= 0) & (before != status))
        published.sums[rows[chosen]] = sums[chosen]
        published.status[rows[chosen]] = status[chosen]
        yield from self._scores(scored, rows, readout, chosen, moment)

    def _status(self, scored: Scored, n: Floats, moment: ScoreClock) -> Ints:
        warming = moment.at_ms - scored.window_ms < moment.first_ms
        status = np.full(len(n), _STATUSES.index(Status.WARMING if warming else Status.OK))
        status[n < scored.min_answers] = _STATUSES.index(Status.INSUFFICIENT)
        status[n <= 0] = _STATUSES.index(Status.STALE)
        return status

    def _scores(
        self, scored: Scored, rows: Ints, readout: Readout, chosen: "np.ndarray", moment: ScoreClock
    ) -> Iterator[Score]:
        if not chosen.any():
            return
        formula = readout.layout.formulas[scored.indicator]
        sums = readout.of(scored.indicator).of(chosen)
        value, n = score(formula, sums)
        low, high = interval(formula, sums, normal_quantile(PUBLISHED_CONFIDENCE))
        codes = self._status(scored, sums.sums[:, 0], moment)
        name, definition = scored.indicator, self._definitions[scored.indicator]
        window_s = seconds(scored.window_ms)
        at = utc_text(slot_end_ms(self._group.windows[WindowSpan(scored.window_ms)], moment.at_ms))
        columns = (
            self._scopes(rows[chosen]), _published(value), n.tolist(), _published(low), _published(high),
            [_WORDS[code] for code in codes.tolist()],
        )  # fmt: skip
        for scope, one, answers, lowest, highest, status in zip(*columns, strict=True):
            yield Score(
                indicator=name, definition=definition, scope=scope, window_s=window_s, at=at,
                value=one, n=answers, low=lowest, high=highest, status=status,
            )  # fmt: skip

    def _scopes(self, rows: Ints) -> list[Mapping[str, str]]:
        """The scopes of rows as they are published."""
        scope = self._group.scopes.published
        return [scope(row) for row in rows.tolist()]


@dataclass(frozen=True, slots=True)
class KnownScores:
    """Of one score: the rows of its group where it is known, and how many answers each has.

    There may be very many; what else their windows hold is read of those that are asked for.
    """

    scoring: Scoring
    scored: Scored
    rows: Ints
    answers: Floats

    @property
    def count(self) -> int:
        """In how many scopes it is known."""
        return len(self.rows)


def _published(values: Floats) -> list[float | None]:
    """As `transitions.rounded` has it, for a whole column; None for what is no number or has no end."""
    rounded = (np.round(values, DECIMALS) + 0.0).tolist()
    return [value if isfinite(value) else None for value in rounded]


def _fullest(answers: Floats, most: int) -> Ints:
    """The places of the `most` with the most answers, ascending; of equals those that were met first."""
    return np.sort(np.argsort(-answers, kind="stable")[:most])


def fair_share(sizes: Sequence[int], most: int) -> int:
    """How many of each may be taken so that `most` are taken in all: small ones whole, the others alike.

    For example 100 of the sizes 10, 70 and 500: the first takes its 10, and 45 are left for either of the
    others.
    """
    left = most
    for place, size in enumerate(sorted(sizes)):
        share = left // (len(sizes) - place)
        if size > share:
            return share
        left -= size
    return most


def slot_end_ms(window: Window, at_ms: int) -> int:
    """The end of the last slot of a window that ended at or before `at_ms`."""
    width_ms = window.window_ms // window.slots
    return at_ms // width_ms * width_ms
