"""From a receiver of the rules file to a channel that sends, with its secrets looked up."""

import os
from collections.abc import Mapping

from alerts.errors import SettingsError
from alerts.paging import Receiver
from alerts.receivers.kind import Outlet, WayOut
from alerts.receivers.kinds import KINDS
from alerts.receivers.settings import found


def opened(receiver: Receiver, outlet: Outlet, environment: Mapping[str, str] = os.environ) -> WayOut:
    """The channel of a receiver.

    Raises:
        SettingsError: a secret is not to be found, or is none; or what the kind needs is not there.
    """
    kind = KINDS[receiver.kind]
    settings = found(receiver, kind.specs, environment)
    try:
        return kind.open(settings, outlet)
    except SettingsError as error:
        raise SettingsError(f"receiver {receiver.name!r}: {error}") from None


def signs(receiver: Receiver) -> bool:
    """Whether its notices are signed, where that is its kind's way."""
    return receiver.kind != "webhook" or "secret" in receiver.settings
