"""Numbers of the command line that are numbers."""

import math
from typing import Any

import click


class FiniteRange(click.FloatRange):
    """Numbers within bounds, if any, of which `nan` and `inf` are none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number that a text says."""
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is no number", param, ctx)
        return number

    def _describe_range(self) -> str:
        """As the help has it; nothing where there are no bounds."""
        return "" if self.min is None and self.max is None else super()._describe_range()
