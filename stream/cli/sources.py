"""`tocsin sources`: is this sources file sound, and what would a body become?"""

import os
import sys
import time
from pathlib import Path
from typing import Final

import click

from alerts.errors import OperatorError, SettingsError
from stream.columnar.timestamps import NO_TIME
from stream.files.packed_logs import STDIN
from stream.gateway.bodies import MAX_BODY, BodyTooLarge, UnknownCoding, unpacked
from stream.gateway.headers import Headers
from stream.gateway.kind_files import kind, kinds
from stream.gateway.source_file import DeclaredSource, load_sources
from stream.gateway.sources import Source, asked_headers, receive
from stream.gateway.verification import Refusal, Verifier, stamp_ms
from stream.importing.objects import Translator
from stream.messages.outcomes import RecordError

NOTHING_EXIT: Final = 1


@click.group("sources")
def command() -> None:
    """Check a sources file, or see what a webhook's body would become."""


@command.command("check")
@click.argument("file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--strict", is_flag=True, help="Exit 2 on warnings too.")
def check(file: Path, *, strict: bool) -> None:
    """Validate a sources file: every problem at once, with line, column, wanted and found.

    Warnings say what is sound but may not be meant, secrets that this environment lacks among them.
    Exit code 0: sound; 2: not.
    """
    declared = load_sources(file)
    warnings = [f"{each.source.name}: {advice}" for each in declared for advice in _advice(each)]
    for each in declared:
        click.echo(
            f"{each.source.name}: {each.source.kind.name}, {_proof(each)}, {each.source.answers} counts"
        )
    for warning in warnings:
        click.echo(f"warning: {warning}")
    click.echo(f"{file}: {len(declared)} source{'s' * (len(declared) != 1)}, sound")
    if strict and warnings:
        sys.exit(2)


@command.command("try")
@click.argument("name", metavar="KIND")
@click.argument("body", metavar="BODY")
@click.option("--header", "lines", multiple=True, metavar="NAME:VALUE", help="A header of the request.")
@click.option(
    "--sources",
    "file",
    envvar="TOCSIN_SOURCES",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Sources file: KIND may then be the name of one of its sources, whose tables and secret count.",
)
@click.option("--secret-env", metavar="VARIABLE", help="Variable with the signing secret of a KIND.")
def try_body(name: str, body: str, lines: tuple[str, ...], file: Path | None, secret_env: str | None) -> None:
    """Print the events that a request's body would become, one a line; and why not, on stderr.

    KIND is a kind of system, or a source of --sources; BODY a file, - for stdin, or JSON as it is.
    Nothing is written.
    Exit code 0: nothing was refused; 1: something was.
    """
    headers = Headers(_header(line) for line in lines)
    source = _source(name, file, secret_env)
    content = _content(body, headers)
    _say_proof(source.verifier, headers, content)
    received = receive(source, headers, content, time.time())
    for event in received.events:
        click.echo(event.value)
    for why, count in received.ignored.items():
        click.echo(f"{count} × no event: {why}", err=True)
    for refused in received.refused:
        click.echo(f"dead letter: {refused.reason}: {refused.detail}", err=True)
    proof = source.verifier.refusal(headers, content, _stamp_s(source.verifier, headers))
    if received.refused or (lines and proof is not None):
        sys.exit(NOTHING_EXIT)


def _advice(declared: DeclaredSource) -> list[str]:
    try:
        declared.resolved(os.environ)
    except OperatorError as error:
        return [*declared.advice, str(error)]
    return list(declared.advice)


def _proof(declared: DeclaredSource) -> str:
    told = ["signed"] if declared.signature is not None else []
    told += [f"header {name}" for name in declared.tokens]
    return " and ".join(told) or "known by its path"


def _source(name: str, file: Path | None, secret_env: str | None) -> Source:
    """The source of that name in the file, else a source of that kind with nothing set."""
    if file is not None:
        for declared in load_sources(file):
            if declared.source.name == name:
                return _with_what_is_there(declared)
    if name not in kinds():
        own = "" if file is None else f", or a source of {file}"
        raise SettingsError(f"KIND: want one of {', '.join(kinds())}{own}, got {name!r}")
    chosen = kind(name)
    secret = os.environ.get(secret_env) if secret_env else None
    if secret_env and not secret:
        raise SettingsError(f"--secret-env: want a secret in {secret_env}, got nothing")
    translator = None if chosen.mapping is None else Translator(chosen.mapping)
    verifier = Verifier(signature=chosen.signature, secrets=() if secret is None else (secret,))
    asked = asked_headers(chosen.mapping)
    return Source(name=name, kind=chosen, path="/", verifier=verifier, translator=translator, asked=asked)


def _with_what_is_there(declared: DeclaredSource) -> Source:
    """A source with its secrets, or without any where this environment lacks one."""
    try:
        return declared.resolved(os.environ)
    except OperatorError as error:
        click.echo(f"not verified: {error}", err=True)
        return declared.source


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name.strip():
        raise SettingsError(f"--header: want NAME:VALUE, got {line!r}")
    return name.strip(), value.strip()


def _content(body: str, headers: Headers) -> bytes:
    try:
        raw = _raw(body)
        return unpacked(raw, headers.get("Content-Encoding", ""))
    except BodyTooLarge:
        raise SettingsError(f"BODY: want at most {MAX_BODY} bytes, as sent and unpacked") from None
    except UnknownCoding as error:
        raise SettingsError(f"--header: want Content-Encoding gzip or deflate, got {error}") from None
    except RecordError as error:
        raise SettingsError(f"BODY: {error.detail}") from None


def _raw(body: str) -> bytes:
    if body.lstrip()[:1] in {"{", "["}:
        return body.encode()
    return sys.stdin.buffer.read(MAX_BODY + 1) if body == STDIN else _read(Path(body.removeprefix("@")))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BODY + 1)
    except OSError as error:
        raise SettingsError(f"BODY: want a file that can be read, got {path}: {error.strerror}") from None


def _say_proof(verifier: Verifier, headers: Headers, content: bytes) -> None:
    if not verifier.secrets and not verifier.tokens:
        return
    refusal = verifier.refusal(headers, content, _stamp_s(verifier, headers))
    told = "believed" if refusal is None else f"not believed: {refusal}"
    click.echo(
        f"{told} (a stamp's age is not looked at)" if refusal is not Refusal.STALE_STAMP else told, err=True
    )


def _stamp_s(verifier: Verifier, headers: Headers) -> float:
    """When the request says that it was sent: a saved one is old, and right all the same."""
    name = None if verifier.signature is None else verifier.signature.timestamp
    stamp = headers.get(name, "") if name else ""
    at_ms = stamp_ms(stamp)
    return time.time() if at_ms == NO_TIME else at_ms / 1000
