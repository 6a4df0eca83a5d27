"""The `receivers:` and `links:` of a rules file.

Messages never repeat a secret, nor a URL, which may hold one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from alerts.paging import Located, Receiver, ReceiverPatience, RuleAbout
from alerts.receivers.kind import ReceiverKind
from alerts.receivers.kinds import KINDS
from alerts.receivers.link_places import PLACES, unknown_places
from alerts.receivers.settings import HIDDEN, SEVERAL, SettingSpec, is_url
from alerts.rulebook.values import duration, given, variable
from alerts.rulebook.yaml_nodes import Fields, Node, Wrong
from alerts.rules import DAY_MS, MINUTE_MS, SECOND_MS

LANGUAGES: Final = ("en", "fr")
"""What receivers may be told things in; the first unless they ask."""
TEMPLATE_PARTS: Final = ("title", "text")
LEAST_WAIT_MS: Final = 100
LONGEST_TIMEOUT_MS: Final = 2 * MINUTE_MS
NAME: Final = "a name"


@dataclass(frozen=True, slots=True)
class Receivers:
    """The receivers of a file, each name once.

    `names` are those of the wrong ones too, so that a route to one is not called wrong as well.
    """

    sound: tuple[Receiver, ...] = ()
    names: tuple[str, ...] = ()


def read_receivers(root: Fields) -> Receivers:
    """The `receivers:` of a file; what is wrong with them is noted."""
    node = root.find("receivers")
    if node is None or node.is_nothing:
        return Receivers()
    names: dict[str, None] = {}
    sound: list[Receiver] = []
    for items in node.attempt(lambda node: node.items("a list of receivers")):
        for item in items:
            for name, receiver in item.attempt(_receiver):
                if name in names:
                    item.note(f'want each receiver once, got "{name}" again')
                elif name is not None:
                    names[name] = None
                    sound += [receiver] if receiver is not None else []
    return Receivers(tuple(sound), tuple(names))


def read_links(root: Fields) -> dict[str, str]:
    """`links:`, places that every notice leads to: a URL by name."""
    return root.get("links", lambda node: given(node, "URLs by name", _link)) or {}


def _link(node: Node) -> str:
    url = node.text("an http or https URL")
    if not is_url(url):
        raise node.wrong("an http or https URL")
    unknown = sorted(unknown_places(url))
    if unknown:
        raise node.wrong(f"in braces one of {', '.join(sorted(PLACES))}")
    return url


def read_about(rule: Fields) -> RuleAbout:
    """The `owner` and `runbook` of a rule."""
    owner = rule.get_or("owner", _name, "")
    return RuleAbout(owner, rule.get_or("runbook", _link, ""))


def _receiver(node: Node) -> tuple[str | None, Receiver | None]:
    """Its name, and the receiver if all of it is sound."""
    fields = node.fields("a receiver with name and its kind")
    name = fields.require("name", _name, NAME)
    allow_private = fields.get_or("allow_private", Node.flag, default=False)
    lang = fields.get_or("lang", lambda node: node.choice(LANGUAGES), LANGUAGES[0])
    templates = fields.get("templates", _templates) or {}
    patience = _patience(fields)
    kinds = [kind for kind in KINDS if kind in fields]
    for other in kinds[1:]:
        fields.note(other, f"want one kind for each receiver, got {kinds[0]} and {other}")
    if not kinds:
        node.note(f"missing, want one of {', '.join(KINDS)}")
    settings = [fields.get(kind, _settings_of(KINDS[kind])) for kind in kinds]
    fields.close()
    if name is None or len(settings) != 1 or settings[0] is None:
        return name, None
    return name, Receiver(
        name=name, kind=kinds[0], settings=settings[0], allow_private=allow_private, lang=lang,
        templates=templates, patience=patience,
    )  # fmt: skip


def _patience(fields: Fields) -> ReceiverPatience:
    """How long an answer, the wait for the next attempt, and a notice may take."""
    return ReceiverPatience(
        timeout_ms=fields.get("timeout", duration(LEAST_WAIT_MS, LONGEST_TIMEOUT_MS)),
        max_backoff_ms=fields.get("max_backoff", duration(LEAST_WAIT_MS, DAY_MS)),
        deadline_ms=fields.get("deadline", duration(SECOND_MS, 7 * DAY_MS)),
    )


def _templates(node: Node) -> dict[str, str]:
    """Texts by the part of the notice whose place they take."""
    return given(node, "templates by part", Node.text, TEMPLATE_PARTS)


def _settings_of(kind: ReceiverKind) -> Callable[[Node], dict[str, tuple[str, ...] | Located]]:
    """A parser of the settings of a kind."""

    def parse(node: Node) -> dict[str, tuple[str, ...] | Located]:
        if not node.is_mapping:
            wanted = [spec.name for spec in kind.specs if spec.required] or [kind.specs[0].name]
            raise Wrong(node, f"want a mapping with {', '.join(wanted)}")
        fields = node.fields()
        settings = {spec.name: _setting(fields, spec) for spec in kind.specs}
        fields.close()
        given = {spec.name for spec in kind.specs if any(each in fields for each in spec.spellings)}
        complaint = kind.complaint(given)
        if complaint is not None:
            raise Wrong(node, complaint)
        return {name: value for name, value in settings.items() if value is not None}

    return parse


def _setting(fields: Fields, spec: SettingSpec) -> tuple[str, ...] | Located | None:
    """The value of one setting, however it is spelled; None where it is absent or wrong."""
    given = [each for each in spec.spellings if each in fields]
    if len(given) > 1:
        fields.note(given[1], f"want one of {', '.join(spec.spellings)}, got {' and '.join(given)}")
    if spec.required and not given:
        fields.require(spec.name, Node.text, spec.want.value)
    value: tuple[str, ...] | Located | None = fields.get(spec.name, _value(spec))
    if spec.want in HIDDEN:
        env = fields.get(f"{spec.name}_env", variable)
        file = fields.get(f"{spec.name}_file", _hidden_text("the path of a file"))
        if value is None and (env is not None or file is not None):
            return Located(env if file is None else None, file)
    return value


def _value(spec: SettingSpec) -> Callable[[Node], tuple[str, ...]]:
    """A parser of a value that stands in the file itself."""

    def one(node: Node) -> str:
        want = spec.want.value
        text = _shy_text(node, want) if spec.want in HIDDEN else node.text(want)
        complaint = spec.complaint(text)
        if complaint is not None:
            shown = "" if spec.want in HIDDEN else f", got {node.shown}"
            raise Wrong(node, complaint + shown)
        return text

    def parse(node: Node) -> tuple[str, ...]:
        values = tuple(node.one_or_each(one)) if spec.want in SEVERAL else (one(node),)
        if not values:
            raise Wrong(node, f"want {spec.want.value}")
        return values

    return parse


def _shy_text(node: Node, want: str) -> str:
    """Text of which no message shows anything; what YAML takes for a number is text too."""
    text = node.raw.value if node.plain() is None and not node.is_nothing else node.plain()
    if not isinstance(text, str):
        raise Wrong(node, f"want {want}")
    return text


def _name(node: Node) -> str:
    name = node.text(NAME)
    if not name.strip() or len(name) > 80:
        raise node.wrong("a name of 1 to 80 characters")
    return name


def _hidden_text(want: str) -> Callable[[Node], str]:
    """A parser of text that shows nothing of what it found: a secret may have been put in its place."""

    def parse(node: Node) -> str:
        try:
            return node.text()
        except Wrong:
            raise Wrong(node, f"want {want} as text") from None

    return parse
