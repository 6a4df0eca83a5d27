"""Each kind of receiver: what it sends, within the vendor's limits, and how it reads the vendor's answers."""

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from alerts.paging import Located, Receiver
from alerts.receivers.alertmanager import AlertmanagerChannel
from alerts.receivers.answers import Answer, Fate
from alerts.receivers.kind import WayOut
from alerts.receivers.kinds import KINDS
from alerts.receivers.message import AlertNews, NextLook, ReceiverMessage, Words
from alerts.receivers.opening import opened
from alerts.receivers.settings import found
from alerts.receivers.teams import MOST_BYTES, card

SETTINGS: dict[str, dict[str, tuple[str, ...]]] = {
    "webhook": {"url": ("https://hook.example/a",)},
    "alertmanager": {"urls": ("https://am1.example", "https://am2.example/base/")},
    "pagerduty": {"routing_key": ("R" * 32,)},
    "slack": {"webhook_url": ("https://hooks.slack.example/x",)},
    "teams": {"url": ("https://teams.example/flow",)},
    "apprise": {"url": ("json://127.0.0.1:1",)},
}
BOT = {"bot_token": ("xoxb-1",), "channel": ("#cx",)}


def message(**changes: Any) -> ReceiverMessage:
    """One critical alert that fires."""
    alert = AlertNews(
        id="0123456789abcdef01",
        state=changes.get("state", "firing"),
        labels={"alertname": "csat-low", "severity": "critical", "channel": "phone", "team": ""},
        annotations={"summary": "CSAT is low"},
        started_at="2026-11-22T09:50:00Z",
        ended_at="2026-11-22T10:00:00Z" if changes.get("state") == "resolved" else None,
        data={},
    )
    fields: dict[str, Any] = {
        "key": "a.1",
        "thread": "a",
        "state": "firing",
        "severity": "critical",
        "at": "2026-11-22T10:00:00Z",
        "body": b'{"type":"cx.alert.firing"}',
        "receiver": "desk",
        "links": (NextLook("Dashboard", "https://grafana.example/d"),),
        "alerts": (alert,),
        "group_labels": {"rule": "csat-low"},
    }
    words: dict[str, Any] = {
        "title": "CSAT <low> & falling",
        "text": "It is 41 %.",
        "facts": (("Value", "41 %"), ("Limit", "50 %")),
    }
    words |= {name: changes.pop(name) for name in words.keys() & changes.keys()}
    return ReceiverMessage(**{**fields, **changes}, words=Words(**words))


class Wire:
    """An outlet that answers by script, then 200, and keeps what was sent."""

    allow_private = True
    timeout_s = 2.0

    def __init__(self, *script: Answer) -> None:
        self.script = list(script)
        self.sent: list[tuple[str, Any, dict[str, str]]] = []
        self.others: list[str] = []

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Keep it, and answer."""
        self.sent.append((url, orjson.loads(body), dict(headers)))
        return self.script.pop(0) if self.script else Answer(status=200, body=b"ok")

    def other(self, what: str) -> None:
        """Keep it."""
        self.others.append(what)


def _channel(kind: str, wire: Wire, settings: Mapping[str, tuple[str, ...]] | None = None) -> WayOut:
    return KINDS[kind].open(settings or SETTINGS[kind], wire)


def sent(channel: WayOut, what: ReceiverMessage, memory: str = "") -> Answer:
    """One attempt."""
    return asyncio.run(channel.send(what, memory, 1_795_341_600.0))


@pytest.mark.parametrize(("heard", "reached"), [((False, True), True), ((False, False), False)])
def test_alertmanager_is_reached_where_one_of_its_replicas_may_be(
    heard: tuple[bool, bool], *, reached: bool
) -> None:
    """One is not there, the other said nothing: it may have heard of it, so it hears of the end."""
    wire = Wire(*(Answer(status=None, error="no answer", reached=each) for each in heard))
    channel = _channel("alertmanager", wire, {"urls": ("http://a/", "http://b/")})
    assert sent(channel, message()).reached is reached


@pytest.mark.parametrize("kind", ["webhook", "alertmanager", "pagerduty", "slack", "teams"])
@pytest.mark.parametrize(
    ("answer", "fate"),
    [
        (Answer(status=429, retry_after_s=7.0), Fate.LATER),
        (Answer(status=500), Fate.LATER),
        (Answer(status=None, error="no answer"), Fate.LATER),
        (Answer(status=400), Fate.REFUSED),
        (Answer(status=302), Fate.REFUSED),
        (Answer(status=410), Fate.GONE),
    ],
)
def test_every_vendor_refuses_alike(kind: str, answer: Answer, fate: Fate) -> None:
    """Overload and faults pass, a refusal does not, 410 ends it; what Retry-After asks is handed on."""
    got = sent(_channel(kind, Wire(answer, answer)), message())
    assert (got.fate, got.retry_after_s) == (fate, answer.retry_after_s)


def test_a_webhook_speaks_alertmanagers_version_4() -> None:
    """Status, labels, what all alerts share, and the end that firing alerts do not have."""
    wire = Wire()
    sent(_channel("webhook", wire, {**SETTINGS["webhook"], "format": ("alertmanager",)}), message())
    ((_, body, headers),) = wire.sent
    assert (body["version"], body["status"], body["receiver"], body["groupKey"]) == (
        "4",
        "firing",
        "desk",
        "a",
    )
    assert body["groupLabels"] == {"rule": "csat-low"}
    assert body["commonLabels"]["alertname"] == "csat-low"
    assert body["alerts"][0]["endsAt"] == "0001-01-01T00:00:00Z"
    assert headers["webhook-id"] == "a.1"


def test_alertmanager_gets_every_replica_and_an_end_that_repeats_put_off() -> None:
    """Identity is the labels, without empty ones; what fires ends a few repeats ahead."""
    wire = Wire(Answer(status=None, error="down"), Answer(status=200))
    assert sent(_channel("alertmanager", wire), message()).fate is Fate.TAKEN
    assert [url for url, _, _ in wire.sent] == [
        "https://am1.example/api/v2/alerts",
        "https://am2.example/base/api/v2/alerts",
    ]
    (alert,) = wire.sent[0][1]
    assert alert["labels"] == {"alertname": "csat-low", "severity": "critical", "channel": "phone"}
    assert alert["endsAt"] == "2026-11-22T10:04:00Z"
    over = Wire()
    sent(_channel("alertmanager", over), message(state="resolved"))
    assert over.sent[0][1][0]["endsAt"] == "2026-11-22T10:00:00Z"


@pytest.mark.parametrize(
    ("state", "action"),
    [("firing", "trigger"), ("stale", "trigger"), ("acknowledged", "acknowledge"), ("resolved", "resolve")],
)
def test_pagerduty_keeps_one_incident(state: str, action: str) -> None:
    """Each action has the thread as its key, and only a trigger needs a payload."""
    wire = Wire(Answer(status=202))
    assert sent(_channel("pagerduty", wire), message(state=state)).fate is Fate.TAKEN
    ((url, body, _),) = wire.sent
    assert url == "https://events.pagerduty.com/v2/enqueue"
    assert (body["event_action"], body["dedup_key"], body["routing_key"]) == (action, "a", "R" * 32)
    assert ("payload" in body) is (action == "trigger")


@pytest.mark.parametrize(("kind", "name"), [("pagerduty", "dedup_key"), ("webhook", "groupKey")])
def test_a_group_keeps_the_name_of_its_first_message(kind: str, name: str) -> None:
    """Of one alert at first, and known by another name when there are more: for them it is one all along."""
    wire, more = Wire(*[Answer(status=202)] * 2), {} if kind == "pagerduty" else {"format": ("alertmanager",)}
    channel = _channel(kind, wire, {**SETTINGS[kind], **more})
    first = sent(channel, message(thread="a"))
    sent(channel, message(thread="g1"), first.memory)
    assert [body[name] for _, body, _ in wire.sent] == ["a", "a"]


def test_pagerduty_is_cut_to_its_limits() -> None:
    """A summary of 1,024 characters, a key of 255."""
    wire = Wire(Answer(status=202))
    sent(_channel("pagerduty", wire), message(text="x" * 5000, thread="t" * 300))
    body = wire.sent[0][1]
    assert len(body["payload"]["summary"]) == 1024
    assert len(body["dedup_key"]) == 255


@pytest.mark.parametrize(
    ("status", "body", "fate"),
    [
        (202, b"", Fate.TAKEN),
        (200, b'{"status": "success", "message": "Event processed", "dedup_key": "a"}', Fate.TAKEN),
        (200, b"", Fate.REFUSED),
        (200, b"<html>Please log in</html>", Fate.REFUSED),
        (200, b'["status"]', Fate.REFUSED),
        (200, b'{"status": "invalid event"}', Fate.REFUSED),
        (503, b'{"status": "success"}', Fate.LATER),
    ],
)
def test_pagerduty_takes_202_or_its_words_for_yes(status: int, body: bytes, fate: Fate) -> None:
    """A service that stands in for it may answer 200; a proxy in between says nothing of success."""
    assert sent(_channel("pagerduty", Wire(Answer(status=status, body=body))), message()).fate is fate


def test_slack_escapes_and_cuts() -> None:
    """Markup characters are escaped in text; header, section and fields keep to the limits."""
    wire = Wire()
    facts = tuple((f"n{number}", "v" * 3000) for number in range(20))
    sent(_channel("slack", wire), message(title="<!channel> & co", text="<@U1> " + "x" * 9000, facts=facts))
    ((_, body, _),) = wire.sent
    header, section, fields, _ = body["blocks"]
    assert len(header["text"]["text"]) <= 150
    assert section["text"]["text"].startswith("&lt;@U1&gt;")
    assert len(section["text"]["text"]) <= 3000
    assert len(fields["fields"]) == 10
    assert max(len(field["text"]) for field in fields["fields"]) <= 2000
    assert "<" not in body["text"]


def test_slack_says_when_a_webhook_is_gone() -> None:
    """`no_service` means that somebody has removed it."""
    assert sent(_channel("slack", Wire(Answer(status=404, body=b"no_service"))), message()).fate is Fate.GONE


def _ok(**more: Any) -> Answer:
    return Answer(status=200, body=orjson.dumps({"ok": True, "channel": "C1", "ts": "17.1", **more}))


def test_a_slack_bot_keeps_one_message_and_a_thread() -> None:
    """The first news is a message whose place is remembered; the next changes it and stands in its thread."""
    wire = Wire(_ok(message={"text": "x"}), _ok(), _ok(ts="17.2", message={"thread_ts": "17.1"}))
    channel = _channel("slack", wire, BOT)
    first = sent(channel, message())
    assert (first.fate, first.memory) == (Fate.TAKEN, "C1 17.1")
    second = sent(channel, message(state="resolved"), first.memory)
    assert (second.fate, second.memory) == (Fate.TAKEN, "")
    urls = [url.removeprefix("https://slack.com/api/") for url, _, _ in wire.sent]
    assert urls == ["chat.postMessage", "chat.update", "chat.postMessage"]
    assert wire.sent[1][1]["ts"] == wire.sent[2][1]["thread_ts"] == "17.1"
    assert wire.sent[0][2]["Authorization"] == "Bearer xoxb-1"


@pytest.mark.parametrize(
    ("error", "fate"),
    [("ratelimited", Fate.LATER), ("internal_error", Fate.LATER), ("invalid_auth", Fate.REFUSED)],
)
def test_a_slack_bots_errors_come_under_200(error: str, fate: Fate) -> None:
    """What may pass is told from what will not by Slack's word."""
    answer = Answer(status=200, body=orjson.dumps({"ok": False, "error": error}))
    assert sent(_channel("slack", Wire(answer), BOT), message()).fate is fate


def test_a_slack_message_that_was_deleted_is_posted_anew() -> None:
    """Somebody has tidied up the channel."""
    lost = Answer(status=200, body=orjson.dumps({"ok": False, "error": "message_not_found"}))
    wire = Wire(lost, _ok(ts="18.1", message={}))
    assert sent(_channel("slack", wire, BOT), message(), "C1 17.1").memory == "C1 18.1"


def test_teams_gets_a_card_that_is_not_too_large() -> None:
    """Facts give way where a card would pass 28 KB, and Markdown is not read."""
    facts = tuple((f"n{number}", "é" * 2000) for number in range(40))
    body = card(message(text="*bold* " + "x" * 9000, facts=facts))
    assert len(body) <= MOST_BYTES
    found = orjson.loads(body)["attachments"][0]["content"]
    assert found["type"] == "AdaptiveCard"
    assert found["body"][1]["text"].startswith("\\*bold\\*")


def test_what_teams_shows_is_what_was_said() -> None:
    """A name's own backslash undoes none of ours, and a group's sentences have a line each."""
    shown = orjson.loads(card(message(text="topic \\*pay\\* falls\nCSAT of chat is 40 %")))
    text = shown["attachments"][0]["content"]["body"][1]["text"]
    assert text == "topic \\\\\\*pay\\\\\\* falls\n\nCSAT of chat is 40 %"


def test_whatever_there_is_to_say_fits_every_vendor() -> None:
    """Slack: 50 blocks, 10 fields, 40,000 characters; Teams: 28 KB; PagerDuty: 1,024 of summary, 512 KB."""
    facts = tuple((f"fact {n}", "_" * 9_000) for n in range(100))
    links = tuple(NextLook("x" * 300, f"https://x.example/{n}/" + "y" * 300) for n in range(60))
    huge = message(title="&" * 5_000, text="<é>" * 40_000, facts=facts, links=links)
    bodies = {}
    for kind in ("slack", "teams", "pagerduty"):
        wire = Wire()
        sent(_channel(kind, wire), huge)
        bodies[kind] = wire.sent[0][1]
    slack = bodies["slack"]
    assert (len(slack["blocks"]) <= 50, len(slack["text"]) <= 40_000) == (True, True)
    assert all(len(block.get("fields", ())) <= 10 for block in slack["blocks"])
    assert all(len(block.get("elements", ())) <= 25 for block in slack["blocks"])
    assert len(orjson.dumps(bodies["teams"])) <= 28_000
    assert len(bodies["pagerduty"]["payload"]["summary"]) <= 1_024
    assert len(orjson.dumps(bodies["pagerduty"])) <= 512 * 1_024


def test_what_slack_and_teams_refuse_a_whole_message_for_is_left_out() -> None:
    """A template may leave no text, and a link be of any length, as values stand in it: the page was lost."""
    bare = message(text=" ", facts=(), links=(NextLook("Dashboard", "https://x.example/" + "%E7" * 1_000),))
    wire = Wire()
    sent(_channel("slack", wire), bare)
    ((_, body, _),) = wire.sent
    assert [block["type"] for block in body["blocks"]] == ["header"]
    assert (
        len(card(message(links=(NextLook("Dashboard", "https://x.example/" + "y" * 30_000),)))) <= MOST_BYTES
    )


def test_teams_tells_of_overload_in_text() -> None:
    """A connector's 200 may hold another's 429."""
    answer = Answer(status=200, body=b"Microsoft Teams endpoint returned HTTP error 429 with ContextId")
    assert sent(_channel("teams", Wire(answer)), message()).fate is Fate.LATER


def test_apprise_is_yes_or_no() -> None:
    """Nobody listens there: it is tried again, since the reason is not known."""
    assert sent(_channel("apprise", Wire()), message()).fate is Fate.LATER


def test_secrets_are_looked_up_for_every_kind() -> None:
    """What may hold one can stand in the environment or a file."""
    receiver = Receiver(name="pd", kind="pagerduty", settings={"routing_key": Located(env="KEY")})
    assert found(receiver, KINDS["pagerduty"].specs, {"KEY": " k\n"})["routing_key"] == ("k",)
    assert isinstance(
        opened(
            Receiver(name="am", kind="alertmanager", settings={"urls": Located(env="AM")}),
            Wire(),
            {"AM": "http://a http://b"},
        ),
        AlertmanagerChannel,
    )
