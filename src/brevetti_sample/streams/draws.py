"""Draws, and which of them are asked for."""

from __future__ import annotations

from dataclasses import dataclass

from brevetti_sample.arguments import MAX_DRAW
from brevetti_sample.arrays.types import Int32Array
from brevetti_sample.errors import UsageError

from .plan import Plan


@dataclass(frozen=True)
class Draws:
    """Consecutive draws of a stream.

    Attributes:
        start: number of the first of them.
        group: int32 [draws], the group of each, a position in the plan's groups.
        row: int32 [draws], the row of each: in the manifest if the stream has a row index, else
            among the rows of its group.
    """

    start: int
    group: Int32Array
    row: Int32Array

    def __len__(self) -> int:
        return len(self.group)


def draw_range(plan: Plan, start: int, stop: int | None) -> tuple[int, int]:
    """Check a range of draws; an end that is left out is that of the plan, or of its stream.

    Raises:
        UsageError: a range that is empty, negative or beyond 2^60.
    """
    end = plan.draws if stop is None else stop
    if plan.length is not None:
        end = min(end, plan.length)
    if plan.length is not None and start >= plan.length:
        raise UsageError(
            f"must be before the end of the stream at draw {plan.length}, not {start}",
            parameter="start",
        )
    if not 0 <= start < end <= MAX_DRAW:
        raise UsageError(
            f"there are no draws from {start} to before {end}: a range must begin at 0 or later, "
            "end after its start, and at 2^60 at the latest",
            advice="choose how many to draw",
        )
    return start, end
