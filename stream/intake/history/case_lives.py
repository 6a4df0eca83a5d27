"""Lives of cases, one event after the other: what is reopened, and what is a formality.

`cases` settles most cases in columns.  Those that were reopened, or resolved twice, are lived through here.
"""

from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import groupby
from typing import Final

import numpy as np

from alerts.hours import ALWAYS
from stream.columnar.structured import Table, stacked
from stream.columnar.timestamps import NO_TIME, Ints
from stream.intake.history.touchpoints import MET, MISSED, TOUCH, UNSAID, Mask, Runs, TouchKind
from stream.intake.history.working_time import WorkingTime

CASE: Final = np.dtype(
    [
        ("key", "<u8"),
        ("opened_ms", "<i8"),  # NO_TIME where nobody knows
        ("at_ms", "<i8"),  # the event that was taken last
        ("closed_ms", "<i8"),  # NO_TIME while it is open
        ("combo", "<i4"),  # of its resolution
        ("counted", "<i4"),  # how its resolution was counted: MET, MISSED or NOT_COUNTED
    ]
)
NOT_COUNTED: Final = UNSAID
FIELDS: Final = ("opened_ms", "at_ms", "closed_ms", "combo", "counted")
"""All of a case but its key."""


@dataclass(frozen=True, slots=True)
class CaseTerms:
    """How long cases are remembered, how long they may be reopened, and how fast they should be solved."""

    target_ms: int
    horizon_ms: int
    reopen_ms: int
    pane_ms: int
    working: WorkingTime = field(default_factory=lambda: WorkingTime(ALWAYS))

    def took_ms(self, opened_ms: Ints, solved_ms: Ints) -> Ints:
        """How long cases took, of the time that counts; -1 where they end before they begin."""
        ends_ms = np.maximum(opened_ms, solved_ms)
        return np.where(solved_ms < opened_ms, -1, self.working.between(opened_ms, ends_ms))

    def met(self, said: Ints, took_ms: Ints) -> Mask:
        """Whether each resolution met its target, by the sender's word or else by its time."""
        met: Mask = np.where(said == UNSAID, took_ms <= self.target_ms, said == MET)
        return met


@dataclass(frozen=True, slots=True)
class Lives:
    """What came of touches, in their order.

    `opened_ms` is when each one's case was opened; `formal` marks resolutions that say nothing new;
    `taken_back` are resolutions, as touches, that no longer count: `closing` is the reopening's.
    """

    opened_ms: Ints
    formal: Mask
    taken_back: Table

    @classmethod
    def none(cls, count: int) -> "Lives":
        """Nothing eventful."""
        return cls(np.full(count, NO_TIME), np.zeros(count, bool), np.empty(0, TOUCH))


class Turn(Enum):
    """What an event did to a case."""

    USUAL = auto()  # opened it, went on with it, or closed it
    FORMAL = auto()  # closed what was closed
    BACK = auto()  # opened again what was closed


@dataclass(slots=True)
class _Life:
    """One case as it stands; the fields are those of `CASE`."""

    opened_ms: int = NO_TIME
    at_ms: int = NO_TIME
    closed_ms: int = NO_TIME
    combo: int = 0
    counted: int = NOT_COUNTED

    @property
    def is_open(self) -> bool:
        return self.at_ms != NO_TIME and self.closed_ms == NO_TIME

    def step(self, touch: Table, terms: CaseTerms, *, by_id: bool) -> Turn:
        """Take one event, a row of one."""
        kind, at_ms, closing = (int(touch[name][0]) for name in ("kind", "at_ms", "closing"))
        oldest_ms = max(at_ms, closing * terms.pane_ms) - terms.reopen_ms
        may_return = self.counted != NOT_COUNTED and oldest_ms <= self.closed_ms <= at_ms
        if kind == TouchKind.RESOLVED and by_id and may_return:
            return Turn.FORMAL
        goes_on = self.is_open and self.at_ms >= closing * terms.pane_ms - terms.horizon_ms
        turn = Turn.BACK if kind == TouchKind.REOPENED and may_return else Turn.USUAL
        self.at_ms = at_ms
        if kind == TouchKind.RESOLVED:
            self._close(touch, terms, self.opened_ms if goes_on else NO_TIME)
        elif turn is Turn.USUAL and not goes_on:
            self.opened_ms, self.closed_ms, self.counted = at_ms, NO_TIME, NOT_COUNTED
        elif turn is Turn.BACK:
            self.closed_ms = NO_TIME
        return turn

    def _close(self, touch: Table, terms: CaseTerms, opened_ms: int) -> None:
        """Resolve what was opened then, or when the sender says; `NO_TIME` where nobody knows."""
        said_ms = int(touch["opened_ms"][0])
        self.opened_ms = opened_ms if said_ms == NO_TIME else said_ms
        self.closed_ms, self.combo = int(touch["at_ms"][0]), int(touch["combo"][0])
        self.counted = int(counted_as(terms, touch, np.array([self.opened_ms]))[0])


def counted_as(terms: CaseTerms, resolutions: Table, opened_ms: Ints) -> Ints:
    """How resolutions count whose cases were opened at `opened_ms`."""
    known = opened_ms != NO_TIME
    took_ms = terms.took_ms(np.where(known, opened_ms, resolutions["at_ms"]), resolutions["at_ms"])
    timed = known & (took_ms >= 0)
    return np.where(timed, np.where(terms.met(resolutions["target"], took_ms), MET, MISSED), NOT_COUNTED)


def live_through(
    runs: Runs, chosen: Mask, tables: tuple[Table, Table], terms: CaseTerms, *, by_id: bool
) -> Lives:
    """Live through the runs whose places are `chosen`.

    `tables` are what was known of the runs that have a head, in their order, and what is to be remembered
    of every run: the rows of the chosen ones are written anew.
    """
    known, ends = tables
    lives, taken = Lives.none(len(runs.start)), []
    head = np.cumsum(runs.touches["kind"] == TouchKind.REMEMBERED) - 1
    number = np.cumsum(runs.start == np.arange(len(runs.start))) - 1
    for start, places in groupby(np.flatnonzero(chosen).tolist(), key=runs.start.__getitem__):
        life = _Life()
        for place in places:
            touch = runs.touches[place : place + 1]
            if touch["kind"][0] == TouchKind.REMEMBERED:
                life = _Life(*(known[name][head[place]].item() for name in FIELDS))
                continue
            closed_ms = life.closed_ms
            turn = life.step(touch, terms, by_id=by_id)
            if turn is Turn.BACK:
                taken.append(_resolution(life, closed_ms, int(touch["closing"][0])))
                life.counted = NOT_COUNTED
            lives.formal[place] = turn is Turn.FORMAL
            lives.opened_ms[place] = NO_TIME if turn is Turn.FORMAL else life.opened_ms
        for name in FIELDS:
            ends[name][number[start]] = getattr(life, name)
    return Lives(lives.opened_ms, lives.formal, stacked(taken) if taken else np.empty(0, TOUCH))


def _resolution(life: _Life, closed_ms: int, closing: int) -> Table:
    """The resolution that a case had, as a touch that is taken back with a pane."""
    row = np.zeros(1, TOUCH)
    row["closing"], row["at_ms"], row["opened_ms"] = closing, closed_ms, life.opened_ms
    row["combo"], row["target"] = life.combo, life.counted
    return row
