"""Which sentence is true of a transition: what fires may not be past its limit any more, and ends differ."""

from collections.abc import Mapping
from typing import Final

from alerts.delivery.notices.notice import TransitionNews
from alerts.rules import Burn, Detect, Gap, Relative, Silence, Sudden, SuddenRelative, Surge, Threshold
from alerts.states import KNOWN

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


def kind_of(detect: Detect | None) -> str:
    """The kind of detector, by the name that its sentences have."""
    if isinstance(detect, Gap) and detect.against is not None:
        return "gap_usual"
    return "threshold" if detect is None else KINDS_OF[type(detect)]


def doubts(detect: Detect | None) -> bool:
    """Whether the interval was asked, and not the score alone."""
    return not isinstance(detect, Threshold | Relative) or detect.confidence > 0


def breach_of(news: TransitionNews, detect: Detect | None) -> str:
    """Of what fires: `…_kept` where it goes on though its value is back, but not surely."""
    kind, expected = kind_of(detect), news.evidence.get("expected")
    if kind == "silence" and "at_least" in news.evidence:
        return "wanted"
    if kind in {"surge", "silence"} and isinstance(expected, int | float):
        back = news.n <= expected if kind == "surge" else news.n >= expected
        return f"{kind}_kept" if back else kind
    past = _past(news, news.limit)
    if isinstance(detect, SuddenRelative):  # without a limit where none is possible at this hour
        return "sudden_usual" if past else "sudden_usual_kept"
    return f"{kind}_kept" if kind in {"threshold", "sudden", "usual"} and past is False else kind


def end_of(news: TransitionNews, detect: Detect | None) -> str:
    """Of what is over: that it has recovered, or why it ended though it has not."""
    reason = news.evidence.get("reason")
    if reason in KNOWN:
        return "known"
    if reason == "rule_removed":
        return "removed"
    if reason == "state_lost":
        return "lost"
    if isinstance(news.evidence.get("new_level"), Mapping):
        return "new_level"
    kind = kind_of(detect)
    # As in the summary: what has not recovered ends only where the rule watches its scope no more.
    gone = kind == "threshold" and (news.value is None or _past(news, recovery_of(detect)))
    return "unwatched" if gone else kind


def of_the_trouble(news: TransitionNews, detect: Detect | None) -> bool:
    """Whether the numbers of an end are those of what is over, since it began, and not of now."""
    since = isinstance(detect, Sudden | SuddenRelative | Surge | Silence)
    return since and news.state == "resolved" and end_of(news, detect) in {kind_of(detect), "new_level"}


def _past(news: TransitionNews, limit: float | None) -> bool | None:
    """Whether the value is on the bad side of a limit; None without either."""
    if news.value is None or limit is None:
        return None
    if news.definition.get("direction") == "high_is_bad":
        return news.value > limit
    return news.value < limit


def recovery_of(detect: Detect | None) -> float | None:
    """What a score has to get back to, of a rule that says so."""
    if not isinstance(detect, Threshold):
        return None
    found = (detect.recover, detect.warning, detect.critical)
    return next((limit for limit in found if limit is not None), None)
