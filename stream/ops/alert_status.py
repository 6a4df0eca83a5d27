"""Where alerts stand now, from the transitions of cx.alerts; and how people read them."""

from collections.abc import Mapping
from typing import Final

import msgspec

from alerts.delivery.notices.notice import NotATransition, read_transition
from alerts.errors import UNREADABLE, SettingsError
from alerts.latest import LatestNews
from alerts.readings import scope_words
from alerts.transitions import Transition

SHOWN_ID: Final = 10
"""Characters of an alert's id that are shown; enough to name it by."""

_DECODER: Final = msgspec.json.Decoder(Transition)


def decode(value: bytes | None) -> Transition | None:
    """The transition in a cx.alerts value; None for anything else, and for what no worker takes for one."""
    try:
        read_transition(value)
        return _DECODER.decode(value or b"")
    except (NotATransition, *UNREADABLE):
        return None


def one(standing: LatestNews[Transition], start: str) -> Transition:
    """The alert whose id begins so.

    Raises:
        SettingsError: there is none, or more than one.
    """
    found = standing.named(start)
    if len(found) != 1:
        some = ", ".join(sorted(each.id for each in found)[:5])
        fits = f"{len(found)} alerts ({some}) have" if found else "none has"
        raise SettingsError(f"ALERT: want the beginning of one alert's id, got {start!r}, which {fits}")
    return found[0]


def line(transition: Transition, notes: Mapping[str, str]) -> str:
    """One line for people; `notes` by alert id, such as who takes care of it."""
    note = f"  ({notes[transition.id]})" if transition.id in notes else ""
    return (
        f"{transition.at}  {transition.severity.upper():<8}  {transition.state:<8}  {transition.rule}  "
        f"{scope_words(transition.scope)}  {transition.summary}  [{transition.id[:SHOWN_ID]}]{note}"
    )
