"""Notices in English and French: a golden file of every detector and state, and the same numbers in both."""

import re
from pathlib import Path

import msgspec
import pytest

from alerts.delivery.notices.notice import TransitionNews
from alerts.delivery.notices.wording import Told, amount, worded
from alerts.rules import (
    MINUTE_MS,
    Budget,
    Burn,
    BurnPair,
    Detect,
    Gap,
    Relative,
    Rule,
    Severity,
    Silence,
    Sudden,
    SuddenRelative,
    Surge,
    Threshold,
)
from alerts.worsening import Against, Worsening

GOLDEN = Path(__file__).parent / "notices.txt"
MONTHLY = Budget(1, 30 * 24 * 60 * MINUTE_MS)
DETECTORS: dict[str, tuple[str, str, Detect]] = {
    "threshold": ("csat", "percent", Threshold(window_ms=30 * MINUTE_MS, warning=80, critical=50)),
    "threshold on durations": (
        "ttr_p90",
        "seconds",
        Threshold(window_ms=30 * MINUTE_MS, warning=5000, critical=None),
    ),
    "threshold without doubt": (
        "csat",
        "percent",
        Threshold(window_ms=MINUTE_MS, warning=80, critical=50, confidence=0),
    ),
    "threshold on volumes": (
        "negative_mentions",
        "count",
        Threshold(window_ms=MINUTE_MS, warning=90, critical=None, confidence=0),
    ),
    "sudden": ("csat", "percent", Sudden(75, MONTHLY)),
    "sudden against usual": ("csat", "percent", SuddenRelative(Against.USUAL, Worsening(5.0), MONTHLY)),
    "burn": ("csat", "percent", Burn(80, 30, (BurnPair(60, 5, 3.0, Severity.CRITICAL),))),
    "gap": ("nps", "points", Gap(across="channel", window_ms=30 * MINUTE_MS, false_pages=MONTHLY)),
    "gap wider than usual": (
        "csat",
        "percent",
        Gap(
            across="channel",
            window_ms=30 * MINUTE_MS,
            false_pages=MONTHLY,
            against=Against.USUAL,
            worse_by=5.0,
        ),
    ),
    "worse than usual": (
        "csat",
        "percent",
        Relative(against=Against.USUAL, window_ms=30 * MINUTE_MS, warning=None, critical=Worsening(5.0)),
    ),
    "surge": ("negative_mentions", "count", Surge(7, MONTHLY)),
    "silence": ("contacts", "count", Silence(None, 7, MONTHLY)),
    "silence of a quota": ("contacts", "count", Silence(Budget(5, MINUTE_MS), 7, MONTHLY)),
}
STATES = (
    "firing",
    "firing as a warning",
    "firing, though back",
    "stale",
    "resolved",
    "resolved, as its rule is gone",
    "resolved, as it is known",
    "resolved at a new level",
)


def _news(name: str, state: str) -> tuple[TransitionNews, Told]:
    indicator, unit, detect = DETECTORS[name]
    scale = {"seconds": 60.0, "count": 1.0}.get(unit, 1.0)
    empty = state == "stale"
    more: dict[str, object] = {"reason": "rule_removed"} if "gone" in state else {}
    more |= {"reason": "known"} if "known" in state else {}
    more |= {"new_level": {"usual": 20.5 * scale, "now": 33.5 * scale}} if "level" in state else {}
    if name == "silence of a quota":
        more |= {"at_least": 1, "per_s": 120}
    else:
        more |= {"expected": 212.5 if ("silence" in name) != ("back" in state) else 12.5}
    high_is_bad = indicator in {"ttr_p90", "negative_mentions"}
    news = TransitionNews(
        id="a1b2",
        seq=2,
        rule=name.replace(" ", "-"),
        severity="warning" if "warning" in state else "critical",
        state=state.split(maxsplit=1)[0].strip(","),
        indicator=indicator,
        scope={"channel": "phone", "team": ""},
        at="2026-11-22T10:15:00Z",
        started_at="2026-11-22T10:05:00Z",
        definition={"unit": unit, "direction": "high_is_bad" if high_is_bad else "low_is_bad"},
        window_s=None if name.startswith(("sudden", "surge", "silence")) else 1800.0,
        value=None if empty else 81.5 * scale,
        n=0 if empty else 143,
        low=None if empty else 74.2 * scale,
        high=None if empty else 87.1 * scale,
        limit=(90.5 if high_is_bad == ("back" in state) else 70.5) * scale,
        evidence={"long_rate": 4.5, "others": 92.5, "worse_by": 6.3,
                  "since": "2026-11-22T10:05:00Z", **more},
        cause={"dimension": "topic", "value": "billing", "value_score": 60.5 * scale, "n": 40,
               "share_of_shortfall": 0.62, **({"usual": 90.5 * scale} if "usual" in name else {})},
    )  # fmt: skip
    before = TransitionNews(
        id="a1b2",
        seq=1,
        rule="r",
        severity="warning",
        state="firing",
        indicator=indicator,
        scope={},
        at="",
        value=88.25 * scale,
    )
    rule = Rule(name=news.rule, indicator=indicator, by=("channel",), detect=detect)
    return news, Told(rule=rule, before=before, times=3, acknowledged_by="ann", owner="support")


def _shown(name: str, state: str, lang: str) -> str:
    words = worded(*_news(name, state), lang)
    facts = "\n".join(f"  {fact}: {value}" for fact, value in words.facts)
    return f"{words.title}\n{words.text}\n{facts}\n"


def _everything() -> str:
    return "\n".join(
        f"## {name}, {state}, {lang}\n{_shown(name, state, lang)}"
        for name in DETECTORS
        for state in STATES
        for lang in ("en", "fr")
    )


def test_the_golden_file_has_every_detector_and_state_in_both_languages() -> None:
    """What people read changes only on purpose."""
    assert GOLDEN.read_text("utf-8") == _everything()


@pytest.mark.parametrize("name", DETECTORS)
@pytest.mark.parametrize("state", STATES)
def test_both_languages_tell_the_same_numbers(name: str, state: str) -> None:
    """None says more than the other, and in French the decimals have their comma."""
    english, french = (_shown(name, state, lang) for lang in ("en", "fr"))
    numbers = re.findall(r"\d+(?:[.,:-]\d+)*", english)
    assert sorted(numbers) == sorted(n.replace(",", ".") for n in re.findall(r"\d+(?:[.,:-]\d+)*", french))
    assert not re.search(r"\d\.\d", french)


@pytest.mark.parametrize(
    ("value", "unit", "english", "french"),
    [
        (81.5, "percent", "81.5 %", "81,5 %"),
        (80.0, "percent", "80 %", "80 %"),
        (3.456, "points", "3.46", "3,46"),
        (5400.0, "seconds", "1 h 30 min", "1 h 30 min"),
        (90_000.0, "seconds", "1 d 1 h", "1 j 1 h"),
        (-0.001, "percent", "0 %", "0 %"),
    ],
)
def test_amounts_are_written_as_each_language_does(
    value: float, unit: str, english: str, french: str
) -> None:
    """Decimals, units, days."""
    assert (amount(value, unit, "en"), amount(value, unit, "fr")) == (english, french)


@pytest.mark.parametrize("name", ["sudden", "sudden against usual", "surge", "silence"])
def test_an_end_does_not_quote_the_trouble_as_if_it_were_now(name: str) -> None:
    """What such alerts have is the score since the change, past its limit under a title that it is over."""
    facts = dict(worded(*_news(name, "resolved"), "en").facts)
    assert not {"Value", "Limit", "Interval", "Movement"} & set(facts)
    assert "Value" in dict(worded(*_news(name, "firing"), "en").facts)


@pytest.mark.parametrize("name", ["surge", "silence"])
def test_a_new_level_is_told_without_the_numbers_since_the_change(name: str) -> None:
    """They are of all the time that it took to learn, and beside so many an hour read as another level."""
    facts = dict(worded(*_news(name, "resolved at a new level"), "en").facts)
    assert not {"Value", "Limit", "Interval", "Movement"} & set(facts)


def test_what_is_counted_is_called_what_it_is() -> None:
    """Contacts are no answers; of a volume the value is the number already."""
    news, told = _news("burn", "firing")
    contacts = worded(msgspec.structs.replace(news, indicator="abandonment"), told, "en")
    assert ("Contacts (n)", "143") in contacts.facts
    assert "bad contacts come 4.5 times faster" in contacts.text
    assert not [name for name, _ in worded(*_news("surge", "firing"), "en").facts if "(n)" in name]


def test_a_learned_limit_of_few_events_is_not_told_as_none() -> None:
    """Where one comes a day, seven in a minute are past 0.1 and not past 0."""
    news, told = _news("surge", "firing")
    words = worded(msgspec.structs.replace(news, limit=0.147), told, "en")
    assert dict(words.facts)["Limit"] == "0.1"


def test_a_fall_against_the_usual_says_since_when() -> None:
    """Its answers are those since the change, as no window is theirs."""
    text = worded(*_news("sudden against usual", "firing"), "en").text
    assert "suddenly fallen to 81.5 %" in text
    assert "from 143 answers since 2026-11-22 10:05 UTC" in text


@pytest.mark.parametrize("limit", [None, 75.0])
def test_what_has_suddenly_fallen_and_is_not_past_what_is_allowed_now_is_not_said_to_be(
    limit: float | None,
) -> None:
    """What is allowed differs from hour to hour, and where nothing could be past it there is no limit."""
    news, told = _news("sudden against usual", "firing")
    text = worded(msgspec.structs.replace(news, limit=limit), told, "en").text
    assert (
        "had suddenly fallen and is not surely back at what is allowed at these hours: it is 81.5 %" in text
    )
    assert "unknown" not in text
