"""E-mail by a real SMTP server: one thread for an alert, and everybody has each mail once."""

import asyncio
import email
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email import policy
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from alerts.receivers.answers import Fate
from alerts.receivers.kind import WayOut
from alerts.receivers.kinds import KINDS
from alerts.receivers.mail import written
from tests.unit.receivers.test_kinds import Wire, message, sent


class Mailbox:
    """A mail server's handler: takes mails, or answers as it is told."""

    def __init__(self) -> None:
        self.mails: list[email.message.EmailMessage] = []
        self.answer = "250 OK"
        self.recipients: dict[str, str] = {}
        """How each recipient is answered; 250 unless it is here."""
        self.took: list[list[str]] = []

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        """Take a recipient, or not."""
        answer = self.recipients.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's name
        """Take a mail."""
        if self.answer.startswith("250"):
            self.took.append(list(envelope.rcpt_tos))
            self.mails.append(email.message_from_bytes(envelope.content, policy=policy.default))
        return self.answer


@contextmanager
def _mail_server(server: type[Controller] = Controller) -> Iterator[tuple[Mailbox, int]]:
    box = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = server(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box, port
    finally:
        controller.stop()


def _mail(port: int, wire: Wire | None = None, more: dict[str, str] | None = None) -> WayOut:
    settings = {"to": ("cx@example.com", "b@example.com"), "from": ("tocsin@example.com",)}
    named = {name: (value,) for name, value in (more or {}).items()}
    return KINDS["email"].open({**settings, "smtp": (f"127.0.0.1:{port}",), **named}, wire or Wire())


@pytest.mark.parametrize(
    "name",
    [
        "=?utf-8?q?a=0d=0areply-to:_x@example.com=0d=0a=0d=0aall_is_well?=",
        "=?utf-8?q?=ed=a0=80?= é",
        "é =?utf-8?b?AAAA?=",
        "réclamation résolution Évry téléphone) Résolu résolution",
    ],
)
def test_a_subject_is_read_as_it_was_written(name: str) -> None:
    """A name that looks like an encoded word was more lines of the head; blanks after accents were lost."""
    mail = written(message(title=f"CSAT of {name}"), "tocsin@example.com", ["cx@example.com"], 0)
    head, _, _ = mail.as_bytes().partition(b"\r\n\r\n")
    back = email.message_from_bytes(mail.as_bytes(), policy=policy.default)
    assert back["Subject"] == f"CSAT of {name}"
    assert back["Reply-To"] is None
    assert b"Auto-Submitted" in head


def test_mails_of_one_alert_stand_in_one_thread() -> None:
    """Every mail refers to the thread's root; its own id is a function of the key, so a repeat is told."""
    with _mail_server() as (box, port):
        channel = _mail(port)
        for key in ("a.1", "a.2", "a.2"):
            assert sent(channel, message(key=key, title="News\r\nBcc: x@example.com")).fate is Fate.TAKEN
    first, second, again = box.mails
    assert first["References"] == second["References"]
    assert first["Message-ID"] != second["Message-ID"] == again["Message-ID"]
    assert first["Bcc"] is None
    assert first["To"] == "cx@example.com, b@example.com"
    assert "41 %" in first.get_content()
    assert "https://grafana.example/d" in first.get_content()


class _Plain(Controller):  # type: ignore[misc]  # aiosmtpd has no types
    """A server that knows letters of ASCII alone in addresses."""

    def factory(self) -> SMTP:
        """What speaks on a connection."""
        return SMTP(self.handler, enable_SMTPUTF8=False, hostname="plain.example")


def test_a_domain_with_accents_is_written_as_the_wire_has_it() -> None:
    """Few servers take other letters than ASCII's; every one knows domains as IDNA spells them."""
    addresses = {"from": "tocsin@Hôtel.example", "to": "service@hôtel.example"}
    with _mail_server(_Plain) as (box, port):
        answer = sent(_mail(port, more=addresses), message())
    assert (answer.fate, answer.error) == (Fate.TAKEN, "SMTP 250")
    assert box.took == [["service@xn--htel-vqa.example"]]
    assert (box.mails[0]["From"], box.mails[0]["To"]) == (
        "tocsin@xn--htel-vqa.example",
        "service@xn--htel-vqa.example",
    )
    assert box.mails[0]["Message-ID"].isascii()


def test_a_group_stays_in_the_thread_of_its_first_mail() -> None:
    """It began with one alert, and is known by another name once it has more."""
    with _mail_server() as (box, port):
        channel = _mail(port)
        first = sent(channel, message(key="a.1", thread="a"))
        sent(channel, message(key="g1.2", thread="g1"), first.memory)
    assert box.mails[0]["References"] == box.mails[1]["References"]


@pytest.mark.parametrize(
    ("answer", "fate"), [("451 later", Fate.LATER), ("550 no", Fate.REFUSED), ("552 full", Fate.LATER)]
)
def test_smtp_codes_are_read_as_smtp_has_them(answer: str, fate: Fate) -> None:
    """4xx may pass and 5xx does not: the reverse of HTTP."""
    with _mail_server() as (box, port):
        box.answer = answer
        assert sent(_mail(port), message()).fate is fate


def test_a_mail_server_in_a_private_network_must_be_allowed() -> None:
    """Like any other receiver."""
    wire = Wire()
    wire.allow_private = False
    answer = sent(_mail(25, wire), message())
    assert (answer.text, answer.fate) == ("private address; allow_private is not set", Fate.REFUSED)


def test_who_is_refused_for_now_is_tried_again_alone() -> None:
    """Greylisting: the others have the mail, and get it once."""
    with _mail_server() as (box, port):
        channel = _mail(port)
        box.recipients["b@example.com"] = "450 greylisted"
        first = sent(channel, message())
        assert (first.fate, first.text) == (Fate.LATER, "1 of 2 recipients refused")
        box.recipients.clear()
        assert sent(channel, message()).fate is Fate.TAKEN
        assert box.took == [["cx@example.com"], ["b@example.com"]]
        assert sent(channel, message(key="a.2")).fate is Fate.TAKEN
        assert box.took[2] == ["cx@example.com", "b@example.com"]


def test_who_is_refused_for_good_does_not_stop_who_is_refused_for_now() -> None:
    """Nobody has it yet, and one of them may have it later."""
    with _mail_server() as (box, port):
        box.recipients |= {"cx@example.com": "450 greylisted", "b@example.com": "550 nobody"}
        assert sent(_mail(port), message()).text == "SMTP 450"
        assert sent(_mail(port), message()).fate is Fate.LATER
        box.recipients["cx@example.com"] = "551 moved"
        assert sent(_mail(port), message()).fate is Fate.REFUSED


def test_a_server_that_does_not_part_has_the_mail() -> None:
    """What was taken is not sent again because nobody answers the farewell."""

    class Mute(SMTP):  # type: ignore[misc]  # aiosmtpd has no types
        async def smtp_QUIT(self, _arg: str) -> None:  # noqa: N802  # aiosmtpd's name
            """Say nothing."""

    class Stubborn(Controller):  # type: ignore[misc]  # aiosmtpd has no types
        def factory(self) -> SMTP:
            return Mute(self.handler, **self.SMTP_kwargs)

    with _mail_server(Stubborn) as (box, port):
        wire = Wire()
        wire.timeout_s = 4.0
        assert sent(_mail(port, wire), message()).fate is Fate.TAKEN
        assert len(box.mails) == 1


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"user": "u", "password": "p"}, "SMTP STARTTLS extension not supported by server"),
        (
            {"user": "u", "password": "p", "tls": "none"},
            "The SMTP AUTH extension is not supported by this server",
        ),
        ({"tls": "tls"}, "SMTPConnectError: wrong version number"),
    ],
)
def test_what_a_server_cannot_do_is_told_in_words(settings: dict[str, str], told: str) -> None:
    """An operator reads what to change, not the name of an exception."""
    with _mail_server() as (_, port):
        assert sent(_mail(port, None, settings), message()).text.startswith(told)


def test_a_server_that_is_not_there_is_told_in_words() -> None:
    """And certainly has nothing."""
    with _mail_server() as (_, port):
        channel = _mail(port)
    answer = sent(channel, message())
    assert (answer.text, answer.reached) == ("ConnectionRefusedError: Connection refused", False)


def test_a_server_that_is_not_found_in_time_has_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever was not connected to has heard of nothing, so that an end is no news to them."""

    async def forever(*_arguments: object, **_options: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", forever)
    monkeypatch.setattr(Wire, "timeout_s", 0.1)
    answer = sent(_mail(25), message())
    assert (answer.text, answer.reached) == ("no answer within 0.1 s", False)


def test_facts_stand_as_the_language_has_them() -> None:
    """French has a space before a colon."""
    plain = message()
    french = replace(plain, words=replace(plain.words, colon=" : "))
    for what, told in ((plain, "Value: 41 %\n"), (french, "Value : 41 %\n")):
        assert told in written(what, "tocsin@example.com", ["cx@example.com"], 0.0).get_content()
