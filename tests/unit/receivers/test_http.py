"""The webhook client: one request over a real socket, and what came of it."""

import asyncio
import re
import ssl
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from alerts.receivers import http
from alerts.receivers.answers import Answer, Fate
from alerts.receivers.http import MOST_ANSWER_BYTES, HttpClient

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _posted(handler: Handler, timeout_s: float = 5.0) -> Answer:
    async def run() -> Answer:
        app = web.Application()
        app.router.add_post("/hook", handler)
        client = HttpClient(timeout_s)
        await client.start()
        try:
            async with TestServer(app) as server:
                outlet = client.outlet(allow_private=True)
                return await outlet.post(str(server.make_url("/hook")), b'{"a":1}', {"webhook-id": "a.1"})
        finally:
            await client.close()

    return asyncio.run(run())


def test_what_is_sent_is_what_arrives() -> None:
    """Body byte for byte, as JSON, with the headers given."""
    seen: list[tuple[bytes, str, str]] = []

    async def take(request: web.Request) -> web.Response:
        seen.append((await request.read(), request.headers["webhook-id"], request.content_type))
        return web.Response(status=204)

    assert _posted(take) == Answer(status=204)
    assert seen == [(b'{"a":1}', "a.1", "application/json")]


def test_redirects_are_not_followed() -> None:
    """A redirect is an answer like any other."""

    async def elsewhere(_request: web.Request) -> web.Response:
        raise web.HTTPTemporaryRedirect("/hook")

    assert _posted(elsewhere).status == 307


def test_retry_after_is_read() -> None:
    """A receiver that asks for time gets heard."""

    async def busy(_request: web.Request) -> web.Response:
        return web.Response(status=429, headers={"Retry-After": "7"})

    assert _posted(busy) == Answer(status=429, retry_after_s=7.0)


def test_a_receiver_that_does_not_answer_is_left() -> None:
    """After the time-out there is an answer without a status."""

    async def sleepy(_request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    answer = _posted(sleepy, timeout_s=0.05)
    assert answer.status is None
    assert answer.text == "no answer within 0.05 s"
    assert answer.reached


@pytest.mark.parametrize("url", ["https://127.0.0.1:{port}/", "http://receiver.example:{port}/"])
def test_whoever_was_not_connected_to_has_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither TLS nor the name's address came in time, whatever patience it was that ran out."""
    monkeypatch.setattr(http, "CONNECTING_SHARE", 2.0)

    async def run() -> Answer:
        async def forever(*_arguments: object, **_options: object) -> None:
            await asyncio.Event().wait()

        asyncio.get_running_loop().getaddrinfo = forever  # type: ignore[method-assign,assignment]
        mute = await asyncio.start_server(forever, "127.0.0.1", 0, backlog=1)
        client = HttpClient(0.2)
        await client.start()
        try:
            port = mute.sockets[0].getsockname()[1]
            return await client.outlet(allow_private=True).post(url.format(port=port), b"", {})
        finally:
            await client.close()
            mute.close()

    answer = asyncio.run(run())
    assert (answer.text, answer.reached) == ("no answer within 0.2 s", False)


def test_a_receiver_that_hangs_up_is_an_answer_too() -> None:
    """A connection that breaks is no exception to anybody."""

    async def rude(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    assert _posted(rude).status is None


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{port}/s3cret", "http://no-such-host.invalid:{port}/s3cret"]
)
def test_nobody_there_is_told_without_the_url(url: str) -> None:
    """A URL may hold a secret, and answers are logged."""

    async def run() -> Answer:
        client = HttpClient(5.0)
        await client.start()
        try:
            return await client.outlet(allow_private=True).post(url.format(port=unused_port()), b"", {})
        finally:
            await client.close()

    answer = asyncio.run(run())
    assert answer.status is None
    assert answer.text.startswith("Client")
    assert "s3cret" not in answer.text
    assert "host" not in answer.text


def test_a_refused_connection_is_named() -> None:
    """The operator reads what the system said."""

    async def run() -> Answer:
        client = HttpClient(5.0)
        await client.start()
        try:
            return await client.outlet(allow_private=True).post(f"http://127.0.0.1:{unused_port()}/", b"", {})
        finally:
            await client.close()

    assert asyncio.run(run()).text == "ClientConnectorError: Connection refused"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://nobody.invalid/s3cret", r"ClientConnectorDNSError: [A-Z][a-z ]+"),  # as the resolver has it
        ("https://{plain}/s3cret", r"ClientConnector(SSL)?Error: [a-z ]+"),
    ],
)
def test_what_is_wrong_before_a_connection_stands_is_named(url: str, told: str) -> None:
    """The words of the resolver or of TLS, whose numbers mean something else to the system."""

    async def run() -> Answer:
        client = HttpClient(5.0)
        await client.start()
        try:
            async with TestServer(web.Application()) as server:
                outlet = client.outlet(allow_private=True)
                return await outlet.post(url.format(plain=f"{server.host}:{server.port}"), b"", {})
        finally:
            await client.close()

    answer = asyncio.run(run())
    assert re.fullmatch(told, answer.text), answer.text


def test_a_closed_client_sends_nothing() -> None:
    """Before it is started there is no session."""
    outlet = HttpClient(1.0).outlet(allow_private=True)
    assert asyncio.run(outlet.post("http://127.0.0.1:1/", b"", {})).status is None


def test_an_answer_is_read_up_to_a_bound() -> None:
    """Whoever answers with a film does not fill our memory."""

    async def film(_request: web.Request) -> web.Response:
        return web.Response(body=b"x" * (3 * MOST_ANSWER_BYTES))

    assert len(_posted(film).body) == MOST_ANSWER_BYTES


def test_an_answer_that_breaks_off_is_none() -> None:
    """A status alone is no promise: the body that was announced must come."""

    async def breaks(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"half")
        assert request.transport is not None
        request.transport.close()
        return response

    answer = _posted(breaks)
    assert (answer.status, answer.fate) == (None, Fate.LATER)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.0.0.1", "[::ffff:10.0.0.1]"]
)
def test_private_addresses_are_refused_unless_allowed(host: str) -> None:
    """What is looked at is the address of the connection, so a name that leads there is refused too."""

    async def run() -> Answer:
        client = HttpClient(5.0)
        await client.start()
        try:
            return await client.outlet(allow_private=False).post(f"http://{host}:{unused_port()}/", b"", {})
        finally:
            await client.close()

    answer = asyncio.run(run())
    assert (answer.text, answer.fate) == ("private address; allow_private is not set", Fate.REFUSED)


def test_a_certificate_of_another_name_is_no_answer(tmp_path: Path) -> None:
    """It is tried again, since a certificate is mended; nothing of the notice is sent."""
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=other.example "
        f"-addext subjectAltName=DNS:other.example -keyout {key} -out {cert}"
    )
    subprocess.run(command.split(), check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    seen: list[str] = []

    async def take(request: web.Request) -> web.Response:
        seen.append(request.path)
        return web.Response()

    async def run() -> Answer:
        app = web.Application()
        app.router.add_post("/hook", take)
        client = HttpClient(5.0)
        await client.start()
        try:
            server = TestServer(app, scheme="https")
            await server.start_server(ssl=context)
            outlet = client.outlet(allow_private=True)
            answer = await outlet.post(str(server.make_url("/hook")), b"", {})
            await server.close()
            return answer
        finally:
            await client.close()

    answer = asyncio.run(run())
    assert re.fullmatch("ClientConnectorCertificateError: self.signed certificate", answer.text)
    assert answer.fate is Fate.LATER
    assert seen == []
