"""A webhook of one's own: signed as Standard Webhooks, in its envelope or as Alertmanager's version 4."""

from dataclasses import replace
from typing import Final

from alerts.receivers.alertmanager_v4 import v4_body
from alerts.receivers.answers import MOST_MEMORY, Answer
from alerts.receivers.kind import Outlet, ReceiverKind
from alerts.receivers.message import ReceiverMessage
from alerts.receivers.settings import Settings, SettingSpec, Want
from alerts.receivers.signing import Signer

STANDARD: Final = "standard"
ALERTMANAGER: Final = "alertmanager"


class WebhookChannel:
    """Posts to one URL."""

    def __init__(self, settings: Settings, outlet: Outlet) -> None:
        (self._url,) = settings["url"]
        (self._format,) = settings.get("format", (STANDARD,))
        self._signer = Signer(settings.get("secret", ()))
        self._outlet = outlet

    async def send(self, message: ReceiverMessage, memory: str, at_s: float) -> Answer:
        """One signed request.  A group of Alertmanager's keeps the key that it began with."""
        group_key = (memory or message.thread)[:MOST_MEMORY] if self._format == ALERTMANAGER else ""
        body = v4_body(message, group_key) if group_key else message.body
        answer = await self._outlet.post(self._url, body, self._signer.headers(message.key, at_s, body))
        return replace(answer, memory=group_key)


WEBHOOK: Final = ReceiverKind(
    specs=(
        SettingSpec("url", Want.URL, required=True),
        SettingSpec("secret", Want.SIGNING),
        SettingSpec("format", Want.CHOICE, choices=(STANDARD, ALERTMANAGER)),
    ),
    open=WebhookChannel,
)
