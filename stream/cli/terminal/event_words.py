"""What `tocsin import` says of the channels, durations and days of its events, and what is odd of them."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import median
from typing import Final

from alerts.readings import as_carried
from alerts.wording import duration_words
from stream.importing.cells.text import folded
from stream.importing.events_seen import MOST_LENGTHS
from stream.importing.references_seen import ReferencesSeen
from stream.importing.understood import Understood

SHOWN: Final = 8
"""Channels that are shown: more are seldom meant."""
FEW: Final = 5
"""Fewer events say nothing of how long things take, or of their times of day."""
LONG_S: Final = 3_600
SHORT_S: Final = 0.5
"""What half of all waits or talks take at the most, and at the least."""
FEWEST_GROUPS: Final = 3
SPARSE: Final = 3
"""Of how many events one has a value, where groups of rows have it once."""
BY_SPREADSHEET: Final = ("by a spreadsheet", "export the log anew, and do not open it there")
BY_PROGRAM: Final = (
    "as a power of ten, which has lost digits",
    "let whoever writes the log write it as a text",
)
"""Spreadsheets write a large E; a small one is of a program that took ids for numbers with a point."""
CHANGES: Final = 2
"""Times of day, in UTC, of midnights in a zone with summer time."""
CHANNEL_CHARS: Final = 60
MILLE: Final = 1_000


def of_events(told: Understood) -> Iterator[str]:
    """Lines about the events of an import."""
    if told.events.channels:
        yield from _of_channels(told.events.channels)
    yield from _of_references(told.events.references)
    for name, values in told.events.values.items():
        yield from _of_alike(name, sorted(map(str, values)))
        given, all_events = told.events.given[name], told.events.looked_at
        if FEWEST_GROUPS <= given == len(values) and SPARSE * given <= all_events:
            yield (
                f"  {given:,} of {all_events:,} events have a {name}, and none of them twice the same: "
                "merged cells? fill them down before the export"
            )
    for name, lengths in told.events.lengths_s.items():
        if lengths:
            yield from _of_lengths(name, lengths)
        if lengths and name in told.events.units:
            column, unit, seconds = told.events.units[name]
            yield f'  {name} is "{column}" as it stands, whose name says {unit}: `times: {seconds}`?'
    if told.rows >= FEW and len(told.events.clocks) <= CHANGES and told.first[:10] != told.last[:10]:
        yield (
            "  all events of a day have one time of day, as where a log has days alone: "
            "windows shorter than a day see them at once"
        )


def _of_references(seen: ReferencesSeen) -> Iterator[str]:
    for name, count in seen.spoiled.items():
        events = "1 event" if count == 1 else f"{count:,} events"
        such = seen.such[name][:CHANNEL_CHARS]
        by, way_out = BY_PROGRAM if "e+" in such else BY_SPREADSHEET
        yield f'  {name} of {events} is spoiled {by}, such as "{such}", and so is none: {way_out}'
    known = seen.customers.total()
    most = max(seen.customers.values(), default=0)
    if known >= FEW_CUSTOMERS and 2 * most > known:
        yield (
            f"  {most:,} of {known:,} events are of one and the same customer: is that a person? "
            "`nulls` of the field makes it none"
        )


FEW_CUSTOMERS: Final = 20
"""Fewer events may well be of one customer."""


def _of_channels(channels: Mapping[str, int]) -> Iterator[str]:
    carried: Counter[str] = Counter()
    for name, count in channels.items():
        carried[as_carried("channel", name)] += count
    found = sorted(carried.items(), key=lambda item: (-item[1], item[0]))
    shown = ", ".join(f"{name[:CHANNEL_CHARS]} × {count:,}" for name, count in found[:SHOWN])
    more = f", and {len(found) - SHOWN:,} others" if len(found) > SHOWN else ""
    yield f"  channels: {shown}{more}"
    yield from _of_alike("channel", [name for name, _ in found])


def _of_alike(dimension: str, names: Iterable[str]) -> Iterator[str]:
    """Values that differ in capitals and blanks alone: seldom meant to be several.

    What makes no difference to a worker makes none here.
    """
    alike: dict[str, list[str]] = {}
    for name in dict.fromkeys(as_carried(dimension, name) for name in names):
        plain = re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", folded(name)).casefold()).strip()
        alike.setdefault(plain or name, []).append(f'"{name[:CHANNEL_CHARS]}"')
    same = [" and ".join(each[:SHOWN]) for each in alike.values() if len(each) > 1]
    if same:
        yield (
            f"  {dimension}: {'; '.join(same[:SHOWN])} are told apart: where they are one, "
            "`fold: true` or `map` in the mapping makes them so"
        )


def _of_lengths(name: str, lengths: Sequence[float]) -> Iterator[str]:
    half, most = median(lengths), max(lengths)
    least, middle, longest = (_words(length) for length in (min(lengths), half, most))
    some = f" (of the first {len(lengths):,})" if len(lengths) >= MOST_LENGTHS else ""
    yield f"  {name}: {least} to {longest}, half of them up to {middle}{some}"
    if len(lengths) < FEW:
        return
    if half >= LONG_S and all(map(float.is_integer, lengths)):
        yield f"  half of {name} are {middle} and more: are they milliseconds? `{{number: …, times: 0.001}}`"
    if _has_parted_thousands(lengths):
        yield f'  some of {name} have three digits behind a point: are they thousands? `decimal: ","` says so'
    if half < SHORT_S and not all(map(float.is_integer, lengths)):
        yield (
            f"  half of {name} are less than a second: are they minutes, hours, or days as Excel has them? "
            "`{number: …, times: 86400}` reads days"
        )


def _has_parted_thousands(lengths: Sequence[float]) -> bool:
    """Whether 987 and 1.234 stand side by side, as where a point parts thousands."""
    whole = [length for length in lengths if length.is_integer()]
    parted = [length for length in lengths if not length.is_integer()]
    if not whole or not parted or not 10 * max(parted) < max(whole) < MILLE <= MILLE * min(parted):
        return False
    shorter = sum(round(length * 100, 4).is_integer() for length in parted)
    return shorter <= len(parted) / 3 and all(round(length * MILLE, 3).is_integer() for length in parted)


def _words(length_s: float) -> str:
    return duration_words(length_s * 1000) if length_s >= 1 or not length_s else f"{length_s:.3g} s"
