"""The `receivers:` and `routes:` of a rules file.

Messages never repeat a secret, nor a URL, which may hold one.
"""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Collection
from typing import Final
from urllib.parse import urlsplit

from alerts.rulebook.values import dimension_values
from alerts.rulebook.yaml_nodes import Fields, Node, Wrong
from alerts.rules import DIMENSIONS, Receiver, Route, Severity

SECRET_FIELDS: Final = ("secret", "secret_env", "secret_file")
NAME: Final = "a name"


def read_receivers(root: Fields) -> tuple[Receiver, ...]:
    """The receivers, each name once."""
    node = root.find("receivers")
    if node is None or node.is_nothing:
        return ()
    found: dict[str, Receiver] = {}
    for items in node.attempt(lambda node: node.items("a list of receivers")):
        for item in items:
            for receiver in item.attempt(_receiver):
                if receiver is not None and receiver.name in found:
                    item.note(f'want each receiver once, got "{receiver.name}" again')
                elif receiver is not None:
                    found[receiver.name] = receiver
    return tuple(found.values())


def read_routes(root: Fields, receivers: Collection[str], labels: "Labels") -> tuple[Route, ...]:
    """The routes; `receivers` are the names that there are."""
    node = root.find("routes")
    if node is None or node.is_nothing:
        return ()
    groups = node.attempt(lambda node: node.each(_route(receivers, labels), "a list of routes"))
    return tuple(route for group in groups for route in group)


class Labels:
    """Which labels a route may match, and with which values where these are known."""

    def __init__(self, rules: Collection[str], indicators: Collection[str]) -> None:
        self._closed = {
            "rule": rules,
            "severity": [str(level) for level in Severity],
            "indicator": indicators,
        }

    def read(self, fields: Fields) -> dict[str, tuple[str, ...]]:
        """The labels of a `match:`."""
        match: dict[str, tuple[str, ...]] = {}
        for label in (*self._closed, *DIMENSIONS):
            values = fields.get(label, self._parser(label))
            if values is not None:
                match[label] = values
        fields.close()
        return match

    def _parser(self, label: str) -> Callable[[Node], tuple[str, ...]]:
        if label in self._closed:
            options = self._closed[label]
            return lambda node: tuple(node.one_or_each(lambda item: item.choice(options)))
        return dimension_values(label)


def _receiver(node: Node) -> Receiver | None:
    fields = node.fields("a receiver with name and webhook")
    name = fields.require("name", _name, NAME)
    webhook = fields.require("webhook", _webhook, "a webhook with its url")
    fields.close()
    if webhook is None:
        return None
    url = webhook.require("url", _url, "an http or https URL")
    secrets = webhook.get("secret", lambda node: node.one_or_each(_secret)) or []
    env = webhook.get("secret_env", _hidden_text("the name of an environment variable"))
    file = webhook.get("secret_file", _hidden_text("the path of a file"))
    webhook.close()
    given = [name for name in SECRET_FIELDS if name in webhook]
    if len(given) > 1:
        webhook.note(given[1], f"want one of {', '.join(SECRET_FIELDS)}, got {' and '.join(given)}")
    if name is None or url is None:
        return None
    return Receiver(name, url, tuple(secrets), env, file)


def _route(receivers: Collection[str], labels: Labels) -> Callable[[Node], Route]:
    def known(node: Node) -> str:
        if not receivers:
            raise node.wrong("the name of a receiver (there are none)")
        return node.choice(receivers)

    def parse(node: Node) -> Route:
        fields = node.fields("a route with receiver and match")
        receiver = fields.require("receiver", known, "the name of a receiver")
        match = fields.get("match", lambda node: labels.read(node.fields("labels and their values"))) or {}
        fields.close()
        return Route(receiver or "", match)

    return parse


def _name(node: Node) -> str:
    name = node.text(NAME)
    if not name.strip() or len(name) > 80:
        raise node.wrong("a name of 1 to 80 characters")
    return name


def _webhook(node: Node) -> Fields:
    if not node.is_mapping:
        raise Wrong(node, "want a mapping with the url")
    return node.fields()


def _hidden_text(want: str) -> Callable[[Node], str]:
    """A parser of text that shows nothing of what it found: a secret may have been put in its place."""

    def parse(node: Node) -> str:
        try:
            return node.text()
        except Wrong:
            raise Wrong(node, f"want {want} as text") from None

    return parse


def _url(node: Node) -> str:
    url = _hidden_text("an http or https URL")(node)
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or any(character.isspace() for character in url):
        raise Wrong(node, "want an http or https URL with a host (what was found may hold a secret)")
    return url


def _secret(node: Node) -> str:
    want = "want a secret as Standard Webhooks writes it, whsec_ and 24 to 64 bytes in base64"
    secret = node.raw.value if node.plain() is None and not node.is_nothing else node.plain()
    if not isinstance(secret, str):
        raise Wrong(node, want)
    try:
        size = len(b64decode(secret.removeprefix("whsec_"), validate=True))
    except (NotBase64, ValueError):
        size = 0
    if not 24 <= size <= 64:
        raise Wrong(node, f"{want} (what was found is not shown)")
    return secret
