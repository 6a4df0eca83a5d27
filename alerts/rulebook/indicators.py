"""The `indicators:` block: which indicators are kept, and with which options."""

from collections.abc import Mapping

from alerts.measures import scale_ends
from alerts.rulebook.values import duration, open_hours
from alerts.rulebook.yaml_nodes import Fields, Node, Wrong
from alerts.rules import SECOND_MS, IndicatorInfo, OptionInfo

Catalogue = Mapping[str, IndicatorInfo]
Kept = dict[str, Mapping[str, object]]


def read_indicators(root: Fields, catalogue: Catalogue) -> Kept:
    """Options of every indicator that is kept, defaults filled in; `nps: false` switches one off."""
    options = {info.configured_by: info.options for info in catalogue.values()}
    kept: Kept = {key: {name: option.default for name, option in options[key].items()} for key in options}
    node = root.find("indicators")
    if node is None or node.is_nothing:
        return kept
    for fields in node.attempt(lambda node: node.fields("a mapping of indicators to options")):
        for key, known in options.items():
            entry = fields.find(key)
            if entry is not None:
                _configure(key, entry, known, kept)
        fields.close()
    return kept


def _configure(key: str, entry: Node, options: Mapping[str, OptionInfo], kept: Kept) -> None:
    if entry.plain() in {"true", "false"}:
        if not entry.flag():
            del kept[key]
        return
    if entry.is_nothing:
        return
    for fields in entry.attempt(lambda node: node.fields("options, true or false")):
        values = {name: _option(fields, name, option) for name, option in options.items()}
        fields.close()
        kept[key] = values
        _positive_from(fields, values)


def _option(fields: Fields, name: str, option: OptionInfo) -> object:
    if option.kind == "hours":
        return open_hours(fields)

    def parse(node: Node) -> object:
        if option.kind == "duration":
            least_ms = 0 if option.default == 0 else SECOND_MS  # what is off by default may be said to be off
            return duration(least_ms, option.most_ms)(node)
        if option.kind == "number":
            return node.number()
        try:
            return node.choice(option.choices)
        except Wrong as wrong:
            raise Wrong(node, f"{wrong} ({option.advice})" if option.advice else str(wrong)) from None

    return fields.get_or(name, parse, option.default)


def _positive_from(fields: Fields, values: Mapping[str, object]) -> None:
    """The lowest positive answer must leave at least one answer on either side."""
    start, ends = values.get("positive_from"), scale_ends(values.get("scale"))
    if isinstance(start, float) and ends is not None:
        low, high = ends
        if not (start.is_integer() and low < start <= high):
            scale = f"{low + 1:g} to {high:g}" if high > low + 1 else f"{high:g}"
            fields.note(
                "positive_from", f"want an answer of the scale {values['scale']}, {scale}, got {start:g}"
            )
