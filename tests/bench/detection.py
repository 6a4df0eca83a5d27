"""The table of detectors: false pages, and delays for three sizes of change, by how much comes in.

Every kind of rule through `tocsin simulate`'s own simulation, beside the plain rule that pages no oftener.
Rows are written as they are found, since the whole takes an hour.
"""

import argparse
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from alerts.notation import duration_ms
from alerts.rules import DAY_MS, MINUTE_MS, Rulebook
from stream.files.rule_files import load
from stream.simulate.outcomes import RuleOutcome, false_pages
from stream.simulate.question import Fall, Question
from stream.simulate.rhythm import Rhythm
from stream.simulate.simulation import Simulation
from tests.bench.machine import command, machine, markdown, say

VOLUMES: Final = (5, 20, 200, 2000)
WINDOWS: Final = {5: "6d", 20: "1d12h", 200: "3h40m", 2000: "20m"}
"""Of a threshold: some thirty answers."""
GAP_WINDOWS: Final = {5: "7d", 20: "3d", 200: "1d", 2000: "1d"}
PANES: Final = {5: "10m", 20: "10m", 200: "1m", 2000: "5m"}
PATIENCE_DAYS: Final = {5: 40, 20: 20, 200: 7, 2000: 3}
"""How long a change is watched."""
HEALTHY: Final = 85.0
SCORES: Final = (75.0, 60.0, 40.0)
CHANGES: Final = {"surge": (1.5, 2.0, 3.0), "silence": (0.5, 0.25, 0.0)}
"""Times the usual volume; the other rules are shown falls of a score of 85 to `SCORES`."""
NOISE: Final = 0.1
"""How far days stray from each other, for rules on volume."""
FINER: Final = 1.08
"""How many times as long the next window is that is tried for the plain rule, up to `LONGEST_MS`."""
LONGEST_MS: Final = 90 * DAY_MS
UNIT_MS: Final = 10 * MINUTE_MS
"""Windows that are tried are multiples of that."""
WATCHED: Final = 200
"""Scopes that a change is shown: enough for a median.  False pages are counted in all of them."""
TOGETHER: Final = 20
"""Scopes of a month; whoever wants fewer plain months gets fewer of these."""

RULES: Final = """
timing: {{pane: {pane}, lateness: 1m}}
rules:
  - {{name: threshold, indicator: csat, by: [channel], warning: 80, window: {window}}}
  - {{name: sudden, indicator: csat, by: [channel], detect: sudden, floor: 80}}
  - {{name: burn, indicator: csat, by: [channel], detect: burn, target: 80}}
  - {{name: gap, indicator: csat, by: [channel], detect: gap, across: team, window: {gap}}}
  - {{name: surge, indicator: contacts, by: [channel], detect: surge, learn: 14d}}
  - {{name: silence, indicator: contacts, by: [channel], detect: silence, learn: 14d}}
"""
KINDS: Final = ("threshold", "sudden", "burn", "gap", "surge", "silence")
HEAD: Final = ("a day", "rule", "scope-months", "false pages", "milder", "change", "greater")


def rulebook(per_day: int) -> Rulebook:
    """The six rules, with the windows that fit so many answers a day."""
    text = RULES.format(pane=PANES[per_day], window=WINDOWS[per_day], gap=GAP_WINDOWS[per_day])
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rules.yaml"
        path.write_text(text, "utf-8")
        return load(path)


def question(kind: str, per_day: int, scopes: int, seed: int) -> Question:
    """What is asked of a kind of rule at a volume, over so many months of scopes."""
    times = CHANGES.get(kind, ())
    return Question(
        healthy=None if times else HEALTHY,
        falls=tuple(Fall(times=each) for each in times) or tuple(map(Fall, SCORES)),
        per_day=per_day,
        scopes=TOGETHER,
        months=-(-scopes // TOGETHER),
        seed=seed,
        patience_ms=PATIENCE_DAYS[per_day] * DAY_MS,
        tune_ms=windows(per_day),
        rhythm=Rhythm.even(per_day / 24, NOISE) if times else None,
        watched=WATCHED,
    )


def windows(per_day: int) -> tuple[int, ...]:
    """Windows to try, from the threshold's own on."""
    first = duration_ms(WINDOWS[per_day]) / UNIT_MS
    steps = range(int(math.log(LONGEST_MS / UNIT_MS / first, FINER)) + 1)
    return tuple(sorted({*(round(first * FINER**step) * UNIT_MS for step in steps), LONGEST_MS}))


def rows(kind: str, asked: Question, *, bare: bool) -> Iterator[Sequence[str]]:
    """The rule's own row, and unless it stands `bare` that of the plain rule which pages no oftener."""
    per_day = int(asked.per_day)
    book = rulebook(per_day)
    chosen = [rule for rule in book.rules if rule.name == kind]
    asked = replace(asked, tune_ms=()) if bare else asked
    found = Simulation(book, chosen, asked).run(lambda _: None)
    own = next(each for each in found if each.beside is None)
    yield _row(per_day, kind, own)
    if bare:
        return
    tuned = found[-1]
    if tuned is not own and not tuned.rule.name.endswith(", plain"):
        yield _row(per_day, tuned.rule.name.removeprefix(f"{kind}, "), tuned)
    else:
        yield str(per_day), f"{kind}, plain", "", "none tried pages as seldom", "", "", ""


def _row(per_day: int, name: str, of: RuleOutcome) -> Sequence[str]:
    rate, low, high = false_pages(of)
    months, pages = f"{of.scope_months:,.0f}", f"{rate:.2g} ({low:.2g} to {high:.2g})"
    delays = [f"{seen.to.text}: {_delay(seen.seconds[0], seen.share)}" for seen in of.falls]
    return (str(per_day), name, months, pages, *delays)


def _delay(delay_s: float, share: float) -> str:
    if not math.isfinite(delay_s):
        return f"{share:.0%} seen"
    if delay_s >= 2 * DAY_MS / 1000:
        return f"{delay_s * 1000 / DAY_MS:.1f} d"
    return f"{delay_s / 3600:.1f} h" if delay_s >= 3600 else f"{delay_s / 60:.0f} min"


def main() -> None:
    """Print the table, row by row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-day", type=int, nargs="+", default=VOLUMES, choices=VOLUMES)
    parser.add_argument("--rules", nargs="+", default=KINDS, choices=KINDS)
    parser.add_argument("--scopes", type=int, default=1000, help="months of scopes")
    parser.add_argument("--bare", action="store_true", help="without the plain rules, which take longest")
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    say(f"`{command()}`\n{machine()}\n")
    say(markdown(HEAD, []))
    for per_day in wanted.per_day:
        for kind in wanted.rules:
            asked = question(kind, per_day, wanted.scopes, wanted.seed)
            for row in rows(kind, asked, bare=wanted.bare):
                say(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
