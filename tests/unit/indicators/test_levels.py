"""Levels."""

import numpy as np
import pytest

from stream.indicators.cells import CELLS
from stream.indicators.formulas import LATTICE, formula
from stream.indicators.levels import evidence, levels
from tests.builders import DEFAULTS


@pytest.mark.parametrize(
    ("indicator", "counts", "expected"),
    [
        ("csat", {"csat/1-5/1": 2, "csat/1-5/4": 3, "csat/yes-no/1": 1}, {0: 2, LATTICE: 4}),
        ("nps", {"nps/0-10/6": 1, "nps/0-10/7": 2, "nps/0-10/10": 3}, {0: 1, LATTICE // 2: 2, LATTICE: 3}),
        ("abandonment", {"contacts": 9, "abandoned": 2}, {0: 7, LATTICE: 2}),
        ("fcr", {"fcr.resolved": -1, "fcr.failed": 2}, {0: 2, LATTICE: 0}),
        ("ces", {"ces/1-7/2": 5, "ces/1-5/1": 1}, {0: 1, LATTICE // 6: 5}),
    ],
)
def test_counts_per_level(indicator: str, counts: dict[str, int], expected: dict[int, int]) -> None:
    """Cells on several scales fall on the places between the two ends; never less than nothing."""
    of = formula(indicator, DEFAULTS)
    cells = np.array([[counts.get(CELLS[cell], 0) for cell in of.cells]])
    found = levels(of)
    by_step = dict(zip(found.steps.tolist(), found.counts(cells)[0].tolist(), strict=True))
    assert {step: by_step[step] for step in expected} == expected
    assert sum(by_step.values()) == sum(expected.values())


def test_evidence_is_what_there_is() -> None:
    """By scale and answer, or by the name of the cell."""
    of = formula("csat", DEFAULTS)
    counts = np.array([{"csat/1-5/1": 12, "csat/yes-no/0": 2}.get(CELLS[cell], 0) for cell in of.cells])
    assert evidence(of, counts) == {"1-5": {"1": 12}, "yes-no": {"0": 2}}
    of = formula("fcr", DEFAULTS)
    assert evidence(of, np.arange(1, len(of.cells) + 1)) == {"fcr.resolved": 1, "fcr.failed": 2}
    assert evidence(of, np.array([-2, 4])) == {"fcr.failed": 4}
