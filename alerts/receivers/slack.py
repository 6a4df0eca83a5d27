"""Slack: an incoming webhook posts each piece of news; a bot's token keeps one message per alert up to date.

With a token the first news is a message, whose place (channel and time stamp) is remembered; later news
changes that message and stands in its thread.  Slack knows no idempotency key: a worker that is killed
between posting and writing down the place posts once more.
"""

import re
from collections.abc import Collection
from typing import Any, Final

import orjson

from alerts.receivers.answers import MOST_MEMORY, Answer, Fate
from alerts.receivers.kind import Outlet, ReceiverKind, WayOut
from alerts.receivers.message import NewsState, ReceiverMessage, shortened
from alerts.receivers.settings import Settings, SettingSpec, Want

API: Final = "https://slack.com/api"
MOST_HEADER: Final = 150
MOST_SECTION: Final = 3_000
MOST_FIELDS: Final = 10
MOST_BUTTONS: Final = 25
MOST_BUTTON: Final = 75
MOST_URL: Final = 3_000
"""Of a button: with a link over that, as of long values in its braces, Slack refuses all of the message."""
MOST_FIELD: Final = 2_000
PACE_S: Final = 1.0
"""One message a second and webhook or channel."""

PASSING: Final = frozenset(
    {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
)
"""Errors of the Web API, told under status 200, that may pass."""
WORD: Final = re.compile("[a-z0-9_]{1,64}")
"""An error of the Web API; whatever else stands there is not ours to write down."""
LOST: Final = frozenset(
    {"message_not_found", "cant_update_message", "edit_window_closed", "channel_not_found"}
)
"""The remembered message cannot be changed any more: a new one takes its place."""

MARKS: Final = {
    NewsState.RESOLVED: ":large_green_circle:",
    NewsState.STALE: ":white_circle:",
    NewsState.NOTE: ":bell:",
    NewsState.ACKNOWLEDGED: ":eyes:",
}


class SlackWebhook:
    """Posts to an incoming webhook."""

    def __init__(self, settings: Settings, outlet: Outlet) -> None:
        (self._url,) = settings["webhook_url"]
        self._outlet = outlet

    async def send(self, message: ReceiverMessage, memory: str, at_s: float) -> Answer:  # noqa: ARG002  # keeps none
        """One message; any 4xx but 429 is final, as Slack's word says (`no_service`, `invalid_payload`)."""
        answer = await self._outlet.post(self._url, orjson.dumps(blocks(message)), {})
        if answer.status == 404 and b"no_service" in answer.body:
            return Answer(status=answer.status, verdict=Fate.GONE, body=answer.body)
        return answer


class SlackBot:
    """Keeps one message per thread, and adds the news to its replies."""

    def __init__(self, settings: Settings, outlet: Outlet) -> None:
        (self._token,) = settings["bot_token"]
        (self._channel,) = settings["channel"]
        (base,) = settings.get("url", (API,))
        self._base = base.rstrip("/")
        self._outlet = outlet

    async def send(self, message: ReceiverMessage, memory: str, at_s: float) -> Answer:  # noqa: ARG002  # no clock
        """The first news, or a change of the message with the news in its thread."""
        channel, _, stamp = memory.partition(" ")
        if not stamp:
            return await self._first(message)
        place = {"channel": channel, "ts": stamp}
        changed = await self._call("chat.update", {**place, **blocks(message)})
        if changed.verdict is Fate.REFUSED and changed.error in LOST:
            return await self._first(message)
        if changed.fate is not Fate.TAKEN:
            return changed
        reply = {"channel": channel, "thread_ts": stamp, "text": headline(message)}
        return await self._call("chat.postMessage", {**reply, "unfurl_links": False})

    async def _first(self, message: ReceiverMessage) -> Answer:
        return await self._call("chat.postMessage", {"channel": self._channel, **blocks(message)})

    async def _call(self, method: str, arguments: dict[str, Any]) -> Answer:
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json; charset=utf-8",
        }
        answer = await self._outlet.post(f"{self._base}/{method}", orjson.dumps(arguments), headers)
        return answer if answer.fate is not Fate.TAKEN else _meant(answer, new=method == "chat.postMessage")


def _meant(answer: Answer, *, new: bool) -> Answer:
    """What a 200 of the Web API says; the place of a message that is new and no reply is remembered."""
    try:
        told = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return Answer(status=None, error="the answer is not JSON", verdict=Fate.LATER, body=answer.body)
    if not isinstance(told, dict) or told.get("ok") is not True:
        error = str(told.get("error")) if isinstance(told, dict) else ""
        error = error if WORD.fullmatch(error) else "unknown"
        fate = Fate.LATER if error in PASSING else Fate.REFUSED
        return Answer(
            status=None, error=error, retry_after_s=answer.retry_after_s, verdict=fate, body=answer.body
        )
    reply = isinstance(told.get("message"), dict) and "thread_ts" in told["message"]
    place = f"{told.get('channel', '')} {told.get('ts', '')}" if new and not reply and told.get("ts") else ""
    return Answer(status=answer.status, memory=place[:MOST_MEMORY], body=answer.body)


def blocks(message: ReceiverMessage) -> dict[str, Any]:
    """Text for notifications, and blocks for the eye, within Slack's limits."""
    found: list[dict[str, Any]] = [
        {
            "type": "header",
            "text": {"type": "plain_text", "text": shortened(_marked(message), MOST_HEADER), "emoji": True},
        },
    ]
    if (
        message.words.text.strip()
    ):  # as a template may leave nothing, and Slack refuses a section without text
        text = shortened(escaped(message.words.text), MOST_SECTION)
        found.append({"type": "section", "text": {"type": "mrkdwn", "text": text}})
    if message.words.facts:
        fields = [
            {"type": "mrkdwn", "text": shortened(f"*{escaped(name)}*\n{escaped(value)}", MOST_FIELD)}
            for name, value in message.words.facts[:MOST_FIELDS]
        ]
        found.append({"type": "section", "fields": fields})
    buttons = [
        {
            "type": "button",
            "text": {"type": "plain_text", "text": shortened(link.text, MOST_BUTTON)},
            "url": link.url,
        }
        for link in message.links[:MOST_BUTTONS]
        if len(link.url) <= MOST_URL
    ]
    if buttons:
        found.append({"type": "actions", "elements": buttons})
    return {"text": headline(message), "blocks": found}


def headline(message: ReceiverMessage) -> str:
    """The news in one line."""
    return shortened(escaped(f"{_marked(message)} – {message.words.text}"), MOST_SECTION)


def escaped(text: str) -> str:
    """Without what Slack would read as markup: `&`, `<` and `>`."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _marked(message: ReceiverMessage) -> str:
    loud = ":red_circle:" if message.severity == "critical" else ":large_orange_circle:"
    return f"{MARKS.get(NewsState(message.state), loud)} {message.words.title}"


def _opened(settings: Settings, outlet: Outlet) -> WayOut:
    return SlackWebhook(settings, outlet) if "webhook_url" in settings else SlackBot(settings, outlet)


def _complaint(given: Collection[str]) -> str | None:
    if "webhook_url" in given:
        others = {"bot_token", "channel"} & set(given)
        return (
            f"want webhook_url or bot_token, got webhook_url and {', '.join(sorted(others))}"
            if others
            else None
        )
    if {"bot_token", "channel"} <= set(given):
        return None
    return "want webhook_url, or bot_token and channel"


SLACK: Final = ReceiverKind(
    specs=(
        SettingSpec("webhook_url", Want.URL),
        SettingSpec("bot_token", Want.SECRET),
        SettingSpec("channel", Want.TEXT),
        SettingSpec("url", Want.URL),
    ),
    open=_opened,
    complaint=_complaint,
    pace_s=PACE_S,
    acks_with="bot_token",
)
