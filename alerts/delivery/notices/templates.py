"""Templates of one's own: Jinja2 texts that take the place of a part of a notice, in a sandbox.

Parts are `title` and `text`.  What they may use is what the notice knows: no customer data is among it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache, wraps
from itertools import count
from typing import Any, Final

from jinja2 import StrictUndefined, Template, nodes, pass_context
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from alerts.delivery.notices.notice import TransitionNews
from alerts.delivery.notices.sentence_choice import recovery_of
from alerts.delivery.notices.wording import Told, worded
from alerts.paging import Receiver
from alerts.receivers.message import Words
from alerts.rules import Rule, Rulebook

MOST_CHARACTERS: Final = 4_000
"""Of a template's result, and of what a text is padded to."""
MOST_STEPS: Final = 10_000
"""Turns of loops and calls: three loops of a thousand turns within each other would take minutes."""
STEPS: Final = " steps"
"""Where a template's steps are counted, under a name that no template can say."""
PADDING: Final = ("batch", "center", "indent", "slice")
"""Filters that make as much as a number says."""
FIELDS: Final = (
    "id", "rule", "severity", "state", "indicator", "scope", "at", "started_at", "window_s", "value", "n",
    "low", "high", "limit", "summary", "cause",
)  # fmt: skip
"""What templates may use of an alert, beside `title`, `text`, `facts`, `lang`, `owner` and `times`."""


class TemplateFault(Exception):  # noqa: N818  # reads as what it says
    """A template cannot be read, or fails on an alert."""


class _FrugalSandbox(ImmutableSandboxedEnvironment):
    """A sandbox in which no single operation can take all memory or an hour."""

    intercepted_binops = frozenset({"**", "*", "%"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Numbers may be multiplied; texts are not repeated, nor padded, and nothing is raised to a power."""
        if operator == "**" or not (isinstance(left, int | float) and isinstance(right, int | float)):
            raise SecurityError(f"{operator} is not for this")
        return super().call_binop(context, operator, left, right)

    def call(self, context: Context, obj: Any, /, *args: Any, **named: Any) -> Any:
        """Calls are counted, so that macros end, and nothing is padded at length."""
        _step(context)
        if isinstance(getattr(obj, "__self__", None), str):
            _refuse_widths(args, named)
        return super().call(context, obj, *args, **named)


def _step(context: Context) -> None:
    if next(context[STEPS]) >= MOST_STEPS:
        raise SecurityError(f"more than {MOST_STEPS} turns of loops and calls")


def _refuse_widths(args: Iterable[object], named: Mapping[str, object]) -> None:
    if any(isinstance(each, int) and each > MOST_CHARACTERS for each in (*args, *named.values())):
        raise SecurityError(f"more than {MOST_CHARACTERS} characters are too many")


@pass_context
def _counted(context: Context, items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        _step(context)
        yield item


def _narrow(padding: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that pads, up to some length."""

    @wraps(padding)
    def within(*args: Any, **named: Any) -> Any:
        _refuse_widths(args, named)
        return padding(*args, **named)

    return within


_SANDBOX: Final = _FrugalSandbox(undefined=StrictUndefined, autoescape=False)  # plain text
_SANDBOX.filters |= {name: _narrow(_SANDBOX.filters[name]) for name in PADDING}
_SANDBOX.filters[STEPS] = _counted


def filled(template: str, news: TransitionNews, words: Words, more: Mapping[str, Any]) -> str:
    """What a template makes of an alert.

    Raises:
        TemplateFault: it fails.
    """
    places = {name: getattr(news, name) for name in FIELDS}
    places |= {"title": words.title, "text": words.text, "facts": dict(words.facts), **more, STEPS: count()}
    try:
        return _compiled(template).render(places)[:MOST_CHARACTERS]
    except Exception as error:  # noqa: BLE001  # whatever it raises, be it by how Python is nested
        raise TemplateFault(f"{type(error).__name__}: {error}") from None


SAMPLE_DEFINITION: Final[Mapping[str, object]] = {
    "formula": "sample",
    "unit": "percent",
    "scale": None,
    "direction": "low_is_bad",
    "clock": "event_time",
}


def complaints(rulebook: Rulebook) -> Iterator[str]:
    """What is wrong with the templates of receivers, tried on a sample of every rule and state."""
    for receiver in rulebook.receivers:
        for part, template in receiver.templates.items():
            fault = _first_fault(receiver, template, rulebook.rules)
            if fault is not None:
                yield f"receivers.{receiver.name}.templates.{part}: {fault}"


def sample(
    rule: Rule, state: str = "firing", definition: Mapping[str, object] = SAMPLE_DEFINITION
) -> TransitionNews:
    """An alert of a rule as it may come; over, once its score is healthy again."""
    worse = 1 if definition["direction"] == "high_is_bad" else -1
    value = 50.0 + 8.5 * worse
    low, high = (value - 8.0, value + 8.0) if state == "firing" else (None, None)
    if state == "resolved":
        value = recovery_of(rule.detect) or 50.0 - 41.5 * worse
    return TransitionNews(
        id="0" * 16,
        seq=1,
        rule=rule.name,
        severity="critical",
        state=state,
        indicator=rule.indicator,
        scope=dict.fromkeys(rule.scope_dims, "sample"),
        at="2026-01-01T12:00:00Z",
        started_at="2026-01-01T11:45:00Z",
        definition=dict(definition),
        window_s=1800.0,
        value=None if state == "stale" else value,
        n=0 if state == "stale" else 143,
        low=low,
        high=high,
        limit=50.0,
        summary="This is a sample, not an alert",
        evidence={"expected": 20.0, "long_rate": 4.5, "since": "2026-01-01T11:45:00Z"},
        cause=None,
    )


def _first_fault(receiver: Receiver, template: str, rules: tuple[Rule, ...]) -> str | None:
    for rule in rules:
        for state in ("firing", "stale", "resolved"):
            news = sample(rule, state)
            words = worded(news, Told(rule=rule), receiver.lang)
            try:
                filled(template, news, words, {"lang": receiver.lang, "owner": "", "times": 1})
            except TemplateFault as error:
                return f"fails on a sample of {rule.name}, {state}: {error}"
    return None


@lru_cache(maxsize=256)
def _compiled(template: str) -> Template:
    """The template, whose loops count their turns."""
    tree = _SANDBOX.parse(template)
    for loop in tuple(tree.find_all(nodes.For)):
        loop.iter = nodes.Filter(loop.iter, STEPS, [], [], None, None, lineno=loop.lineno)
    tree.set_environment(_SANDBOX)
    return Template.from_code(_SANDBOX, _SANDBOX.compile(tree), _SANDBOX.make_globals(None))
