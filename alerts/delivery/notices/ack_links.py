"""Links in notices that acknowledge: signed, and good for a while only.

A link leads to a page with a button, since mail scanners and chats open links by themselves.  Whoever has
the notice may acknowledge its alert, and nothing else.
"""

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

GOOD_FOR_S: Final = 3 * 86_400.0
"""A weekend; an alert that is older is known by then."""
PATH: Final = "/ack"


@dataclass(frozen=True, slots=True)
class AckLinks:
    """Makes and checks links.  `base` is the worker's address as its readers reach it; "" makes none."""

    base: str
    key: bytes

    def link(self, alert: str, severity: str, now_s: float) -> str:
        """The URL that acknowledges an alert at a severity; "" where none can be made."""
        if not self.base or not self.key:
            return ""
        until = str(int(now_s + GOOD_FOR_S))
        query = {"alert": alert, "severity": severity, "until": until}
        query["sig"] = self._signature(alert, severity, until)
        return f"{self.base.rstrip('/')}{PATH}?{urlencode(query)}"

    def why_not(self, alert: str, severity: str, until: str, sig: str, now_s: float) -> str | None:
        """Why a link is no good; None when it is."""
        if not self.key or not hmac.compare_digest(
            self._signature(alert, severity, until).encode(), sig.encode("utf-8", "replace")
        ):
            return "this link is not one of ours"
        if not until.isdigit() or int(until) < now_s:
            return "this link is too old"
        return None

    def _signature(self, alert: str, severity: str, until: str) -> str:
        named = f"ack\n{alert}\n{severity}\n{until}".encode("utf-8", "replace")
        return urlsafe_b64encode(hmac.digest(self.key, named, "sha256")).decode().rstrip("=")
