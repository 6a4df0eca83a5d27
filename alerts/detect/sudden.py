"""Sudden: sequential detection of a fall below a floor, with a budget of false pages and no window.

The method is the e-detector of Shin, Ramdas and Rinaldo (2022).  Answers are scaled to goodness x in 0..1,
the floor is θ.  A bet λ in (0, 1/(1−θ)) on "worse than θ" multiplies its stake by 1 + λ(θ − x) with each
answer.  While the true mean is θ or better, no bet is expected to gain, whatever the answers' distribution.
A fall may begin at any time, so every pane stakes anew:

    M ← (M + a) · Π (1 + λ(θ − x))^count          over the levels of one pane's answers

M less everything staked so far is then a supermartingale, so E[M] when an alarm is raised is at most the
expected sum of stakes.  Stakes are time: whatever time passes may be staked once.  With the alarm at M ≥ γ,
γ the budget's time per false page, at least γ of event time is expected to pass before a false alarm.  That
holds for any mixture of bets, any rhythm of answers, and any order within a pane.

How much is staked follows the scope's own rate: time that passes is saved up, and each answer stakes 1/200
of what is saved, which comes to the mean time between the last few hundred answers.  (Staking the whole
time since the last answer keeps the same budget, but wastes it: the first answer of every morning would
stake a night.)

When the fall began is told by the CUSUM of one of the bets: since when its sum has been above nothing.  A
fall too mild for that bet is told by the CUSUM of the mildest one.

After an alarm the breach stands until the score is back: an exponential mean of the answers since then,
over as many answers as tell the bad score from the floor, reaches the floor (`sudden_recovery`).  Then
everything starts afresh.

A breach is stale once nothing has come in for as long as the last 200 answers took before it (that is
what is saved up), at least a day and at most a week: nights and low volume are no news.

Where the rule has opening hours, all time is time that counts: what comes in the rest is not shown to the
detector, the rest passes for nothing, and the budget is that part of its time which an ordinary week is open.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alerts.detect.evidence import Evidence, Told
from alerts.detect.findings import NONE, SEVERITY_CODE, Findings, Flags, Floats, Ints
from alerts.detect.known_levels import KnownLevels
from alerts.detect.row_sets import among
from alerts.detect.scale import Moments, Scale, as_moments
from alerts.detect.sudden_bets import SuddenBets
from alerts.detect.sudden_recovery import SuddenRecovery
from alerts.detect.sudden_run import FEW, FIRST_COAST, MOST_COAST, SuddenRun, sudden_memory
from alerts.detect.sudden_terms import MILD_BET, START_BET, SuddenTerms
from alerts.detect.volumes.arrivals import ArrivalRun, Arrivals, Coasted
from alerts.rules import Sudden
from alerts.states import Verdict
from alerts.transitions import rounded, utc_text

TRACKS: Final = (
    (("drift", "since_ms", "run"), START_BET),
    (("mild", "mild_since_ms", "mild_run"), MILD_BET),
)
"""The columns that say when a fall began, by the bet whose CUSUM they follow."""


class SuddenDetector:
    """One rule of the kind; a row per scope.

    `levels` are the answers that there can be, in steps of the scale, one for each column of `counts`.
    """

    def __init__(self, detect: Sudden, scale: Scale, levels: Ints) -> None:
        self._scale = scale
        self._severity = SEVERITY_CODE[detect.severity]
        self._bound = detect.bound
        self._terms = terms = SuddenTerms(detect, scale, levels)
        self._table = sudden_memory()
        self._bets = SuddenBets(self._table, terms)
        self._known = KnownLevels(self._table, terms)
        self._run = SuddenRun(self._table, terms)
        self._recovery = SuddenRecovery(self._table, terms)

    def grow(self, rows: int) -> None:
        """Make place for rows below `rows`."""
        self._table.grow(rows)

    def clear(self, rows: Ints) -> None:
        """Forget the rows."""
        self._table.clear(rows)

    @property
    def coasts(self) -> bool:
        """Whether it can `coast`: while no row has a floor of its own."""
        return not self._known

    def wake_ms(self) -> int | None:
        """When the first breach turns stale if nothing comes in; None: there is none."""
        rows = np.flatnonzero(self._table["fired"][: self._table.rows])
        rows = rows[~self._table["stale"][rows]]
        return int(self._run.stale_ms(rows).min()) if len(rows) else None

    def check_ms(self) -> int | None:
        """End of the pane at which the first breach turns stale, rounded down; None: there is none."""
        return self.wake_ms()

    def checks_ms(self) -> Ints | None:
        """It is never asked by row."""
        return None

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything remembered, for a snapshot."""
        return self._table.state()

    def load(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take over a snapshot."""
        self._table.load(state)

    def catch_up(self, end_ms: int) -> None:
        """Nothing passes but with answers."""

    def due(self, end_ms: int) -> Ints:
        """Rows whose breach turns stale at the end of a pane, unless it has answers."""
        rows = np.flatnonzero(self._table["fired"][: self._table.rows])
        rows = rows[~self._table["stale"][rows]]
        due: Ints = rows[self._run.stale_ms(rows) <= end_ms]
        return due

    def step(self, end_ms: int, rows: Ints, counts: Ints) -> Findings:
        """Judge the answers of one pane that ends at `end_ms`; `counts` are `(rows, levels)`.

        A row without answers is told what it was told before, or that its breach is stale.
        """
        table = self._table
        new: Ints = counts @ self._terms.powers
        was, answers = table["fired"][rows], new[:, 0]
        stake = self._bets.stake(end_ms, rows, answers, was)
        log_gain = self._log_gain(rows, counts)
        alarm = ~was & (self._bets.step(rows, log_gain, stake, was) >= 1)
        run = self._track(end_ms, rows, log_gain, new, was)
        if alarm.any():
            run = self._begun(rows, alarm, run)
        table["fired"][rows[alarm]] = True
        breach = was | alarm
        back = np.zeros(len(rows), np.bool_)
        if breach.any():
            floors = self._floors(rows)
            self._recovery.begin(rows[alarm], run.of(alarm), floors[alarm])
            back = self._recovery.step(end_ms, rows, (was & (answers > 0), as_moments(new)), floors)
            table["stale"][rows] = breach & (answers == 0) & (self._run.stale_ms(rows) <= end_ms)
        findings = self._findings(rows, breach, back, run)
        if back.any():
            self.after_resolve(rows[back])
        if self._known.of(rows).any():
            self.after_resolve(self._known.lapsed(rows, as_moments(new), self._own_floors(rows)))
        return findings

    def take_up(self, row: int, at_ms: int) -> None:
        """A row was in breach at a time: it ends as any other, by the answers from now on."""
        if not self._table["fired"][row]:
            self.after_resolve(np.array([row]))
            self._recovery.take_up(row, at_ms)

    def accept(self, row: int) -> Findings | None:
        """Take the level of a row for what is known, and arm again below it; None: it is not in breach.

        What is found is the row's breach as it stands, with the new limit, and with the old limit and the
        level as `new_level` in its evidence.
        """
        rows = np.array([row])
        breach, run = self.fired(rows), as_moments(self._table["run"][rows])
        if not breach.any() or not run.n.any():  # it was taken up, and nothing has come since
            self.after_resolve(rows[breach])
            return None
        found = self._findings(rows, breach, ~breach, run)
        level = self._scale.value_of(self._known.accept(rows, run, self._own_floors(rows)))
        new = {"severity": "info", "usual": rounded(float(found.limit[0])), "now": rounded(float(level[0]))}
        self.after_resolve(rows)
        return replace(
            found, limit=self._limits(rows), evidence={row: {**found.evidence[row], "new_level": new}}
        )

    def coast(
        self,
        arrivals: Arrivals,
        runs: Sequence[ArrivalRun],
        through_ms: int,  # noqa: ARG002  # as for others
        idle: Flags | None = None,  # noqa: ARG002
    ) -> Coasted:
        """Take arrivals up to where one would raise an alarm, or end a breach, or follows a stale time.

        Whatever comes after `through_ms` must not be among them.
        """
        reached = {run.row: run.start for run in runs}
        left, size = list(runs), FIRST_COAST if len(runs) < FEW else MOST_COAST
        while left:
            parts = [ArrivalRun(run.row, at := reached[run.row], min(at + size, run.stop)) for run in left]
            reached |= self._coast_parts(arrivals, parts)
            left = [
                run for run, part in zip(left, parts, strict=True) if reached[run.row] == part.stop < run.stop
            ]
            size *= 8
        ends = [reached[run.row] for run in runs]
        return Coasted(ends, [end for run, end in zip(runs, ends, strict=True) if end < run.stop])

    def _coast_parts(self, arrivals: Arrivals, runs: Sequence[ArrivalRun]) -> dict[int, int]:
        armed = [run for run in runs if not self._table["fired"][run.row]]
        found = {
            run.row: end
            for run, end in zip(armed, self._run.armed(arrivals, armed, self._log_gain), strict=True)
        }
        return found | {run.row: self._run.breach(arrivals, run) for run in runs if run.row not in found}

    def fired(self, rows: Ints) -> Flags:
        """Which rows are in breach."""
        fired: Flags = self._table["fired"][rows]
        return fired

    def _own_floors(self, rows: Ints) -> Floats:
        """The goodness that rows must not fall below by the rule."""
        return np.full(len(rows), self._terms.floor)

    def _floors(self, rows: Ints) -> Floats:
        """The same, or below a level that is known."""
        return self._known.floors(rows, self._own_floors(rows))

    def _limits(self, rows: Ints) -> Floats:
        """The same in the indicator's unit."""
        return np.where(self._known.of(rows), self._scale.value_of(self._floors(rows)), self._bound)

    def _log_gain(self, rows: Ints, counts: Ints) -> Floats:
        gain, known = self._terms.log_gain(counts), self._known.of(rows)
        if known.any():
            gain[known] = self._terms.log_gain_below(counts[known], self._floors(rows[known]))
        return gain

    def _told(self, row: int) -> dict[str, object]:  # noqa: ARG002  # a floor says nothing of its row
        """What a breach says besides."""
        return {}

    def _ended(self, rows: Ints) -> Mapping[int, Told]:  # noqa: ARG002  # a floor stays
        """What is said of breaches that end, by row."""
        return {}

    def after_resolve(self, rows: Ints) -> None:
        """Arm again: bets start from nothing, the scope's rate stays known."""
        tracked = [name for names, _ in TRACKS for name in names]
        for name in (*tracked, "wealth", "fired", "after", "mean", "bar", "worst", "worst_run", "stale"):
            self._table[name][rows] = 0

    def _track(self, end_ms: int, rows: Ints, log_gain: Floats, new: Ints, fired: Flags) -> Moments:
        """When the fall began: the run starts over whenever nothing speaks for one."""
        table = self._table
        some = new[:, 0] > 0
        for (drift_name, since_name, run_name), bet in TRACKS:
            still = ~fired if bet == MILD_BET else np.ones(len(rows), np.bool_)
            drift = np.maximum(table[drift_name][rows] + log_gain[:, bet], 0)
            since_ms, run = table[since_name][rows], table[run_name][rows] + new
            since_ms = np.where((since_ms == 0) & some, end_ms, since_ms)
            over = (drift <= 0) & ~fired
            since_ms, run[over] = np.where(over, 0, since_ms), 0
            at = rows[still]
            table[drift_name][at], table[since_name][at] = drift[still], since_ms[still]
            table[run_name][at] = run[still]
        return as_moments(table["run"][rows])

    def _begun(self, rows: Ints, alarm: Flags, run: Moments) -> Moments:
        """The runs, after the mild ones have taken the place of those that say of no fall in an alarm."""
        table = self._table
        with np.errstate(invalid="ignore"):
            fallen = (run.n > 0) & (self._scale.goodness(run) < self._floors(rows))
        mild = rows[alarm & ~fallen & (table["mild_since_ms"][rows] > 0)]
        table["since_ms"][mild] = table["mild_since_ms"][mild]
        table["run"][mild] = table["mild_run"][mild]
        return as_moments(table["run"][rows])

    def _findings(self, rows: Ints, breach: Flags, back: Flags, run: Moments) -> Findings:
        """`back` rows have been in breach and no longer are.  Only what somebody hears of has an interval."""
        low, high = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
        if breach.any():
            low[breach], high[breach] = self._scale.interval(run.of(breach))
        breach = breach & ~back
        verdict = np.where(breach, Verdict.BREACH, Verdict.CLEAR).astype(np.int8)
        verdict[breach & self._table["stale"][rows]] = Verdict.STALE
        since_ms = self._table["since_ms"][rows]

        ended = self._ended(rows[back]) if back.any() else {}

        def tell(place: int) -> Told:
            if not breach[place]:
                return ended[int(rows[place])]
            told: dict[str, object] = {"since": utc_text(int(since_ms[place])), "answers": int(run.n[place])}
            return told | self._told(int(rows[place]))

        return Findings(
            rows=rows,
            verdict=verdict,
            severity=np.where(breach, self._severity, NONE).astype(np.int8),
            value=self._scale.score(run),
            n=run.n.astype(np.int64),
            low=low,
            high=high,
            limit=self._limits(rows),
            evidence=Evidence(rows, breach | among(rows, np.array(sorted(ended), np.int64)), tell),
        )
