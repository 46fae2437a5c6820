"""One worker's share of a stream: every n-th batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from brevetti_sample.arguments import MAX_DRAW
from brevetti_sample.arrays.types import Int64Array
from brevetti_sample.errors import UsageError


@dataclass(frozen=True)
class Worker:
    """A worker of several: every ``world_size``-th batch is its, from batch ``rank`` on.

    A global batch is ``world_size`` consecutive batches; each rank takes one of them, so the order
    of the draws does not depend on how many workers there are.

    Attributes:
        rank: which worker, from 0.
        world_size: how many workers.

    Raises:
        UsageError: a rank that is not below the number of workers.

    Example:
        >>> Worker(1, 2).indices(np.arange(8), batch_size=2)
        array([2, 3, 6, 7])
    """

    rank: int = 0
    world_size: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.rank < self.world_size <= MAX_DRAW:
            raise UsageError(
                "the rank must be from 0 to below the number of workers, as in 0/4, not "
                f"{self.rank}/{self.world_size}",
                concerns="rank",
            )

    def indices(self, draw: Int64Array, batch_size: int) -> Int64Array | None:
        """Find the draws that are this worker's: their indices; None for all of them."""
        if self.world_size == 1:
            return None
        return np.flatnonzero(draw // batch_size % self.world_size == self.rank)

    def position(self, draw: int, batch_size: int) -> int:
        """Count the draws before a draw number that are this worker's.

        Example:
            >>> [Worker(1, 2).position(draw, batch_size=2) for draw in (0, 2, 3, 4, 8)]
            [0, 0, 1, 2, 4]
        """
        rounds, rest = divmod(draw, batch_size * self.world_size)
        return rounds * batch_size + min(max(rest - self.rank * batch_size, 0), batch_size)

    def draw_number(self, position: int, batch_size: int) -> int:
        """Return the number of the worker's draw at a position: the inverse of `position`.

        Example:
            >>> [Worker(1, 2).draw_number(position, batch_size=2) for position in range(4)]
            [2, 3, 6, 7]
        """
        batch, within = divmod(position, batch_size)
        return (batch * self.world_size + self.rank) * batch_size + within


Shard = Worker
"""The older public name of `Worker`."""
