"""stream.board.memory: what the board knows."""

import re

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rulebook.reader import read_rulebook
from alerts.transitions import Score, Transition
from stream.board import memory as board
from stream.board.memory import BoardMemory
from stream.indicators.catalogue import CATALOGUE
from stream.messages.topic_names import ALERTS, SCORES

RULES = "rules: [{name: low, indicator: csat, window: 30m, warning: 80, critical: 50}]"


def _memory() -> BoardMemory:
    return BoardMemory(rulebook=read_rulebook(RULES, "rules.yaml", CATALOGUE))


def _score(value: float = 70.0, at: str = "2026-01-05T10:00:00Z", **scope: str) -> bytes:
    definition = {"unit": "percent", "direction": "low_is_bad"}
    return msgspec.json.encode(
        Score(
            indicator="csat",
            definition=definition,
            scope=scope or {"channel": "phone"},
            window_s=1800,
            at=at,
            value=value,
            n=40,
            low=55.0,
            high=80.0,
            status="ok",
        )
    )


def _alert(
    identity: str = "a", seq: int = 1, state: str = "firing", at: str = "2026-01-05T10:00:00Z", **other: str
) -> bytes:
    """`other` may have another rule, severity or channel."""
    of = {"rule": "low", "severity": "critical", "channel": "phone"} | other
    return msgspec.json.encode(
        Transition(
            id=identity, seq=seq, rule=of["rule"], severity=of["severity"], state=state, indicator="csat",
            definition={}, scope={"channel": of["channel"]}, window_s=1800, at=at, started_at=at, value=40.0,
            n=40, low=30.0, high=50.0, limit=50.0, summary="The CSAT of phone is 40 %.", evidence={},
            cause=None,
        )
    )  # fmt: skip


def test_a_score_is_shown_with_the_limits_of_the_rule_that_reads_it() -> None:
    """And its course."""
    memory = _memory()
    memory.take(SCORES, 0, _score(70.0))
    memory.take(SCORES, 0, _score(60.0, at="2026-01-05T10:20:00Z"))
    (shown,) = memory.home()["scores"]
    assert (shown["value"], shown["limits"]) == (60.0, {"warning": 80, "critical": 50})
    assert shown["day"][1:] == [70.0, 60.0]


def test_limits_are_those_of_rules_that_watch_the_scope() -> None:
    """A rule for the phone alone says nothing of chat; of two rules the first one's limits count."""
    text = """rules:
      - {name: phone, indicator: csat, window: 30m, warning: 70, where: {channel: phone}}
      - {name: all, indicator: csat, window: 30m, warning: 60, critical: 40}"""
    memory = BoardMemory(rulebook=read_rulebook(text, "rules.yaml", CATALOGUE))
    for channel in ("phone", "chat"):
        memory.take(SCORES, 0, _score(channel=channel))
    found = {each["scope"]["channel"]: each["limits"] for each in memory.home()["scores"]}
    assert found == {
        "phone": {"warning": 70, "critical": 40},
        "chat": {"warning": 60, "critical": 40},
    }


def test_only_news_after_a_version_is_told() -> None:
    """A page that has seen all is told nothing; a score that it has not seen comes with its course."""
    memory = _memory()
    memory.take(SCORES, 0, _score())
    memory.take(ALERTS, 0, _alert())
    version, seen = memory.version, memory.home_keys()
    memory.take(SCORES, 0, _score(channel="chat"))
    memory.take(SCORES, 0, _score(60.0, at="2026-01-05T10:20:00Z"))
    news = memory.home(version, seen)
    assert [(each["scope"]["channel"], "day" in each) for each in news["scores"]] == [
        ("phone", False),
        ("chat", True),
    ]
    assert "alerts" not in news
    assert memory.home(memory.version, memory.home_keys())["scores"] == []


def test_what_is_sought_is_sought_among_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only among those that fit on a page; capitals do not matter."""
    monkeypatch.setattr(board, "MOST_SHOWN", 2)
    memory = _memory()
    for number in range(9):
        memory.take(SCORES, 0, _score(channel=f"Shop {number}"))
    assert [each["scope"] for each in memory.home(find="sHOP 7")["scores"]] == [{"channel": "Shop 7"}]
    assert memory.home(find="csat")["left_out"] == 7
    assert memory.home(find="nowhere")["scores"] == []


def test_each_line_is_sought() -> None:
    """A reader types what the page shows, and the page says what a worker calls that."""
    memory = _memory()
    memory.take(SCORES, 0, _score(channel="phone"))
    assert memory.home(find="satisfaction")["scores"] == []
    assert len(memory.home(find="satisfaction\ncsat")["scores"]) == 1


def test_older_scores_and_repeated_alerts_change_nothing() -> None:
    """Two workers may write the same twice after a crash."""
    memory = _memory()
    memory.take(SCORES, 0, _score(60.0, at="2026-01-05T10:20:00Z"))
    memory.take(ALERTS, 0, _alert(seq=2, state="resolved"))
    known = memory.home()
    memory.take(SCORES, 0, _score(70.0))
    memory.take(ALERTS, 0, _alert(seq=1))
    assert memory.home() == known
    assert [each["state"] for each in known["past"]] == ["resolved"]


def test_a_channel_has_its_finer_scopes_and_alerts() -> None:
    """The home page has channels alone."""
    memory = _memory()
    memory.take(SCORES, 0, _score())
    memory.take(SCORES, 0, _score(channel="phone", stage="purchase"))
    memory.take(SCORES, 0, _score(channel="chat"))
    memory.take(ALERTS, 0, _alert())
    assert len(memory.home()["scores"]) == 2
    page = memory.channel("phone")
    assert len(page["scores"]) == 2
    assert len(page["alerts"]) == 1
    assert memory.channel("chat")["alerts"] == []


def test_what_is_beyond_a_bound_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiles, scores and alerts; what is over goes first."""
    monkeypatch.setattr(board, "MOST_SCORES", 3)
    monkeypatch.setattr(board, "MOST_SHOWN", 2)
    monkeypatch.setattr(board, "MOST_ALERTS", 2)
    memory = _memory()
    for number in range(5):
        memory.take(SCORES, 0, _score(channel=f"c{number}"))
        memory.take(ALERTS, 0, _alert(f"a{number}", state="resolved" if number == 3 else "firing"))
    page = memory.home()
    assert len(page["scores"]) == 2
    assert page["left_out"] == 1 + 2
    assert {each["id"] for each in page["alerts"]} == {"a2", "a4"}


def test_a_score_without_a_place_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it changes."""
    monkeypatch.setattr(board, "MOST_SCORES", 1)
    memory = _memory()
    for second in range(5):
        for channel in ("phone", "chat"):
            memory.take(SCORES, 0, _score(at=f"2026-01-05T10:00:0{second}Z", channel=channel))
    page = memory.home()
    assert ([each["scope"] for each in page["scores"]], page["left_out"]) == ([{"channel": "phone"}], 1)


def test_finer_scopes_take_no_place_of_a_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are more of them than are known, and a partition may have all of them before any channel."""
    monkeypatch.setattr(board, "MOST_SCORES", 2)
    memory = _memory()
    for number in range(4):
        memory.take(SCORES, 0, _score(channel="phone", product=f"p{number}"))
    memory.take(SCORES, 0, _score(channel="phone"))
    page = memory.home()
    assert ([each["scope"] for each in page["scores"]], page["left_out"]) == ([{"channel": "phone"}], 2)


def test_what_fires_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its channel is on the page, however many there are; the critical before the rest."""
    monkeypatch.setattr(board, "MOST_SHOWN", 2)
    monkeypatch.setattr(board, "MOST_ALERTS_SHOWN", 1)
    memory = _memory()
    for name in ("a", "b", "c", "phone"):
        memory.take(SCORES, 0, _score(channel=name))
    before = memory.home_keys()
    memory.take(ALERTS, 0, _alert("later", severity="warning"))
    memory.take(ALERTS, 0, _alert("loud", at="2026-01-05T09:00:00Z"))
    page = memory.home(memory.version - 1, before)
    assert [each["scope"]["channel"] for each in page["scores"]] == ["phone"]
    assert ([each["id"] for each in page["alerts"]], page["alerts_left_out"]) == (["loud"], 1)


def test_a_full_page_is_told_what_it_has_no_news_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """What gives its place to others stood there with its last value; it comes back with its course."""
    monkeypatch.setattr(board, "MOST_SHOWN", 2)
    memory = _memory()
    for name in ("a", "b", "phone"):
        memory.take(SCORES, 0, _score(channel=name))
    first, version, before = memory.home(), memory.version, memory.home_keys()
    memory.take(ALERTS, 0, _alert("loud"))
    page = memory.home(version, before)
    assert [each["scope"]["channel"] for each in page["shown"]] == ["phone", "a"]
    assert "shown" not in first | memory.home(version, memory.home_keys())
    now = memory.home_keys()
    memory.take(ALERTS, 0, _alert("loud", seq=2, state="resolved"))
    (back,) = memory.home(memory.version - 1, now)["scores"]
    assert (back["scope"]["channel"], "day" in back) == ("b", True)
    assert memory.keys_of_a_known_page() == frozenset()


def test_alerts_that_are_sought_are_found_beyond_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was found of a channel that fired; the loudest stay, as the headline is of them."""
    monkeypatch.setattr(board, "MOST_ALERTS_SHOWN", 1)
    memory = _memory()
    memory.take(ALERTS, 0, _alert("loud"))
    for name in ("Shop 7", "chat"):
        memory.take(ALERTS, 0, _alert(name, severity="warning", channel=name))
    page = memory.home(find="shop 7")
    assert ([each["id"] for each in page["alerts"]], page["alerts_left_out"]) == (["loud", "Shop 7"], 1)
    assert [each["id"] for each in memory.home()["alerts"]] == ["loud"]


def test_what_is_pending_hides_nothing_that_fires(monkeypatch: pytest.MonkeyPatch) -> None:
    """More of it than a page has room for left a warning out, and all was said to be well."""
    monkeypatch.setattr(board, "MOST_SHOWN", 1)
    monkeypatch.setattr(board, "MOST_ALERTS_SHOWN", 1)
    memory = _memory()
    for name in ("a", "b", "c"):
        memory.take(SCORES, 0, _score(channel=name))
        memory.take(ALERTS, 0, _alert(f"waits {name}", state="pending", channel=name))
    memory.take(ALERTS, 0, _alert("fires", severity="warning", channel="c"))
    page = memory.home()
    assert [each["scope"]["channel"] for each in page["scores"]] == ["c"]
    assert [each["id"] for each in page["alerts"]] == ["fires"]
    assert (page["firing"], page["troubles"], page["alerts_left_out"]) == (1, 1, 3)


def test_what_is_pending_says_for_how_long_it_may_be() -> None:
    """As long as its rule waits, and until a long window is judged next; closed time waits as well."""
    waits = "{name: %s, indicator: csat, for: 5m, window: 30m%s}"
    rules = ", ".join((waits % ("low", ""), waits % ("by-day", ', open: "Mon-Fri 08:00-18:00"')))
    memory = BoardMemory(rulebook=read_rulebook(f"rules: [{rules}]", "rules.yaml", CATALOGUE))
    for name in ("low", "by-day", "gone"):
        memory.take(ALERTS, 0, _alert(name, state="pending", rule=name))
    found = {each["rule"]: each["waits_s"] for each in memory.home()["alerts"]}
    assert found == {"low": 300 + 60 + 60, "by-day": None, "gone": 0}


def test_channels_and_troubles_are_counted_beyond_what_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """The headline said of 250 channels that 200 were well, as no more were on the page."""
    monkeypatch.setattr(board, "MOST_SHOWN", 1)
    monkeypatch.setattr(board, "MOST_ALERTS_SHOWN", 1)
    memory = _memory()
    for name in ("phone", "chat", "web"):
        memory.take(SCORES, 0, _score(channel=name))
    assert memory.home()["well"] == memory.home(find="chat")["well"] == 3
    memory.take(ALERTS, 0, _alert("a"))
    memory.take(ALERTS, 0, _alert("b", state="stale", channel="chat"))
    memory.take(ALERTS, 0, _alert("c", rule="other"))
    page = memory.home()
    assert (page["firing"], page["troubles"], page["well"]) == (3, 2, 1)


@given(st.sampled_from([SCORES, ALERTS]), st.binary(max_size=200) | st.just(b'{"id": 1}') | st.none())
def test_nothing_unreadable_ends_the_board(topic: str, value: bytes | None) -> None:
    """Anybody may write to a topic."""
    memory = _memory()
    memory.take(topic, 0, value)
    assert memory.home()["scores"] == []


@pytest.mark.parametrize("at", ["", "yesterday", "2026-13-01T00:00:00Z"])
def test_a_time_that_is_none_changes_nothing(at: str) -> None:
    """Well-formed, but not ours."""
    memory = _memory()
    memory.take(SCORES, 0, _score(at=at))
    assert memory.version == 0


def test_numbers_of_more_than_64_bits_change_nothing() -> None:
    """What cannot be written as JSON again would leave every page unanswered."""
    memory = _memory()
    memory.take(SCORES, 0, re.sub(rb'"n":\d+', b'"n":%d' % 10**30, _score()))
    memory.take(ALERTS, 0, re.sub(rb'"evidence":\{', b'"evidence":{"n":-%d' % 10**30, _alert("a")))
    memory.take(ALERTS, 0, re.sub(rb'"n":\d+', b'"n":%d' % 10**30, _alert("b")))
    assert memory.version == 0
    orjson.dumps(memory.home())
