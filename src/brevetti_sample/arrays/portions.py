"""Runs of elements in portions that stay in the cache."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .types import Int64Array

_BITS = 16  # some arrays of so many elements of 8 bytes fit into an L2 cache


@dataclass(frozen=True)
class Portion:
    """Consecutive elements of runs that lie one after the other.

    Attributes:
        low: number of the first element.
        high: number before which they end.
        runs: the runs that they are of.
        lengths: int64, how many of them are of each of these runs.
    """

    low: int
    high: int
    runs: slice
    lengths: Int64Array


def portions(lengths: Int64Array) -> Iterator[Portion]:
    """Divide the elements of runs into portions of about 2^16, nearly equal ones.

    Args:
        lengths: int64 [runs], the elements of each run.

    Example:
        >>> [(part.low, part.high, part.runs) for part in portions(np.array([3, 0, 4]))]
        [(0, 7, slice(0, 3, None))]
    """
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    count = total >> _BITS
    if count < 2:
        yield Portion(0, total, slice(0, len(lengths)), lengths)
        return
    bounds = [total * number // count for number in range(count + 1)]
    firsts = np.searchsorted(ends, bounds[:-1], side="right").tolist()
    lasts = np.searchsorted(ends, np.array(bounds[1:]) - 1, side="right").tolist()
    for low, high, first, last in zip(bounds[:-1], bounds[1:], firsts, lasts, strict=True):
        runs = slice(first, last + 1)
        until = ends[runs]
        inside = np.minimum(until, high) - np.maximum(until - lengths[runs], low)
        yield Portion(low, high, runs, inside)
