"""The judge: one per shard of cx.tallies.  Merges sections into windows, closes panes, steps alerts.

Its state, and everything that it tells, is a function of the records of its partition of cx.tallies.  Panes
are judged one after the other, in event time; those at whose end nothing can change are passed over.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final, Self

from alerts.readings import Scope, scope_text
from alerts.rules import HOUR_MS, Rule, Severity
from alerts.transitions import Score, Transition
from stream.indicators.plan import Plan, grouping_of
from stream.judge.announcements import Teller
from stream.judge.evaluation.detector_inputs import Block
from stream.judge.evaluation.explained import Explained, Observer
from stream.judge.evaluation.groups import Group
from stream.judge.evaluation.matchers import watches
from stream.judge.evaluation.moves import AlertMove, firing
from stream.judge.evaluation.schedule import least
from stream.judge.known_alerts import heed
from stream.judge.published_scores import ScoreClock, Scoring, fair_share
from stream.judge.removed_rules import resolved
from stream.judge.root_cause import Causes
from stream.judge.score_columns import ScoreColumns
from stream.judge.snapshot import dump, load
from stream.judge.snapshot_format import About, LostAlert
from stream.judge.state import NO_LIMIT, Memory
from stream.judge.watermarks import Missed
from stream.messages.tallies import NO_PANE, Spelled, Spelling, TallyMessage
from stream.messages.verdicts import VerdictMessage

__all__ = ["Explained", "Judge", "Observer"]

ASKED_TOGETHER: Final = 200
"""Alerts whose causes are summed up at once."""
FORGET_EVERY_MS: Final = HOUR_MS
"""How often, in event time, scopes that have left every window are let go."""


class Judge:
    """The alerts and scores of the scopes of one shard.

    `observer` is called for each reading that a rule judges, which costs a great deal.
    """

    def __init__(self, plan: Plan, shard: int, observer: Observer | None = None) -> None:
        self.plan: Final = plan
        self.shard: Final = shard
        self._observer: Final = observer
        self._pane_ms: Final = plan.rulebook.timing.pane_ms
        self._memory: Final = Memory.empty(plan, shard)
        self._groups: Final = self._memory.groups
        by_grouping = {group.grouping: group for group in self._groups}
        self._of_rule: Final = {rule.name: by_grouping[grouping_of(rule)] for rule in plan.rulebook.rules}
        self._teller: Final = Teller(plan, Causes(by_grouping))
        definitions = {each.indicator: self._teller.definition(each.indicator) for each in plan.scored}
        self._scoring: Final = [Scoring(group, definitions) for group in self._groups]
        self.scores_left_out = 0
        """How many scores the last `current_scores` had to leave out."""

    @property
    def judged_through_ms(self) -> int | None:
        """Event time up to which everything has been judged: the end of the last judged pane."""
        judged = self._memory.judged
        return None if judged == NO_PANE else (judged + 1) * self._pane_ms

    def unmet(self, scopes: Spelled) -> list[Spelling]:
        """The spellings by which no scope has come lately."""
        return self._memory.codes.unmet(scopes)

    def feed(self, section: TallyMessage | VerdictMessage, log_ms: int) -> list[Transition]:
        """Take one section; see `feed_all`."""
        return self.feed_all([(section, log_ms)])

    def feed_all(self, sections: Iterable[tuple[TallyMessage | VerdictMessage, int]]) -> list[Transition]:
        """Take sections and verdicts, in the order of the partition; what they make known, in event time.

        With each comes the Kafka timestamp of its record in ms, 0 in a backtest.  Transitions of one pane
        are ordered by their rules' places in the rulebook, then by scope.  A judge that was restored from
        a snapshot of other rules first tells of the alerts that ended with theirs.

        Panes are judged once all sections have been taken, many at a time.  What counts when was settled
        section by section, so it comes to the same as feeding them one by one.  A verdict is heeded when all
        panes have been judged that the sections before it have closed.
        """
        return [told for step in self.steps(sections) for told in step]

    def steps(
        self,
        sections: Iterable[tuple[TallyMessage | VerdictMessage, int]],
        stride: Callable[[], int] = lambda: NO_LIMIT,
    ) -> Iterator[list[Transition]]:
        """The same a step at a time: a backlog of weeks takes many.

        `stride` says before each step how many panes it may judge at most, which decides nothing.  Between
        two steps the judge may be asked for scores, but must neither be fed nor copied.
        """
        memory = self._memory
        orphans, memory.astray.orphans = memory.astray.orphans, []
        if orphans:
            yield list(map(resolved, orphans))
        for section, log_ms in sections:
            if isinstance(section, VerdictMessage):
                yield from self._judge(stride)
                yield self._heed(section)
            else:
                memory.take(section, log_ms)
        yield from self._judge(stride)

    def take_missed(self) -> list[Missed]:
        """Panes whose tallies the log has lost, as far as that was found since the last call."""
        aligner = self._memory.sources
        missed, aligner.missed = aligner.missed, []
        return missed

    def take_unsealed(self) -> int:
        """How many sections were passed over since the last call, as their sources' have seals."""
        aligner = self._memory.sources
        unsealed, aligner.unsealed = aligner.unsealed, 0
        return unsealed

    def take_ahead(self) -> int:
        """How many records had stamps since the last call that those after them contradict."""
        aligner = self._memory.sources
        ahead, aligner.ahead = aligner.ahead, 0
        return ahead

    def take_up(self, lost: Iterable[LostAlert]) -> None:
        """Go on with alerts that are open, and that a judge without a past does not know."""
        self._memory.astray.lost += lost
        self._memory.rest()

    def take_scores(self, most: int | None = None) -> list[Score]:
        """The latest of each score that changed since it was last taken; see `take_score_columns`."""
        return [score for columns in self.take_score_columns(most) for score in columns.scores()]

    def take_score_columns(self, most: int | None) -> list[ScoreColumns]:
        """The latest of each score that changed since it was last taken, by indicator and window.

        Of each grouping and window at most those of `most` scopes; the next calls have the others.
        """
        moment = self._moment()
        if moment is None:
            return []
        self._memory.catch_up()
        return [columns for scoring in self._scoring for columns in scoring.changed(moment, most)]

    def current_scores(self, most: int | None = None) -> list[Score]:
        """The latest of every score; at most `most` in all, of each those with the most answers."""
        moment = self._moment()
        if moment is None:
            return []
        self._memory.catch_up()
        found = [known for scoring in self._scoring for known in scoring.known()]
        counts = [known.count for known in found]
        each = None if most is None else fair_share(counts, most)
        scores = [score for known in found for score in known.scoring.current(known, moment, each)]
        self.scores_left_out = sum(counts) - len(scores)
        return scores

    def firing(self) -> list[tuple[Rule, Severity, Scope]]:
        """What fires now."""
        return [
            (ranked.rule, severity, group.scopes.scope(row))
            for group in self._groups
            for board, rules in group.boards()
            for ranked, severity, row in firing(board, rules)
        ]

    def scopes(self, rule: Rule, most: int | None = None) -> list[Scope]:
        """The scopes that a rule is known to watch, those first that were met first; at most `most`."""
        group = self._of_rule[rule.name]
        found = (group.scopes.scope(row) for _, row in group.scopes)
        return list(islice((scope for scope in found if watches(rule, scope)), most))

    def scope_count(self, rule: Rule) -> int:
        """How many scopes the rule's grouping has, which is at least as many as it watches."""
        return len(self._of_rule[rule.name].scopes)

    def budgets(self) -> list[tuple[Rule, Scope, float]]:
        """For burn rules, the share of each scope's budget that is left: 1 untouched, below 0 overspent."""
        self._memory.catch_up()
        return [
            (each.rule, group.scopes.scope(row), left)
            for group in self._groups
            for each in group.watches
            for row, left in each.budgets(group.scopes.used())
        ]

    def entries(self) -> dict[str, int]:
        """How much is kept, as it is kept now."""
        windows = [window for group in self._groups for window in group.all_windows()]
        return {
            "scopes": len(self._memory.codes),
            "folded_scopes": self._memory.codes.folded,
            "panes": len(self._memory.pending) + sum(window.entries() for window in windows),
            "alerts": sum(len(board.episodes()) for group in self._groups for board, _ in group.boards()),
        }

    def snapshot(self) -> list[bytes]:
        """A copy of everything remembered; see `stream.judge.snapshot`."""
        self._memory.catch_up()
        live = {
            ranked[column].rule.name
            for group in self._groups
            for board, ranked in group.boards()
            for _, column in board.episodes()
        }
        about = {
            rule.name: About(rule.indicator, dict(self._teller.definition(rule.indicator)))
            for rule in self.plan.rulebook.rules
            if rule.name in live
        }
        return dump(self._memory, about)

    @classmethod
    def restore(cls, plan: Plan, shard: int, chunks: Sequence[bytes]) -> Self:
        """A judge that goes on from a snapshot, which may be of another plan.

        Raises:
            msgspec.DecodeError: the chunks are not a judge's snapshot.
        """
        judge = cls(plan, shard)
        load(judge._memory, chunks)
        moment = judge._moment()
        if moment is not None:
            for scoring in judge._scoring:
                scoring.retell(moment)
        return judge

    def _moment(self) -> ScoreClock | None:
        memory = self._memory
        if memory.judged == NO_PANE:
            return None
        first = memory.judged + 1 if memory.first_pane is None else memory.first_pane
        return ScoreClock((memory.judged + 1) * self._pane_ms, first * self._pane_ms)

    def _judge(self, stride: Callable[[], int]) -> Iterator[list[Transition]]:
        """Judge every pane that is closed."""
        memory = self._memory
        while (block := memory.block(stride())) is not None:
            yield self._judge_block(block)
        memory.rest()

    def _heed(self, said: VerdictMessage) -> list[Transition]:
        """End an alert that is known; nothing where it is over, or another judge's."""
        memory = self._memory
        if memory.judged == NO_PANE:
            return []
        memory.catch_up()
        found = heed(self._groups, said, (memory.judged + 1) * self._pane_ms)
        if found is None:
            return []
        memory.settle(memory.judged)
        group, told = found
        return [self._teller.tell(told, group, memory.judged)]

    def _judge_block(self, block: Block) -> list[Transition]:
        """Judge every pane of a block at whose end something may happen, in event time."""
        memory = self._memory
        if self._observer is not None:
            block = replace(block, foresee=False)
        for group in self._groups:
            group.open(block)
        told: list[Transition] = []
        while (pane := least(*(group.next_pane() for group in self._groups))) is not None:
            told += self._judge_pane(pane)
        for group in self._groups:
            group.close()
        memory.settle(block.through)
        self._forget((block.through + 1) * self._pane_ms)
        return told

    def _judge_pane(self, pane: int) -> list[Transition]:
        due = [group for group in self._groups if group.next_pane() == pane]
        moves = [(group, told) for group in due for told in group.judge(pane, self._observer)]
        for group, told in moves:
            self._teller.slide(told, group, pane)
        found = []
        for some in (moves[first : first + ASKED_TOGETHER] for first in range(0, len(moves), ASKED_TOGETHER)):
            self._teller.prepare(some)
            found += [self._tell(told, group, pane) for group, told in some]
        return [transition for _, _, transition in sorted(found, key=lambda each: each[:2])]

    def _tell(self, told: AlertMove, group: Group, pane: int) -> tuple[int, str, Transition]:
        scope = scope_text(group.scopes.scope(told.move.row))
        return told.ranked.place, scope, self._teller.tell(told, group, pane)

    def _forget(self, end_ms: int) -> None:
        """Now and then, let go of scopes that have left every window."""
        if end_ms >= self._memory.forget_ms:
            self._memory.forget_ms = end_ms + FORGET_EVERY_MS
            self._memory.catch_up()
            for scoring, rows in zip(self._scoring, self._memory.forget(end_ms), strict=True):
                scoring.forget(rows)
