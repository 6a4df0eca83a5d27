"""Reasons: why a detector said what it said of a reading, in words, for `tocsin backtest --explain`.

Threshold rules have theirs in `threshold_scale`.
"""

from collections.abc import Mapping
from typing import Final

from alerts.readings import Reading
from alerts.rules import Burn, Detect, Gap, Relative, Silence, Sudden, SuddenRelative, Surge, Threshold
from alerts.states import Verdict
from alerts.worsening import Against

SILENCED: Final = "silenced: too little comes in"
"""Why a rule on scores has nothing to say while another hears too little."""

Evidence = Mapping[str, object]


def reason(detect: Detect, verdict: Verdict, reading: Reading, evidence: Evidence) -> str:
    """One clause.  `evidence` is what a breach was told with, empty for every other verdict."""
    match detect:
        case Sudden() | SuddenRelative():
            return _sudden(detect, verdict, evidence)
        case Burn():
            return _burn(detect, verdict, evidence)
        case Gap() | Relative():
            return _compared(detect, verdict, reading, evidence)
        case Silence() | Surge():
            return _volume(detect, verdict, reading, evidence)
        case Threshold():
            return verdict.word


def _sudden(detect: Sudden | SuddenRelative, verdict: Verdict, evidence: Evidence) -> str:
    if isinstance(detect, SuddenRelative):
        bound, least = f"as usual, {_short(evidence['usual'])}" if evidence else "", "what is usual"
    else:
        bound, least = f"{detect.bound:g}", f"a score of {detect.bound:g}"
    match verdict:
        case Verdict.INSUFFICIENT if isinstance(detect, SuddenRelative):
            return "too little is known of earlier weeks"
        case Verdict.BREACH:
            since = f"{evidence['answers']} answers since {evidence['since']}"
            return f"chance no longer explains {since} if the score is {bound}"
        case Verdict.STALE:
            return "nothing has come in for long"
        case Verdict.CLEAR | Verdict.INSUFFICIENT:
            return f"what speaks against {least} may be chance"


def _burn(detect: Burn, verdict: Verdict, evidence: Evidence) -> str:
    match verdict:
        case Verdict.BREACH:
            rates = f"{_short(evidence['long_rate'])} and {_short(evidence['short_rate'])} times"
            return f"long and short window spend {rates} what is allowed, the limit is {evidence['rate']:g}"
        case Verdict.CLEAR:
            return "no pair of windows spends too fast"
        case Verdict.STALE:
            return "no answers in any short window"
        case Verdict.INSUFFICIENT:
            return f"too few answers, or not surely past the target {detect.target:g}"


def _compared(detect: Relative | Gap, verdict: Verdict, reading: Reading, evidence: Evidence) -> str:
    """Of a score beside another: its own in earlier weeks, or that of the others."""
    if verdict is Verdict.STALE:
        return "no answers in the window"
    if verdict is Verdict.INSUFFICIENT and reading.n < detect.min_answers:
        return f"{reading.n} answers, want {detect.min_answers}"
    match detect, verdict:
        case Relative(), Verdict.BREACH:
            past = f"{_short(evidence['usual'])} of earlier weeks ({evidence['usual_n']} answers)"
            return f"worse than {past} by {_short(evidence['worse_by'])}, beyond what is allowed and doubted"
        case Relative(), Verdict.CLEAR:
            return "not worse than in earlier weeks by more than is allowed"
        case Relative(), _:
            return "too few answers in the same hours of earlier weeks, or the difference may be chance"
        case Gap(against=Against()), Verdict.BREACH:
            more = f"{_short(evidence['worse_by'])} points beyond the usual {_short(evidence['usual_gap'])}"
            return f"behind {_short(evidence['others'])} of the others by {more}, p {evidence['p']}"
        case Gap(against=Against()), Verdict.CLEAR:
            return "not farther behind the others than in earlier weeks by more than is news"
        case Gap(against=Against()), _:
            return "too few answers of the others or in earlier weeks, or the difference may be chance"
        case _, Verdict.BREACH:
            others = f"{_short(evidence['others'])} of the others ({evidence['others_n']} answers)"
            return f"worse than {others} beyond chance, p {evidence['p']}, {evidence['compared']} compared"
        case _, Verdict.CLEAR:
            return "not worse than the others by what is news"
        case _:
            return "the others have too few answers, or neither surely worse nor as good"


def _volume(detect: Silence | Surge, verdict: Verdict, reading: Reading, evidence: Evidence) -> str:
    allowed = ""
    if "allowed" in evidence:
        bound = "at least" if isinstance(detect, Silence) else "at most"
        usual = f"{_short(evidence['usual'])} were expected and {bound} {_short(evidence['allowed'])} allowed"
        allowed = f" ({reading.n} came, {usual})"
    match verdict:
        case Verdict.BREACH if "expected" in evidence:
            expected = f"{_short(evidence['expected'])} were expected"
            return f"{reading.n} since {evidence['since']}, where {expected}"
        case Verdict.BREACH:
            return f"{reading.n} in a whole window of open time, want {evidence['at_least']}"
        case Verdict.CLEAR if isinstance(detect, Silence):
            return f"as much comes in as should, or chance explains the quiet{allowed}"
        case Verdict.CLEAR:
            return f"no more comes in than the rhythm allows, or by chance{allowed}"
        case Verdict.STALE | Verdict.INSUFFICIENT:
            if isinstance(detect, Silence) and detect.learn_ms is None:
                return "less than a whole window of open time since the scope was first heard of"
            return "still learning, closed, or an hour in which nothing is expected"


def _short(number: object) -> str:
    return f"{number:.4g}" if isinstance(number, float) else str(number)
