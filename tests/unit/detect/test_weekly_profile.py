"""Rhythm: what volume is expected in each hour of the week, and between which bounds."""

import numpy as np
import pytest

from alerts.detect.opening_hours import Calendar
from alerts.detect.volumes.quiet_hours import HIGH_Z, LOW_Z, STRAYING_Z, bounds
from alerts.detect.volumes.recent_level import WIDTH
from alerts.detect.volumes.week_forecast import HourForecast
from alerts.detect.volumes.weekly_profile import WeeklyProfile
from alerts.hours import OpenHours
from alerts.rules import DAY_MS, HOUR_MS
from tests.detector_builders import alike

START_MS = 4 * DAY_MS  # 5 January 1970, a Monday
WEEK_MS = 7 * DAY_MS


def rhythm(hours: OpenHours | None = None, learn_ms: int = WEEK_MS, rows: int = 1) -> WeeklyProfile:
    """A rhythm from Monday 00:00 on."""
    made = WeeklyProfile(Calendar(hours or OpenHours()), learn_ms)
    made.grow(rows)
    made.begin(START_MS)
    return made


def live(made: WeeklyProfile, volume: dict[int, int] | int, hours: int, first: int = 0) -> None:
    """Some hours in which row 0 has as many events as its hour of the week says."""
    for hour in range(first, first + hours):
        count = volume if isinstance(volume, int) else volume.get(hour % 168, 0)
        if count:
            made.add(START_MS + hour * HOUR_MS, np.array([0]), np.array([count]))
        made.turn()


def office(day: int = 60, night: int = 0) -> dict[int, int]:
    """Busy on weekdays from 8 to 18."""
    return {
        hour: day if hour // 24 < 5 and 8 <= hour % 24 < 18 else night for hour in range(168) if day or night
    }


def test_where_an_hour_tells_a_surge_alone_its_stray_is_taken_in() -> None:
    """From thirty events an hour on the upper bound lies farther out, up to sixty; the lower one never."""
    per_hour = np.array([1.0, 30.0, 45.0, 60.0, 900.0])
    alike = np.tile(per_hour[:, None], (1, 3))
    yes = np.ones(alike.shape, np.bool_)
    found = bounds(HourForecast(alike, np.full(alike.shape, 0.04), yes, yes), np.zeros((5, WIDTH)))
    reach = np.log(found.high / found.mean) / 0.2
    assert reach == pytest.approx([HIGH_Z, HIGH_Z, HIGH_Z + STRAYING_Z / 2, *[HIGH_Z + STRAYING_Z] * 2])
    assert np.log(found.mean / found.low) / 0.2 == pytest.approx([LOW_Z] * 5)


def test_nothing_is_judged_while_it_learns() -> None:
    """Not before a whole week from the scope's first event."""
    made = rhythm()
    live(made, 10, 167)
    assert made.low[0] == made.mean[0] == 0
    assert np.isinf(made.high[0])
    live(made, 10, 1, first=167)
    assert 0 < made.low[0] < made.mean[0] < made.high[0]


def test_a_scope_that_is_heard_of_later_learns_from_then_on() -> None:
    """Its week starts with its first event."""
    made = rhythm(rows=2)
    live(made, 10, 100)
    made.add(START_MS + 100 * HOUR_MS, np.array([1]), np.array([5]))
    live(made, 10, 100, first=100)
    assert made.mean[0] > 0
    assert made.mean[1] == 0


def test_a_steady_volume_is_forecast_with_bounds_on_both_sides() -> None:
    """Thirty an hour for three weeks."""
    made = rhythm()
    live(made, 30, 3 * 168)
    assert made.mean[0] * HOUR_MS == pytest.approx(30, rel=0.01)
    assert 25 < made.low[0] * HOUR_MS < 30
    assert 30 < made.high[0] * HOUR_MS < 36


def test_hours_of_the_week_differ() -> None:
    """Noon on Monday is busy, the night and Sunday are not."""
    made = rhythm()
    live(made, office(), 2 * 168 + 12)
    assert made.mean[0] * HOUR_MS > 50
    live(made, office(), 10, first=2 * 168 + 12)
    assert made.mean[0] * HOUR_MS < 2
    assert made.low[0] == 0
    live(made, office(), 5 * 24 + 14, first=2 * 168 + 22)  # Sunday noon
    assert made.mean[0] * HOUR_MS < 2


def test_the_hour_before_and_after_bound_an_hour_too() -> None:
    """When doors open at eight, half past seven may be busy and half past eight may be quiet."""
    made = rhythm()
    live(made, office(), 2 * 168 + 8)
    assert made.low[0] == 0
    live(made, office(), 1, first=2 * 168 + 8)
    assert made.low[0] > 0
    live(made, office(), 168 - 2, first=2 * 168 + 9)  # Monday, seven
    assert made.high[0] * HOUR_MS > 60


def test_an_odd_hour_leans_on_the_same_hour_of_other_days() -> None:
    """A Monday noon of 90 between days of 60 is forecast in between, in the first weeks."""
    made = rhythm()
    live(made, {**office(), 12: 90}, 168 + 12)
    assert 60 < made.mean[0] * HOUR_MS < 85


def test_an_outage_does_not_become_the_rule() -> None:
    """An hour teaches no more than its bounds: one silent week moves a forecast by half at most."""
    made = rhythm()
    live(made, 30, 2 * 168)
    live(made, 0, 168, first=2 * 168)
    assert made.mean[0] * HOUR_MS > 15


def test_wild_weeks_widen_the_bounds() -> None:
    """A scope whose hours vary threefold is given more room than one that keeps its pace."""
    rng, calm, wild = np.random.default_rng(2), rhythm(), rhythm()
    for hour in range(6 * 168):
        live(calm, int(rng.poisson(40)), 1, first=hour)
        live(wild, int(rng.poisson(rng.choice([20, 60]))), 1, first=hour)
    assert wild.high[0] / wild.mean[0] > 1.2 * calm.high[0] / calm.mean[0]


def test_closed_hours_are_neither_judged_nor_learned() -> None:
    """What happens behind closed doors says nothing."""
    made = rhythm(OpenHours("UTC", tuple((day, 480, 1080) for day in range(7))))
    while made.stretch.end_ms <= START_MS + 2 * WEEK_MS:
        made.add(made.stretch.start_ms, np.array([0]), np.array([50]))
        made.turn()
    made.begin(START_MS + 2 * WEEK_MS + 3 * HOUR_MS)
    assert made.mean[0] == 0
    made.begin(START_MS + 2 * WEEK_MS + 12 * HOUR_MS)
    assert made.mean[0] * HOUR_MS == pytest.approx(50, rel=0.05)


def test_less_than_a_week_borrows_unseen_hours_from_other_days() -> None:
    """After two days noon is busy and night is not; the first quiet Saturday then stands for itself."""
    made = rhythm(learn_ms=2 * DAY_MS)
    live(made, office(), 47)
    assert made.mean[0] == 0
    live(made, office(), 13, first=47)  # Wednesday noon, which was never seen
    assert 40 < made.mean[0] * HOUR_MS < 80
    assert 0 < made.low[0] < made.mean[0] < made.high[0]
    live(made, office(), 12, first=60)
    assert made.low[0] == 0  # at night
    live(made, office(), 60, first=72)
    assert made.mean[0] * HOUR_MS > 40  # Saturday noon: nobody has told it
    live(made, office(), 168, first=132)
    assert made.low[0] == 0
    assert made.mean[0] * HOUR_MS < 5


def test_a_restart_changes_nothing() -> None:
    """The bounds of the current stretch come back from what was kept."""
    made, other = rhythm(), rhythm()
    live(made, office(50, 3), 200)
    made.add(START_MS + 200 * HOUR_MS, np.array([0]), np.array([9]))
    other.load(made.state())
    live(made, office(50, 3), 40, first=200)
    live(other, office(50, 3), 40, first=200)
    assert alike(made.state(), other.state())
    assert (made.low[0], made.high[0]) == (other.low[0], other.high[0])


def test_cleared_rows_learn_anew() -> None:
    """A row that stands for another scope knows nothing."""
    made = rhythm()
    live(made, 30, 2 * 168)
    made.clear(np.array([0]))
    assert made.low[0] == 0
    assert np.isinf(made.high[0])
    live(made, 30, 100, first=2 * 168)
    assert made.mean[0] == 0


def test_nothing_kept_is_nothing_begun() -> None:
    """The next pane begins the first stretch."""
    made, other = rhythm(rows=0), WeeklyProfile(Calendar(OpenHours()), WEEK_MS)
    other.load(made.state())
    assert other.next_pane_end_ms(60_000) is None
    assert made.next_pane_end_ms(60_000) == START_MS + HOUR_MS + 60_000


def test_years_of_strays_teach_nothing_of_the_dense_part() -> None:
    """Ten a week for eight weeks, then ten an hour: learned anew from then on, and said so."""
    made = rhythm()
    live(made, {17: 10}, 8 * 168)
    live(made, 10, 24, first=8 * 168)
    since_ms = int(made.since_ms(np.array([0]))[0])
    assert START_MS + 8 * WEEK_MS < since_ms <= START_MS + 8 * WEEK_MS + DAY_MS
    assert made.mean[0] == 0
    live(made, 10, 168, first=8 * 168 + 24)
    assert made.mean[0] * HOUR_MS == pytest.approx(10, rel=0.2)


def test_a_storm_is_not_where_learning_begins() -> None:
    """Fifty times the volume for thirty hours: the rhythm of before is judged by, then and afterwards."""
    made = rhythm()
    live(made, 2, 3 * 168)
    live(made, 100, 30, first=3 * 168)
    live(made, 2, 12, first=3 * 168 + 30)
    assert made.since_ms(np.array([0]))[0] <= START_MS + HOUR_MS
    assert made.mean[0] > 0


def test_a_burst_in_the_learning_time_does_not_teach_itself() -> None:
    """Ten times the volume for three hours of the first week: the bounds a week later are the other days'."""
    made = rhythm()
    live(made, {**dict.fromkeys(range(168), 20), 58: 200, 59: 200, 60: 200}, 168)
    live(made, 20, 59, first=168)
    assert made.high[0] * HOUR_MS < 50


def test_a_weekly_peak_is_a_habit_when_it_comes_again() -> None:
    """A newsletter brings fifty times the usual on Tuesdays: once is a burst, the second time is learned."""
    made, tuesday = rhythm(), 24 + 10
    live(made, 1, 168 * 5)
    live(made, {**dict.fromkeys(range(168), 1), tuesday: 50}, 168 + tuesday, first=168 * 5)
    assert made.mean[0] * HOUR_MS < 5  # after one
    live(made, {tuesday: 50}, 1, first=168 * 6 + tuesday)
    live(made, 1, 167, first=168 * 6 + tuesday + 1)
    assert made.mean[0] * HOUR_MS == pytest.approx(50, rel=0.2)
    live(made, {tuesday: 50}, 2, first=168 * 7 + tuesday)
    assert made.mean[0] * HOUR_MS < 5  # the hours beside it are as they were


def test_a_lost_week_takes_no_habit_away() -> None:
    """A peak, a day on which the feed was down, and the peak again: it is the second, as it was heard."""
    made, tuesday = rhythm(), 24 + 10
    live(made, 10, 168 * 5)
    live(made, {**dict.fromkeys(range(168), 10), tuesday: 500}, 168, first=168 * 5)
    live(made, {hour: 0 if hour // 24 == 1 else 10 for hour in range(168)}, 168, first=168 * 6)
    live(made, {**dict.fromkeys(range(168), 10), tuesday: 500}, 168, first=168 * 7)
    live(made, 10, tuesday, first=168 * 8)
    assert made.mean[0] * HOUR_MS == pytest.approx(500, rel=0.2)


def test_growth_is_followed_within_days() -> None:
    """Half as much again from one day to the next is expected three days later."""
    made = rhythm()
    live(made, 20, 3 * 168)
    live(made, 30, 72, first=3 * 168)
    assert made.mean[0] * HOUR_MS > 27


def test_what_falls_back_to_the_rhythm_after_a_great_day_is_no_silence() -> None:
    """Five times the volume for a day: what must come in the day after is not five times as much."""
    made = rhythm()
    live(made, 30, 3 * 168)
    live(made, 150, 24, first=3 * 168)
    assert made.mean[0] * HOUR_MS > 80
    assert made.low[0] * HOUR_MS < 45  # there were 78
    live(made, 30, 24, first=3 * 168 + 24)
    assert made.mean[0] * HOUR_MS < 60


def test_lost_days_teach_nothing() -> None:
    """After two days without a single event the same is expected as if the week had been whole."""
    whole, torn = rhythm(), rhythm()
    live(whole, 60, 400)
    live(torn, 60, 352)
    live(torn, 0, 48, first=352)
    np.testing.assert_allclose(torn.mean, whole.mean, rtol=0.02)
    np.testing.assert_allclose(torn.high, whole.high, rtol=0.05)


def test_hours_that_are_missed_for_three_weeks_are_shut() -> None:
    """A desk gives up Saturdays, or shuts for lunch: what is open all along brings as much as before."""
    made, saturday, lunch = rhythm(), 5 * 24 + 12, 12
    live(made, {**office(12), saturday: 12}, 168 * 8)
    shut = {**office(12), lunch: 0}
    for week in (8, 9, 10):
        live(made, shut, lunch, first=168 * week)
        assert made.mean[0] * HOUR_MS > 8  # two holidays a week apart are no habit
        live(made, shut, saturday - lunch, first=168 * week + lunch)
        assert made.mean[0] * HOUR_MS > 4
        live(made, shut, 168 - saturday, first=168 * week + saturday)
    live(made, shut, lunch, first=168 * 11)
    assert made.low[0] == 0
    assert made.mean[0] * HOUR_MS < 2
    live(made, shut, 2, first=168 * 11 + lunch)
    assert made.mean[0] * HOUR_MS == pytest.approx(12, rel=0.2)
    live(made, shut, saturday - lunch - 2, first=168 * 11 + lunch + 2)
    assert made.mean[0] * HOUR_MS < 2


def test_hours_that_bring_far_less_for_three_weeks_are_learned() -> None:
    """Evenings bring a tenth: approached by what chance allows, that was paged for eight weeks."""
    made, evening, fewer = rhythm(), 17, office(40)
    fewer.update({hour: 4 for hour in fewer if fewer[hour] and hour % 24 >= 16})
    live(made, office(40), 168 * 8)
    live(made, fewer, 168 * 2 + evening, first=168 * 8)
    assert made.mean[0] * HOUR_MS > 20
    live(made, fewer, 168, first=168 * 10 + evening)
    assert made.mean[0] * HOUR_MS < 8


def test_a_heard_week_ends_what_was_missed() -> None:
    """The feed was down on two Mondays, and then on a third one two weeks later: they are awaited still."""
    made = rhythm()
    live(made, 10, 168 * 5)
    for week in range(5, 9):
        live(made, {hour: 0 if hour < 24 and week != 7 else 10 for hour in range(168)}, 168, first=168 * week)
    live(made, 10, 12, first=168 * 9)
    assert made.mean[0] * HOUR_MS == pytest.approx(10, rel=0.2)


def test_what_has_stopped_for_good_is_learned() -> None:
    """A queue that was shut is expected to bring nothing, some weeks later."""
    made = rhythm()
    live(made, 60, 400)
    live(made, 0, 168 * 20, first=400)
    assert made.mean[0] * HOUR_MS < 20


def test_a_small_desk_that_is_shut_at_weekends_is_expected_to_be_quiet_then() -> None:
    """Six a day on weekdays: single hours of four Saturdays prove nothing, the whole days do."""
    rng, made = np.random.default_rng(5), rhythm()
    for hour in range(4 * 168 + 5 * 24):
        live(made, int(rng.poisson(0.6)) if office().get(hour % 168) else 0, 1, first=hour)
    assert expected_in_vain(made, 4 * 168 + 5 * 24, 48) < 2  # there were 6.5


@pytest.mark.parametrize(
    ("days", "hours", "rate"),
    [((0,), (9, 11), 20), ((0,), (8, 18), 1), ((0, 3), (8, 18), 1), ((0, 2, 4), (8, 18), 1)],
)
def test_a_line_that_is_open_on_some_days_is_not_missed_on_the_others(
    days: tuple[int, ...], hours: tuple[int, int], rate: float
) -> None:
    """Most days bring nothing, and are no measure of what a day brings: there were 3 to 9 in each week."""
    rng, made = np.random.default_rng(5), rhythm()
    for hour in range(6 * 168 + days[-1] * 24 + 24):
        on = hour // 24 % 7 in days and hours[0] <= hour % 24 < hours[1]
        live(made, int(rng.poisson(rate)) if on else 0, 1, first=hour)
    assert expected_in_vain(made, 6 * 168 + days[-1] * 24 + 24, (6 - days[-1]) * 24) < 1


def test_a_small_desk_that_is_open_at_weekends_is_expected_to_be_as_busy_then() -> None:
    """Six a day every day: what chance allows makes no day of its own."""
    rng, made = np.random.default_rng(5), rhythm()
    for hour in range(4 * 168 + 5 * 24):
        live(made, int(rng.poisson(0.6)) if 8 <= hour % 24 < 18 else 0, 1, first=hour)
    assert expected_in_vain(made, 4 * 168 + 5 * 24, 48) > 8


def expected_in_vain(made: WeeklyProfile, first: int, hours: int) -> float:
    """Events that a rhythm expects in some hours from one on, in which none come."""
    expected = 0.0
    for hour in range(first, first + hours):
        expected += float(made.mean[0]) * HOUR_MS
        live(made, 0, 1, first=hour)
    return expected
