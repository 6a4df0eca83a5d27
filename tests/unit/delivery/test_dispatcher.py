"""The dispatcher over real sockets: who is told what, in which order, how often, and what is written down."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from alerts.delivery.commands import Acknowledge, SilenceCommand
from alerts.delivery.retry_policy import Policy
from alerts.paging import Comparison, Inhibition, Matcher, Route
from tests.post import Hook, MemoryLog, Post, now_ms, transition

PATIENT_FOR_A_MINUTE = Policy(timeout_s=1, base_s=0.01, cap_s=0.05, deadline_s=60, give_up_s=3600)


def _run(body: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(body())


def test_every_receiver_gets_signed_notices_in_order_per_alert() -> None:
    """Two receivers verify each signature and see every alert's notices in sequence, each once."""

    async def body() -> None:
        async with Post({"pager": Hook(), "desk": Hook()}).running() as post:
            states = ["firing", "firing", "stale", "firing", "resolved"]
            for alert in ("a", "b", "c"):
                await post.offer(*(transition(alert, n + 1, state) for n, state in enumerate(states)))
            await post.settled(15)
            for hook in post.hooks.values():
                by_alert = defaultdict(list)
                for notice_id in hook.got:
                    by_alert[notice_id.split(".")[0]].append(notice_id)
                assert by_alert == {alert: [f"{alert}.{n}" for n in range(1, 6)] for alert in "abc"}
            assert set(post.hooks["desk"].bodies[0]) == {"type", "timestamp", "data"}
            assert post.meter.deliveries == {("pager", "delivered"): 15, ("desk", "delivered"): 15}
            assert sorted(post.done) == list(range(15))

    _run(body)


def test_what_fails_for_a_while_arrives_once_and_in_order() -> None:
    """Server faults, overload and time-outs are retried under the same id, and later news waits."""

    async def body() -> None:
        hook = Hook([500, 429, 503, 0.5, 408])
        hook.asked = {"Retry-After": "0"}
        async with Post({"pager": hook}).running() as post:
            await post.offer(transition("a", 1), transition("a", 2), transition("a", 3, "resolved"))
            await post.settled(3)
            assert [each for each in hook.got if each != "a.1"] == ["a.2", "a.3"]
            assert hook.tries["a.1"] == 6
            assert post.log.entries[0].attempts == 6
            assert [entry.outcome for entry in post.log.entries] == ["delivered"] * 3

    _run(body)


@pytest.mark.parametrize("asked", [{}, {"Retry-After": "1"}])
def test_a_clock_that_is_set_back_keeps_no_notice_waiting(asked: dict[str, str]) -> None:
    """One that was to be tried again would have waited until the clock is there again."""

    async def body() -> None:
        hook = Hook([503] * 3)
        hook.asked = asked
        async with Post({"pager": hook}).running() as post:
            await post.offer(transition("a", 1))
            await post.until(lambda: hook.tries["a.1"] > 0)
            post.ahead_s = -200.0
            await post.settled(1)
            assert post.log.outcomes() == [("a.1", "pager", "delivered")]

    _run(body)


def test_a_dead_receiver_delays_nobody_else() -> None:
    """One refuses connections and one is slow; the third has everything, but the record is not done."""

    async def body() -> None:
        post = Post({"dead": Hook(), "slow": Hook([0.15] * 99), "quick": Hook()})
        post.urls["dead"] = f"http://127.0.0.1:{unused_port()}/"
        async with post.running() as running:
            await running.offer(*(transition(f"a{n}", 1) for n in range(20)))
            await running.until(lambda: len(running.hooks["quick"].got) == 20)
            assert len(running.hooks["slow"].got) < 20
            assert running.done == []
            assert running.meter.left["dead"] == 20

    _run(body)


@pytest.mark.parametrize(("status", "outcome"), [(400, "refused"), (404, "refused"), (307, "refused")])
def test_what_will_not_pass_is_given_up_at_once(status: int, outcome: str) -> None:
    """A refusal is written down with its status, and the next notice is tried."""

    async def body() -> None:
        async with Post({"pager": Hook([status])}).running() as post:
            await post.offer(transition("a", 1), transition("a", 2))
            await post.settled(2)
            first, second = post.log.entries
            assert (first.outcome, first.status, first.attempts) == (outcome, status, 1)
            assert second.outcome == "delivered"

    _run(body)


def test_a_receiver_that_is_gone_is_asked_no_more() -> None:
    """After 410 nothing is sent, and everything is settled as disabled."""

    async def body() -> None:
        hook = Hook([410])
        async with Post({"pager": hook}).running() as post:
            await post.offer(transition("a", 1))
            await post.settled(1)
            await post.offer(transition("b", 1), transition("a", 2))
            await post.settled(3)
            assert sum(hook.tries.values()) == 1
            assert post.meter.deliveries == {("pager", "disabled"): 3}

    _run(body)


def test_a_day_ends_a_delivery() -> None:
    """What nobody took in time is expired, and the record is done."""

    async def body() -> None:
        async with Post({"pager": Hook([503] * 9)}).running() as post:
            await post.offer(transition("a", 1), written_ms=0)
            await post.settled(1)
            assert post.log.outcomes() == [("a.1", "pager", "expired")]

    _run(body)


def test_after_an_outage_beyond_the_deadline_how_things_stand_is_told() -> None:
    """Old news gives way to later news; what fires is told, however old; what nobody heard of ends untold."""

    async def body() -> None:
        late_ms, url = now_ms() - 120_000, f"http://127.0.0.1:{unused_port()}"
        post = Post({"pager": Hook()})
        post.urls = {"pager": f"{url}/pager"}
        async with post.running(PATIENT_FOR_A_MINUTE) as running:
            fires, louder = transition("b", 1, severity="warning"), transition("b", 2)
            await running.offer(transition("a", 1), fires, transition("c", 1), written_ms=late_ms)
            await running.until(lambda: running.meter.attempts["pager"] >= 3)
            await running.offer(louder, transition("c", 2, "resolved"), written_ms=late_ms)
            await running.settled(3)  # b.1 and all of c have given way
            app = web.Application()
            app.router.add_post("/pager", running.hooks["pager"].handle)
            async with TestServer(app, port=int(url.rpartition(":")[2])) as server:
                assert server.started
                await running.settled(5)
            assert sorted(running.hooks["pager"].got) == ["a.1", "b.2"]
            assert {name: outcome for name, _, outcome in running.log.outcomes()} == {
                "a.1": "delivered", "b.1": "expired", "b.2": "delivered", "c.1": "expired", "c.2": "dropped",
            }  # fmt: skip

    _run(body)


def test_an_acknowledgement_cancels_what_a_dead_receiver_has_not_got() -> None:
    """Whoever comes back after somebody took care is not told any more."""

    async def body() -> None:
        hook = Hook([503] * 10_000)
        async with Post({"pager": hook}).running() as post:
            await post.offer(transition("a", 1))
            await post.until(lambda: hook.tries["a.1"] >= 2)
            now = datetime.now(UTC)
            post.muting.apply(Acknowledge(alert="a", severity="critical", at=now, by="ann"))
            await post.settled(1)
            assert post.log.outcomes() == [("a.1", "pager", "silenced")]

    _run(body)


def test_retry_after_is_for_all_that_goes_there() -> None:
    """A receiver that asks for time is left alone by every alert, and the others are not."""

    async def body() -> None:
        busy, well = Hook([429]), Hook()
        busy.asked = {"Retry-After": "1"}
        policy = Policy(timeout_s=2, base_s=0.001, cap_s=0.002, in_flight=1)
        async with Post({"busy": busy, "well": well}).running(policy) as post:
            begun_s = time.monotonic()
            await post.offer(*(transition(f"a{n}", 1) for n in range(20)))
            await post.until(lambda: len(well.got) == 20)
            assert sum(busy.tries.values()) == 1
            await post.settled(20)
            assert time.monotonic() - begun_s > 0.9
            assert sum(busy.tries.values()) == 21

    _run(body)


def test_a_repeat_is_sent_once() -> None:
    """A judge that works a pane again writes the same transitions again; receivers do not notice."""

    async def body() -> None:
        async with Post({"pager": Hook()}).running() as post:
            history = [transition("a", 1), transition("a", 2), transition("a", 3, "resolved")]
            await post.offer(*history, *history)
            await post.settled(6)
            assert post.hooks["pager"].got == ["a.1", "a.2", "a.3"]
            assert post.meter.deliveries["pager", "repeated"] == 3
            assert len(post.log.entries) == 3

    _run(body)


def test_a_restart_repeats_nothing_that_is_in_the_log() -> None:
    """The log of another worker is read before anything is sent."""

    async def body() -> None:
        log = MemoryLog()
        async with Post({"pager": Hook()}, log).running() as post:
            await post.offer(transition("a", 1))
            await post.settled(1)
        async with Post({"pager": Hook()}, log).running() as again:
            await again.offer(transition("a", 1), transition("a", 2, "resolved"))
            await again.settled(2)
            assert again.hooks["pager"].got == ["a.2"]

    _run(body)


CRITICAL = (
    Route(receiver="pager", matchers=(Matcher("severity", Comparison.EQUAL, ("critical",)),)),
    Route(receiver="desk"),
)


def test_who_heard_the_beginning_hears_the_end() -> None:
    """An alert that has calmed down below a receiver's route still resolves there."""

    async def body() -> None:
        async with Post({"pager": Hook(), "desk": Hook()}, routes=CRITICAL).running() as post:
            await post.offer(
                transition("a", 1, severity="warning"),
                transition("a", 2, severity="critical"),
                transition("a", 3, severity="warning"),
                transition("a", 4, "resolved", "warning"),
                transition("b", 1, severity="warning"),
                transition("b", 2, "resolved", "warning"),
            )
            await post.settled(6)
            assert post.hooks["pager"].got == ["a.2", "a.3", "a.4"]
            assert len(post.hooks["desk"].got) == 6

    _run(body)


def test_nobody_is_told_the_end_of_what_he_never_heard_of() -> None:
    """A firing that was outdated before it was sent is dropped, and so is its resolve."""

    async def body() -> None:
        policy = Policy(timeout_s=5, base_s=0.001, cap_s=0.001, deadline_s=60, in_flight=1)
        async with Post({"pager": Hook([0.05])}).running(policy) as post:
            await post.offer(transition("busy", 1))
            await post.offer(transition("a", 1), transition("a", 2, "resolved"), written_ms=0)
            await post.settled(3)
            assert post.hooks["pager"].got == ["busy.1"]
            assert post.meter.deliveries["pager", "dropped"] == 2

    _run(body)


def test_the_end_of_what_was_open_for_longer_than_anything_is_kept_is_told() -> None:
    """Who heard of the beginning is not written down any more; nor is there a beginning on cx.alerts."""

    async def body() -> None:
        async with Post({"pager": Hook()}).running() as post:
            known = post.dispatcher.alerts
            for value in (transition("old", 2, "resolved"), transition("read-again", 2, "resolved"),
                          transition("new", 1), transition("new", 2, "resolved")):  # fmt: skip
                known.apply(value)
            await post.offer(transition("read-again", 2, "resolved"), written_ms=now_ms() - 2 * 86_400_000)
            await post.offer(
                transition("new", 2, "resolved"), transition("old", 2, "resolved"), written_ms=now_ms()
            )
            await post.settled(3)
            assert post.hooks["pager"].got == ["old.2"]
            assert post.meter.deliveries["pager", "dropped"] == 2

    _run(body)


def test_what_concerns_nobody_is_done_at_once() -> None:
    """Pending alerts, other people's records, and alerts without a route."""

    async def body() -> None:
        async with Post(
            {"pager": Hook()},
            routes=(Route(receiver="pager", matchers=(Matcher("channel", Comparison.EQUAL, ("chat",)),)),),
        ).running() as post:
            await post.offer(transition("a", 1, "pending"), b"not json", transition("a", 2))
            assert post.done == [0, 1, 2]
            assert not post.hooks["pager"].tries

    _run(body)


def test_too_many_notices_push_out_the_oldest() -> None:
    """Memory is bounded per receiver: the oldest that waits is dropped, written down and done."""

    async def body() -> None:
        policy = Policy(timeout_s=5, deadline_s=60, in_flight=1, waiting=3)
        post = Post({"dead": Hook([0.2])})
        async with post.running(policy) as running:
            await running.offer(*(transition(f"a{n}", 1) for n in range(5)))
            assert [entry.outcome for entry in running.log.entries] == ["dropped", "dropped"]
            assert len(running.done) == 2
            assert running.meter.left["dead"] == 3

    _run(body)


def test_what_cannot_be_written_down_is_not_done() -> None:
    """If the log fails the worker is told, and the record will come again."""

    async def body() -> None:
        log = MemoryLog()
        log.broken = True
        async with Post({"pager": Hook()}, log).running() as post:
            await post.offer(transition("a", 1))
            await post.until(lambda: post.failures)
            assert post.done == []

    _run(body)


def test_a_partition_that_moves_is_let_go() -> None:
    """What another worker will deliver is not delivered here, nor called done."""

    async def body() -> None:
        policy = Policy(timeout_s=5, deadline_s=60, in_flight=1)
        async with Post({"pager": Hook([0.05])}).running(policy) as post:
            await post.offer(transition("a", 1), transition("b", 1), transition("c", 1))
            await post.until(lambda: post.hooks["pager"].tries)
            post.dispatcher.forget([0])
            assert post.meter.left["pager"] == 0
        assert post.hooks["pager"].tries.keys() <= {"a.1"}
        assert post.done == []

    _run(body)


@pytest.mark.parametrize("steps", range(12))
def test_what_is_taken_when_its_partition_moves_is_left_to_the_next_owner(steps: int) -> None:
    """Nothing is written down of news that was not sent, whatever the loop did last: the next one does."""

    async def body() -> None:
        post = Post({"pager": Hook()})
        async with post.running():
            await post.offer(transition("a", 1))
            for _ in range(steps):
                await asyncio.sleep(0)
            post.dispatcher.forget([0])
            await asyncio.sleep(0.05)
        assert {entry.outcome for entry in post.log.entries} <= {"delivered"}
        assert post.meter.deliveries.keys() <= {("pager", "delivered")}

    _run(body)


def _silence(seconds: float) -> SilenceCommand:
    now = datetime.now(UTC)
    until = now + timedelta(seconds=seconds)
    return SilenceCommand(id="s", match={"channel": "phone"}, until=until, at=now, by="ann")


def test_silenced_news_waits_for_the_end_of_the_silence() -> None:
    """What still stands when the silence is over is told then."""

    async def body() -> None:
        async with Post({"pager": Hook()}).running() as post:
            post.muting.apply(_silence(0.1))
            await post.offer(transition("a", 1))
            await post.settled(1)
            assert post.hooks["pager"].got == ["a.1"]
            assert post.log.entries[0].attempts == 1

    _run(body)


def test_news_of_a_rule_that_is_gone_waits_for_its_end() -> None:
    """Until a judge ends what was held back before a reload; if none does, it is told after a minute."""

    async def body() -> None:
        post = Post({"pager": Hook()})
        post.rules = ()
        async with post.running():
            await post.offer(transition("a", 1), transition("b", 1))
            await post.offer(transition("a", 2, "resolved"))
            await post.settled(2)
            assert post.log.outcomes() == [("a.1", "pager", "silenced"), ("a.2", "pager", "dropped")]
            post.later(61)
            post.dispatcher.heard(_silence(0))
            await post.settled(3)
            assert post.hooks["pager"].got == ["b.1"]

    _run(body)


def test_news_waits_until_its_inhibitor_is_known() -> None:
    """Both begin at once; what all alerts come to is read beside, and a moment later."""

    async def body() -> None:
        post = Post({"pager": Hook()})
        critical, warning = (
            (Matcher("severity", Comparison.EQUAL, (each,)),) for each in ("critical", "warning")
        )
        post.inhibit = (Inhibition(critical, warning, ("channel",)),)
        async with post.running():
            values = [transition("w", 1, severity="warning"), transition("c", 1)]
            offered = asyncio.create_task(post.offer(*values))
            for each in values:
                await asyncio.sleep(0.1)
                post.dispatcher.alerts.apply(each)
            await offered
            await post.settled(1)
            assert post.hooks["pager"].got == ["c.1"]
            post.dispatcher.alerts.apply(transition("c", 2, "resolved"))
            await post.offer(transition("c", 2, "resolved"))
            post.later(6)
            post.dispatcher.heard(_silence(0))
            await post.settled(3)
            assert post.hooks["pager"].got == ["c.1", "c.2", "w.1"]

    _run(body)


def test_what_comes_to_an_end_in_silence_is_not_told() -> None:
    """An alert that fired and resolved while it was silenced has reached nobody, and is done."""

    async def body() -> None:
        async with Post({"pager": Hook()}).running() as post:
            post.muting.apply(_silence(3600))
            await post.offer(transition("a", 1), transition("a", 2, "resolved"))
            await post.settled(2)
            assert post.hooks["pager"].got == []
            assert [entry.outcome for entry in post.log.entries] == ["silenced", "dropped"]

    _run(body)


def test_who_heard_of_it_before_the_silence_hears_the_end() -> None:
    """A silence hides news, not the resolve of what is open somewhere."""

    async def body() -> None:
        async with Post({"pager": Hook()}).running() as post:
            await post.offer(transition("a", 1))
            await post.settled(1)
            post.muting.apply(_silence(3600))
            await post.offer(transition("a", 2, "stale"), transition("a", 3, "resolved"))
            await post.settled(3)
            assert post.hooks["pager"].got == ["a.1", "a.3"]

    _run(body)


def test_a_receiver_without_a_secret_is_told_unsigned(caplog: pytest.LogCaptureFixture) -> None:
    """The operator reads a warning once, when the worker starts; notices go out without a signature."""

    async def body() -> None:
        hook = Hook()
        hook.signed = False
        async with Post({"pager": hook}).running() as post:
            await post.offer(transition("a", 1))
            await post.settled(1)
            assert hook.got == ["a.1"]

    _run(body)
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == [
        "notices are not signed, for want of a secret: receiver=pager"
    ]


def test_the_log_tells_what_is_tried_again_from_what_is_lost(caplog: pytest.LogCaptureFixture) -> None:
    """Once for every change of how the receiver stands, with its answer; a redirect says that it is none."""
    caplog.set_level("INFO", "alerts.delivery")

    async def body() -> None:
        async with Post({"pager": Hook(script=[503, 302, 302])}).running() as post:
            await post.offer(transition("a", 1), transition("b", 1), transition("c", 1))
            await post.settled(3)

    _run(body)
    assert [record.message for record in caplog.records] == [
        "receiver does not take notices, which are tried again: receiver=pager answer=HTTP 503",
        (
            "receiver refuses notices, which are lost to it: receiver=pager "
            "answer=HTTP 302 (redirects are not followed)"
        ),
        "receiver takes notices again: receiver=pager",
    ]


def test_what_gives_way_to_later_news_is_no_refusal(caplog: pytest.LogCaptureFixture) -> None:
    """The receiver is down, and a notice that is too late makes room: it is told once that it is down."""
    caplog.set_level("INFO", "alerts.delivery")

    class Down(Hook):
        async def handle(self, request: web.Request) -> web.Response:
            post.ahead_s = 61.0
            return await super().handle(request)

    post = Post({"pager": Down(script=[503])})

    async def body() -> None:
        async with post.running(Policy(deadline_s=60.0)):
            await post.offer(transition("a", 1), transition("a", 2), written_ms=now_ms())
            await post.settled(2)
            assert post.log.outcomes() == [("a.1", "pager", "expired"), ("a.2", "pager", "delivered")]

    _run(body)
    assert [record.message for record in caplog.records] == [
        "receiver does not take notices, which are tried again: receiver=pager answer=HTTP 503",
        "receiver takes notices again: receiver=pager",
    ]


def test_a_request_that_hangs_does_not_keep_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """On leaving, what is under way gets some seconds and is then cut off, neither logged nor done."""
    monkeypatch.setattr("alerts.delivery.dispatcher.GRACE_S", 0.01)

    async def body() -> None:
        post = Post({"pager": Hook([0.5])})
        async with post.running(Policy(timeout_s=5)):
            await post.offer(transition("a", 1))
            await post.until(lambda: post.hooks["pager"].tries)
        assert post.done == []
        assert post.log.entries == []

    _run(body)
