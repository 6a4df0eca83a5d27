"""When a sudden fall is over."""

import numpy as np

from alerts.detect.sudden import SuddenDetector
from alerts.rules import DAY_MS, MINUTE_MS, Budget, Sudden
from alerts.states import Verdict
from tests.detector_builders import SHARE, YES_NO

EVERY_MS = 600_000


def detector() -> SuddenDetector:
    """A detector with one row and a floor of 75."""
    made = SuddenDetector(Sudden(75, Budget(1, 30 * DAY_MS)), SHARE, YES_NO)
    made.grow(1)
    return made


def feed(made: SuddenDetector, answers: list[int], start: int = 0) -> list[int]:
    """One yes (1) or no (0) every ten minutes to row 0; the verdicts."""
    row = np.array([0])
    return [
        int(made.step((start + at + 1) * EVERY_MS, row, np.array([[1 - yes, yes]])).verdict[0])
        for at, yes in enumerate(answers)
    ]


def answers_until_over(seed: int) -> int:
    """Answers of 88 that follow those of 33 that it took to raise an alarm until the breach is over."""
    rng, made = np.random.default_rng(seed), detector()
    good = (rng.random(400) < 0.88).astype(int).tolist()
    feed(made, good[:200])
    bad = next(at for at in range(60) if feed(made, [int(at % 3 == 2)], start=200 + at) == [Verdict.BREACH])
    return feed(made, good[200:], start=201 + bad).index(Verdict.CLEAR)


def test_a_short_fall_is_over_as_soon_as_a_long_one() -> None:
    """The good answers that end it are in its score, and must not make it seem a mild one."""
    assert np.median([answers_until_over(seed) for seed in range(20)]) <= 25


def test_a_breach_from_an_older_snapshot_goes_on_and_ends() -> None:
    """Workers of before did not remember where it was worst."""
    made, later = detector(), detector()
    feed(made, [1] * 100 + [0] * 20)
    later.load({name: of for name, of in made.state().items() if not name.startswith("worst")})
    after = feed(later, [0] * 5 + [1] * 60, start=120)
    assert after[:5] == [Verdict.BREACH] * 5
    assert Verdict.CLEAR in after


def test_a_fall_of_a_day_is_one_page_where_much_comes_in() -> None:
    """Two hundred answers an hour: by chance their mean of lately is back at the floor now and then."""
    rows, rng = np.arange(16), np.random.default_rng(7)
    made = SuddenDetector(Sudden(80, Budget(1, 30 * DAY_MS)), SHARE, YES_NO)
    made.grow(len(rows))
    pages, was = 0, np.zeros(len(rows), np.bool_)
    for minute in range(4 * 1440):
        bad = minute >= 3 * 1440
        answers = rng.poisson(200 / 60, len(rows))
        good = rng.binomial(answers, 0.73 if bad else 0.88)
        counts = np.stack([answers - good, good], axis=1)
        found = made.step((minute + 1) * MINUTE_MS, rows, counts)
        now = found.verdict == Verdict.BREACH
        pages += int((now & ~was).sum()) if bad else 0
        was = now
    assert was.sum() >= 14
    assert pages <= 20  # there were 39


def test_a_storm_that_brings_many_answers_at_once_is_one_page() -> None:
    """Fifteen an hour, then five a minute: the storm tells how often its end is asked, not what was."""
    rows, rng = np.arange(48), np.random.default_rng(7)
    made = SuddenDetector(Sudden(55, Budget(1, 30 * DAY_MS)), SHARE, YES_NO)
    made.grow(len(rows))
    pages, was = 0, np.zeros(len(rows), np.bool_)
    for minute in range(2 * 1440 + 240):
        storm = minute >= 2 * 1440
        answers = rng.poisson(5 if storm else 0.25, len(rows))
        good = rng.binomial(answers, 0.25 if storm else 0.78)
        found = made.step((minute + 1) * MINUTE_MS, rows, np.stack([answers - good, good], axis=1))
        now = found.verdict == Verdict.BREACH
        pages += int((now & ~was).sum()) if storm else 0
        was = now
    assert was.all()
    assert pages <= 52  # there were 58
