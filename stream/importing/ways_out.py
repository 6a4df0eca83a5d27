"""What to do about a value that the worker would refuse: how the mapping reads what stands there."""

import re
from typing import Final


def way_out(name: str, shown: str, wanted: str) -> str:
    """For the field `name`, of which `shown` stands in the log and `wanted` is asked for."""
    if name == "score":
        if _SHARE.fullmatch(shown) and (top := _TOP.search(wanted)):
            factor = f"{float(top[1]) / 100:g}"
            return f" (a share? `{{number: …, times: {factor}}}` makes levels up to {top[1]} of percents)"
        return next((said for look, said in _SCORES if look.fullmatch(shown)), _OTHER)
    plain = shown.casefold()
    return (
        " (`fold: true` in the mapping reads it)"
        if plain != shown and plain in re.split(r"\W+", wanted)
        else ""
    )


_SHARE: Final = re.compile(r"[0-9.,]+ ?%")
_TOP: Final = re.compile(r"\(-?[0-9]+ to ([0-9]+)\)")
_OTHER: Final = " (no answer? `nulls` in the mapping; one in other words? `map`)"
_SCORES: Final = (
    (
        re.compile(
            r"promot(?:er|or|eur|ore|ori|oren)(?:e?s)?|detra(?:c?tor|ttor[ei])(?:e?s)?|d[ée]tracteurs?"
            r"|passi(?:ve|f|v|vo|vi|fs|vos)s?|pasivos?|kritiker|criticasters?",
            re.IGNORECASE,
        ),
        ' (groups? `map: {Promoter: "10", Passive: "8", Detractor: "0"}` counts them in their bands)',
    ),
    (
        re.compile(r"yes|no|true|false|oui|non|ja|nein|nee|s[ií]|sim|n[ãa]o", re.IGNORECASE),
        " (yes or no? `scale: {constant: yes-no}` in the mapping reads it)",
    ),
    (
        re.compile(r"[0-9]+ ?[-–—:.)(=]+ ?[^\W\d][^\d]*"),
        " (is 1 the best, or the scale another one? `map` turns it, `scale` says which)",
    ),
)
"""What answers look like, and what reads them."""
