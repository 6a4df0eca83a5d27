"""A judge's state: everything that it remembers between two sections of cx.tallies.

A section is taken first: it may close panes, and what it counts waits in `pending` for the pane at whose end
it is due.  Panes are judged afterwards, many at a time.  For example, panes up to 7 have been judged, and a
section closes 8 and 9 with an answer each: `closed` becomes 9, the answers are `pending`, `block` deals both
panes out to the groups, and once they are judged `settle` sets `judged` to 9.
"""

from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np

from alerts.rules import DAY_MS, Detect, Gap, Relative
from stream.columnar.runs import by_number
from stream.indicators.cells import TIMES_FROM
from stream.indicators.plan import Plan
from stream.judge.evaluation.detector_inputs import Block
from stream.judge.evaluation.groups import Group
from stream.judge.evaluation.schedule import least
from stream.judge.lost_alerts import AlertsAstray
from stream.judge.pending import Counts, Ints, Pending
from stream.judge.scope_codes import ROW_BITS, ROW_MASK, ScopeCodes
from stream.judge.watermarks import Portion, WatermarkAligner
from stream.messages.tallies import NO_PANE, TallyMessage, sources

MOST_PANES: Final = 8192
"""Panes that are looked at together at most: what is found out beforehand takes memory."""
NO_LIMIT: Final = 2**62
FEW_COUNTS: Final = 2
SPARSE_MS: Final = 4 * DAY_MS
"""Time that is looked at together where there are so few counts a pane, on the average."""
MOST_SPARSE_MS: Final = 8 * 7 * DAY_MS
SPARSE_COUNTS: Final = 1024
"""Up to so much more time is looked at together as there are no more than so many counts in it."""
FORESEE_FROM: Final = 3
"""Panes from which it is worth finding out beforehand where something can happen."""


@dataclass(slots=True, kw_only=True)
class Memory:
    """Groups with their windows and alerts, what waits for them, and how far time has come, in panes.

    `closed` is the last closed pane, `judged` the last that was judged (NO_PANE: none); they differ only
    while sections are being taken.  `first_pane` is the first with data.
    `codes` knows each scope by a number.
    `forget_ms` is when scopes that have left every window are next let go; `wake` the next pane at whose
    end something changes even if nothing comes in; `astray` are alerts that no board has.
    `expects`: the scopes that rules name are waited for.  `keeps_weeks`: some rule compares with the
    weeks before.
    """

    groups: list[Group]
    sources: WatermarkAligner
    codes: ScopeCodes
    pending: Pending = field(default_factory=Pending)
    closed: int = NO_PANE
    judged: int = NO_PANE
    first_pane: int | None = None
    forget_ms: int = 0
    wake: int | None = None
    astray: AlertsAstray = field(default_factory=AlertsAstray)
    expects: bool = False
    keeps_weeks: bool = False

    @classmethod
    def empty(cls, plan: Plan, shard: int = 0) -> Self:
        """Nothing was heard yet."""
        groups = [Group(plan, grouping, shard) for grouping in plan.groupings]
        expected = WatermarkAligner.expecting(sources(plan.partitions, plan.keeps), plan.rulebook.timing)
        codes = ScopeCodes(groups, plan.rulebook.limits.max_scopes)
        keeps_weeks = any(_keeps_weeks(rule.detect) for rule in plan.rulebook.rules)
        return cls(groups=groups, sources=expected, codes=codes, keeps_weeks=keeps_weeks)

    def take(self, section: TallyMessage, log_ms: int) -> None:
        """Learn from a section, whose Kafka timestamp is `log_ms`, what is closed and what counts when."""
        for portion in self.sources.take(section, log_ms, self.closed):
            self._expect(portion)
        through = self.sources.closed_through()
        if through > self.closed:
            for portion in self.sources.due(self.closed, through):
                self._expect(portion)
            self.closed = through
            self._begin()

    def _begin(self) -> None:
        """Once the pane of the first event has closed, wait from there for the scopes that rules name.

        Every judge learns of the first event of all sources, and by then no earlier one comes in time.
        So how many judges there are changes nothing.
        """
        began_ms, pane_ms = self.sources.began_ms(), self.sources.timing.pane_ms
        if not self.expects and began_ms is not None and self.closed >= began_ms // pane_ms:
            self.expects = True
            self.expect_named(began_ms // pane_ms * pane_ms)

    def expect_named(self, since_ms: int) -> None:
        """Wait from a time on for the scopes that rules name and that nobody has heard of."""
        for group in self.groups:
            group.expect_named(since_ms)
        self.wake = least(self.wake, *(group.wake(self.judged) for group in self.groups))

    def _expect(self, portion: Portion) -> None:
        """Put rows where they are due: at their closing pane, or at the next one if that is closed."""
        rows = portion.rows
        codes = self.codes.of(portion.scopes)[rows.scope]
        due = np.maximum(rows.closing, self.closed + 1)
        counts = Counts(due, codes, rows.pane, rows.cell, rows.count * portion.sign)
        known, single = codes >= 0, counts.cell >= TIMES_FROM
        if single.any():  # reports want them of all scopes, judges of those whose quantiles they read
            reading = np.array([*(group.reads_times for group in self.groups), False], np.bool_)
            known &= ~single | reading[codes >> ROW_BITS]
        if not known.all():
            counts = counts.only(known)
        if len(counts):
            first = int(counts.pane.min())
            self.first_pane = first if self.first_pane is None else min(first, self.first_pane)
            self.pending.add(counts)

    def block(self, most_panes: int) -> Block | None:
        """The next closed panes to look at together, at most so many; None: nothing can happen in any.

        What is due in them is dealt out to the groups.
        """
        while (first := self._next_pane()) is not None and self.take_up(first * self.sources.timing.pane_ms):
            pass  # what is taken up may want to be judged before
        if first is None:
            return None
        most = first + min(most_panes, self._most_panes(first))
        end = min(self.closed, most, *self.astray.last_panes(self.sources.timing.pane_ms))
        self._merge(self.pending.take(end))
        return Block(self.judged, end, foresee=end - first >= FORESEE_FROM)

    def _next_pane(self) -> int | None:
        """The next closed pane at whose end something can happen."""
        first = least(self.pending.next_pane(), self.wake)
        return None if first is None or first > self.closed else first

    def take_up(self, judged_ms: int) -> bool:
        """Go on with the lost alerts whose panes have all been judged by a time; whether there were any."""
        found = self.astray.take_up(self.groups, judged_ms)
        if found and self.judged != NO_PANE:
            self.settle(self.judged)
        return found

    def rest(self) -> None:
        """Everything that is closed has been judged."""
        self.judged = self.closed
        if self.judged != NO_PANE:
            self.take_up((self.judged + 1) * self.sources.timing.pane_ms)

    def _most_panes(self, first: int) -> int:
        """Panes from the first on that are looked at together at most."""
        panes, counts, pane_ms = self.closed - first + 1, len(self.pending), self.sources.timing.pane_ms
        most, usual = MOST_PANES, SPARSE_MS // pane_ms
        if counts <= panes * FEW_COUNTS:
            few = panes * SPARSE_COUNTS // max(counts, 1)
            most = max(most, min(few, MOST_SPARSE_MS // pane_ms), usual)
        return min(most, usual) if self.keeps_weeks else most

    def settle(self, judged: int) -> None:
        """Everything up to a pane has been judged; find out when something happens if nothing comes in."""
        self.judged = judged
        self.wake = least(*(group.wake(judged) for group in self.groups))

    def forget(self, now_ms: int) -> list[Ints]:
        """Let go of scopes that have left every window; their rows, by group."""
        waiting = np.unique(self.pending.all().code)
        self.codes.forget()
        return [
            group.forget(now_ms, waiting[waiting >> ROW_BITS == number] & ROW_MASK)
            for number, group in enumerate(self.groups)
        ]

    def catch_up(self) -> None:
        """Slide every window to the end of the last judged pane."""
        if self.judged != NO_PANE:
            for group in self.groups:
                group.catch_up(self.judged)

    def _merge(self, counts: Counts) -> None:
        """Deal counts out to their groups, to each by when they are due."""
        if not len(counts):
            return
        number, first = counts.code >> ROW_BITS, int(counts.due.min())
        span = int(counts.due.max()) - first + 1
        order = by_number(number * span + (counts.due - first))
        bounds = np.concatenate([[0], np.cumsum(np.bincount(number, minlength=len(self.groups)))]).tolist()
        for place, group in enumerate(self.groups):
            if bounds[place] < bounds[place + 1]:
                part = counts.only(order[bounds[place] : bounds[place + 1]])
                group.merge(part.due, part.code & ROW_MASK, part.pane, part.cell, part.count)


def _keeps_weeks(detect: Detect) -> bool:
    """Whether it compares with the weeks before: it takes in a block beforehand if it is short."""
    return isinstance(detect, Relative) or (isinstance(detect, Gap) and detect.against is not None)
