"""What a notice says, in English and in French: the same facts, the same numbers, in each language's way.

A sentence that somebody outside the trade understands, one of what it means, one of what to look at first.
Both languages have the same places for the same numbers, so none can say more than the other.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Final

from alerts.delivery.notices.notice import TransitionNews
from alerts.delivery.notices.phrases import ENDS, LOOK, MEANING, NAMES, NOUNS, SENTENCES, WORDS
from alerts.delivery.notices.sentence_choice import breach_of, doubts, end_of, kind_of, of_the_trouble
from alerts.foreign_text import printable
from alerts.receivers.message import Words
from alerts.rules import SECOND_MS, Detect, Rule
from alerts.wording import amount as english
from alerts.wording import trimmed, window_words

DAYS: Final = re.compile(r"(?<=\d )d\b")
"""Days of a duration, which are `j` in French."""


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
    say = _Sayer(news, told.rule.detect if told.rule else None, lang)
    text = say.sentence()
    if news.state == "firing":
        text = " ".join(part for part in (text, say.meaning(), say.look()) if part)
    return Words(title=say.title(), text=text, facts=say.facts(told), colon=WORDS[lang]["colon"])


def amount(value: float, unit: str, lang: str, beside: float | None = None) -> str:
    """A value with its unit, as a summary has it: `81.5 %`, `1 h 30 min`; in French `81,5 %`, `1 j 2 h`."""
    text = english(value, unit, beside)
    return text if lang == "en" else DAYS.sub("j", text.replace(".", ","))


def number(value: float, decimals: int, lang: str) -> str:
    """A number without needless zeros: `81.5`, in French `81,5`."""
    text = trimmed(value, decimals)
    return text if lang == "en" else text.replace(".", ",")


class _Sayer:
    """Says one transition in one language."""

    def __init__(self, news: TransitionNews, detect: Detect | None, lang: str) -> None:
        self._news = news
        self._detect = detect
        self._kind = kind_of(detect)
        self._lang = lang
        self._words = WORDS[lang]
        self._unit = str(news.definition.get("unit") or "")
        self._low_is_bad = news.definition.get("direction") != "high_is_bad"

    def title(self) -> str:
        """State, what and where: no numbers, so that it may stand over a whole thread."""
        news, words = self._news, self._words
        state = words[news.severity] if news.state == "firing" else words[news.state]
        if news.state == "resolved":
            state = words.get(end_of(news, self._detect), state)
        return f"{state}{words['colon']}{self._what()}{self._where()}"

    def sentence(self) -> str:
        """One sentence: where, how bad, past what, from how much."""
        if self._news.state == "resolved":
            return ENDS[self._lang][end_of(self._news, self._detect)].format_map(self._places())
        key = self._news.state if self._news.state == "stale" else breach_of(self._news, self._detect)
        return SENTENCES[self._lang][key].format_map(self._places())

    def meaning(self) -> str:
        """What a breach means; nothing where its value is not past the limit any more."""
        kind = self._kind
        if breach_of(self._news, self._detect).endswith("_kept"):
            return ""
        if kind == "threshold" and self._unit == "count":
            kind = "volume"
        elif kind == "threshold" and not doubts(self._detect):
            kind = "plain"
        return MEANING[self._lang][kind]

    def look(self) -> str:
        """What to look at first."""
        cause = self._news.cause
        if not cause:
            return LOOK[self._lang]["nothing"]
        share = cause.get("share_of_shortfall")
        told = number(100 * share, 0, self._lang) if isinstance(share, int | float) else "?"
        dimension = str(cause.get("dimension"))
        value = printable(str(cause.get("value") or self._words["none"]))
        return LOOK[self._lang]["cause"].format(
            dimension=self._words.get(dimension, dimension), value=value, share=told
        )

    def facts(self, told: Told) -> tuple[tuple[str, str], ...]:
        """Name and value of everything that is known, in the order that people ask for it."""
        news, words = self._news, self._words
        standing = (
            ("value", self._value()),
            ("interval", self._interval(" – ")),
            ("limit", None if news.limit is None else self._limit()),
            (
                "counted",
                str(news.n) if self._unit != "count" and (news.n or news.value is not None) else None,
            ),
        )
        now = not of_the_trouble(news, self._detect)
        found = (
            *(standing if now else ()),
            ("since", self._time(news.started_at)),
            ("movement", self._movement(told.before) if now else None),
            ("cause", self._cause()),
            ("times", words["nth"].format(n=told.times) if told.times > 1 else None),
            ("acknowledged_by", told.acknowledged_by or None),
            ("owner", told.owner or None),
        )
        names = {**words, "fact_counted": f"{self._nouns().capitalize()} (n)"}
        return tuple((names[f"fact_{name}"], value) for name, value in found if value)

    def _limit(self) -> str:
        """The limit; of what is learned of few events it is no whole number, and 0.1 of them is not none."""
        news = self._news
        return self._number(news.limit) if self._unit == "count" else self._amount(news.limit, news.value)

    def _places(self) -> dict[str, str]:
        news, words, evidence = self._news, self._words, self._news.evidence
        return {
            "what": self._what(),
            "where": self._where(),
            "value": self._value() or words["unknown"],
            "interval": self._doubt(),
            "side": words["below" if self._low_is_bad else "above"],
            "severity": words[f"limit_{news.severity}"],
            "limit": self._limit(),
            "others": self._amount(evidence.get("others", news.limit), news.value),
            "source": self._source(),
            "more": self._number(evidence.get("worse_by")),
            "rate": self._pace(evidence.get("long_rate")),
            "since": self._since(evidence.get("since")),
            "moved": words["fallen" if self._low_is_bad else "risen"],
            **self._counts(evidence.get("expected", evidence.get("at_least"))),
            **self._levels(evidence.get("new_level")),
        }

    def _counts(self, wanted: object) -> dict[str, str]:
        """How many came, of how many."""
        expected = self._number(wanted)
        return {
            "n": str(self._news.n),
            "nouns": self._noun(),
            "all": self._nouns(),
            "expected": expected,
            "were": self._words["was" if expected == "1" else "were"],
            "within": self._window(self._news.evidence.get("per_s")),
        }

    def _levels(self, level: object) -> dict[str, str]:
        """What was usual and what is by now; of volumes, an hour."""
        found = level if isinstance(level, Mapping) else {}
        if self._unit != "count":
            return {"usual": self._amount(found.get("usual")), "became": self._amount(found.get("now"))}
        usual, became = self._number(found.get("usual")), self._number(found.get("now"))
        return {"usual": usual, "became": f"{became}{self._words['hourly']}"}

    def _what(self) -> str:
        return NAMES[self._lang].get(self._news.indicator, self._news.indicator)

    def _where(self) -> str:
        parts = [self._part(name, value) for name, value in self._news.scope.items()]
        return f" ({', '.join(parts) or self._words['everywhere']})"

    def _part(self, name: str, value: str) -> str:
        """`channel phone`; of an event without the dimension, `no channel`."""
        name = self._words.get(name, name)
        return f"{name} {printable(value)}" if value else self._words["without"].format(name=name)

    def _amount(self, value: object, beside: float | None = None) -> str:
        if not isinstance(value, int | float):
            return self._words["unknown"]
        return amount(value, self._unit, self._lang, beside)

    def _value(self) -> str | None:
        """The value, told apart from the limit."""
        value = self._news.value
        return None if value is None else self._amount(value, self._news.limit)

    def _doubt(self) -> str:
        """How sure that is, where the rule asked."""
        interval = self._interval(self._words["to"]) if doubts(self._detect) else None
        return f" ({self._words['between'].format(interval=interval)})" if interval else ""

    def _interval(self, between: str) -> str | None:
        low, high = self._news.low, self._news.high
        if low is None or high is None or not (isfinite(low) and isfinite(high)) or low == high:
            return None
        return between.join(self._amount(each) for each in (low, high))

    def _source(self) -> str:
        window = self._window(self._news.window_s)
        if self._unit == "count" or not self._news.n:
            return window
        return self._words["from"].format(n=self._news.n, nouns=self._noun(), window=window)

    def _nouns(self) -> str:
        """What the indicator is computed from."""
        nouns = NOUNS[self._lang]
        return nouns.get(self._news.indicator, nouns["contacts"])

    def _noun(self) -> str:
        """As many of them as there are: in English none of them are many, in French they are one."""
        n = self._news.n
        one = n == 1 or (n == 0 and self._lang == "fr")
        return " ".join(word.removesuffix("s") for word in self._nouns().split()) if one else self._nouns()

    def _window(self, window_s: object) -> str:
        if not isinstance(window_s, int | float):
            return ""
        span_ms = round(window_s * SECOND_MS)
        window = window_words(span_ms) if self._lang == "en" else amount(window_s, "seconds", self._lang)
        return self._words["window"].format(window=window)

    def _movement(self, before: TransitionNews | None) -> str | None:
        if before is None or before.value is None or self._news.value is None:
            return None
        return f"{self._amount(before.value)} → {self._value()}"

    def _cause(self) -> str | None:
        cause = self._news.cause
        if not cause:
            return None
        dimension = str(cause.get("dimension"))
        name = self._part(dimension, str(cause.get("value") or ""))
        score, n = cause.get("value_score"), cause.get("n")
        if not isinstance(score, int | float):
            return name
        usual = cause.get("usual")
        usually = "" if usual is None else self._words["usually"].format(usual=self._amount(usual))
        return f"{name}{self._words['colon']}{self._amount(score)} (n = {n}{usually})"

    def _number(self, value: object) -> str:
        return number(value, 1, self._lang) if isinstance(value, int | float) else self._words["unknown"]

    def _pace(self, rate: object) -> str:
        """How many times as fast as is allowed, told apart from once."""
        if not isinstance(rate, int | float):
            return self._words["unknown"]
        return amount(rate, "points", self._lang, 1)

    def _since(self, at: object) -> str:
        time = self._time(at) if isinstance(at, str) else None
        return self._words["since"].format(time=time) if time else ""

    @staticmethod
    def _time(at: str) -> str | None:
        """`2026-11-22 10:00 UTC`."""
        return f"{at[:10]} {at[11:16]} UTC" if len(at) >= 16 else None
