"""The seal of commands: what is heard, and what is not, from whoever can write to the topic."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.delivery import commands
from alerts.delivery.command_seal import HEADER, CommandOutcome, CommandSeal, read_keys
from alerts.delivery.commands import SilenceCommand
from alerts.errors import SettingsError
from alerts.rules import CommandTrust

OLD, NEW, OTHER = b"an old key of theirs", b"a new key of theirs", b"somebody else's key"
AT = datetime(2026, 11, 22, 10, tzinfo=UTC)


def silence(match: dict[str, str] | None = None) -> bytes:
    """A silence as it is written."""
    return commands.encode(SilenceCommand(id="s", match=match or {}, until=AT, at=AT, by="ann"))


PHONE = silence({"channel": "phone"})


def outcome(seal: CommandSeal, value: bytes | None, headers: Sequence[tuple[str, bytes | None]]) -> str:
    """What became of a record."""
    return seal.hear(value, headers).outcome.value


def test_what_is_signed_is_heard_once() -> None:
    """By any of the keys; a copy of it is not heard again."""
    seal = CommandSeal("cx.commands", [NEW, OLD])
    for key in (NEW, OLD):
        headers = CommandSeal("cx.commands", [key]).headers(PHONE)
        assert outcome(seal, PHONE, headers) == "accepted"
        assert outcome(seal, PHONE, headers) == "repeated"


@pytest.mark.parametrize(
    ("value", "headers", "told"),
    [
        (PHONE, [], "not_signed"),
        (PHONE, [(HEADER, None)], "not_signed"),
        (PHONE, CommandSeal("cx.commands", [OTHER]).headers(PHONE), "wrong_signature"),
        (PHONE, CommandSeal("trial.commands", [NEW]).headers(PHONE), "wrong_signature"),
        (PHONE, CommandSeal("cx.commands", [NEW]).headers(silence({"channel": "chat"})), "wrong_signature"),
        (PHONE, [(HEADER, b"\xff")], "wrong_signature"),
        (silence(), CommandSeal("cx.commands", [NEW]).headers(silence()), "empty_match"),
        (None, [], "malformed"),
        (b"\xff", [], "malformed"),
        (b"[" * 5000, [], "malformed"),
        (PHONE.replace(b"ann", b"Ren\xe9"), [], "malformed"),
        (PHONE.replace(b"ann", b"n" * 20_000), [], "malformed"),
        (b'{"command":"reboot"}', [], "malformed"),
    ],
)
def test_what_is_not_heard(
    value: bytes | None, headers: Sequence[tuple[str, bytes | None]], told: str
) -> None:
    """With the reason that it is answered with."""
    assert outcome(CommandSeal("cx.commands", [NEW]), value, headers) == told


def test_trust_needs_no_key() -> None:
    """Where the broker says who may write; a silence of everything is refused all the same."""
    seal = CommandSeal("cx.commands", [], CommandTrust.TRUSTED)
    assert seal.hears
    assert outcome(seal, PHONE, []) == "accepted"
    assert outcome(seal, silence(), []) == "empty_match"
    assert outcome(seal, silence({"variant": ""}), []) == "empty_match", "no alert has one"
    assert outcome(seal, silence({"variant": "", "channel": "phone"}), []) == "accepted"
    assert CommandSeal("cx.commands", []).headers(PHONE) == []
    assert not CommandSeal("cx.commands", []).hears


@given(st.binary(max_size=60), st.lists(st.tuples(st.just(HEADER), st.none() | st.binary(max_size=60))))
def test_nothing_of_nobody_is_accepted(value: bytes, headers: list[tuple[str, bytes | None]]) -> None:
    """Whatever it is, and nothing raises."""
    assert CommandSeal("cx.commands", [NEW]).hear(value, headers).outcome is not CommandOutcome.ACCEPTED


def test_keys(tmp_path: Path) -> None:
    """Of a file or the environment, several apart by blanks; never told in a complaint."""
    path = tmp_path / "key"
    assert read_keys(None, {}) == ()
    assert read_keys(None, {"TOCSIN_COMMANDS_KEY": "k" * 16 + "\n" + "l" * 16}) == (b"k" * 16, b"l" * 16)
    path.write_text("f" * 20 + "\n")
    assert read_keys(path, {"TOCSIN_COMMANDS_KEY": "k" * 16}) == (b"f" * 20,)
    for text in ("", "short-secret"):
        path.write_text(text)
        with pytest.raises(SettingsError) as told:
            read_keys(path, {})
        assert "short-secret" not in str(told.value)
    with pytest.raises(SettingsError, match="readable text file"):
        read_keys(tmp_path / "nothing", {})
