"""Microsoft Teams: an adaptive card through a workflow's webhook."""

from dataclasses import replace
from typing import Any, Final

import orjson

from alerts.receivers.answers import Answer, Fate
from alerts.receivers.kind import Outlet, ReceiverKind
from alerts.receivers.message import NewsState, ReceiverMessage, shortened
from alerts.receivers.settings import Settings, SettingSpec, Want

MOST_BYTES: Final = 28_000
"""Teams refuses messages over about 28 KB."""
MOST_TEXT: Final = 4_000
MOST_FACTS: Final = 20
MOST_LINKS: Final = 6
COLOURS: Final = {
    NewsState.RESOLVED: "Good",
    NewsState.STALE: "Default",
    NewsState.ACKNOWLEDGED: "Accent",
    NewsState.NOTE: "Accent",
}
PACE_S: Final = 0.5


class TeamsChannel:
    """Posts cards to one workflow."""

    def __init__(self, settings: Settings, outlet: Outlet) -> None:
        (self._url,) = settings["url"]
        self._outlet = outlet

    async def send(self, message: ReceiverMessage, memory: str, at_s: float) -> Answer:  # noqa: ARG002  # keeps none
        """One card; a connector may tell of overload in the text of a 200."""
        answer = await self._outlet.post(self._url, card(message), {})
        if answer.fate is Fate.TAKEN and b"HTTP error 429" in answer.body:
            return Answer(status=429, retry_after_s=answer.retry_after_s, body=answer.body)
        return answer


def card(message: ReceiverMessage) -> bytes:
    """The message as an adaptive card; facts give way where it would be too large, then text and links."""
    for facts, text in ((MOST_FACTS, MOST_TEXT), (0, MOST_TEXT), (0, 1_000)):
        body = orjson.dumps(_card(message, facts, text))
        if len(body) <= MOST_BYTES:
            return body
    return orjson.dumps(_card(replace(message, links=()), 0, 200))


def _card(message: ReceiverMessage, most_facts: int, most_text: int) -> dict[str, Any]:
    loud = "Attention" if message.severity == "critical" else "Warning"
    colour = COLOURS.get(NewsState(message.state), loud)
    body: list[dict[str, Any]] = [
        {
            "type": "TextBlock",
            "text": shortened(plain(message.words.title), 200),
            "weight": "Bolder",
            "size": "Medium",
            "color": colour,
            "wrap": True,
        },
        {"type": "TextBlock", "text": shortened(plain(message.words.text), most_text), "wrap": True},
    ]
    facts = [{"title": name, "value": shortened(plain(value), 500)} for name, value in message.words.facts]
    if facts[:most_facts]:
        body.append({"type": "FactSet", "facts": facts[:most_facts]})
    content: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "msteams": {"width": "full"},
    }
    if message.links:
        content["actions"] = [
            {"type": "Action.OpenUrl", "title": link.text, "url": link.url}
            for link in message.links[:MOST_LINKS]
        ]
    return {
        "type": "message",
        "attachments": [
            {
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": None,
                "content": content,
            }
        ],
    }


MARKUP: Final = str.maketrans({**{sign: f"\\{sign}" for sign in "\\*_[]`#"}, "\n": "\n\n"})
"""A backslash too, which would take away that of the sign after it; one line break alone is a blank."""


def plain(text: str) -> str:
    """Without what a card would read as Markdown."""
    return text.translate(MARKUP)


TEAMS: Final = ReceiverKind(
    specs=(SettingSpec("url", Want.URL, required=True),),
    open=TeamsChannel,
    pace_s=PACE_S,
)
