"""What may be wrong with a log whose columns are others than the mapping names."""

import re
import unicodedata
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final

import orjson

LONGEST: Final = 60
"""Characters by which names are compared."""
CLOSE: Final = 0.8
"""How much of two names must agree to be taken for the same name mistyped, 0 to 1."""

SHOWN_CHARS: Final = 300
"""Of the names that a log has: enough for most, and what may be wrong with them still fits behind."""


def listed(columns: Sequence[str]) -> str:
    """The names, as far as they can be shown; bytes that are no text of theirs are �."""
    names = ", ".join(columns)
    shown = names if len(names) <= SHOWN_CHARS else names[:SHOWN_CHARS] + "…"
    return shown.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def hint(absent: Sequence[str], columns: Sequence[str], between: str = "") -> str:
    """What may be wrong with a log whose columns are others than the mapping names.

    `between` is what the mapping says parts cells, if it does.
    """
    if any("\0" in column for column in columns):
        return ": is this UTF-16? `encoding: utf-16-le` reads it where the file does not begin with a mark"
    if any(map(_is_foreign, columns)):
        return f": is this another encoding than UTF-8? {_encoding_with(absent, columns)}"
    if columns[0][:1] == "<":
        return ": XML or HTML? convert it to CSV first (Excel opens a table of HTML, and saves it as CSV)"
    if columns[0][:1] in {"[", "{"}:
        return ": JSON? `format: json` in the mapping reads it"
    if len(columns) != 1:
        meant = [close for name in absent for close in _alike(name, columns)]
        return f": did you mean {', '.join(dict.fromkeys(meant))}?" if meant else ""
    found = next((mark for mark in (";", "\t", "|", ",") if mark in columns[0]), None)
    if found is None:
        return ""
    if between in {"", found}:
        return f": {UNQUOTED}"
    shown = "\\t" if found == "\t" else found
    return f': one column? `delimiter: "{shown}"` in the mapping splits it'


UNQUOTED: Final = """each line in quotation marks? `sed 's/^"//; s/"$//; s/""/"/g'` takes them off"""
_OBJECTS: Final = (
    (re.compile(r'\s*"\s*(?:\\[nrt]|\s)*[\[{]'), "JSON within a string: `jq -r .` unpacks it"),
    (re.compile(r"\s*\[\s*\["), "lists in a list: `jq -r '.[] | @csv'` makes a table of them"),
    (re.compile(r"\s*\["), "a list: `format: json` in the mapping reads it"),
    (re.compile(r"\s*\{\s*'"), "single quotation marks, as Python prints: write it with json.dumps"),
    (re.compile(r"[:\[,]\s*-?(?:NaN|Infinity)\b"), "NaN or Infinity, which is no JSON: let it be null"),
    (
        re.compile(r'^\s*(?:"(?:[^"\\]|\\.)*"\s*:|[{}\[\]]+\s*(?:,\s*)?$)'),
        "a piece of one: `format: json` in the mapping reads those over many lines",
    ),
    (
        re.compile(r"^[^{\[]+\{.*\}\s*$", re.DOTALL),
        "one behind something else: `sed 's/^[^{]*//'` takes it off",
    ),
    (re.compile(r"^\s*\{\s*[A-Za-z_$][\w$]*\s*:"), "names without quotation marks: write it as JSON"),
    (re.compile(r"^[^{]*[,;\t|]"), "a table: `format: csv` in the mapping?"),
    (re.compile(r"\s*<"), "XML or HTML: convert it to CSV or JSON first"),
)


def no_object(content: str) -> str:
    """What a line is that is no JSON object, where that can be told."""
    known = next((f", got {what}" for look, what in _OBJECTS if look.search(content[:SEEN])), "")
    if known or not content.lstrip().startswith("{"):
        return known
    try:
        orjson.loads(content)
    except orjson.JSONDecodeError as error:
        return f', but {error.msg}: "{content[error.pos : error.pos + AROUND]}"' if error.pos < SEEN else ""
    return ""


AROUND: Final = 20
"""Characters that are shown of an object, from where it is none any more."""


SEEN: Final = 10_000
"""Characters of a line that are looked at to tell what it is."""


def enveloped(absent: Sequence[str], columns: Sequence[str]) -> str:
    """What may be wrong with objects that have these paths instead of those that are wanted."""
    inside = [
        path
        for name in absent
        for path in columns
        if path.endswith(f".{name}") and not path.startswith("before.")
    ]
    if inside and not any(".*." in path or ".0." in path for path in inside):
        return f": did you mean {', '.join(inside)[:SHOWN_CHARS]}?"
    found = next((found[1] for column in columns if (found := _WRAPPED.match(column))), None)
    return "" if found is None else f": a list in an object? `unwrap: {found}` in the mapping reads its items"


_WRAPPED: Final = re.compile(r"([^.]+)\.0\.")


def _is_foreign(name: str) -> bool:
    """Whether some of its bytes were no UTF-8."""
    return any("\udc80" <= letter <= "\udcff" for letter in name)


ENCODINGS: Final = (
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949", "koi8-r", "mac-roman", "cp850", "cp852", "cp866"),
)
"""What logs are saved in: Windows and DOS, by the languages of the world, and a few of before."""


def _encoding_with(absent: Sequence[str], columns: Sequence[str]) -> str:
    """The encoding in which the log has the columns that are wanted, else the one that is the most likely."""
    raw = [column.encode("utf-8", "surrogateescape") for column in columns]
    for encoding in ENCODINGS:
        if {*absent} <= {name.decode(encoding, "replace").strip() for name in raw}:
            return f"in `encoding: {encoding}` it has these columns"
    return "`encoding: cp1252` is that of most Windows exports"


def _alike(name: str, columns: Sequence[str]) -> Sequence[str]:
    """The column that has nearly this name, other capitals and accents apart."""
    plain = {_letters(column): column for column in reversed(columns)}
    return [plain[close] for close in get_close_matches(_letters(name), plain, 1, CLOSE)]


def _letters(name: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKD", name[:LONGEST]).casefold())
