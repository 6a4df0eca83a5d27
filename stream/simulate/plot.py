"""Plot: a simulation as one HTML page, table and drawing, with nothing to fetch."""

from collections.abc import Sequence
from html import escape
from math import ceil, floor, isfinite, log10
from typing import Final

from alerts.wording import figures
from stream.simulate.outcomes import FallSeen, RuleOutcome, false_pages
from stream.simulate.question import Question

WIDTH, BAR, GAP, LEFT, RIGHT = 860, 16, 6, 300, 150
"""Pixels: of the drawing, of a bar and the space below it, of the names, of what is written after bars."""
COLOURS: Final = ("#2b6cb0", "#a0aec0")
"""A rule's own bars, and those of what stands beside it."""
STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; color: #1a202c }
table { border-collapse: collapse } td, th { padding: .3rem .8rem; text-align: right }
td:first-child, th:first-child { text-align: left } tr + tr { border-top: 1px solid #e2e8f0 }
svg text { font: 13px system-ui, sans-serif; fill: #1a202c } .beside { color: #718096 }
"""


def chart(question: Question, outcomes: Sequence[RuleOutcome]) -> str:
    """The whole page."""
    indicator = outcomes[0].rule.indicator
    score = "" if question.healthy is None else f" {question.healthy:g}"
    title = f"{indicator}{score}, {question.scopes} scopes × {question.per_day:g} a day"
    rates = [false_pages(outcome)[0] for outcome in outcomes]
    parts = [
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>',
        f"<style>{STYLE}</style><h1>{escape(title)}</h1>",
        _table(question, outcomes),
        "<h2>False pages per scope and 30 days</h2>",
        bars(outcomes, rates),
    ]
    for place, fall in enumerate(question.falls):
        hours = [outcome.falls[place].seconds[0] / 3600 for outcome in outcomes]
        parts += [
            f"<h2>Fall to {fall.text}: median hours until the page</h2>",
            bars(outcomes, hours, " h", most=2),
        ]
    return "\n".join([*parts, "</html>"])


def bars(outcomes: Sequence[RuleOutcome], values: Sequence[float], unit: str = "", most: int = 3) -> str:
    """One bar per outcome on a logarithmic axis, with `most` figures; 0 has no place there."""
    shown = [value for value in values if isfinite(value) and value > 0]
    low, high = (floor(log10(min(shown))), ceil(log10(max(shown)) + 1e-9)) if shown else (0, 1)
    high = max(high, low + 1)
    height = len(values) * (BAR + GAP) + 24
    width = WIDTH - LEFT - RIGHT

    def place(value: float) -> float:
        return LEFT + width * (log10(value) - low) / (high - low)

    lines = [f'<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">']
    for power in range(low, high + 1):
        x = place(10.0**power)
        lines.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{height - 20}" stroke="#e2e8f0"/>')
        lines.append(f'<text x="{x:.1f}" y="{height - 5}" text-anchor="middle">{figures(10.0**power)}</text>')
    for number, (outcome, value) in enumerate(zip(outcomes, values, strict=True)):
        y = number * (BAR + GAP)
        end = place(value) if isfinite(value) and value > 0 else LEFT
        text = figures(value, most) + unit if isfinite(value) else "not seen by half"
        name, colour = escape(outcome.rule.name), COLOURS[outcome.beside is not None]
        lines += [
            f'<text x="{LEFT - 8}" y="{y + 13}" text-anchor="end">{name}</text>',
            f'<rect x="{LEFT}" y="{y}" width="{max(end - LEFT, 1):.1f}" height="{BAR}" fill="{colour}"/>',
            f'<text x="{max(end, LEFT) + 6:.1f}" y="{y + 13}">{text}</text>',
        ]
    return "\n".join([*lines, "</svg>"])


def _table(question: Question, outcomes: Sequence[RuleOutcome]) -> str:
    heads = ["rule", "false pages per scope and 30 d", "95 %", "time in alarm"]
    heads += [f"fall to {fall.text}: answers, median (p90)" for fall in question.falls]
    rows = ["<tr>" + "".join(f"<th>{escape(head)}</th>" for head in heads) + "</tr>"]
    for outcome in outcomes:
        rate, low, high = false_pages(outcome)
        cells = [
            outcome.rule.name,
            figures(rate),
            f"{figures(low)} to {figures(high)}",
            f"{outcome.firing:.2%}",
        ]
        cells += [_answers(seen) for seen in outcome.falls]
        mark = ' class="beside"' if outcome.beside else ""
        rows.append(f"<tr{mark}>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    return "<table>" + "\n".join(rows) + "</table>"


def _answers(seen: FallSeen) -> str:
    median, most = (f"{each:g}" if isfinite(each) else "never" for each in seen.answers)
    return f"{median} ({most})"
