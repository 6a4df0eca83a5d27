"""A webhook of one's own: signed as Standard Webhooks, in its envelope or as Alertmanager's version 4."""

from typing import Final

from alerts.receivers.alertmanager_v4 import v4_body
from alerts.receivers.answers import Answer
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

    async def send(self, message: ReceiverMessage, memory: str, at_s: float) -> Answer:  # noqa: ARG002  # keeps none
        """One signed request."""
        body = v4_body(message) if self._format == ALERTMANAGER else message.body
        return await self._outlet.post(self._url, body, self._signer.headers(message.key, at_s, body))


WEBHOOK: Final = ReceiverKind(
    specs=(
        SettingSpec("url", Want.URL, required=True),
        SettingSpec("secret", Want.SIGNING),
        SettingSpec("format", Want.CHOICE, choices=(STANDARD, ALERTMANAGER)),
    ),
    open=WebhookChannel,
)
