"""Everything else, through Apprise (the extra `tocsin[apprise]`): best effort, its outcome is yes or no.

Apprise keeps the vendor's answer to itself, so Retry-After is not known, every failure is tried again, and
addresses cannot be checked.
"""

from importlib import import_module
from typing import Any, Final

from alerts.errors import SettingsError
from alerts.receivers.answers import Answer, Fate
from alerts.receivers.kind import Outlet, ReceiverKind
from alerts.receivers.message import ReceiverMessage
from alerts.receivers.settings import Settings, SettingSpec, Want


class AppriseChannel:
    """Hands messages to one service of Apprise's.

    Raises:
        SettingsError: the extra is not installed, or Apprise does not know the service.
    """

    def __init__(self, settings: Settings, outlet: Outlet) -> None:
        (url,) = settings["url"]
        if not outlet.allow_private:
            raise SettingsError("apprise: want allow_private: true, since its addresses cannot be checked")
        try:
            library: Any = import_module("apprise")
        except ImportError as error:
            raise SettingsError("apprise: want the extra, pip install 'tocsin[apprise]'") from error
        self._service = library.Apprise()
        if not self._service.add(url):
            raise SettingsError("apprise: want a URL that Apprise knows (what was found is not shown)")
        self._outlet = outlet

    async def send(self, message: ReceiverMessage, memory: str, at_s: float) -> Answer:  # noqa: ARG002  # keeps none
        """One attempt in a thread; it cannot be cancelled, only left behind."""
        import asyncio  # noqa: PLC0415  # takes long to load, and whoever only reads rules sends nothing

        self._outlet.other(f"{message.words.title}\n{message.words.text}")
        kind = "success" if message.over else "failure" if message.severity == "critical" else "warning"
        facts = "\n".join(f"{name}{message.words.colon}{value}" for name, value in message.words.facts)
        try:
            async with asyncio.timeout(self._outlet.timeout_s):
                taken = await asyncio.to_thread(
                    self._service.notify,
                    body=f"{message.words.text}\n{facts}",
                    title=message.words.title,
                    notify_type=kind,
                )
        except TimeoutError:
            return Answer(status=None, error=f"no answer within {self._outlet.timeout_s:g} s")
        if taken:
            return Answer(status=None, error="Apprise has sent it", verdict=Fate.TAKEN)
        return Answer(status=None, error="Apprise could not send it")


APPRISE: Final = ReceiverKind(
    specs=(SettingSpec("url", Want.SECRET, required=True),),
    open=AppriseChannel,
)
