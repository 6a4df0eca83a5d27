"""The HTTP client of all receivers: posts, and says what came of it.  The only user of aiohttp's client.

No redirects are followed: a signed notice goes where it was meant to.  An answer is read up to a bound, and
one that breaks off in the middle is no answer.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from types import SimpleNamespace
from typing import Final

import aiohttp

from alerts.receivers.addresses import public_socket
from alerts.receivers.answers import Answer
from alerts.receivers.failures import failed

USER_AGENT: Final = "tocsin (+https://www.standardwebhooks.com)"
CONNECTING_SHARE: Final = 0.5
"""Of the time that an answer may take; who has not connected by then is not there."""
MOST_ANSWER_BYTES: Final = 64 * 2**10
"""As much of an answer as is read; the rest is nobody's business."""
_SECONDS: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")
HEADERS: Final = {"User-Agent": USER_AGENT, "Content-Type": "application/json"}


@dataclass(slots=True)
class _Sent:
    """Whether anything of a request has left: none of it while a name is looked up, or a connection made."""

    begun: bool = False


class HttpClient:
    """Two sessions for all receivers: one that reaches public addresses only, and one without bounds."""

    def __init__(self, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self._guarded: aiohttp.ClientSession | None = None
        self._open: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Make ready to send."""
        self._guarded = self._session(aiohttp.TCPConnector(limit=0, socket_factory=public_socket))
        self._open = self._session(aiohttp.TCPConnector(limit=0))  # each receiver's queue limits itself

    async def close(self) -> None:
        """Close every connection."""
        for session in (self._guarded, self._open):
            if session is not None:
                await session.close()

    def outlet(self, *, allow_private: bool, timeout_s: float | None = None) -> "HttpOutlet":
        """The way out for one receiver; without a time of its own it has the client's."""
        return HttpOutlet(self, allow_private, self.timeout_s if timeout_s is None else timeout_s)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], outlet: "HttpOutlet") -> Answer:
        """One request; whatever goes wrong on the way is an answer without a status."""
        session = self._open if outlet.allow_private else self._guarded
        if session is None:
            return Answer(status=None, error="the client is closed", reached=False)
        timeout = aiohttp.ClientTimeout(
            total=outlet.timeout_s, sock_connect=outlet.timeout_s * CONNECTING_SHARE
        )
        sent = _Sent()
        try:
            async with session.post(
                url,
                data=body,
                headers=headers,
                allow_redirects=False,
                timeout=timeout,
                trace_request_ctx=sent,
            ) as response:
                after = retry_after_s(response.headers.get("Retry-After"), time.time())
                answered = await _read(response.content)
                return Answer(status=response.status, retry_after_s=after, body=answered)
        except TimeoutError:
            return Answer(status=None, error=f"no answer within {outlet.timeout_s:g} s", reached=sent.begun)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return failed(error, _cause(error), reached=sent.begun)

    def _session(self, connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
        tracing = aiohttp.TraceConfig()
        tracing.on_request_headers_sent.append(_begins)
        return aiohttp.ClientSession(
            headers=HEADERS,
            # No cookies: a receiver keeps nothing here, and another cannot see it.
            cookie_jar=aiohttp.DummyCookieJar(),
            connector=connector,
            trace_configs=[tracing],
        )


class HttpOutlet:
    """The client as one receiver may use it."""

    def __init__(self, client: HttpClient, allow_private: bool, timeout_s: float) -> None:  # noqa: FBT001  # by `HttpClient.outlet` alone
        self.allow_private = allow_private
        self.timeout_s = timeout_s
        self._client = client

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """One POST, to an address that the receiver allows."""
        return await self._client.post(url, body, headers, self)

    def other(self, what: str) -> None:
        """Nobody looks."""


async def _read(content: aiohttp.StreamReader) -> bytes:
    """The answer, as much of it as is read."""
    parts: list[bytes] = []
    left = MOST_ANSWER_BYTES
    while left > 0 and (part := await content.read(left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


async def _begins(
    _session: aiohttp.ClientSession, context: SimpleNamespace, _params: aiohttp.TraceRequestHeadersSentParams
) -> None:
    context.trace_request_ctx.begun = True


def _cause(error: Exception) -> Exception:
    cause: Exception = getattr(error, "certificate_error", getattr(error, "os_error", error))
    return cause


def retry_after_s(header: str | None, now_s: float) -> float | None:
    """Seconds that a `Retry-After` header asks for, given as seconds or as an HTTP date; None if neither.

    Some answer with parts of seconds; a date without a zone is in GMT, as those of HTTP are.
    """
    text = (header or "").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        date = parsedate_to_datetime(text)
        return max(0.0, date.replace(tzinfo=date.tzinfo or UTC).timestamp() - now_s)
    except (ValueError, OverflowError):
        return None
