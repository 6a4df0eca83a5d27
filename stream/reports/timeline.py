"""The timeline: what a backtest found, as somebody who runs customer service reads it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Final

from alerts.readings import scope_words
from alerts.rules import DAY_MS
from alerts.transitions import EPOCH, Transition, unix_ms
from alerts.wording import columns, duration_words, padded, since_words
from stream.reports.episodes import EpisodeStory

Table = Sequence[Sequence[str]]

FAR_MS: Final = DAY_MS
"""From here on a time is told with its year."""
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
    yield f"{INDENT}{sentence(first, zone)}."
    if first.severity != worst.severity:
        rose = local(unix_ms(worst.at), zone)
        yield f"{INDENT}{worst.severity.capitalize()} from {clock(rose, fired)}: {sentence(worst, zone)}."
    cause = worst.cause or first.cause
    if cause:
        yield f"{INDENT}{cause_words(cause)}."
    yield f"{INDENT}{_course(episode, fired, zone, end_ms)}"


def sentence(step: Transition, zone: tzinfo) -> str:
    """The summary of a transition, with its times in the reader's zone."""
    since = step.evidence.get("since")
    if not isinstance(since, str):
        return step.summary
    since_at, at = datetime.fromisoformat(since), datetime.fromisoformat(step.at)
    return step.summary.replace(since_words(since_at, at), since_words(since_at, at, zone))


def cause_words(cause: Mapping[str, object]) -> str:
    """Where most of the harm comes from; without the names that it usually has, all its facts in a row."""
    if {"dimension", "value", "share_of_shortfall"} <= cause.keys():
        part = float(str(cause["share_of_shortfall"]))
        where = scope_words({str(cause["dimension"]): str(cause["value"])})
        return f"{100 * part:.0f} % of the trouble comes from {where}"
    return ", ".join(f"{name} {value}" for name, value in cause.items())


def _course(episode: EpisodeStory, fired: datetime, zone: tzinfo, end_ms: int) -> str:
    """When it began, and how it ended or stands."""
    began = local(episode.began_ms, zone)
    parts = [] if began == fired else [f"began {clock(began, fired)}"]
    lasted = duration_words(episode.open_ms(end_ms))
    stale_ms = episode.stale_ms(end_ms)
    lasted += f" ({duration_words(stale_ms)} of it stale)" if stale_ms else ""
    if episode.ended_ms is not None:
        parts.append(f"resolved {clock(local(episode.ended_ms, zone), fired)}, after {lasted}")
    else:
        parts.append(f"still {episode.last.state} at the end, after {lasted}")
    parts.append(f"{episode.notices} notice{'s' if episode.notices > 1 else ''}")
    text = "; ".join(parts)
    return text[0].upper() + text[1:] + "."


def summary(found: Sequence[EpisodeStory], end_ms: int) -> Iterator[str]:
    """A table per rule and scope: firings, notices, how long in all, the quickest and the slowest."""
    rows: dict[tuple[str, str], list[EpisodeStory]] = {}
    for episode in found:
        rows.setdefault((episode.rule, scope_words(episode.scope)), []).append(episode)
    if not rows:
        return
    stale = any(episode.stale_ms(end_ms) for episode in found)
    heads = ("rule", "scope", "firings", "notices", "time firing", *(["time stale"] if stale else []))
    table = [[*heads, "quickest", "slowest"]]
    for (rule, scope), each in sorted(rows.items()):
        lasted = [episode.open_ms(end_ms) for episode in each]
        spans = [sum(episode.firing_ms(end_ms) for episode in each)]
        spans += [sum(episode.stale_ms(end_ms) for episode in each)] if stale else []
        words = [duration_words(span) for span in (*spans, min(lasted), max(lasted))]
        table.append([rule, scope, str(len(each)), str(sum(one.notices for one in each)), *words])
    yield from aligned(table, left=2)


def aligned(table: Table, left: int) -> Iterator[str]:
    """Lines with columns under each other; the first `left` columns lean left, the others right."""
    widths = [max(columns(row[column]) for row in table) for column in range(len(table[0]))]
    for row in table:
        cells = [
            padded(text, width, right=column >= left)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def local(at_ms: int, zone: tzinfo) -> datetime:
    """A moment in somebody's time zone."""
    return (EPOCH + timedelta(milliseconds=at_ms)).astimezone(zone)


def clock(moment: datetime, beside: datetime) -> str:
    """The time of day, with the date if it is not that of `beside`, and the year if they are far apart."""
    if moment.date() == beside.date():
        return f"{moment:%H:%M:%S}"
    far = abs(moment - beside) > timedelta(milliseconds=FAR_MS) or moment.year != beside.year
    return f"{moment.day} {moment:%b %Y %H:%M:%S}" if far else f"{moment.day} {moment:%b %H:%M:%S}"


def joined(lines: Iterable[str]) -> str:
    """Lines as text."""
    return "".join(f"{line}\n" for line in lines)
