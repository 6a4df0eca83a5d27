"""What to do after each attempt to deliver a notice."""

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.delivery.retry_policy import (
    Attempted,
    DeliveryOutcome,
    Policy,
    Retry,
    Settled,
    next_step,
    outdated,
)
from alerts.paging import ReceiverPatience
from alerts.receivers.answers import Answer
from alerts.receivers.http import retry_after_s

POLICY = Policy()
answers = st.builds(
    Answer,
    status=st.one_of(st.none(), st.integers(100, 599)),
    error=st.just("no answer"),
    retry_after_s=st.one_of(st.none(), st.floats(0, 1e6)),
)
attempts = st.integers(1, 10_000)
ages = st.floats(-10, 1e6)
jitters = st.floats(0, 1, exclude_max=True)


def _ended(status: int | None, age_s: float = 1) -> DeliveryOutcome | None:
    step = next_step(Answer(status=status), Attempted(attempts=1, age_s=age_s), 0.5, POLICY)
    return step.outcome if isinstance(step, Settled) else None


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_only_2xx_is_success(status: int) -> None:
    """Any 2xx, and nothing else, says that the receiver has it."""
    assert _ended(status) is DeliveryOutcome.DELIVERED


@pytest.mark.parametrize("status", [None, 408, 425, 429, 500, 502, 503, 504, 599])
def test_what_may_pass_is_tried_again(status: int | None) -> None:
    """No answer, overload and server faults pass."""
    assert _ended(status) is None


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404, 409, 422, 499])
def test_what_will_not_pass_ends_at_once(status: int) -> None:
    """Redirects are not followed, and a client's fault stays one."""
    assert _ended(status) is DeliveryOutcome.REFUSED


def test_gone_disables_the_receiver() -> None:
    """410 is the receiver's wish to be left alone."""
    assert _ended(410) is DeliveryOutcome.DISABLED


@given(answers, attempts, ages, jitters, st.booleans())
def test_waits_are_bounded(answer: Answer, tries: int, age_s: float, jitter: float, followed: bool) -> None:  # noqa: FBT001  # hypothesis gives it so
    """No wait is negative, beyond the caps, or past the end of all attempts."""
    step = next_step(answer, Attempted(attempts=tries, age_s=age_s, followed=followed), jitter, POLICY)
    last_s = POLICY.deadline_s if followed else POLICY.give_up_s
    if isinstance(step, Retry):
        assert 0 <= step.after_s <= max(POLICY.cap_s, POLICY.retry_after_cap_s)
        assert age_s + step.after_s <= last_s * (1 + 1e-9) or age_s < 0


@given(answers, attempts, jitters, st.floats(0, 1e6))
def test_nothing_is_tried_after_the_deadline_when_later_news_waits(
    answer: Answer, tries: int, jitter: float, late_s: float
) -> None:
    """A notice that is past its deadline ends with whatever answer it gets."""
    made = Attempted(attempts=tries, age_s=POLICY.deadline_s + late_s, followed=True)
    assert isinstance(next_step(answer, made, jitter, POLICY), Settled)


@given(attempts, jitters, st.floats(0, 86_399))
def test_how_things_stand_is_tried_for_a_day(tries: int, jitter: float, age_s: float) -> None:
    """An outage of an hour, or of a night, loses nothing that still holds."""
    made = Attempted(attempts=tries, age_s=age_s)
    assert isinstance(next_step(Answer(status=503), made, jitter, POLICY), Retry)
    ended = next_step(Answer(status=503), Attempted(attempts=tries, age_s=86_400), jitter, POLICY)
    assert ended == Settled(DeliveryOutcome.EXPIRED, "HTTP 503")


def test_a_receiver_may_ask_for_other_patience() -> None:
    """What nothing follows is tried for 24 deadlines; Retry-After is heeded up to five longest waits."""
    asked = POLICY.patient(ReceiverPatience(timeout_ms=500, max_backoff_ms=1_000, deadline_ms=60_000))
    assert (asked.timeout_s, asked.cap_s, asked.retry_after_cap_s) == (0.5, 1.0, 5.0)
    assert (asked.deadline_s, asked.give_up_s) == (60.0, 1_440.0)
    assert POLICY.patient(ReceiverPatience()) == POLICY


@given(jitters, st.integers(1, 40))
def test_waits_double_up_to_the_cap(jitter: float, tries: int) -> None:
    """Full jitter: uniform between nothing and base × 2^(n-1), capped."""
    step = next_step(Answer(status=503), Attempted(attempts=tries, age_s=0), jitter, POLICY)
    assert step == Retry(jitter * min(60.0, 2.0 ** (tries - 1)))


@pytest.mark.parametrize(("asked_s", "wait_s"), [(0.0, 0.5), (7.0, 7.0), (1e9, 300.0)])
def test_the_receiver_may_ask_for_time(asked_s: float, wait_s: float) -> None:
    """Retry-After lengthens the wait, up to a ceiling; it does not shorten it."""
    made = Attempted(attempts=1, age_s=0)
    assert next_step(Answer(status=429, retry_after_s=asked_s), made, 0.5, POLICY) == Retry(wait_s)


def test_the_last_attempt_is_at_the_deadline() -> None:
    """A wait that would pass the deadline ends there, for one last try."""
    made = Attempted(attempts=9, age_s=3590, followed=True)
    assert next_step(Answer(status=503, retry_after_s=100), made, 0.9, POLICY) == Retry(10.0)


@pytest.mark.parametrize(
    ("age_s", "followed", "dropped"),
    [(0, True, False), (3599, True, False), (3600, True, True), (3600, False, False), (1e9, False, False)],
)
def test_old_news_is_dropped_for_newer(age_s: float, *, followed: bool, dropped: bool) -> None:
    """Past the deadline only the latest news of an alert is worth a try."""
    assert outdated(age_s, followed=followed, policy=POLICY) is dropped


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 5 ", 5.0),
        ("0", 0.0),
        (format_datetime(datetime.fromtimestamp(1060, UTC), usegmt=True), 60.0),
        (format_datetime(datetime.fromtimestamp(900, UTC), usegmt=True), 0.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("1.5", 1.5),
        ("0.65", 0.65),
        ("1.", None),
        ("1e3", None),
        (format_datetime(datetime.fromtimestamp(1060, UTC)).removesuffix(" +0000"), 60.0),
        ("9" * 30, None),
        ("٣", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    """Both forms of RFC 9110 are read; anything else is as if it was not there."""
    assert retry_after_s(header, 1000.0) == seconds


@given(st.text(max_size=40))
def test_no_header_breaks_anything(header: str) -> None:
    """A receiver may send what it likes."""
    wait_s = retry_after_s(header, 1000.0)
    assert wait_s is None or wait_s >= 0
