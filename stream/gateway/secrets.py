"""Secrets: named in `sources.yaml`, read from the environment or from files when the gateway starts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alerts.errors import SettingsError
from alerts.rulebook.values import variable
from alerts.rulebook.yaml_nodes import Fields, Node, Wrong
from alerts.secret_files import read_secret

BEARER = "Authorization"
HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
HEADER_WANTED: Final = "want the name of a header, of letters, digits and -"


def header_name(node: Node) -> str:
    """The name of a header."""
    if HEADER.fullmatch(node.text()):
        return node.text()
    raise Wrong(node, f"{HEADER_WANTED}, got {node.shown}")


@dataclass(frozen=True, slots=True)
class SecretRef:
    """Where a secret is: a variable of the environment, or a file.  `prefix` goes before it."""

    env: str | None = None
    file: str | None = None
    prefix: str = ""

    @staticmethod
    def of(fields: Fields, name: str, prefix: str = "") -> "Secrets":
        """The secrets that `NAME_env` or `NAME_file` of a mapping names, one or several."""
        envs = fields.get(f"{name}_env", lambda node: node.some(variable))
        files = fields.get(f"{name}_file", lambda node: node.some(Node.text))
        if envs is not None and files is not None:
            fields.note(f"{name}_file", f"want either {name}_env or {name}_file, not both")
        return (
            *(SecretRef(env=env, prefix=prefix) for env in envs or ()),
            *(SecretRef(file=file, prefix=prefix) for file in files or ()),
        )

    def read(self, environment: Mapping[str, str]) -> str:
        """The secret.

        Raises:
            SettingsError: there is none.
        """
        if self.env is not None:
            found = environment.get(self.env)
            if not found:
                raise SettingsError(f"want a secret in the environment variable {self.env}, got nothing")
            return self.prefix + found
        try:
            return self.prefix + read_secret(Path(self.file or "")).strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8 text"
            raise SettingsError(f"want a secret in the file {self.file}: {reason}") from None


Secrets = tuple[SecretRef, ...]
"""Any of which will do: while one is changed, requests come with the new one and with the old."""


def read_all(refs: Secrets, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The secrets themselves.

    Raises:
        SettingsError: one is not there.
    """
    return tuple(ref.read(environment) for ref in refs)


def token_refs(fields: Fields) -> Mapping[str, Secrets]:
    """Headers that must have a value: `token_env` (after Bearer) and `header: {NAME: {env: …}}`."""
    found: dict[str, Secrets] = {}
    if token := SecretRef.of(fields, "token", "Bearer "):
        found[BEARER] = token
    found.update(fields.get("header", _headers) or {})
    return found


def _headers(node: Node) -> Mapping[str, Secrets]:
    fields = node.fields("headers such as {X-Token: {env: TOKEN}}")
    found = {name: fields.get(name, lambda inner: tuple(inner.some(_ref))) for name in fields.names()}
    for name in found:
        if not HEADER.fullmatch(name):
            fields.note(name, HEADER_WANTED)
    return {name: refs for name, refs in found.items() if refs}


def _ref(node: Node) -> SecretRef:
    fields = node.fields("{env: VARIABLE}: secrets do not stand in this file")
    env, file = fields.get("env", variable), fields.get("file", Node.text)
    prefix = fields.get_or("prefix", Node.text, "")
    fields.close()
    if (env is None) == (file is None):
        raise node.wrong("{env: VARIABLE} or {file: PATH}")
    return SecretRef(env, file, prefix)
