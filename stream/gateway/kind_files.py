"""Kinds: the systems that the gateway knows, each declared in a file of `stream/gateway/kinds`.

A file says how the system signs (`verify`), which messages are tests (`tests`), which answers are complete
(`finished`), and how a message becomes events (`mapping`, in the language of `tocsin import`).
"""

import re
from functools import lru_cache
from importlib.resources import files
from typing import Final

from alerts.rulebook.values import duration
from alerts.rulebook.yaml_nodes import Fields, Node, read_document
from alerts.rules import DAY_MS
from stream.gateway.secrets import SecretRef, Secrets, header_name
from stream.gateway.sources import Native, SourceKind
from stream.gateway.verification import ALGORITHMS, TOLERANCE_S, Covers, Encoding, KeyForm, Signature
from stream.importing.conditions import Condition
from stream.importing.mapping_file.reader import SUFFIX, read_conditions, read_mapping

_NATIVE: Final = {native.value: SourceKind(name=native.value, native=native) for native in Native}
_HOLE: Final = re.compile(r"\{[^{}]*\}")
_FOLDER: Final = files("stream") / "gateway" / "kinds"


def kinds() -> list[str]:
    """Names of all kinds."""
    shipped = [item.name.removesuffix(SUFFIX) for item in _FOLDER.iterdir() if item.name.endswith(SUFFIX)]
    return sorted([*shipped, *_NATIVE])


@lru_cache
def kind(name: str) -> SourceKind:
    """The kind of that name, which must be one of `kinds()`.

    Raises:
        RulebookError: its file is wrong, which is our own mistake.
    """
    if name in _NATIVE:
        return _NATIVE[name]
    file = name + SUFFIX
    root = read_document((_FOLDER / file).read_text(encoding="utf-8"), file)
    found = root.attempt(lambda node: _kind(node, name))
    root.notes.settle()
    return found[0]


def _kind(root: Node, name: str) -> SourceKind:
    fields = root.fields("a kind")
    signature = fields.get("verify", read_signature)
    tests = _conditions(fields, "tests")
    finished = _conditions(fields, "finished")
    mapping = fields.require("mapping", read_mapping, "how messages become events")
    fields.close()
    return SourceKind(name=name, signature=signature, tests=tests, finished=finished, mapping=mapping)


def _conditions(fields: Fields, name: str) -> tuple[Condition, ...]:
    return fields.get(name, read_conditions) or ()


def read_signature(node: Node) -> Signature:
    """How a system signs.

    Raises:
        Wrong: it is not a mapping.
    """
    fields = node.fields('a mapping such as {algorithm: hmac-sha256, header: X-Sig, signed: "{body}"}')
    made = signature_of(fields)
    fields.close()
    return made


def read_signature_parts(node: Node) -> tuple[Signature, Secrets]:
    """How a source of one's own signs, and where its secret is.

    Raises:
        Wrong: it is not a mapping.
    """
    fields = node.fields("none, or a mapping such as {header: X-Sig, secret_env: SECRET}")
    secret = SecretRef.of(fields, "secret")
    made = signature_of(fields)
    fields.close()
    return made, secret


def signature_of(fields: Fields) -> Signature:
    """How a system signs, from the fields of a mapping that may have others."""
    header = fields.require("header", header_name, "the header with the signature") or ""
    signed = fields.get_or("signed", Node.text, "{body}")
    timestamp, identity = fields.get("timestamp", header_name), fields.get("id", header_name)
    if "{body}" not in signed:
        fields.note("signed", "want {body} in it")
    if unknown := sorted({*_HOLE.findall(signed)} - {"{body}", "{timestamp}", "{id}"}):
        fields.note("signed", f"want {{body}}, {{timestamp}} and {{id}} alone, got {', '.join(unknown)}")
    for hole, name in (("timestamp", timestamp), ("id", identity)):
        if f"{{{hole}}}" in signed and name is None:
            fields.note(hole, f"missing, want the header that {{{hole}}} stands for")
    if timestamp is not None and "{timestamp}" not in signed:
        fields.note("timestamp", "want {timestamp} in signed: a stamp that is not signed proves nothing")
    return Signature(
        header=header,
        algorithm=fields.get_or("algorithm", lambda node: node.choice(ALGORITHMS), "hmac-sha256"),
        signed=signed,
        encoding=fields.get_or("encoding", lambda node: Encoding(node.choice([*Encoding])), Encoding.HEX),
        prefix=fields.get_or("prefix", Node.text, ""),
        timestamp=timestamp,
        id=identity,
        tolerance_s=fields.get_or("tolerance", lambda node: duration(1000, DAY_MS)(node) / 1000, TOLERANCE_S),
        key=fields.get_or("key", lambda node: KeyForm(node.choice([*KeyForm])), KeyForm.TEXT),
        covers=fields.get_or("covers", lambda node: Covers(node.choice([*Covers])), Covers.BODY),
    )
