"""Of what nobody wants to hear: silences and acknowledgements."""

from datetime import UTC, datetime, timedelta

import pytest

from alerts.delivery.commands import (
    Acknowledge,
    Command,
    Judgement,
    SilenceCommand,
    Unacknowledge,
    Unsilence,
    decode,
    encode,
    key,
)
from alerts.delivery.mutes import Mute, Muting
from alerts.delivery.notices.notice import Notice
from tests.post import NEWS

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
NOW_S = NOW.timestamp()


def _notice(state: str = "firing", severity: str = "critical", alert: str = "a") -> Notice:
    labels = {"rule": "low", "severity": severity, "indicator": "csat", "channel": "phone"}
    return Notice(id=f"{alert}.1", alert=alert, seq=1, state=state, labels=labels, body=b"", news=NEWS)


def _silence(hours: float = 1, **match: str) -> SilenceCommand:
    return SilenceCommand(id="s", match=match, until=NOW + timedelta(hours=hours), at=NOW, by="ann")


def _muting(*commands: Command) -> Muting:
    muting = Muting()
    for command in commands:
        muting.apply(command)
    return muting


COMMANDS: tuple[Command, ...] = (
    _silence(channel="phone"),
    Unsilence(id="s", at=NOW, by="ann", comment="done"),
    Acknowledge(alert="a", severity="warning", at=NOW, by="bob"),
    Judgement(alert="a", verdict="false", at=NOW, by="bob"),
)


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_survive_the_wire(command: Command) -> None:
    """Each kind is known by its name on the topic."""
    assert decode(encode(command)) == command


@pytest.mark.parametrize(
    "value", [None, b"", b"{}", b'{"command":"dance"}', b'{"command":"unsilence","id":"s"}']
)
def test_what_is_no_command_is_none(value: bytes | None) -> None:
    """Anyone may write to the topic; nobody stumbles."""
    assert decode(value) is None


def test_a_command_is_keyed_by_what_it_is_about() -> None:
    """So that what concerns one alert, or one silence, stays in order."""
    assert [key(command) for command in COMMANDS] == ["s", "s", "a", "a"]


@pytest.mark.parametrize(
    ("match", "muted"),
    [
        ({"channel": "phone"}, True),
        ({"channel": "Phone"}, True),  # as people write it, and as events may
        ({"rule": "low", "severity": "critical"}, True),
        ({"channel": "chat"}, False),
        ({"channel": "phone", "indicator": "nps"}, False),
        ({"team": ""}, True),
    ],
)
def test_a_silence_matches_by_labels(match: dict[str, str], *, muted: bool) -> None:
    """All labels that it names must be the alert's; a label that is not there is empty."""
    found = _muting(_silence(1, **match)).why_muted(_notice(), NOW_S)
    assert found == (Mute("silenced by ann", NOW_S + 3600) if muted else None)


def test_a_silence_ends_at_its_time_or_before() -> None:
    """By itself, or because somebody ends it."""
    muting = _muting(_silence(channel="phone"))
    assert muting.why_muted(_notice(), NOW_S + 3599) is not None
    assert muting.why_muted(_notice(), NOW_S + 3600) is None
    assert _muting(_silence(), Unsilence(id="s", at=NOW, by="ann")).why_muted(_notice(), NOW_S) is None


def test_of_several_silences_the_longest_counts() -> None:
    """News waits until the last of them is over."""
    other = SilenceCommand(id="t", match={}, until=NOW + timedelta(hours=9), at=NOW, by="bob")
    assert _muting(_silence(), other).why_muted(_notice(), NOW_S) == Mute("silenced by bob", NOW_S + 9 * 3600)


def test_the_end_is_never_muted() -> None:
    """Whoever heard of an alert hears that it is over."""
    muting = _muting(_silence(), Acknowledge(alert="a", severity="critical", at=NOW, by="bob"))
    assert muting.why_muted(_notice("resolved"), NOW_S) is None


@pytest.mark.parametrize(
    ("known", "severity", "muted"),
    [
        ("critical", "critical", True),
        ("critical", "warning", True),
        ("warning", "warning", True),
        ("warning", "critical", False),
    ],
)
def test_an_acknowledged_alert_is_heard_again_when_it_gets_louder(
    known: str, severity: str, *, muted: bool
) -> None:
    """Whoever takes care of a warning wants to know when it turns critical."""
    acknowledged = decode(
        b'{"command":"acknowledge","alert":"a","severity":"%b","at":"2026-11-22T10:00:00Z","by":"bob"}'
        % known.encode()
    )
    assert acknowledged is not None
    muting = _muting(acknowledged)
    found = muting.why_muted(_notice("stale", severity), NOW_S)
    assert found == (Mute("acknowledged by bob", None) if muted else None)
    assert muting.why_muted(_notice(alert="other"), NOW_S) is None


def test_a_verdict_mutes_nothing() -> None:
    """It is for those who tune the rules."""
    assert (
        _muting(Judgement(alert="a", verdict="false", at=NOW, by="bob")).why_muted(_notice(), NOW_S) is None
    )


def test_memory_of_acknowledgements_is_bounded() -> None:
    """The oldest are forgotten."""
    muting = Muting(most=1)
    for alert in ("a", "b"):
        muting.apply(Acknowledge(alert=alert, severity="critical", at=NOW, by="bob"))
    assert muting.why_muted(_notice(), NOW_S) is None
    assert muting.why_muted(_notice(alert="b"), NOW_S) is not None


def test_the_first_acknowledgement_counts() -> None:
    """Whoever takes over later, or gives it back, does not change how soon somebody was there."""
    first = Acknowledge(alert="a", severity="warning", at=NOW, by="ann")
    later = Acknowledge(alert="a", severity="critical", at=NOW + timedelta(hours=1), by="bob")
    given_back = Unacknowledge(alert="a", at=NOW + timedelta(hours=2), by="bob")
    assert _muting(first, later, given_back).first_acknowledged_s() == {"a": NOW_S}


def test_first_acknowledgements_are_bounded() -> None:
    """The oldest are forgotten."""
    muting = Muting(most=2)
    for name in ("a", "b", "c"):
        muting.apply(Acknowledge(alert=name, severity="warning", at=NOW, by="ann"))
    assert list(muting.first_acknowledged_s()) == ["b", "c"]
