"""Ids of customers, cases and events as spreadsheets leave them, and what stands for nobody.

A spreadsheet writes 4711 as `4711.0` where other rows have none, and `="0042"` or `'0042` so that it stays as
it is.  A long one that it took for a number, `1.18E+11`, is lost: others have become the same, so it is no
customer's, and no event's.  Nor is what a telephone system calls `anonymous` one customer, who calls all day.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from alerts.foreign_text import UNSEEN
from stream.importing.cells.faults import Fault, RowError
from stream.importing.cells.text import folded
from stream.messages.nobody import NOBODY

_SPOILED: Final = re.compile(
    r"[0-9](?:[.,][0-9]+)?[eE]\+[0-9]+|#(?:REF!|VALUE!|NAME\?|NUM!|NULL!|DIV/0!|#+)", re.ASCII
)
_TOTALS: Final = (
    "total", "totals", "grand total", "subtotal", "sum", "average", "avg", "mean", "count", "gesamt", "summe",
    "gesamtsumme", "gesamtergebnis", "durchschnitt", "mittelwert", "total général", "somme", "moyenne",
    "suma", "total general", "promedio", "media", "soma", "total geral", "média", "somma", "totale",
    "totale complessivo", "totaal", "eindtotaal", "gemiddelde", "overall", "all", "insgesamt", "ensemble",
    "median", "ø",
)  # fmt: skip
TOTALS: Final = frozenset(
    spelled + end
    for name in _TOTALS
    for spelled in (name, name.upper(), name.capitalize(), name.title())
    for end in ("", ":")
)
"""What a line below a table is called that sums it up: no event's id."""
_SUMS_UP: Final = re.compile(
    r"(?:grand |sub)?(?:totals?|sum|summe|average|avg|mean|count|gesamt|durchschnitt|moyenne|promedio)"
    r"[ :(].*|.* (?:sub)?totals?:?|.* (?:gesamt)?ergebnis",
    re.IGNORECASE,
)
"""Such a line of a group, as spreadsheets write it: `Phone Total`, `Average of s`, `Total (12)`."""
NO_ID: Final = frozenset(name for name in NOBODY if not any(letter.isdecimal() for letter in name))
"""Nor is what stands for no customer the id of an event: all but the first would be sent again.  What is of
digits may be one, as of whoever counts from nought."""
_DRESSED: Final = re.compile(r"""="(.*)"|'(.+)|([0-9]+)\.00?""", re.ASCII)
_ODD: Final = ("\n'", "\n=", "\n#", "E+", "e+", ".0\n", ".00\n", " ", "otal:", *UNSEEN)
"""What an id has in it of which more is to be seen."""


def are_plain(texts: Iterable[str | None]) -> bool:
    """Whether all of some stripped texts are ids as they stand, or none at all: what mostly is so."""
    known: Sequence[str] = list(filter(None, texts))
    together = "\n".join(["", *known, ""])
    return NOBODY.isdisjoint(known) and TOTALS.isdisjoint(known) and not any(odd in together for odd in _ODD)


def plain_id(text: str) -> str:
    """The id that a stripped text is, as it was before a spreadsheet saw it."""
    text = text.strip(UNSEEN).strip()
    found = _DRESSED.fullmatch(text)
    return next(filter(None, found.groups()), "").strip() if found else text


def is_spoiled(text: str) -> bool:
    """Whether a spreadsheet took the id for a number, and has lost some of its digits."""
    return _SPOILED.fullmatch(plain_id(text.strip())) is not None


@dataclass(frozen=True, slots=True)
class Look:
    """How a text is looked at, so that one customer is one, whichever channel names them.

    `is_id`: it names an event, a customer or a case; `nobody`: it may stand for none.  `fold`: capitals do
    not count.  `digits`: its last ones alone count, as of telephone numbers; 0 for all of the text.
    """

    is_id: bool = False
    nobody: bool = False
    fold: bool = False
    digits: int = 0

    def of(self, column: str, text: str, *, is_part: bool = False) -> str | None:
        """The stripped text as it is to be looked at; None where it says nothing.

        `is_part`: other texts stand beside it, and tell it from its like.

        Raises:
            RowError: it is the id of an event that a spreadsheet has spoiled, or of no event.
        """
        if not self.is_id:
            return self._plain(text)
        found = plain_id(text)
        if not self.nobody:
            _check_event(column, found, is_part=is_part)
        elif found in NOBODY or _SPOILED.fullmatch(found):
            return None
        return self._plain(found) if found else None

    def _plain(self, text: str) -> str | None:
        if self.digits:
            return re.sub("[^0-9]", "", text)[-self.digits :] or None
        return folded(text) if self.fold else text


def _check_event(column: str, found: str, *, is_part: bool) -> None:
    """Look at the id of an event.

    Raises:
        RowError: a spreadsheet has spoiled it, or it is that of no event.
    """
    if _SPOILED.fullmatch(found):
        raise spoiled(column, found)
    why = ", which stands for none" if found in NO_ID and not is_part else ""
    if found in TOTALS or _SUMS_UP.fullmatch(found):
        why = ": a line that sums up others is no row"
    if why:
        raise RowError(Fault.MISSING, f'{column}: want an id, got "{found}"{why}')


def spoiled(column: str, text: str) -> RowError:
    """Spreadsheets write a large E; a small one is of a JSON number that its sender did not keep whole."""
    told = (
        f'want an id, got "{text}", spoiled by a spreadsheet: export the log anew, and do not open it there'
    )
    if "e+" in text:
        told = f'want an id as a text, as a power of ten has lost digits, got "{text}"'
    return RowError(Fault.SPOILED, f"{column}: {told}")


AS_IT_IS: Final = Look()
ID: Final = Look(is_id=True)
REFERENCE: Final = Look(is_id=True, nobody=True)
