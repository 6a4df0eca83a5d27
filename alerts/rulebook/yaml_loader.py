"""YAML as nodes, of a bounded number: a file of some kilobytes may stand for any number of values.

Aliases are not copied, but whoever reads a document reads what one stands for as often as it stands there:
2,000 rules that each merge a mapping of 5,000 keys are ten million keys in 70 kB.  So values are counted as
they are composed, and those of an alias each time that it stands somewhere.
"""

from typing import Any, Final

import yaml

Mark = Any
"""A place as YAML's parsers give it."""

MOST_VALUES: Final = 500_000
"""That are written in a document: each takes some 15 us and 500 bytes to read."""
MOST_ALIASED: Final = 100_000
"""That all aliases of a document stand for together."""


class Unbounded(yaml.MarkedYAMLError):
    """A document that is YAML, and too much of it."""


class BoundedLoader(yaml.SafeLoader):
    """Composes nodes; refuses documents that are too many of them, or that hold themselves."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._written = 0
        self._aliased = 0
        self._sizes: dict[yaml.Node, int] = {}  # of what has an anchor and is complete

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """The next node.

        Raises:
            Unbounded: that is one too many, or it is an alias of what it stands in.
        """
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            node = super().compose_node(parent, index)
            self._alias(node, event.start_mark)
            return node
        before = self._written + self._aliased
        self._written += 1
        if self._written > MOST_VALUES:
            raise _unbounded(f"more than {MOST_VALUES:,} values", event.start_mark)
        node = super().compose_node(parent, index)
        if node is not None and event.anchor is not None:
            self._sizes[node] = self._written + self._aliased - before
        return node

    def _alias(self, node: yaml.Node | None, mark: Mark) -> None:
        size = None if node is None else self._sizes.get(node)
        if size is None:
            raise _unbounded("a value that holds itself", mark)
        self._aliased += size
        if self._aliased > MOST_ALIASED:
            raise _unbounded(f"aliases that stand for more than {MOST_ALIASED:,} values", mark)


def _unbounded(why: str, mark: Mark) -> Unbounded:
    return Unbounded(None, None, why, mark)
