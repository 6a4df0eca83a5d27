"""The timeline: what a backtest found, as somebody who runs customer service reads it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Final

from alerts.rules import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from alerts.transitions import EPOCH
from stream.reports.episodes import EpisodeStory, scope_words, unix_ms

Table = Sequence[Sequence[str]]

INDENT: Final = " " * 10


def timeline(found: Sequence[EpisodeStory], zone: tzinfo, end_ms: int) -> Iterator[str]:
    """Lines: a heading per local day, then its episodes in the order in which they fired."""
    day = ""
    for episode in found:
        fired = local(episode.fired_ms or 0, zone)
        if f"{fired:%Y-%m-%d}" != day:
            day = f"{fired:%Y-%m-%d}"
            yield f"{fired:%A} {fired.day} {fired:%B %Y}"
        yield from _episode(episode, fired, zone, end_ms)
    if not found:
        yield "Nothing fired."


def _episode(episode: EpisodeStory, fired: datetime, zone: tzinfo, end_ms: int) -> Iterator[str]:
    first, worst = episode.first, episode.worst
    yield f"{fired:%H:%M:%S}  {first.severity:8}  {episode.rule}  {scope_words(episode.scope)}"
    yield f"{INDENT}{first.summary}."
    if first.severity != worst.severity:
        rose = local(unix_ms(worst.at), zone)
        yield f"{INDENT}{worst.severity.capitalize()} from {clock(rose, fired)}: {worst.summary}."
    cause = worst.cause or first.cause
    if cause:
        yield f"{INDENT}{cause_words(cause)}."
    yield f"{INDENT}{_course(episode, fired, zone, end_ms)}"


def cause_words(cause: Mapping[str, object]) -> str:
    """Where most of the harm comes from; without the names that it usually has, all its facts in a row."""
    if {"dimension", "value", "share_of_shortfall"} <= cause.keys():
        part = float(str(cause["share_of_shortfall"]))
        return f"{part:.0%} of the shortfall comes from {cause['dimension']}={cause['value'] or '(none)'}"
    return ", ".join(f"{name} {value}" for name, value in cause.items())


def _course(episode: EpisodeStory, fired: datetime, zone: tzinfo, end_ms: int) -> str:
    """When it began, and how it ended or stands."""
    began = local(episode.began_ms, zone)
    parts = [] if began == fired else [f"began {clock(began, fired)}"]
    lasted = length(episode.firing_ms(end_ms))
    if episode.ended_ms is not None:
        parts.append(f"resolved {clock(local(episode.ended_ms, zone), fired)}, after {lasted}")
    else:
        parts.append(f"still {episode.last.state} at the end, after {lasted}")
    text = "; ".join(parts)
    return text[0].upper() + text[1:] + "."


def summary(found: Sequence[EpisodeStory], end_ms: int) -> Iterator[str]:
    """A table of firings per rule and scope: how many, how long in all, the quickest and the slowest."""
    rows: dict[tuple[str, str], list[int]] = {}
    for episode in found:
        key = (episode.rule, scope_words(episode.scope))
        rows.setdefault(key, []).append(episode.firing_ms(end_ms))
    if not rows:
        return
    yield from aligned(
        [
            ("rule", "scope", "firings", "time firing", "quickest", "slowest"),
            *(
                (rule, scope, str(len(each)), length(sum(each)), length(min(each)), length(max(each)))
                for (rule, scope), each in sorted(rows.items())
            ),
        ],
        left=2,
    )


def aligned(table: Table, left: int) -> Iterator[str]:
    """Lines with columns under each other; the first `left` columns lean left, the others right."""
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    for row in table:
        cells = [
            text.ljust(width) if column < left else text.rjust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def local(at_ms: int, zone: tzinfo) -> datetime:
    """A moment in somebody's time zone."""
    return (EPOCH + timedelta(milliseconds=at_ms)).astimezone(zone)


def clock(moment: datetime, beside: datetime) -> str:
    """The time of day, with the date where it is not that of `beside`."""
    return f"{moment:%H:%M:%S}" if moment.date() == beside.date() else f"{moment.day} {moment:%b %H:%M:%S}"


def length(span_ms: int) -> str:
    """A duration to two units: `2 d 3 h`, `12 min 30 s`."""
    units = ((DAY_MS, "d"), (HOUR_MS, "h"), (MINUTE_MS, "min"), (SECOND_MS, "s"))
    for place, (unit_ms, name) in enumerate(units):
        if span_ms >= unit_ms:
            text = f"{span_ms // unit_ms} {name}"
            if place + 1 < len(units):
                next_ms, next_name = units[place + 1]
                rest = span_ms % unit_ms // next_ms
                return f"{text} {rest} {next_name}" if rest else text
            return text
    return "0 s"


def joined(lines: Iterable[str]) -> str:
    """Lines as text."""
    return "".join(f"{line}\n" for line in lines)
