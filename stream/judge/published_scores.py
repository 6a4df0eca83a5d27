"""Published scores: what goes to cx.scores, and which of them have changed since they were last taken."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final

import numpy as np

from alerts.readings import Status
from alerts.transitions import DECIMALS, Score, seconds, utc_text
from stream.indicators.formulas import Flags, Floats, Ints
from stream.indicators.needs import WindowSpan
from stream.indicators.plan import Scored
from stream.judge.evaluation.groups import Group
from stream.judge.score_columns import ScoreColumns
from stream.judge.score_numbers import NumbersTogether, ScoreNumbers, numbers
from stream.judge.windows.layout import SUMS, Layout
from stream.judge.windows.sliding import Window

Definition = Mapping[str, object]

_STATUSES: Final = tuple(Status)
_WORDS: Final = tuple(status.value for status in Status)
ROWS_READ: Final = 512
"""Scopes whose sums are read together: with a thousand buckets of time to resolution each takes 12 KB."""
RETELL: Final = len(_STATUSES)
"""Status of what is known and must be told again."""


class PublishedScores:
    """What was last taken of a window's scores, by row and score: sums and status, -1 where nothing was."""

    def __init__(self, scored: Sequence[Scored], layout: Layout) -> None:
        self.scored: Final = tuple(scored)
        first = np.array([layout.place(each.indicator) for each in scored])
        self.columns: Final[Ints] = first[:, None] + np.arange(SUMS)  # of a readout's sums
        self.least: Final[Ints] = np.array([each.min_answers for each in scored])
        self.together: Final = NumbersTogether([layout.formulas[each.indicator] for each in scored])
        self.sums: Floats = np.zeros((0, len(scored), SUMS))
        self.status: Ints = np.zeros((0, len(scored)), np.int64)

    def grow(self, rows: int) -> None:
        """Make room for row numbers below `rows`."""
        more = rows - len(self.status)
        if more <= 0:
            return
        self.sums = np.pad(self.sums, ((0, more), (0, 0), (0, 0)))
        self.status = np.pad(self.status, ((0, more), (0, 0)), constant_values=-1)

    def take(self, rows: Ints, sums: Floats, status: Ints) -> Flags:
        """Take what is new of some rows; which of their scores that is, `(rows, scores)`."""
        before, known = self.status[rows], self.sums[rows]
        other = (sums != known).any(axis=2) & ((before >= 0) | (sums[:, :, 0] > 0))
        chosen: Flags = other | ((before >= 0) & (before != status))
        self.sums[rows] = np.where(chosen[:, :, None], sums, known)
        self.status[rows] = np.where(chosen, status, before)
        return chosen


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
        self._published: Final = dict(self._by_window())
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

    def changed(self, moment: ScoreClock, most: int | None = None) -> Iterator[ScoreColumns]:
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
                for at in range(0, len(rows), ROWS_READ):
                    some = rows[at : at + ROWS_READ]
                    yield from self._changed(self._published[window_ms], window, some, moment)

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
            published = self._published[window_ms]
            published.grow(self._group.scopes.room)
            for place, scored in enumerate(published.scored):
                sums = readout.of(scored.indicator).sums
                known = (published.status[rows, place] >= 0) | sums.any(axis=1)
                yield KnownScores(self, scored, rows[known], sums[known, 0])

    def current(self, found: "KnownScores", moment: ScoreClock, most: int | None) -> Iterator[Score]:
        """The latest of one score in every scope where it is known; at most `most`, of most answers."""
        scored, rows = found.scored, found.rows
        if most is not None and found.count > most:
            rows = rows[_fullest(found.answers, most)]
        if len(rows):
            window = self._group.windows[WindowSpan(scored.window_ms)]
            readout = window.read(rows, buckets=window.layout.formulas[scored.indicator].buckets)
            sums = readout.of(scored.indicator)
            status = _status(scored.window_ms, scored.min_answers, sums.sums[:, 0], moment)
            told = ToldScores(rows, numbers(window.layout.formulas[scored.indicator], sums), status)
            yield from self._scores(scored, window, told, moment).scores()

    def _windows(self) -> Iterator[tuple[int, Window]]:
        """Those whose scores are published, by length: they count at all hours.

        What is kept for causes alone is not among them: its sums are made when somebody asks.
        """
        for span, window in self._group.windows.items():
            if span.window_ms in self._published and not span.hours.limited:
                yield span.window_ms, window

    def _by_window(self) -> Iterator[tuple[int, PublishedScores]]:
        for span, window in self._group.windows.items():
            scored = [each for each in self._group.scored if each.window_ms == span.window_ms]
            if scored and not span.hours.limited:
                yield span.window_ms, PublishedScores(scored, window.layout)

    def _changed(
        self, published: PublishedScores, window: Window, rows: Ints, moment: ScoreClock
    ) -> Iterator[ScoreColumns]:
        readout = window.read(rows)
        sums = readout.sums[:, published.columns]
        published.grow(self._group.scopes.room)
        status = _status(window.window_ms, published.least, sums[:, :, 0], moment)
        chosen, together = published.take(rows, sums, status), published.together
        every = together.of(sums)
        for place in np.flatnonzero(chosen.any(axis=0)).tolist():
            scored, own = published.scored[place], chosen[:, place]
            if place in together:
                found = together.at(every, place, own)
            else:
                found = numbers(
                    window.layout.formulas[scored.indicator], readout.of(scored.indicator).of(own)
                )
            yield self._scores(scored, window, ToldScores(rows[own], found, status[own, place]), moment)

    def _scores(self, scored: Scored, window: Window, told: "ToldScores", moment: ScoreClock) -> ScoreColumns:
        value, n, low, high = told.numbers
        published = self._group.scopes.published
        return ScoreColumns(
            indicator=scored.indicator, definition=self._definitions[scored.indicator],
            window_s=seconds(scored.window_ms), at=utc_text(slot_end_ms(window, moment.at_ms)),
            scopes=list(map(published, told.rows.tolist())),
            value=_published(value), n=n.tolist(), low=_published(low), high=_published(high),
            status=[_WORDS[code] for code in told.status.tolist()],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ToldScores:
    """The rows in which a score is told, its numbers and its status in each."""

    rows: Ints
    numbers: ScoreNumbers
    status: Ints


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


def _status(window_ms: int, least: Ints | int, n: Floats, moment: ScoreClock) -> Ints:
    """Of scores of one window with so many answers; `least` are wanted."""
    warming = moment.at_ms - window_ms < moment.first_ms
    status = np.full(n.shape, _STATUSES.index(Status.WARMING if warming else Status.OK))
    status[n < least] = _STATUSES.index(Status.INSUFFICIENT)
    status[n <= 0] = _STATUSES.index(Status.STALE)
    return status


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
