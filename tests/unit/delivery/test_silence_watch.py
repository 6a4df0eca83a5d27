"""Silences end loudly: told of beforehand, what is still broken told at once, and neither of them twice."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import orjson
import pytest

from alerts.delivery.commands import Acknowledge, SilenceCommand, Unsilence
from alerts.delivery.mutes import Muting
from alerts.delivery.open_alerts import OpenAlerts
from alerts.delivery.progress import HeardTransitions
from alerts.delivery.retry_policy import Policy
from alerts.delivery.silence_watch import SilenceEnding, SilenceWatch, ending_message, takes_words
from alerts.paging import Comparison, Matcher, Receiver, Route, RuleAbout, Timers
from alerts.rules import Rulebook
from tests.post import Hook, MemoryLog, Post, now_ms, transition

CALM = Policy(timeout_s=2, base_s=0.01, cap_s=0.02, deadline_s=60)


def _run(body: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(body())


def _silence(seconds: float, identity: str = "s") -> SilenceCommand:
    now = datetime.now(UTC)
    until = now + timedelta(seconds=seconds)
    return SilenceCommand(id=identity, match={"channel": "phone"}, until=until, at=now, by="ann")


async def _told(post: Post, *values: bytes) -> None:
    """Transitions that every worker hears of, this one delivers, and which have been told."""
    post.muting.told = post.dispatcher.heard
    for value in values:
        post.dispatcher.alerts.apply(value)
    done = len(post.done)
    await post.offer(*values, written_ms=now_ms())
    await post.settled(done + len(values))


def _types(hook: Hook) -> list[str]:
    return [str(each["type"]) for each in hook.bodies]


def test_a_silence_is_told_of_before_it_ends_and_what_is_still_broken_after() -> None:
    """The message names who silenced what, and what waits; the alert is told again under its own key."""

    async def body() -> None:
        async with Post({"pager": Hook()}).running(CALM) as post:
            hook = post.hooks["pager"]
            await _told(post, transition("a", 1))
            post.muting.apply(_silence(4))
            await post.until(lambda: len(hook.bodies) == 3)
            await asyncio.sleep(1)
            assert _types(hook) == ["cx.alert.firing", "cx.silence.ending", "cx.alert.firing"]
            assert hook.got == ["a.1", "silence-s.1", "a.1.s"]
            ending: Any = hook.bodies[1]["data"]
            assert (ending["by"], ending["match"], ending["count"]) == ("ann", {"channel": "phone"}, 1)
            assert ending["alerts"][0]["id"] == "a"

    _run(body)


@pytest.mark.parametrize("match", [{"channel": "Phone"}, {"rule": "csat-low"}])
@pytest.mark.parametrize("open_", [True, False])
def test_whoever_is_told_by_the_owner_of_a_rule_hears_that_a_silence_ends(
    match: dict[str, str], *, open_: bool
) -> None:
    """The owner is a label of routes; so is it of the alerts that a silence keeps quiet, or would."""
    receivers = tuple(
        Receiver(name=name, kind="webhook", settings={"url": ("x",)}) for name in ("leads", "all")
    )
    by_owner = Matcher("owner", Comparison.EQUAL, ("leads",))
    routes = (Route(receiver="leads", matchers=(by_owner,)), Route(receiver="all"))
    about = {"csat-low": RuleAbout(owner="leads")}
    rulebook = Rulebook(rules=(), indicators={}, receivers=receivers, routes=routes, about=about)
    muting, alerts = Muting(), OpenAlerts()
    if open_:
        alerts.apply(transition("a", 1))
    said = msgspec.structs.replace(_silence(1), match=match)
    muting.apply(said)
    watch = SilenceWatch(rulebook, muting, alerts, lambda _receiver, _alert: False)
    told = {name for name, _ in watch.due(0, HeardTransitions(), said.until.timestamp() - 0.1)}
    known = open_ or "rule" in match
    assert told == ({"leads", "all"} if known else {"all"})


def test_a_forged_alert_stops_no_silence_from_being_told_of() -> None:
    """Whoever may write cx.alerts may write a scope of labels that are none; it is no alert of ours."""

    async def body() -> None:
        async with Post({"pager": Hook()}).running(CALM) as post:
            hook = post.hooks["pager"]
            await _told(post, transition("a", 1))
            forged = orjson.loads(transition("b", 1)) | {"scope": {"planet": "mars"}}
            post.dispatcher.alerts.apply(orjson.dumps(forged))
            post.muting.apply(_silence(4))
            await post.until(lambda: len(hook.bodies) == 3)
            assert _types(hook) == ["cx.alert.firing", "cx.silence.ending", "cx.alert.firing"]

    _run(body)


def test_what_waited_for_the_end_is_told_once() -> None:
    """News that a silence held back is told when somebody ends it, at once, and not a second time."""

    async def body() -> None:
        async with Post({"pager": Hook()}).running(CALM) as post:
            hook = post.hooks["pager"]
            post.muting.told = post.dispatcher.heard
            post.muting.apply(_silence(3600))
            post.dispatcher.alerts.apply(transition("a", 1))
            await post.offer(transition("a", 1), written_ms=now_ms())
            await asyncio.sleep(0.7)
            assert hook.bodies == []
            post.muting.apply(Unsilence(id="s", at=datetime.now(UTC), by="ann"))
            async with asyncio.timeout(2):
                await post.settled(1)
            await asyncio.sleep(1.2)
            assert hook.got == ["a.1"]

    _run(body)


@pytest.mark.parametrize("why", ["over", "acknowledged", "silenced again"])
def test_what_is_no_longer_anybodys_trouble_is_not_told_again(why: str) -> None:
    """An alert that is over, that somebody takes care of, or that another silence keeps quiet."""

    async def body() -> None:
        async with Post({"pager": Hook()}).running(CALM) as post:
            hook = post.hooks["pager"]
            await _told(post, transition("a", 1))
            post.muting.apply(_silence(3600))
            if why == "over":
                await _told(post, transition("a", 2, "resolved"))
            elif why == "acknowledged":
                now = datetime.now(UTC)
                post.muting.apply(Acknowledge(alert="a", severity="critical", at=now, by="ann"))
            else:
                post.muting.apply(_silence(3600, "other"))
            post.muting.apply(Unsilence(id="s", at=datetime.now(UTC), by="ann"))
            told = len(hook.bodies)
            await asyncio.sleep(1.2)
            assert len(hook.bodies) == told

    _run(body)


def test_a_group_is_told_again_when_a_silence_ends() -> None:
    """Though nothing is new, and its next repeat is far away."""

    async def body() -> None:
        timers = Timers(group_by=("rule",), group_wait_ms=0, group_interval_ms=100)
        async with Post({"pager": Hook()}, routes=(Route(receiver="pager", timers=timers),)).running(
            CALM
        ) as post:
            hook = post.hooks["pager"]
            await _told(post, transition("a", 1), transition("b", 1))
            await post.until(lambda: hook.bodies)
            await asyncio.sleep(1.2)  # b may come after a was told
            told = len(hook.bodies)
            await asyncio.sleep(1.1)  # the log's times are whole seconds
            post.muting.apply(_silence(3600))
            post.muting.apply(Unsilence(id="s", at=datetime.now(UTC), by="ann"))
            await post.until(lambda: len(hook.bodies) > told)
            await asyncio.sleep(1.2)
            assert len(hook.bodies) == told + 1

    _run(body)


def test_a_worker_that_begins_later_tells_what_is_missing_and_nothing_twice() -> None:
    """The log says what was told and when: a killed worker's successor goes on from there."""

    async def body() -> None:
        log = MemoryLog()
        async with Post({"pager": Hook()}, log).running(CALM) as post:
            await _told(post, transition("a", 1))
        await asyncio.sleep(1.1)  # the log's times are whole seconds
        said = _silence(3600)
        for expected in (["a.1.s"], []):  # whoever begins hears all commands again
            async with Post({"pager": Hook()}, log).running(CALM) as post:
                post.dispatcher.alerts.apply(transition("a", 1))
                post.muting.apply(said)
                post.muting.apply(Unsilence(id="s", at=said.at, by="ann"))
                await asyncio.sleep(1.5)
                assert post.hooks["pager"].got == expected

    _run(body)


def test_what_a_partition_lost_on_its_way_is_told_when_it_comes_back() -> None:
    """The receiver was down, and the partition another worker's for a moment, who told nothing either."""

    async def body() -> None:
        async with Post({"pager": Hook()}).running(CALM) as post:
            hook = post.hooks["pager"]
            await _told(post, transition("a", 1))
            await asyncio.sleep(1.1)  # the log's times are whole seconds
            hook.script = [503] * 10_000
            post.muting.apply(_silence(4))
            await post.until(lambda: {"silence-s.1", "a.1.s"} <= hook.tries.keys())
            post.dispatcher.forget([0])
            await asyncio.sleep(0.3)  # what is under way may end
            hook.script = []
            post.dispatcher.desk.own([0])
            await post.until(lambda: "a.1.s" in hook.got)

    _run(body)


def test_an_end_is_said_in_the_receivers_language() -> None:
    """The same numbers, and nothing of what somebody has commented."""
    said = SilenceCommand(
        id="s", match={"channel": "phone"}, until=datetime(2026, 11, 28, 12, tzinfo=UTC),
        at=datetime(2026, 11, 28, 10, tzinfo=UTC), by="ann", comment="call zoe@example.com",
    )  # fmt: skip
    for lang, title in (
        ("en", "The silence of channel=phone ends 2026-11-28 12:00 UTC (ann)"),
        ("fr", "Le silence de channel=phone prend fin le 2026-11-28 12:00 UTC (ann)"),
    ):
        message = ending_message(
            SilenceEnding(said, ()), "k", Receiver(name="desk", kind="webhook", lang=lang)
        )
        assert message.words.title == title
        assert "zoe" not in f"{message}"


def test_only_receivers_of_words_are_told() -> None:
    """An incident or an alert of a silence would page somebody for nothing."""
    kinds = [
        takes_words(Receiver(name="r", kind=kind))
        for kind in ("webhook", "slack", "pagerduty", "alertmanager")
    ]
    assert kinds == [True, True, False, False]
    assert not takes_words(Receiver(name="r", kind="webhook", settings={"format": ("alertmanager",)}))


def test_ended_silences_are_forgotten_after_an_hour() -> None:
    """Ended at their time or before; one of long ago is not known any more."""
    muting, said = Muting(), _silence(60)
    muting.apply(said)
    end_s = said.until.timestamp()
    assert muting.ended(end_s - 1) == []
    assert [each.at_s for each in muting.ended(end_s + 1)] == [end_s]
    assert muting.ended(end_s + 3_601) == []


@pytest.mark.parametrize("why", ["acknowledged", "silenced for longer"])
def test_what_is_not_told_at_the_end_is_not_announced(why: str) -> None:
    """Of two silences the first that ends promised what the other still keeps quiet."""

    async def body() -> None:
        async with Post({"pager": Hook()}).running(CALM) as post:
            hook = post.hooks["pager"]
            await _told(post, transition("a", 1))
            if why == "acknowledged":
                now = datetime.now(UTC)
                post.muting.apply(Acknowledge(alert="a", severity="critical", at=now, by="ann"))
            else:
                post.muting.apply(_silence(3600, "longer"))
            post.muting.apply(_silence(4))
            await post.until(lambda: len(hook.bodies) == 2)
            ending: Any = hook.bodies[1]["data"]
            assert (ending["id"], ending["count"], ending["alerts"]) == ("s", 0, [])

    _run(body)
