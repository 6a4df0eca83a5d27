"""`sources.yaml`: read into values, every mistake with its line and column.

A source names a kind, or a mapping file of its own; where its requests come in; and how it proves that
they are its own.  Secrets stand in the environment or in files, never in `sources.yaml`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

from alerts.errors import OperatorError, RulebookError, SettingsError
from alerts.rulebook.values import given
from alerts.rulebook.yaml_nodes import Fields, Node, read_document
from alerts.rules import DIMENSIONS
from stream.gateway.kind_files import kind, kinds, read_signature_parts
from stream.gateway.operator_files import read_text
from stream.gateway.secrets import SecretRef, Secrets, read_all, token_refs
from stream.gateway.sources import Answers, Source, SourceKind, asked_headers
from stream.gateway.verification import Signature, Verifier
from stream.importing.cells.lookups import Entries
from stream.importing.mapping_file.reader import load, table_entries
from stream.importing.objects import Translator

NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
PATH: Final = re.compile(r"(?=.{2,256}$)(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9_.~-]+)+/?")
"""Without `//`, `/./` and `/../`, of which clients and proxies make another path."""
OWN_PATHS: Final = ("/", "/metrics", "/healthz", "/readyz")
MOST_MIB: Final = 16
"""As of rules."""
GUESSABLE: Final = 16
"""A path whose last part is shorter can be found by trying."""


@dataclass(frozen=True, slots=True)
class DeclaredSource:
    """A source as its file has it, secrets still to be read; `advice` is what may want mending."""

    source: Source
    signature: Signature | None
    secrets: Secrets
    tokens: Mapping[str, Secrets]
    advice: tuple[str, ...] = ()

    def resolved(self, environment: Mapping[str, str]) -> Source:
        """The source with its secrets.

        Raises:
            SettingsError: a secret is not there, or of the wrong form.
        """
        secrets = read_all(self.secrets, environment)
        tokens = {name: read_all(refs, environment) for name, refs in self.tokens.items()}
        verifier = Verifier(signature=self.signature, secrets=secrets, tokens=tokens)
        try:
            verifier.check_secrets()
        except ValueError as error:
            raise SettingsError(f"the signing secret: {error}") from None
        return replace(self.source, verifier=verifier)


@dataclass(slots=True)
class _Seen:
    """Names and paths that are taken, each by one source."""

    names: set[str] = field(default_factory=set)
    paths: set[str] = field(default_factory=set)


def load_sources(path: Path) -> list[DeclaredSource]:
    """The sources that a file declares.

    Raises:
        SettingsError: it cannot be read.
        RulebookError: it is wrong.
    """
    return parse_sources(read_text(path, "--sources", MOST_MIB), str(path), path.parent)


def parse_sources(text: str, file: str, folder: Path) -> list[DeclaredSource]:
    """The sources that `text` declares; paths of mapping files are relative to `folder`.

    Raises:
        RulebookError: with every mistake in it.
    """
    root = read_document(text, file)
    seen = _Seen()
    found = root.attempt(lambda node: _sources(node, folder, seen))
    root.notes.settle()
    return found[0]


def resolved(declared: list[DeclaredSource], environment: Mapping[str, str]) -> list[Source]:
    """All sources with their secrets.

    Raises:
        SettingsError: with every secret that is not there.
    """
    found: list[Source] = []
    missing: list[str] = []
    for each in declared:
        try:
            found.append(each.resolved(environment))
        except OperatorError as error:
            missing.append(f"sources.{each.source.name}: {error}")
    if missing:
        raise SettingsError("\n".join(missing))
    return found


def _sources(root: Node, folder: Path, seen: _Seen) -> list[DeclaredSource]:
    fields = root.fields("a mapping with sources")
    items = fields.require("sources", lambda node: node.items("a list of sources"), "a list of sources") or []
    fields.close()
    if not items and "sources" in fields:
        fields.note("sources", "want at least one source")
    return [made for item in items for made in item.attempt(lambda node: _source(node, folder, seen))]


def _source(node: Node, folder: Path, seen: _Seen) -> DeclaredSource:
    fields = node.fields("a source such as {name: site, kind: hotjar, path: /in/…}")
    name = fields.require("name", _name, "a name, which metrics and dead letters have as label") or ""
    if name in seen.names:
        fields.note("name", f'want each name once, got "{name}" again')
    seen.names.add(name)
    chosen = _kind(fields, folder)
    secrets = SecretRef.of(fields, "secret")
    tokens = token_refs(fields)
    signature, own_secrets, unsigned = _signature(fields, chosen)
    secrets = secrets or own_secrets
    path = _path(fields, name, seen, proven=bool(tokens or (signature and secrets)))
    answers = fields.get_or("answers", lambda inner: Answers(inner.choice([*Answers])), Answers.FIRST)
    if answers is Answers.FINISHED and not chosen.finished:
        fields.note("answers", f"{chosen.name} has no word for finished answers: want first, or nothing")
    fill = _fill(fields)
    tables = _tables(fields, chosen)
    fields.close()
    translator = None
    if chosen.mapping is not None:
        finished = chosen.finished if answers is Answers.FINISHED else ()
        translator = Translator(chosen.mapping, tables, finished)
    source = Source(
        name=name,
        kind=chosen,
        path=path,
        answers=answers,
        translator=translator,
        fill=fill,
        asked=asked_headers(chosen.mapping),
    )
    advice = _advice(source, signature, secrets, tokens, unsigned=unsigned)
    return DeclaredSource(source, signature if secrets else None, secrets, tokens, advice)


def _name(node: Node) -> str:
    want = "a name of small letters, digits, - and _"
    text = node.text(want)
    if not NAME.fullmatch(text):
        raise node.wrong(want)
    return text


def _kind(fields: Fields, folder: Path) -> SourceKind:
    if "mapping" in fields:
        fields.refuse("kind", "want either a kind or a mapping of your own, not both")
        return fields.get("mapping", lambda node: _own_mapping(node, folder)) or SourceKind(name="mapping")
    chosen = fields.require("kind", lambda node: node.choice(kinds()), f"one of {', '.join(kinds())}")
    return SourceKind(name="unknown") if chosen is None else kind(chosen)


def _own_mapping(node: Node, folder: Path) -> SourceKind:
    given = node.text("a mapping file")
    place = folder / given
    try:
        mapping = load(str(place) if place.exists() else given)
    except RulebookError as error:
        node.notes.take(error.problems)
        return SourceKind(name="mapping")
    except SettingsError as error:
        raise node.wrong(f"a mapping file ({error})") from None
    if mapping.format.kind != "ndjson" or mapping.case is not None:
        raise node.wrong("a mapping whose format is ndjson, without case: requests are JSON, one at a time")
    return SourceKind(name="mapping", mapping=mapping)


def _signature(fields: Fields, chosen: SourceKind) -> tuple[Signature | None, Secrets, bool]:
    """How the source signs, the secrets if they stand there, and whether it is said that it does not sign."""
    node = fields.find("verify")
    if node is None:
        return chosen.signature, (), False
    if not node.is_mapping:
        fields.get("verify", lambda inner: inner.choice(["none"]))
        return None, (), True
    made = fields.get("verify", read_signature_parts)
    return (None, (), False) if made is None else (*made, False)


def _path(fields: Fields, name: str, seen: _Seen, *, proven: bool) -> str:
    if "path" not in fields and not proven:
        fields.note("path", "missing, want a path with a secret part: nothing else tells who sends")
    path = fields.get_or("path", _http_path, f"/in/{name}")
    if path in seen.paths:
        fields.note("path", "want each path once, got one that another source has")
    seen.paths.add(path)
    return path


def _http_path(node: Node) -> str:
    want = "a path such as /in/8f3c0d52a7e14b6c, of letters, digits and /_.~-, without //, /. and /.."
    text = node.text(want)
    if not PATH.fullmatch(text):
        raise node.wrong(want)
    if text in OWN_PATHS:
        raise node.wrong(f"a path that is not the gateway's own ({', '.join(OWN_PATHS)})")
    return text


def _fill(fields: Fields) -> Mapping[str, str]:
    """`set`: dimensions that every event of the source gets unless it has them."""
    want = "dimensions such as {segment: business}"
    return fields.get("set", lambda node: given(node, want, Node.text, DIMENSIONS)) or {}


def _tables(fields: Fields, chosen: SourceKind) -> Mapping[str, Entries]:
    found: dict[str, Entries] = {}
    if chosen.mapping is None:
        return found
    for table in chosen.mapping.tables:
        texts = chosen.mapping.texts_of(table.name)
        entries = fields.get(table.name, partial(table_entries, texts=texts))
        if entries is not None:
            found[table.name] = entries
    return found


def _advice(
    source: Source,
    signature: Signature | None,
    secrets: Secrets,
    tokens: Mapping[str, Secrets],
    *,
    unsigned: bool,
) -> tuple[str, ...]:
    told = []
    if signature is not None and not secrets and not unsigned:
        told.append("this system signs its requests: secret_env names the variable with its secret")
    if not (signature and secrets) and not tokens and len(source.path.rpartition("/")[2]) < GUESSABLE:
        told.append("nothing but the path tells who sends: make its last part 16 random characters or more")
    if source.kind.native is None and source.kind.mapping is not None:
        told += [
            f"{table.name} has no entries: every answer would be a dead letter"
            for table in source.kind.mapping.tables
            if table.required and not (source.translator and source.translator.tables.get(table.name))
        ]
    return tuple(told)
