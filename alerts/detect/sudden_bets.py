"""Bets of sudden detection: what time is staked, and what bets on a fall have come to; see `sudden`."""

from typing import Final

import numpy as np

from alerts.detect.findings import Flags, Floats, Ints
from alerts.detect.memory import Table
from alerts.detect.sudden_terms import FALLS, GREATEST, STAKED_SHARE, WEIGHTS, SuddenTerms


class SuddenBets:
    """The bets of one rule's rows, in the memory of its detector."""

    def __init__(self, table: Table, terms: SuddenTerms) -> None:
        self._table: Final = table
        self._terms: Final = terms

    def stake(self, end_ms: int, rows: Ints, answers: Ints, fired: Flags) -> Floats:
        """Time staked by this pane's answers, in shares of γ; time in breach is not saved."""
        table = self._table
        before = table["answers"][rows]
        since = self._terms.passed_ms(table["last_ms"][rows], np.full(len(rows), end_ms))
        passed = np.where((before == 0) | fired, 0, since)
        passed = np.where(answers > 0, passed, 0)
        saved = np.minimum(table["saved_ms"][rows] + passed, self._terms.budget_ms)
        share = np.maximum(STAKED_SHARE, 1 / (before + 1))
        kept = np.where(fired, 1.0, (1 - share) ** answers)
        table["saved_ms"][rows] = saved * kept
        table["answers"][rows] = before + answers
        table["last_ms"][rows] = np.where(answers > 0, end_ms, table["last_ms"][rows])
        stake: Floats = saved * (1 - kept) / self._terms.budget_ms
        return stake

    def step(self, rows: Ints, log_gain: Floats, stake: Floats, fired: Flags) -> Floats:
        """Step the wealth of what has not fired; the mixture of all bets, of which 1 raises the alarm."""
        before = self._table["wealth"][rows]
        after = (before + stake[:, None]) * np.exp(np.minimum(log_gain, GREATEST))
        after = np.where(fired[:, None], before, after) if fired.any() else after
        self._table["wealth"][rows] = after
        evidence = after[:, 0] * WEIGHTS[0]
        for bet in range(1, len(FALLS)):
            evidence += after[:, bet] * WEIGHTS[bet]
        return evidence
