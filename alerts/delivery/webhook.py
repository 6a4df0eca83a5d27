"""The webhook client: posts a notice and says what came of it.  The only user of aiohttp's client."""

import os
import time
from collections.abc import Mapping
from typing import Final

import aiohttp

from alerts.delivery.retry_policy import Answer, retry_after_s

USER_AGENT: Final = "tocsin (+https://www.standardwebhooks.com)"


class WebhookClient:
    """A session for all receivers.  Follows no redirects: a signed notice goes where it was meant to."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Make ready to send."""
        headers = {"User-Agent": USER_AGENT, "Content-Type": "application/json"}
        # No cookies: a receiver keeps nothing here, and another cannot see it.
        jar = aiohttp.DummyCookieJar()
        connector = aiohttp.TCPConnector(limit=0)  # the dispatcher limits requests per receiver
        self._session = aiohttp.ClientSession(
            headers=headers, timeout=self._timeout, cookie_jar=jar, connector=connector
        )

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """One request; whatever goes wrong on the way is an answer without a status."""
        if self._session is None:
            return Answer(None, "the client is closed")
        try:
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as response:
                after = retry_after_s(response.headers.get("Retry-After"), time.time())
                return Answer(response.status, retry_after_s=after)
        except TimeoutError:
            return Answer(None, f"no answer within {self._timeout.total:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Answer(None, _named(error))


def _named(error: Exception) -> str:
    """What happened, without address and URL, which may hold a secret."""
    number = getattr(getattr(error, "os_error", error), "errno", None)
    name = type(error).__name__
    return f"{name}: {os.strerror(number)}" if isinstance(number, int) and number > 0 else name
