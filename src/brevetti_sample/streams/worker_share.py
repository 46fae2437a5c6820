"""One worker's share of a stream: every n-th batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from brevetti_sample.arguments import MAX_DRAW
from brevetti_sample.arrays.types import Int64Array
from brevetti_sample.errors import UsageError


@dataclass(frozen=True)
class Shard:
    """Every ``count``-th batch, from batch ``rank`` on: the share of one worker of several.

    A global batch is ``count`` consecutive batches; each rank takes one of them, so the order of
    the draws does not depend on how many workers there are.

    Attributes:
        rank: which worker, from 0.
        count: how many workers.

    Raises:
        UsageError: a rank that is not below the count.

    Example:
        >>> Shard(1, 2).keeps(np.arange(8), batch_size=2)
        array([2, 3, 6, 7])
    """

    rank: int = 0
    count: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.rank < self.count <= MAX_DRAW:
            raise UsageError(
                f"shard {self.rank}/{self.count}: the rank must be from 0 to below "
                "the number of shards, such as 0/4"
            )

    def keeps(self, draw: Int64Array, batch_size: int) -> Int64Array | None:
        """Positions of the draws that are this shard's; None for all of them."""
        if self.count == 1:
            return None
        return np.flatnonzero(draw // batch_size % self.count == self.rank)

    def own(self, draw: int, batch_size: int) -> int:
        """Count the draws before a draw number that are this shard's.

        Example:
            >>> [Shard(1, 2).own(draw, batch_size=2) for draw in (0, 2, 3, 4, 8)]
            [0, 0, 1, 2, 4]
        """
        rounds, rest = divmod(draw, batch_size * self.count)
        return rounds * batch_size + min(max(rest - self.rank * batch_size, 0), batch_size)

    def number(self, place: int, batch_size: int) -> int:
        """Return the draw number of the shard's draw at a place, from 0: the inverse of `own`.

        Example:
            >>> [Shard(1, 2).number(place, batch_size=2) for place in range(4)]
            [2, 3, 6, 7]
        """
        batch, within = divmod(place, batch_size)
        return (batch * self.count + self.rank) * batch_size + within
