"""The history of one partition's customers and cases: what it says when the panes of touches close."""

from collections.abc import Mapping
from typing import cast

import numpy as np

from alerts.hours import ALWAYS, OpenHours
from stream.columnar.structured import Table, stacked, where
from stream.indicators.needs import times_read
from stream.indicators.plan import Plan
from stream.intake.history.case_lives import CaseTerms
from stream.intake.history.cases import Cases
from stream.intake.history.repeats import Charge, Contacts, RepeatRule
from stream.intake.history.satisfaction import HEARD, HeardKind, heard_of
from stream.intake.history.touchpoints import TouchKind
from stream.intake.history.working_time import WorkingTime
from stream.intake.pairs import wanted
from stream.intake.wall import Undo, marked


class CustomerHistory:
    """Repeats for FCR and open cases for TTR, as far as the rules ask for them."""

    def __init__(self, plan: Plan) -> None:
        keeps, pane_ms = plan.keeps, plan.rulebook.timing.pane_ms
        fcr = keeps.get("fcr", {})
        window_ms = cast("int", fcr.get("repeat_window", 0))
        self._keeps = keeps
        self._pane_ms = pane_ms
        self._paired = wanted(plan)
        self._repeats = RepeatRule(window_ms, Charge(cast("str", fcr.get("charge", Charge.FIRST.value))))
        self._terms = _case_terms(keeps.get("ttr", {}), window_ms, pane_ms)
        self._single = any(times_read(plan).values())
        self._untimed = 0
        self._contacts = Contacts(self._repeats, pane_ms)
        self._cases = Cases(self._terms, pane_ms, single=self._single)

    def judge(self, touches: Table, *, keep: bool) -> tuple[list[Table], Table]:
        """Tallies of touches whose panes close, and what the line of pairs should hear.

        With `keep` false nothing is remembered: a look at how open panes stand so far.
        """
        rows: list[Table] = []
        heard = [np.empty(0, HEARD)]
        if "fcr" in self._keeps and len(touches):
            verdicts = self._contacts.judge(where(touches, touches["kind"] != TouchKind.RESOLVED), keep=keep)
            rows.append(verdicts.rows)
            if self._paired:
                heard += [
                    _told(HeardKind.RESOLVED_CONTACT, verdicts.resolved),
                    _told(HeardKind.CHARGED_CONTACT, verdicts.charged),
                ]
        if "ttr" in self._keeps and len(touches):
            resolutions = self._cases.judge(touches, keep=keep)
            rows.append(resolutions.rows)
            self._untimed += resolutions.untimed if keep else 0
        return rows, stacked(heard)

    def take_untimed(self) -> int:
        """How many resolutions could not be timed since the last call."""
        untimed, self._untimed = self._untimed, 0
        return untimed

    def mark(self) -> Undo:
        """Gives what puts it back to how it is now."""
        untimed, parts = self._untimed, marked(self._contacts, self._cases)

        def undo() -> None:
            self._untimed = untimed
            parts()

        return undo

    def entries(self) -> dict[str, int]:
        """Sizes of what is remembered."""
        return {"contacts": len(self._contacts), "cases": len(self._cases)}

    def tables(self) -> dict[str, Table]:
        """The state, by name."""
        return {"contacts": self._contacts.rows, "cases": self._cases.rows}

    def load(self, tables: dict[str, Table]) -> None:
        """Take over a state."""
        self._contacts = Contacts(self._repeats, self._pane_ms, tables["contacts"])
        self._cases = Cases(self._terms, self._pane_ms, tables["cases"], single=self._single)


def _case_terms(options: Mapping[str, object], window_ms: int, pane_ms: int) -> CaseTerms:
    """The terms of cases; a horizon shorter than the repeat window would forget what FCR remembers."""
    target_ms = cast("int", options.get("target", 0))
    horizon_ms = cast("int", options.get("case_horizon", 0))
    reopen_ms, hours = (
        cast("int", options.get("reopen_within", 0)),
        cast("OpenHours", options.get("open", ALWAYS)),
    )
    return CaseTerms(target_ms, max(window_ms, horizon_ms), reopen_ms, pane_ms, WorkingTime(hours))


def _told(kind: HeardKind, contacts: Table) -> Table:
    """What the line of pairs hears of contacts."""
    return heard_of(kind, contacts["id"], contacts["at_ms"], contacts["closing"], contacts["combo"])
