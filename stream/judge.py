"""The judge: one per shard of cx.tallies.  Merges sections into windows, closes panes, steps alerts.

Its state, and everything that it tells, is a function of the records of its partition of cx.tallies.  Panes
are judged one after the other, in event time; those at whose end nothing can change are passed over.
"""

from typing import Final

import numpy as np

from alerts.readings import Scope, scope_text
from alerts.rules import HOUR_MS, Rule, Severity
from alerts.transitions import Score, Transition
from stream.banks import Told, matches
from stream.causes import Causes
from stream.explained import Explained, Observer
from stream.groups import Group
from stream.pending import Counts, Pending
from stream.plan import Plan, grouping_of
from stream.scoring import Moment, Scoring
from stream.sections import NO_PANE, ScopeKey, Section, sources
from stream.sources import Portion, Sources
from stream.telling import Teller

__all__ = ["Explained", "Judge", "Observer"]

ROW_BITS: Final = 40
"""A scope's code is its group's number above its row's."""
ROW_MASK: Final = (1 << ROW_BITS) - 1
FORGET_EVERY_MS: Final = HOUR_MS
"""How often, in event time, scopes that have left every window are let go."""


class Judge:
    """The alerts and scores of the scopes of one shard.

    `observer` is called for each reading judged by a threshold rule, which costs a great deal.
    """

    def __init__(self, plan: Plan, shard: int, observer: Observer | None = None) -> None:
        self.plan: Final = plan
        self.shard: Final = shard
        self._observer: Final = observer
        timing = plan.rulebook.timing
        self._pane_ms: Final = timing.pane_ms
        self._sources = Sources.expecting(sources(plan.partitions, plan.keeps), timing)
        self._groups: Final = [Group(plan, grouping) for grouping in plan.groupings]
        self._number: Final = {group.grouping.key: number for number, group in enumerate(self._groups)}
        by_grouping = {group.grouping: group for group in self._groups}
        self._of_rule: Final = {rule.name: by_grouping[grouping_of(rule)] for rule in plan.rulebook.rules}
        self._causes: Final = Causes(by_grouping)
        self._teller: Final = Teller(plan, self._causes)
        definitions = {each.indicator: self._teller.definition(each.indicator) for each in plan.scored}
        self._scoring: Final = [Scoring(group, definitions) for group in self._groups]
        self._pending = Pending()
        self._judged = NO_PANE
        self._first_pane: int | None = None
        self._forget_ms = 0

    @property
    def judged_through_ms(self) -> int | None:
        """Event time up to which everything has been judged: the end of the last judged pane."""
        return None if self._judged == NO_PANE else (self._judged + 1) * self._pane_ms

    def feed(self, section: Section, log_ms: int) -> list[Transition]:
        """Take one section, in the order of the partition; what it makes known, in event time.

        `log_ms` is the Kafka timestamp of its record, 0 in a backtest.  Transitions of one pane are ordered
        by their rules' places in the rulebook, then by scope.
        """
        for portion in self._sources.take(section, log_ms, self._judged):
            self._expect(portion)
        return self._judge_through(self._sources.closed_through())

    def take_scores(self) -> list[Score]:
        """The latest of each score that changed since the last call."""
        moment = self._moment()
        if moment is None:
            return []
        return [score for scoring in self._scoring for score in scoring.changed(moment)]

    def current_scores(self) -> list[Score]:
        """The latest of every score."""
        moment = self._moment()
        if moment is None:
            return []
        return [score for scoring in self._scoring for score in scoring.current(moment)]

    def firing(self) -> list[tuple[Rule, Severity, Scope]]:
        """What fires now."""
        return [
            (ranked.rule, severity, group.scopes.scope(row))
            for group in self._groups
            for bank in group.banks
            for ranked, severity, row in bank.firing()
        ]

    def scopes(self, rule: Rule) -> list[Scope]:
        """The scopes that a rule is known to watch, in no particular order."""
        group = self._of_rule[rule.name]
        found = [group.scopes.scope(row) for _, row in group.scopes]
        return [scope for scope in found if matches(rule, dict(scope))]

    def budgets(self) -> list[tuple[Rule, Scope, float]]:
        """For burn rules, the share of each scope's budget that is left: 1 untouched, below 0 overspent."""
        return []

    def entries(self) -> dict[str, int]:
        """How much is kept."""
        windows = [window for group in self._groups for window in group.all_windows()]
        return {
            "scopes": sum(len(group.scopes) for group in self._groups),
            "panes": len(self._pending) + sum(window.entries() for window in windows),
            "alerts": sum(len(bank.board.episodes()) for group in self._groups for bank in group.banks),
        }

    def _moment(self) -> Moment | None:
        if self._judged == NO_PANE:
            return None
        first = self._judged + 1 if self._first_pane is None else self._first_pane
        return Moment((self._judged + 1) * self._pane_ms, first * self._pane_ms)

    def _expect(self, portion: Portion) -> None:
        """Put rows where they are due: at their closing pane, or at the next one if that has been judged."""
        rows = portion.rows
        codes = np.array([self._code(key) for key in portion.scopes], np.int64)[rows.scope]
        closing = np.maximum(rows.closing, self._judged + 1)
        counts = Counts(codes, rows.pane, rows.cell, rows.count * portion.sign)
        known = codes >= 0
        if not known.all():
            closing, counts = closing[known], counts.only(known)
        if len(closing):
            first = int(rows.pane.min())
            self._first_pane = first if self._first_pane is None else min(first, self._first_pane)
            self._pending.add(closing, counts)

    def _code(self, key: ScopeKey) -> int:
        """The scope's code; -1 for a grouping that this plan does not know."""
        number = self._number.get(key[0])
        return -1 if number is None else number << ROW_BITS | self._groups[number].row_of(key[1])

    def _judge_through(self, through: int) -> list[Transition]:
        if through <= self._judged:
            return []
        for portion in list(self._sources.due(self._judged, through)):
            self._expect(portion)
        told: list[Transition] = []
        while (pane := self._next_pane()) is not None and pane <= through:
            told += self._judge_pane(pane)
        self._judged = through
        return told

    def _next_pane(self) -> int | None:
        """The next pane at whose end something may change; what is only known of idle time comes later."""
        panes = [self._pending.next_pane()]
        if self._judged != NO_PANE:
            panes += [group.next_pane(self._judged) for group in self._groups]
        return min((pane for pane in panes if pane is not None), default=None)

    def _judge_pane(self, pane: int) -> list[Transition]:
        end_ms = (pane + 1) * self._pane_ms
        counts = self._pending.take(pane)
        if counts is not None:
            self._merge(pane, counts)
        changed = [group.advance(pane) for group in self._groups]
        self._judged = pane
        self._causes.new_pane()
        found: list[tuple[int, str, Transition]] = []
        for group, rows in zip(self._groups, changed, strict=True):
            found += [self._tell(told, group, end_ms) for told in group.judge(end_ms, rows, self._observer)]
        self._forget(end_ms)
        return [transition for _, _, transition in sorted(found, key=lambda each: each[:2])]

    def _merge(self, pane: int, counts: Counts) -> None:
        """Deal counts out to their groups."""
        number = (counts.code >> ROW_BITS).astype(np.uint16)
        order = np.argsort(number, kind="stable")
        bounds = np.searchsorted(number[order], np.arange(len(self._groups) + 1)).tolist()
        for place, group in enumerate(self._groups):
            if bounds[place] < bounds[place + 1]:
                part = counts.only(order[bounds[place] : bounds[place + 1]])
                rows = part.code & ROW_MASK
                group.scopes.seen_ms[rows] = (pane + 1) * self._pane_ms
                group.merge(pane, rows, part.pane, part.cell, part.count)

    def _tell(self, told: Told, group: Group, end_ms: int) -> tuple[int, str, Transition]:
        scope = scope_text(group.scopes.scope(told.move.row))
        return told.ranked.place, scope, self._teller.tell(told, group, end_ms)

    def _forget(self, end_ms: int) -> None:
        """Now and then, let go of scopes that have left every window."""
        if end_ms < self._forget_ms:
            return
        self._forget_ms = end_ms + FORGET_EVERY_MS
        waiting = self._pending.codes()
        for number, (group, scoring) in enumerate(zip(self._groups, self._scoring, strict=True)):
            mine = waiting[waiting >> ROW_BITS == number] & ROW_MASK
            scoring.forget(group.forget(end_ms, mine))
