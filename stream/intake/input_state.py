"""What an intake knows of one input: its clock, the agreed time, the ids and the values that it has seen."""

from dataclasses import dataclass

from stream.columnar.hashing import hashed
from stream.columnar.timestamps import Ints
from stream.indicators.plan import Plan
from stream.intake.agreement import ClockAgreement, SavedAgreement
from stream.intake.batch import EventBatch
from stream.intake.decoding.decode import Decoded
from stream.intake.decoding.identity import identities
from stream.intake.dedup import Dedup
from stream.intake.scoping.cardinality import CardinalityGuard, SavedGuard
from stream.intake.source_clock import SourceClock
from stream.intake.wall import Undo, marked
from stream.messages.events import EventT


@dataclass(slots=True)
class InputState:
    """One input of one partition."""

    source: SourceClock
    agreement: ClockAgreement
    dedup: Dedup
    guard: CardinalityGuard

    @classmethod
    def begun(
        cls, plan: Plan, name: str, guard: SavedGuard | None = None, agreement: SavedAgreement | None = None
    ) -> "InputState":
        """An input of which nothing was fed yet, but for what is saved of its guard and its agreement."""
        timing = plan.rulebook.timing
        return cls(
            SourceClock(name=name, pane_ms=timing.pane_ms, lateness_ms=timing.lateness_ms),
            ClockAgreement(timing, agreement),
            Dedup(timing.dedup_horizon_ms),
            CardinalityGuard(plan.used_dims, plan.rulebook.limits, guard),
        )

    def mark(self) -> Undo:
        """Gives what puts it back to how it is now; the guard is marked by the line that asks it."""
        return marked(self.source, self.agreement, self.dedup)

    def take_fresh(self, decoded: Decoded[EventT], clock_ms: Ints) -> tuple[EventBatch[EventT], int]:
        """Remembers the ids; gives the events that are no duplicates, and how many of them are late.

        `clock_ms` says how far each event moves the clock, at most.
        """
        clocks = self.source.clocks(clock_ms)
        ids = hashed([event.id for event in decoded.events])
        fresh = self.dedup.fresh(identities(decoded.events, ids), clocks[1:])
        closing, late = self.source.place(decoded.at_ms, clocks[:-1])
        batch = EventBatch(
            events=decoded.events,
            ids=ids,
            at_ms=decoded.at_ms,
            column=decoded.column,
            closing=closing,
            clock_ms=clocks[1:],
        )
        return batch.only(fresh), int((late & fresh).sum())
