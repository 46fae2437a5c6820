"""The rows of a manifest by group."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from brevetti_sample.arrays.sorting import stable_order
from brevetti_sample.arrays.types import Int32Array, Int64Array

_PART_ROWS = 1 << 18  # rows sorted at a time, as many as a cache holds; or as many as groups


@dataclass(frozen=True)
class RowIndex:
    """The rows of a manifest by group.

    Attributes:
        rows: int32 [rows], row numbers, group after group, ascending within each.
        first: int64 [groups], where in ``rows`` each group begins.
    """

    rows: Int32Array
    first: Int64Array


def index_rows(codes: Iterator[Int32Array], sizes: Int64Array) -> RowIndex:
    """Sort rows by group, in O(rows).

    Args:
        codes: the group of each row, in manifest order: int32, in parts of any length.
        sizes: int64 [groups], rows of each group.

    Example:
        >>> index_rows(iter([np.array([1, 0, 1], np.int32)]), np.array([1, 2])).rows
        array([1, 0, 2], dtype=int32)
    """
    first = np.cumsum(sizes) - sizes
    total = int(sizes.sum())
    if len(sizes) == 1:
        return RowIndex(np.arange(total, dtype=np.int32), first)
    rows = np.empty(total, dtype=np.int32)
    free = first.copy()  # where the next row of each group goes
    begin = 0
    for part in _parts(codes, max(_PART_ROWS, len(sizes))):
        order = stable_order(part, len(sizes))
        counts = np.bincount(part, minlength=len(sizes))
        target = np.repeat(free - np.cumsum(counts) + counts, counts)
        target += np.arange(len(part))
        order += begin
        rows[target] = order
        free += counts
        begin += len(part)
    return RowIndex(rows, first)


def _parts(arrays: Iterator[Int32Array], size: int) -> Iterator[Int32Array]:
    """Cut arrays into parts of at most a size."""
    for array in arrays:
        for begin in range(0, len(array), size):
            yield array[begin : begin + size]
