"""Controlled rounding: strata that are rounded each for itself are made to fit the totals too.

A table of strata by purposes holds numbers of items, each its quota rounded down or up, and the
items of a stratum are all given. Then there is such a table in which the total of each purpose,
too, is the sum of its quotas rounded down or up (Cox 1987, "A constructive procedure for unbiased
controlled rounding"): moving an item in a stratum from a purpose that was rounded up to one that
was rounded down is an edge from the one purpose to the other, and a purpose that has too much gives
to one that has too little along a path of such edges. A table that fits is not changed.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from brevetti_sample.arrays.types import BoolArray, Int64Array, UInt64Array

FRACTION_BITS = 30
"""Bits after the point of the numbers that are added up over strata."""


def reconcile(
    given: Int64Array,
    numerators: Int64Array,
    denominators: Int64Array,
    priority: UInt64Array,
    least: Int64Array,
    carried: Int64Array,
) -> None:
    """Move items between purposes, in place, until the total of each purpose fits, if it can.

    Args:
        given: int64 [strata, purposes], each the quota rounded down or up; changed.
        numerators: int64 [strata, purposes], of the quotas.
        denominators: int64 [strata], of the quotas, at least 1.
        priority: uint64 [strata]: of several strata in which an item can move, it does so in those
            of the lowest.
        least: int64 [purposes], what each total has to be at least, whatever its quota.
        carried: int64 [purposes], items that a purpose has too many from elsewhere, times
            2^`FRACTION_BITS`.

    Example:
        >>> halves, given = np.ones((4, 2), np.int64), np.array([[1, 0]] * 4)
        >>> none = np.zeros(2, np.int64)
        >>> reconcile(given, halves, np.full(4, 2), np.arange(4, dtype=np.uint64), none, none)
        >>> given.sum(axis=0)
        array([2, 2])
    """
    lowest, highest = _bounds(numerators, denominators, least, carried)
    totals = given.sum(axis=0)
    if ((totals >= lowest) & (totals <= highest)).all():
        return
    order = np.argsort(priority, kind="stable")
    times = denominators[:, np.newaxis]
    up, down = given * times > numerators, given * times < numerators
    edges = _edges(up, down)
    while (found := _path(edges, totals, lowest, highest)) is not None:
        path, amount = found
        steps = list(pairwise(path))
        amount = min(amount, *(int(edges[a, b]) for a, b in steps))
        # No stratum is in two steps that meet: the purpose between them is not both up and down.
        moved = [order[(up[:, a] & down[:, b])[order]][:amount] for a, b in steps]
        touched = np.unique(np.concatenate(moved))
        edges -= _edges(up[touched], down[touched])
        for strata, (a, b) in zip(moved, steps, strict=True):
            given[strata, a] -= 1
            given[strata, b] += 1
        product = given[touched] * times[touched]
        up[touched], down[touched] = product > numerators[touched], product < numerators[touched]
        edges += _edges(up[touched], down[touched])
        totals[path[0]] -= amount
        totals[path[-1]] += amount


def _bounds(
    numerators: Int64Array, denominators: Int64Array, least: Int64Array, carried: Int64Array
) -> tuple[Int64Array, Int64Array]:
    """The totals of the quotas, rounded down and up. What is almost whole is whole."""
    whole, rest = np.divmod(numerators, denominators[:, np.newaxis])
    fraction = (rest / denominators[:, np.newaxis] * (1 << FRACTION_BITS)).astype(np.int64)
    quotas = (whole.sum(axis=0) << FRACTION_BITS) + fraction.sum(axis=0) - carried
    lowest = np.maximum((quotas + len(numerators)) >> FRACTION_BITS, least)
    return lowest, np.maximum(-(-quotas >> FRACTION_BITS), lowest)


def _edges(up: BoolArray, down: BoolArray) -> Int64Array:
    """In how many strata an item can move from one purpose to another: int64 [from, to]."""
    # Sums of ones below 2^53 are exact in whatever order they are added.
    edges: Int64Array = (up.T.astype(np.float64) @ down.astype(np.float64)).astype(np.int64)
    return edges


def _path(
    edges: Int64Array, totals: Int64Array, lowest: Int64Array, highest: Int64Array
) -> tuple[list[int], int] | None:
    """A shortest path from a purpose that has too much to one that has too little, or has room.

    Returns:
        The purposes on it, and how many items its ends allow; None if there is none.
    """
    over, under = np.maximum(totals - highest, 0), np.maximum(lowest - totals, 0)
    ends = ((over, under), (over, highest - totals), (totals - lowest, under))
    for giving, taking in ends:
        before = np.full(len(totals), -1)
        reached = giving > 0
        layer = np.flatnonzero(reached)
        while len(layer):
            if (found := layer[taking[layer] > 0]).size and before[found[0]] >= 0:
                path = [int(found[0])]
                while before[path[-1]] >= 0:
                    path.append(int(before[path[-1]]))
                path.reverse()
                return path, int(min(giving[path[0]], taking[path[-1]]))
            open_edges = (edges[layer] > 0) & ~reached
            to = np.flatnonzero(open_edges.any(axis=0))
            before[to] = layer[open_edges[:, to].argmax(axis=0)]
            reached[to] = True
            layer = to
    return None
