"""What a detector says about the rows that it judged: arrays of equal length, one entry per row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.rules import Severity

Ints = NDArray[np.int64]
Codes = NDArray[np.int8]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

NONE: Final = 0
"""Code of "no severity"; a severity's code is its place in `SEVERITIES`."""
SEVERITIES: Final = (None, Severity.WARNING, Severity.CRITICAL)
"""Severities by code, quieter first."""
SEVERITY_CODE: Final[Mapping[Severity, int]] = {Severity.WARNING: 1, Severity.CRITICAL: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """The verdicts of one rule at one pane's end.

    `verdict` holds `states.Verdict` codes; `severity` the code of a breach's severity (`NONE` where there is
    no breach).  `value`, `low`, `high` and `limit` are in the indicator's unit, NaN where there is none.
    `evidence` has, for rows in breach at most, what the rule saw beside the reading, by row.  `kept` is the
    code of the severity that an alert may keep which is louder than the breach, `expected` what a volume
    should have been.
    """

    rows: Ints
    verdict: Codes
    severity: Codes
    value: Floats
    n: Ints
    low: Floats
    high: Floats
    limit: Floats
    evidence: Mapping[int, Mapping[str, object]] = field(default_factory=dict)
    kept: Codes | None = None
    expected: Floats | None = None

    @property
    def held(self) -> Codes:
        """The severity that a loud alert may keep: that of the breach, if the rule knows no other."""
        return self.severity if self.kept is None else self.kept
