"""Numbers and addresses of the command line: what is none is refused before anything is begun."""

import errno
import socket
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from alerts.errors import SettingsError
from stream.cli import main, tocsin
from stream.cli.terminal.finite import FiniteRange
from stream.monitoring.listening import base_url, cannot_listen


def _parameters(command: click.Command) -> Iterator[tuple[str, click.Parameter]]:
    """All of a command and of those below it, with the command's name."""
    context = click.Context(command)
    for each in command.params:
        yield f"{command.name} {each.name}", each
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from _parameters(below)


def test_no_option_takes_what_is_no_number() -> None:
    """`nan` passes every comparison of click's own range, and `inf` a range that is open above."""
    loose = [
        name
        for name, each in _parameters(tocsin)
        if isinstance(each.type, (click.FloatRange, click.types.FloatParamType))
        and not isinstance(each.type, FiniteRange)
    ]
    assert loose == []


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_it_is_told_with_its_option(number: str, tmp_path: Path) -> None:
    """In the words of the command line, with exit code 2."""
    to = str(tmp_path / "events.ndjson")
    done = CliRunner().invoke(tocsin, ["send", "--scenario", "day", "--to", to, "--seconds", number])
    assert done.exit_code == 2
    assert "'--seconds'" in done.output


@pytest.mark.parametrize(
    ("words", "at_fault"),
    [("worker --public-url none", "--public-url"), ("gateway --sources none.yaml", "--sources")],
)
def test_variables_of_kubernetes_are_no_options(
    words: str, at_fault: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside a Service called tocsin-worker every pod has TOCSIN_WORKER_PORT, which is no port."""
    monkeypatch.setenv("TOCSIN_WORKER_PORT", "tcp://10.0.0.1:9108")
    monkeypatch.setenv("TOCSIN_GATEWAY_PORT", "tcp://10.0.0.2:9110")
    with pytest.raises(SystemExit):
        main(words.split())
    assert capsys.readouterr().err.startswith(at_fault)


@pytest.mark.parametrize("url", ["nowhere", "ftp://tocsin.example", "http://", "http://a b"])
def test_links_lead_somewhere(url: str) -> None:
    """Whoever reads a notice could not follow them, and nobody else would see it."""
    done = CliRunner().invoke(tocsin, ["worker", "--broker", "127.0.0.1:1", "--public-url", url])
    assert isinstance(done.exception, SettingsError)
    assert "--public-url: want an http or https URL, got" in str(done.exception)


@pytest.mark.parametrize(
    ("error", "option"),
    [
        (socket.gaierror(-2, "Name or service not known"), "--host"),
        (OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address"), "--host"),
        (OSError(errno.EADDRINUSE, "Address already in use"), "--port"),
        (PermissionError(errno.EACCES, "Permission denied"), "--port"),
    ],
)
def test_where_nobody_can_listen_names_the_option_at_fault(error: OSError, option: str) -> None:
    """A host that is none of this machine's is no matter of ports."""
    assert str(cannot_listen("h", 80, error)).startswith(f"{option}: want ")


@pytest.mark.parametrize(
    ("host", "url"), [("127.0.0.1", "http://127.0.0.1:80"), ("::1", "http://[::1]:80"), ("h", "http://h:80")]
)
def test_where_a_server_listens_can_be_opened(host: str, url: str) -> None:
    """An address of IPv6 has colons of its own."""
    assert base_url(host, 80) == url
