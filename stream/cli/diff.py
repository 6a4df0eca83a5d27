"""`tocsin diff`: what would other rules have changed about the alerts of the same events?"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Any, Final

import click
import orjson

from alerts.errors import SettingsError
from alerts.foreign_text import printable, printable_json
from alerts.readings import scope_words
from alerts.transitions import seconds, utc_text
from alerts.wording import duration_words
from stream.backtest.engine import plan_of
from stream.backtest.replay_files import Backtest
from stream.cli.terminal.collecting import collect_rarely
from stream.cli.terminal.fates import check_taken, fate_lines, named
from stream.cli.terminal.progress import progress
from stream.cli.terminal.showing import zone
from stream.files.event_files import EventFile
from stream.files.packed_logs import size_of
from stream.files.rule_files import load
from stream.processes.meanwhile import meanwhile
from stream.reports.diff import Difference, Pair, pairs
from stream.reports.episodes import EpisodeStory, episodes
from stream.reports.timeline import aligned, clock, local

SIGNS: Final = {Difference.NEW: "+", Difference.VANISHED: "-", Difference.EARLIER: "<", Difference.LATER: ">"}
_FILE: Final = click.Path(dir_okay=False, allow_dash=True)
_RULES: Final = click.Path(dir_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffOptions:
    """What the command line asks for, by click's names."""

    old: Path
    new: Path
    events: tuple[str, ...]
    more: tuple[str, ...]
    as_json: bool
    as_is: bool
    fail_if: tuple[str, ...]
    time_zone: str


@click.command()
@click.argument("old", type=_RULES)
@click.argument("new", type=_RULES)
@click.argument("more", nargs=-1, metavar="[FILE]…", type=_FILE)
@click.option("--events", multiple=True, type=_FILE, metavar="FILE", help="NDJSON, as for backtest.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per alert that changed.")
@click.option("--as-is", is_flag=True, help="Keep the order of the lines.")
@click.option(
    "--fail-if",
    multiple=True,
    metavar="CHANGE",
    help=f"Exit with code 1 when an alert is {', '.join(Difference)} or changed (any); may be repeated.",
)
@click.option("--time-zone", default="UTC", show_default=True, metavar="ZONE", help="For times people read.")
def command(**options: Any) -> None:
    """Replay events through two sets of rules, and show which alerts appear, vanish or move.

    Alerts of both sets are the same if rule name and scope are, and they overlap in time.
    """
    collect_rarely()
    wanted = DiffOptions(**options)
    failing, local_zone = _failing(wanted.fail_if), zone(wanted.time_zone)
    files = (*wanted.events, *wanted.more)
    if not files:
        raise SettingsError("--events: want files of events, got none")
    old, new = load(wanted.old), load(wanted.new)
    with progress("reading", size_of(files)) as told:
        events = EventFile(files, told, as_is=wanted.as_is, meanwhile=meanwhile)
    with events:
        runs = [Backtest(plan_of(rulebook), events) for rulebook in (old, new)]
        found = pairs(_episodes(runs[0], events, wanted.old), _episodes(runs[1], events, wanted.new))
    changed = [pair for pair in found if pair.changes]
    if wanted.as_json:
        for pair in changed:
            sys.stdout.buffer.write(printable_json(_json(pair)))
        sys.stdout.buffer.flush()
    else:
        for line in _text(changed, len(found) - len(changed), local_zone):
            click.echo(printable(line))
    for line in fate_lines(runs[1].fate, local_zone):
        click.echo(printable(line), err=True)
    check_taken(runs[1].fate, named(files))
    if any(change in failing for pair in changed for change in pair.changes):
        raise SystemExit(1)


def _failing(words: Iterable[str]) -> frozenset[Difference]:
    """The changes that fail the command; words may be separated by commas."""
    found: set[Difference] = set()
    for word in (part.strip() for text in words for part in text.split(",")):
        if word == "any":
            found.update(Difference)
        elif word in list(Difference):
            found.add(Difference(word))
        else:
            raise SettingsError(f'--fail-if: want one of {", ".join(Difference)}, any, got "{word}"')
    return frozenset(found)


def _episodes(backtest: Backtest, events: EventFile, name: Path) -> list[EpisodeStory]:
    with progress(f"judging by {name}", len(events)) as told:
        return episodes(backtest.run(told))


def _json(pair: Pair) -> bytes:
    value = {
        "rule": pair.either.rule,
        "scope": pair.either.scope,
        "changes": [change.value for change in pair.changes],
        "later_s": seconds(pair.later_ms),
        "old": _side(pair.old),
        "new": _side(pair.new),
    }
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)


def _side(episode: EpisodeStory | None) -> dict[str, str | None] | None:
    if episode is None:
        return None
    return {
        "id": episode.id,
        "severity": episode.severity,
        "started_at": utc_text(episode.began_ms),
        "fired_at": utc_text(episode.fired_ms or 0),
        "resolved_at": None if episode.ended_ms is None else utc_text(episode.ended_ms),
        "state": episode.last.state,
    }


def _text(changed: Sequence[Pair], same: int, zone: tzinfo) -> Iterator[str]:
    if changed:
        yield from aligned([_row(pair, zone) for pair in changed], left=5)
        yield ""
    counts = Counter(change for pair in changed for change in pair.changes)
    parts = [f"{counts[change]} {change}" for change in Difference if counts[change]]
    count = len(changed) + same
    yield f"{count} alert{'' if count == 1 else 's'}: {', '.join([*parts, f'{same} the same'])}"


def _row(pair: Pair, zone: tzinfo) -> list[str]:
    first = pair.changes[0]
    fired = local(pair.either.fired_ms or 0, zone)
    if pair.old is None or pair.new is None:
        what = pair.either.severity
    else:
        was = local(pair.old.fired_ms or 0, zone)
        moved = f" by {duration_words(abs(pair.later_ms))}, was {clock(was, fired)}" if pair.later_ms else ""
        louder = f"{pair.old.severity} -> {pair.new.severity}" if pair.changes[-1] in _LOUDNESS else ""
        what = ", ".join(part for part in (moved.strip(), louder) if part)
    sign = SIGNS.get(first, "!")
    when = f"{fired:%Y-%m-%d %H:%M:%S}"
    changes = "+".join(pair.changes)
    return [f"{sign} {changes}", when, pair.either.rule, scope_words(pair.either.scope), what]


_LOUDNESS: Final = frozenset({Difference.LOUDER, Difference.QUIETER})
