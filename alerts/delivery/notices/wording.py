"""What a notice says, in English and in French: the same facts, the same numbers, in each language's way.

A sentence that somebody outside the trade understands, one of what it means, one of what to look at first.
Both languages have the same places for the same numbers, so none can say more than the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Final

from alerts.delivery.notices.notice import TransitionNews
from alerts.delivery.notices.phrases import LOOK, MEANING, NAMES, NOUNS, SENTENCES, WORDS
from alerts.receivers.message import Words
from alerts.rules import Burn, Detect, Gap, Relative, Rule, Silence, Sudden, SuddenRelative, Surge, Threshold

KINDS_OF: Final[Mapping[type[object], str]] = {
    Threshold: "threshold",
    Relative: "usual",
    Sudden: "sudden",
    SuddenRelative: "usual",
    Burn: "burn",
    Gap: "gap",
    Surge: "surge",
    Silence: "silence",
}
SEPARATORS: Final = {"en": ".", "fr": ","}
SPANS: Final = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is known beside the transition: its rule, what was told before, how often, who takes care."""

    rule: Rule | None = None
    before: TransitionNews | None = None
    times: int = 1
    acknowledged_by: str = ""
    owner: str = ""


def worded(news: TransitionNews, told: Told, lang: str) -> Words:
    """The notice of a transition in a language."""
    kind = _kind(told.rule.detect if told.rule else None)
    say = _Sayer(news, kind, lang)
    text = say.sentence()
    if news.state == "firing":
        text = " ".join(part for part in (text, MEANING[lang][kind], say.look()) if part)
    return Words(title=say.title(), text=text, facts=say.facts(told))


def number(value: float, decimals: int, lang: str) -> str:
    """A number without needless zeros: `81.5`, in French `81,5`."""
    text = f"{value:.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return ("0" if text == "-0" else text).replace(".", SEPARATORS[lang])


def amount(value: float, unit: str, lang: str) -> str:
    """A value with its unit: `81,5 %`, `1 h 30 min`."""
    if unit == "seconds":
        return span(value, lang)
    if unit == "percent":
        return f"{number(value, 1, lang)} %"
    return number(value, 2 if unit == "points" else 0, lang)


def span(seconds: float, lang: str) -> str:
    """A length of time in its two greatest units; days are `d` in English and `j` in French."""
    left, parts = round(seconds), []
    for name, length in SPANS:
        count, left = divmod(left, length)
        if count:
            parts.append(f"{count} {WORDS[lang].get(name, name)}")
    return " ".join(parts[:2]) or "0 s"


class _Sayer:
    """Says one transition in one language."""

    def __init__(self, news: TransitionNews, kind: str, lang: str) -> None:
        self._news = news
        self._kind = kind
        self._lang = lang
        self._words = WORDS[lang]
        self._unit = str(news.definition.get("unit") or "")
        self._low_is_bad = news.definition.get("direction") != "high_is_bad"

    def title(self) -> str:
        """State, what and where: no numbers, so that it may stand over a whole thread."""
        news, words = self._news, self._words
        state = words[news.severity] if news.state == "firing" else words[news.state]
        return f"{state}{words['colon']}{self._what()}{self._where()}"

    def sentence(self) -> str:
        """One sentence: where, how bad, past what, from how much."""
        key = self._news.state if self._news.state in {"stale", "resolved"} else self._kind
        if self._news.state == "resolved" and self._news.evidence.get("reason") == "rule_removed":
            key = "removed"
        return SENTENCES[self._lang][key].format_map(self._places())

    def look(self) -> str:
        """What to look at first."""
        cause = self._news.cause
        if not cause:
            return LOOK[self._lang]["nothing"]
        share = cause.get("share_of_shortfall")
        told = number(100 * share, 0, self._lang) if isinstance(share, int | float) else "?"
        dimension = str(cause.get("dimension"))
        value = str(cause.get("value") or self._words["none"])
        return LOOK[self._lang]["cause"].format(
            dimension=self._words.get(dimension, dimension), value=value, share=told
        )

    def facts(self, told: Told) -> tuple[tuple[str, str], ...]:
        """Name and value of everything that is known, in the order that people ask for it."""
        news, words = self._news, self._words
        limit = None if news.limit is None else amount(news.limit, self._unit, self._lang)
        found = (
            ("value", self._value()),
            ("interval", self._interval(" – ")),
            ("limit", limit),
            ("answers", str(news.n) if news.n or news.value is not None else None),
            ("since", self._time(news.started_at)),
            ("movement", self._movement(told.before)),
            ("cause", self._cause()),
            ("times", words["nth"].format(n=told.times) if told.times > 1 else None),
            ("acknowledged_by", told.acknowledged_by or None),
            ("owner", told.owner or None),
        )
        return tuple((words[f"fact_{name}"], value) for name, value in found if value)

    def _places(self) -> dict[str, str]:
        news, words, evidence = self._news, self._words, self._news.evidence
        interval = self._interval(words["to"])
        expected = evidence.get("expected", evidence.get("at_least"))
        return {
            "what": self._what(),
            "where": self._where(),
            "value": self._value() or words["unknown"],
            "interval": f" ({words['between'].format(interval=interval)})" if interval else "",
            "side": words["below" if self._low_is_bad else "above"],
            "severity": words[f"limit_{news.severity}"],
            "limit": words["unknown"] if news.limit is None else amount(news.limit, self._unit, self._lang),
            "source": self._source(),
            "n": str(news.n),
            "nouns": NOUNS[self._lang].get(news.indicator, NOUNS[self._lang]["contacts"]),
            "rate": self._number(evidence.get("long_rate")),
            "expected": self._number(expected),
            "since": self._since(evidence.get("since")),
            "moved": words["fallen" if self._low_is_bad else "risen"],
        }

    def _what(self) -> str:
        return NAMES[self._lang].get(self._news.indicator, self._news.indicator)

    def _where(self) -> str:
        parts = [self._part(name, value) for name, value in self._news.scope.items()]
        return f" ({', '.join(parts) or self._words['everywhere']})"

    def _part(self, name: str, value: str) -> str:
        """`channel phone`; of an event without the dimension, `no channel`."""
        name = self._words.get(name, name)
        return f"{name} {value}" if value else self._words["without"].format(name=name)

    def _value(self) -> str | None:
        value = self._news.value
        return None if value is None else amount(value, self._unit, self._lang)

    def _interval(self, between: str) -> str | None:
        low, high = self._news.low, self._news.high
        if low is None or high is None or not (isfinite(low) and isfinite(high)) or low == high:
            return None
        ends = (amount(each, self._unit, self._lang) for each in (low, high))
        return between.join(ends)

    def _source(self) -> str:
        if self._unit == "count" or not self._news.n:
            return self._window()
        return self._words["from"].format(n=self._news.n, nouns=self._places_noun(), window=self._window())

    def _places_noun(self) -> str:
        nouns = NOUNS[self._lang]
        noun = nouns.get(self._news.indicator, nouns["contacts"])
        return noun if self._news.n > 1 else " ".join(word.removesuffix("s") for word in noun.split())

    def _window(self) -> str:
        window_s = self._news.window_s
        return "" if window_s is None else self._words["window"].format(window=span(window_s, self._lang))

    def _movement(self, before: TransitionNews | None) -> str | None:
        if before is None or before.value is None or self._news.value is None:
            return None
        return f"{amount(before.value, self._unit, self._lang)} → {self._value()}"

    def _cause(self) -> str | None:
        cause = self._news.cause
        if not cause:
            return None
        dimension = str(cause.get("dimension"))
        name = self._part(dimension, str(cause.get("value") or ""))
        score, n = cause.get("value_score"), cause.get("n")
        if not isinstance(score, int | float):
            return name
        return f"{name}: {amount(score, self._unit, self._lang)} (n = {n})"

    def _number(self, value: object) -> str:
        return number(value, 1, self._lang) if isinstance(value, int | float) else self._words["unknown"]

    def _since(self, at: object) -> str:
        time = self._time(at) if isinstance(at, str) else None
        return self._words["since"].format(time=time) if time else ""

    @staticmethod
    def _time(at: str) -> str | None:
        """`2026-11-22 10:00 UTC`."""
        return f"{at[:10]} {at[11:16]} UTC" if len(at) >= 16 else None


def _kind(detect: Detect | None) -> str:
    return "threshold" if detect is None else KINDS_OF[type(detect)]
