"""Known levels: after somebody has accepted a fall, only what is worse is news, until the score is back."""

from typing import cast

import numpy as np
import pytest

from alerts.detect.scale import Scale
from alerts.detect.sudden import SuddenDetector
from alerts.rules import DAY_MS, Budget, Sudden
from alerts.states import Verdict
from tests.detector_builders import SHARE, SHARE_HIGH_IS_BAD, YES_NO

PANE_MS = 60_000


class Followed:
    """A detector with one row, which is told of some answers a pane."""

    def __init__(self, bound: float = 75, scale: Scale = SHARE) -> None:
        self.detector = SuddenDetector(Sudden(bound, Budget(1, 30 * DAY_MS)), scale, YES_NO)
        self.detector.grow(1)
        self._high_is_bad = not scale.low_is_bad
        self._pane = 0

    def hear(self, percent: int, panes: int, of: int = 10) -> list[Verdict]:
        """Answers of which so many percent are good; what is said after each pane."""
        said = []
        for _ in range(panes):
            self._pane += 1
            # What does not fit into one pane is made good by the next.
            good = of * percent * self._pane // 100 - of * percent * (self._pane - 1) // 100
            counts = [good, of - good] if self._high_is_bad else [of - good, good]
            end_ms = self._pane * PANE_MS
            found = self.detector.step(end_ms, np.array([0]), np.array([counts]))
            said.append(Verdict(int(found.verdict[0])))
        return said

    def hear_until_breach(self, percent: int) -> None:
        """Answers until there is a breach."""
        for _ in range(500):
            if self.hear(percent, 1)[0] is Verdict.BREACH:
                return
        raise AssertionError("no breach")

    def accept(self) -> dict[str, object]:
        """Accept the level; what is told of it, and the limit from there on."""
        found = self.detector.accept(0)
        assert found is not None
        level = cast("dict[str, object]", found.evidence[0]["new_level"])
        return {**level, "limit": float(found.limit[0])}


def fallen(to: int = 60) -> Followed:
    """A score that was at 85 and has been lower for long."""
    made = Followed()
    made.hear(85, 200)
    made.hear_until_breach(to)
    made.hear(to, 100)
    return made


def test_an_accepted_level_is_the_reference() -> None:
    """The level is told beside the old limit; the new limit is two standard errors lower."""
    told = fallen().accept()
    assert told["severity"] == "info"
    assert told["usual"] == 75
    assert told["now"] == pytest.approx(60, abs=2)
    assert 50 < cast("float", told["limit"]) < 58


def test_at_the_accepted_level_nothing_is_said() -> None:
    """The score stays at 60, as it has been accepted."""
    made = fallen()
    made.accept()
    assert set(made.hear(60, 3_000)) == {Verdict.CLEAR}


def test_a_further_fall_fires() -> None:
    """From 60, which is accepted, to 40, which is not; back at 60 it is over."""
    made = fallen()
    made.accept()
    made.hear(60, 50)
    made.hear_until_breach(40)
    assert made.hear(60, 100)[-1] is Verdict.CLEAR


def test_a_further_fall_may_be_accepted_too() -> None:
    """Each time the reference is lower."""
    made = fallen()
    first = made.accept()
    made.hear_until_breach(35)
    made.hear(35, 60)
    second = made.accept()
    assert second["usual"] == pytest.approx(first["limit"])
    assert set(made.hear(35, 1_000)) == {Verdict.CLEAR}


def test_once_the_score_has_been_back_the_rules_own_floor_holds() -> None:
    """After a week at 85 the same fall to 60 is news again."""
    made = fallen()
    made.accept()
    made.hear(85, 200)
    assert made.detector.coasts
    made.hear_until_breach(60)


def test_a_few_good_answers_are_no_recovery() -> None:
    """The accepted level holds until as many answers say otherwise as a breach would need to end."""
    made = fallen()
    made.accept()
    made.hear(100, 1, of=3)
    assert not made.detector.coasts
    assert set(made.hear(60, 500)) == {Verdict.CLEAR}


def test_where_high_is_bad_the_reference_is_a_ceiling() -> None:
    """A share of unhappy answers: 40 % are accepted where 25 % were the limit, and 65 % are not."""
    made = Followed(25, SHARE_HIGH_IS_BAD)
    made.hear(85, 200)
    made.hear_until_breach(60)
    made.hear(60, 100)
    told = made.accept()
    assert told["now"] == pytest.approx(40, abs=2)
    assert 42 < cast("float", told["limit"]) < 50
    assert set(made.hear(60, 1_000)) == {Verdict.CLEAR}
    made.hear_until_breach(35)


def test_what_is_in_no_breach_has_nothing_to_accept() -> None:
    """A row that is well is left as it is."""
    made = Followed()
    made.hear(85, 10)
    before = made.detector.state()
    assert made.detector.accept(0) is None
    assert all((before[name] == of).all() for name, of in made.detector.state().items())


def test_a_restart_keeps_the_reference() -> None:
    """What is accepted is in the snapshot, and a snapshot of a version without it has none."""
    made = fallen()
    made.accept()
    again = Followed()
    again.detector.load(made.detector.state())
    assert not again.detector.coasts
    before = {name: of for name, of in made.detector.state().items() if not name.startswith("known")}
    older = Followed()
    older.detector.load(before)
    assert older.detector.coasts


def test_rows_beside_it_are_judged_as_ever() -> None:
    """Another row's evidence is the same to the last bit, whatever is accepted beside it."""
    alone, beside = Followed(), fallen()
    beside.accept()
    beside.detector.grow(2)
    for pane in range(400, 700):
        counts = np.array([[pane % 7, 8]])
        alone.detector.step(pane * PANE_MS, np.array([0]), counts)
        both = np.concatenate([np.array([[4, 6]]), counts])
        beside.detector.step(pane * PANE_MS, np.array([0, 1]), both)
    for name, of in alone.detector.state().items():
        assert (beside.detector.state()[name][1] == of[0]).all(), name
