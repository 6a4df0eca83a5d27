"""Gauges as lines of text, which is all that most of a page of /metrics is.

The client library looks at every name and label of every line anew, which for tens of thousands of series
takes seconds of a busy machine.  Here the labels of samples that share them are written once.  Both formats
write a gauge alike.
"""

from collections.abc import Iterable
from typing import Final

from prometheus_client import Metric
from prometheus_client.utils import floatToGoString

_ESCAPES: Final = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})
_PLAIN_BELOW: Final = 1e6
"""Floats from 0 to below this are written as Python writes them."""


def gauge_lines(gauges: Iterable[Metric]) -> bytes:
    """The lines of gauges, whose samples have neither times nor exemplars.

    Samples that share labels share the object: it is known by its identity.
    """
    written: dict[int, str] = {}
    orders: dict[tuple[str, ...], list[str]] = {}
    out: list[str] = []
    for gauge in gauges:
        out.append(f"# HELP {gauge.name} {gauge.documentation.translate(_ESCAPES)}\n")
        out.append(f"# TYPE {gauge.name} gauge\n")
        for sample in gauge.samples:
            labels, value = sample.labels, sample.value
            text = written.get(id(labels))
            if text is None:
                names = tuple(labels)
                order = orders.get(names) or orders.setdefault(names, sorted(names))
                text = written[id(labels)] = _labels(labels, order)
            plain = value.__class__ is float and 0 <= value < _PLAIN_BELOW
            number = repr(value) if plain else floatToGoString(value)  # type: ignore[no-untyped-call]
            out.append(f"{sample.name}{text} {number}\n")
    return "".join(out).encode()


def _labels(labels: dict[str, str], order: list[str]) -> str:
    """Labels in braces, by name; nothing where there are none."""
    if not labels:
        return ""
    return "{" + ",".join([f'{name}="{_escaped(labels[name])}"' for name in order]) + "}"


def _escaped(text: str) -> str:
    if "\\" in text or '"' in text or "\n" in text:
        return text.translate(_ESCAPES)
    return text
