"""The live board: what it knows of scores and alerts, and how that looks."""

import io
from typing import Any

import msgspec
from rich.console import Console

from alerts.transitions import Score, Transition
from stream.demo.board import LiveView, Pulse, line
from stream.demo.screens import DemoBoard, JsonLines, PlainLines

SCORE = Score(
    indicator="csat",
    definition={},
    scope={"channel": "phone"},
    window_s=1800,
    at="2026-01-05T12:00:00Z",
    value=86.4,
    n=120,
    low=79.2,
    high=91.5,
    status="ok",
)
ALERT = Transition(
    id="a1",
    seq=1,
    rule="csat-low",
    severity="warning",
    state="firing",
    indicator="csat",
    definition={},
    scope={"channel": "phone"},
    window_s=1800,
    at="2026-01-05T12:14:00Z",
    started_at="2026-01-05T12:14:00Z",
    value=69.1,
    n=149,
    low=55.7,
    high=79.9,
    limit=80,
    summary="CSAT of channel=phone is 69.1 %",
    evidence={},
    cause=None,
)


def _score(**changes: Any) -> Score:
    return msgspec.structs.replace(SCORE, **changes)


def _alert(**changes: Any) -> Transition:
    return msgspec.structs.replace(ALERT, **changes)


def _text(view: LiveView) -> str:
    console = Console(width=160, file=io.StringIO(), record=True)
    console.print(view.render())
    return console.export_text()


def test_a_score_is_shown_with_its_interval() -> None:
    """One row a channel, one column an indicator."""
    view = LiveView(links={})
    view.take_score(SCORE)
    assert "phone" in _text(view)
    assert "86.4% [79–92]" in _text(view)


def test_of_several_windows_the_shortest_is_shown() -> None:
    """Whichever comes first."""
    for order in ((1800, 86400), (86400, 1800)):
        view = LiveView(links={})
        for window_s in order:
            view.take_score(_score(window_s=window_s, value=window_s / 100))
        assert view.scores["phone", "csat"].window_s == 1800


def test_finer_scopes_and_other_indicators_stay_off_the_board() -> None:
    """The board is about channels."""
    view = LiveView(links={})
    view.take_score(_score(scope={"channel": "phone", "stage": "pay"}))
    view.take_score(_score(indicator="csat_mean"))
    assert view.scores == {}
    assert view.event_time == SCORE.at


def test_a_score_without_answers_is_a_dash() -> None:
    """Nothing is made up."""
    view = LiveView(links={})
    view.take_score(_score(value=None, low=None, high=None, n=0, status="stale"))
    assert "–" in _text(view)


def test_an_alert_is_open_from_firing_to_resolved_and_then_among_the_ended() -> None:
    """Severity may change in between; stale keeps it open."""
    view = LiveView(links={})
    for seq, (state, severity, is_open) in enumerate(
        [
            ("pending", "warning", False),
            ("firing", "warning", True),
            ("firing", "critical", True),
            ("stale", "critical", True),
            ("resolved", "critical", False),
        ],
        start=1,
    ):
        assert view.take_alert(_alert(seq=seq, state=state, severity=severity))
        assert ("a1" in view.open) is is_open
    assert [ended.state for ended in view.ended] == ["resolved"]
    assert "resolved" in _text(view)


def test_repeats_and_older_transitions_change_nothing() -> None:
    """cx.alerts is delivered at least once."""
    view = LiveView(links={})
    view.take_alert(_alert(seq=1))
    view.take_alert(_alert(seq=2, state="resolved"))
    assert not view.take_alert(_alert(seq=1))
    assert not view.take_alert(_alert(seq=2, state="resolved"))
    assert (view.open, len(view.ended)) == ({}, 1)


def test_the_board_says_what_fires_how_it_goes_and_where_to_look() -> None:
    """Rule by channel, and rates."""
    view = LiveView(links={"metrics": "http://127.0.0.1:9108/metrics"})
    view.take_score(SCORE)
    assert "nothing fires" in _text(view)
    view.take_alert(ALERT)
    view.pulse = Pulse(2134.5, 100_000, 7, 3)
    text = _text(view)
    for shown in (
        "csat-low",
        line(ALERT),
        "2,134 events/s",
        "100,000 events, 7 rejected",
        "3 signed notices",
    ):
        assert shown in text


def test_on_a_terminal_the_links_are_told_first() -> None:
    """Before the view, and whole, so that a terminal can open them."""
    out, url = io.StringIO(), "http://127.0.0.1:9108/board#token=" + 60 * "x"
    with DemoBoard(LiveView(links={"board": url}), Console(width=40, file=out)):
        pass
    assert out.getvalue().startswith(f"board: {url}\n")


def test_json_puts_values_alone_on_stdout() -> None:
    """Byte for byte, everything else beside them on stderr."""
    values, notes = io.BytesIO(), io.StringIO()
    with JsonLines(LiveView(links={"metrics": "http://x"}), values, notes) as shown:
        shown.alert(b'{"id":"a1"}', ALERT)
        shown.refresh()
    assert values.getvalue() == b'{"id":"a1"}\n'
    assert "metrics: http://x" in notes.getvalue()


def test_without_a_terminal_there_is_a_line_per_transition() -> None:
    """And links first, so that they can be opened."""
    out = io.StringIO()
    with PlainLines(LiveView(links={"metrics": "http://x"}), out) as shown:
        shown.alert(b"{}", ALERT)
    first, second, *_ = out.getvalue().splitlines()
    assert first == "metrics: http://x"
    assert second == line(ALERT)


def test_a_line_names_the_cause_when_there_is_one() -> None:
    """The dimension and value that most of the trouble comes from."""
    cause = {"dimension": "topic", "value": "payment", "share_of_shortfall": 0.9}
    assert line(_alert(cause=cause)).endswith("90 % of the trouble comes from topic payment")
