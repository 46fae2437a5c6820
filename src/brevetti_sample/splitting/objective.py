"""How far the rows of each purpose are from what they should be, for items of several rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from brevetti_sample.arrays.types import BoolArray, Int32Array, Int64Array

from .targets import Targets

_ROW_BITS = 30
"""The rows of all strata together are scaled to almost so many bits."""
_UNIT_BITS = 20
"""A total variation of 1 is 2^20."""


@dataclass(frozen=True)
class Objective:
    """The cost of the rows that a purpose has of each stratum. Made by `make_objective`.

    Three costs, of which the first that differs decides: how many rows are missing to the least
    that each purpose must have of a stratum; by how many rows each stratum, and the total, are
    further off than the largest item of it has rows; and the sum of the total variation between
    the purpose's distribution over the strata and the one that it should have, a quarter of the
    deviation of its total, and a quarter of the part of the strata that it has nothing of.

    Attributes:
        targets: int64 [purposes, strata], what each should have, times `scale`.
        totals: int64 [purposes], their sums.
        scale: a power of 2.
        rows: all rows, times `scale`.
        largest: int64 [strata], rows of the largest item of each.
        largest_total: rows of the largest item.
        least: int64 [strata], the rows that each purpose must have.
        given: bool [purposes], whether it is to get any.
    """

    targets: Int64Array
    totals: Int64Array
    scale: int
    rows: int
    largest: Int64Array
    largest_total: int
    least: Int64Array
    given: BoolArray

    def cost(self, rows: Int64Array, purposes: Int64Array | Int32Array) -> Int64Array:
        """The three costs of purposes.

        Args:
            rows: int64 [..., strata], what a purpose has.
            purposes: [...], integers, which one it is.

        Returns:
            int64 [3, ...].
        """
        targets, total = self.targets[purposes], self.totals[purposes]
        size = rows.sum(axis=-1)
        missing = np.maximum(self.least - rows, 0).sum(axis=-1)
        off = np.abs(rows * self.scale - targets) - (self.largest * self.scale - 1)
        size_off = np.abs(size * self.scale - total)
        beyond = np.maximum(off, 0).sum(axis=-1)
        beyond += np.maximum(size_off - (self.largest_total * self.scale - 1), 0)
        # |rows / size - targets / total| / 2, of at most 61 bits over at most 61, to 20.
        over = size * total
        variation = np.abs(rows * total[..., np.newaxis] - targets * size[..., np.newaxis])
        shift = np.maximum(np.frexp(over.astype(np.float64))[1] - 2 * _UNIT_BITS, 0)
        unlike = (variation.sum(axis=-1) >> shift << (_UNIT_BITS - 1)) // np.maximum(
            over >> shift, 1
        )
        unlike = np.where(size > 0, unlike, 1 << _UNIT_BITS)
        quarter = 1 << (_UNIT_BITS - 2)
        unlike += size_off * (quarter * int(self.given.sum())) // self.rows
        lacking = ((rows == 0) & (targets > 0)).sum(axis=-1)
        unlike += quarter * lacking // self.targets.shape[1]
        cost: Int64Array = np.stack((missing, beyond, unlike)) * self.given[purposes]
        return cost


def make_objective(
    contents: Int64Array, targets: Targets, least: Int64Array, given: BoolArray
) -> Objective:
    """Make the cost of dividing items.

    Args:
        contents: int64 [items, strata], the rows of each item that counts.
        targets: of the strata, for all of these rows.
        least: int64 [strata].
        given: bool [purposes].
    """
    rows = int(contents.sum())
    scale = 1 << max(_ROW_BITS - rows.bit_length(), 0)
    scaled = np.ascontiguousarray(targets.scaled(scale).T)
    return Objective(
        targets=scaled,
        totals=scaled.sum(axis=1),
        scale=scale,
        rows=rows * scale,
        largest=contents.max(axis=0),
        largest_total=int(contents.sum(axis=1).max()),
        least=least,
        given=given,
    )
