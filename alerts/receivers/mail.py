"""E-mail by SMTP: news of one alert or group stands in one thread.  The only user of aiosmtplib."""

import dataclasses
import socket
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from alerts.receivers.addresses import public_socket
from alerts.receivers.answers import MOST_MEMORY, Answer, Fate
from alerts.receivers.failures import failed
from alerts.receivers.kind import Outlet, ReceiverKind
from alerts.receivers.message import ReceiverMessage, shortened
from alerts.receivers.settings import Settings, SettingSpec, Want

if TYPE_CHECKING:
    from email.message import EmailMessage
    from email.policy import Policy

MOST_SUBJECT: Final = 200
TLS: Final = ("auto", "starttls", "tls", "none")
QUIT_S: Final = 2.0
"""How long a farewell may take once a mail has been taken."""
MOST_PARTLY_TAKEN: Final = 1_000
"""Mails that some recipients have and others still wait for; beyond, the oldest goes to all again."""
FULL: Final = 552
"""The mailbox has no room: it may have tomorrow (RFC 5321 has it among the permanent ones)."""


class MailChannel:
    """Sends mails through one server.

    `tls`: `auto` upgrades where the server offers it, `starttls` insists, `tls` speaks it from the start.
    A password is sent in the clear only where `none` says so.  A recipient that is refused for now, as
    greylisting does, is tried again, without those who have the mail.
    """

    def __init__(self, settings: Settings, outlet: Outlet) -> None:
        self._to = tuple(map(_on_the_wire, settings["to"]))
        self._from = _on_the_wire(settings["from"][0])
        host, _, port = settings["smtp"][0].rpartition(":")
        self._host, self._port = host.strip("[]"), int(port)
        (self._tls,) = settings.get("tls", ("auto",))
        self._login = settings.get("user", ("",))[0], settings.get("password", ("",))[0]
        self._outlet = outlet
        self._waiting: OrderedDict[str, list[str]] = OrderedDict()

    async def send(self, message: ReceiverMessage, memory: str, at_s: float) -> Answer:
        """One mail to all recipients that do not have it; a group's stay in the thread of its first."""
        thread = memory or message.thread[:MOST_MEMORY]
        answer = await self._attempt(dataclasses.replace(message, thread=thread), at_s)
        return dataclasses.replace(answer, memory=thread)

    async def _attempt(self, message: ReceiverMessage, at_s: float) -> Answer:
        """One mail; those whom the server refuses are told."""
        import asyncio  # noqa: PLC0415  # this and what follows take long to load, and few commands send

        import aiosmtplib  # noqa: PLC0415

        mail = written(message, self._from, self._to, at_s)
        self._outlet.other(mail.as_string())
        connection = None
        try:
            async with asyncio.timeout(self._outlet.timeout_s):
                connection = await self._connected()
                return await self._sent(connection, mail, message.key)
        except TimeoutError:
            late = f"no answer within {self._outlet.timeout_s:g} s"
            return Answer(status=None, error=late, reached=connection is not None)
        except aiosmtplib.SMTPRecipientsRefused as error:
            return _refused([each.code for each in error.recipients])
        except aiosmtplib.SMTPResponseException as error:
            return _refused([error.code])
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            return _failed(error, reached=connection is not None)

    async def _sent(self, connection: socket.socket, mail: "EmailMessage", key: str) -> Answer:
        import aiosmtplib  # noqa: PLC0415

        user, password = self._login
        # With a password encryption is not left to chance.
        upgrade = {"auto": True if password else None, "starttls": True}.get(self._tls, False)
        client = aiosmtplib.SMTP(
            hostname=self._host,
            sock=connection,
            use_tls=self._tls == "tls",
            start_tls=upgrade,
            timeout=self._outlet.timeout_s,
        )
        try:
            await client.connect()
            if user:
                await client.login(user, password)
            refused, _ = await client.send_message(mail, recipients=self._left(key))
            with suppress(aiosmtplib.SMTPException, OSError):  # it was taken: how they part is no matter
                await client.quit(timeout=QUIT_S)
        finally:
            client.close()
        return self._taken(key, {name: each.code for name, each in refused.items()})

    def _left(self, key: str) -> list[str]:
        """Recipients that a mail has not reached yet."""
        return self._waiting.get(key, list(self._to))

    def _taken(self, key: str, refused: Mapping[str, int]) -> Answer:
        """Some have it; the others may have it later, where one of them was refused for now."""
        lost = f"{len(refused)} of {len(self._to)} recipients refused" if refused else ""
        left, later = self._waiting.pop(key, self._to), any(map(_passes, refused.values()))
        if later:
            self._waiting[key] = [each for each in left if each in refused]
            while len(self._waiting) > MOST_PARTLY_TAKEN:
                self._waiting.popitem(last=False)
        verdict = Fate.LATER if later else Fate.TAKEN
        return Answer(status=None, error=lost or "SMTP 250", verdict=verdict)

    async def _connected(self) -> socket.socket:
        """A socket to the server, at an address that the receiver allows."""
        import asyncio  # noqa: PLC0415

        loop = asyncio.get_running_loop()
        failed: OSError = OSError("no address")
        for info in await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM):
            with ExitStack() as stack:
                try:
                    made = socket.socket(*info[:3]) if self._outlet.allow_private else public_socket(info)
                    stack.callback(made.close)
                    made.setblocking(False)
                    await loop.sock_connect(made, info[4])
                except OSError as error:
                    failed = error
                    continue
                stack.pop_all()
                return made
        raise failed


def written(message: ReceiverMessage, sender: str, to: Collection[str], at_s: float) -> "EmailMessage":
    """The mail: its id is a function of the key, and its thread's root one of the thread."""
    from email.message import EmailMessage  # noqa: PLC0415
    from email.policy import SMTP  # noqa: PLC0415
    from email.utils import format_datetime  # noqa: PLC0415

    mail = EmailMessage(policy=SMTP)
    domain = sender.rpartition("@")[2]
    root = _mail_id(message.thread, domain)
    subject = shortened(" ".join(message.words.title.split()), MOST_SUBJECT)
    mail["Subject"] = subject if subject.isascii() and "=?" not in subject else _Subject(subject)
    mail["From"] = sender
    mail["To"] = ", ".join(to)
    mail["Date"] = format_datetime(datetime.fromtimestamp(int(at_s), UTC))
    mail["Message-ID"] = _mail_id(message.key, domain)
    mail["In-Reply-To"] = root
    mail["References"] = root
    mail["Auto-Submitted"] = "auto-generated"  # so that absence notes do not answer (RFC 3834)
    facts = "\n".join(f"{name}{message.words.colon}{value}" for name, value in message.words.facts)
    links = "\n".join(f"{link.text}{message.words.colon}{link.url}" for link in message.links)
    mail.set_content("\n\n".join(part for part in (message.words.text, facts, links) if part) + "\n")
    return mail


class _Subject(str):
    """A subject that is encoded as a whole, as the package email takes an object with a `name` and a `fold`.

    Of its own it decodes what looks like an encoded word (RFC 2047) in any text: a channel's name was a
    line of the head, or no mail at all.  And of two words with accents it loses the blank between them.
    """

    __slots__ = ()
    name = "Subject"

    def fold(self, *, policy: "Policy") -> str:
        """The lines of the head."""
        from email.header import Header  # noqa: PLC0415

        encoded = Header(str(self), "utf-8", header_name=self.name).encode(linesep=policy.linesep)
        return f"{self.name}: {encoded}{policy.linesep}"


def _on_the_wire(address: str) -> str:
    """The address, its domain in the letters that every server takes (IDNA), where it has others."""
    name, _, domain = address.rpartition("@")
    if domain.isascii():
        return address
    with suppress(UnicodeError):  # no name of a host has such letters: the server says so
        domain = domain.encode("idna").decode()
    return f"{name}@{domain}"


def _mail_id(name: str, domain: str) -> str:
    return f"<{sha256(name.encode()).hexdigest()[:32]}.tocsin@{domain}>"


def _refused(codes: Iterable[int]) -> Answer:
    """Nobody has it: it is tried again where one of the answers may pass."""
    code = min(codes, key=lambda each: (not _passes(each), each))
    verdict = Fate.LATER if _passes(code) else Fate.REFUSED
    return Answer(status=None, error=f"SMTP {code}", verdict=verdict)


def _passes(code: int) -> bool:
    """SMTP's 4xx may pass, its 5xx do not (RFC 5321, 4.2.1)."""
    return 400 <= code < 500 or code == FULL


def _failed(error: Exception, *, reached: bool) -> Answer:
    """The library's plain exceptions are sentences of its own; all others are told as everywhere."""
    import aiosmtplib  # noqa: PLC0415

    if type(error) is aiosmtplib.SMTPException:
        return Answer(status=None, error=str(error).rstrip("."))
    below = error.__cause__
    return failed(error, below if isinstance(below, OSError) else error, reached=reached)


def _complaint(given: Collection[str]) -> str | None:
    if ("user" in given) is not ("password" in given):
        return "want user and password, or neither"
    return None


EMAIL: Final = ReceiverKind(
    specs=(
        SettingSpec("to", Want.MAILS, required=True),
        SettingSpec("from", Want.MAIL, required=True),
        SettingSpec("smtp", Want.SERVER, required=True),
        SettingSpec("tls", Want.CHOICE, choices=TLS),
        SettingSpec("user", Want.TEXT),
        SettingSpec("password", Want.SECRET),
    ),
    open=MailChannel,
    complaint=_complaint,
)
