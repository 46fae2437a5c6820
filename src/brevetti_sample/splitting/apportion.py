"""How many items of each stratum get which purpose, and which ones.

All is integer arithmetic of our own. A stratum's rows are to be divided by exact targets among the
purposes; its items, of one or many rows each, are not to be cut. The items go by size, the largest
first. All of one size are divided by what each purpose still lacks, rounded by a *systematic
sample*: they lie on a line at unit distances, moved by an offset of the stratum's own, and each
purpose takes those in an interval as long as its part. So it gets that part rounded down or up, and
on the average over strata exactly that part, which rounding to the nearest would not give: of 100
strata of 3 rows, a share of 0.15 gets some 45 rows, not none. Then the strata are reconciled, so
that the total of each purpose is rounded down or up as well, and none is empty. What is rounded
wrong is made good by smaller items, as far as there are some. Within a size, items are in the order
of their hashes.
"""

from __future__ import annotations

import numpy as np

from brevetti_sample.arrays.types import BoolArray, Int32Array, Int64Array, UInt64Array

from .reconcile import FRACTION_BITS, reconcile
from .targets import Targets

FREE = -1
"""An item without a purpose yet."""
OTHER = -2
"""An item of a purpose that has no share: it is left out of the count."""
_RATIO_BITS = 31
_OFFSET_BITS = np.uint64(32)
_LOW = np.uint64((1 << 32) - 1)


def apportion(
    strata: Int32Array,
    sizes: Int64Array,
    hashes: UInt64Array,
    fixed: Int32Array,
    targets: Targets,
    offsets: UInt64Array,
) -> Int32Array:
    """Give each item a purpose.

    Args:
        strata: int32 [items], the stratum of each item, from 0.
        sizes: int64 [items], how many rows it has, at least 1; together below 2^31.
        hashes: uint64 [items], by which items of a stratum and of one size are ordered; of equal
            ones the first item comes first.
        fixed: int32 [items], its purpose, `FREE` or `OTHER`.
        targets: the rows that each purpose should have in each stratum, of those that are not of
            items of `OTHER`.
        offsets: uint64 [strata], below 2^32: where each stratum's systematic sample begins.

    Returns:
        int32 [items], the purpose of each; what is not `FREE` is as it was.

    Example:
        >>> from .shares import parse_shares
        >>> from .targets import make_targets
        >>> zeros, ones = np.zeros(10, np.int32), np.ones(10, np.int64)
        >>> hashes, offsets = np.arange(10, dtype=np.uint64), np.zeros(1, np.uint64)
        >>> targets = make_targets(np.array([10]), parse_shares("train=0.7,test=0.3"))
        >>> apportion(zeros, ones, hashes, zeros + FREE, targets, offsets).tolist()
        [0, 0, 0, 0, 0, 0, 0, 1, 1, 1]
    """
    result = fixed.astype(np.int32)
    free = np.flatnonzero(fixed == FREE)
    if not len(free):
        return result
    lacking = _lacking(strata, sizes, fixed, targets)
    denominators = targets.denominators
    empty = np.bincount(fixed[fixed >= 0], minlength=lacking.shape[1]) == 0
    order = free[np.lexsort((hashes[free], strata[free], -sizes[free]))]
    # Runs of items of one size in one stratum, and of those the runs of one size.
    first = _first_of_runs(sizes[order], strata[order])
    counts = np.diff(np.append(first, len(order)))
    stratum, size = strata[order[first]], sizes[order[first]]
    begin = _first_of_runs(size)
    given = np.empty((len(first), lacking.shape[1]), dtype=np.int64)
    carried = np.zeros(lacking.shape[1], dtype=np.int64)
    runs_left = np.bincount(stratum, minlength=len(offsets))
    for start, stop in zip(begin, np.append(begin[1:], len(first)), strict=True):
        rows = stratum[start:stop]
        units = int(size[start]) * denominators[rows]
        # The last items must not leave a purpose empty.
        least = (empty & (lacking[rows] > 0).any(axis=0)) * np.int64(stop == len(first))
        given[start:stop] = _divide(
            lacking[rows], units, counts[start:stop], offsets[rows], least, carried // size[start]
        )
        lacking[rows] -= given[start:stop] * units[:, np.newaxis]
        empty &= ~given[start:stop].any(axis=0)
        runs_left[rows] -= 1
        if stop < len(first):
            done = rows[runs_left[rows] == 0]
            off = Targets(lacking[done], denominators[done]).scaled(1 << FRACTION_BITS)
            carried -= off.sum(axis=0)
    purposes = np.tile(np.arange(lacking.shape[1], dtype=np.int32), len(first))
    result[order] = np.repeat(purposes, given.ravel())
    return result


def _lacking(
    strata: Int32Array, sizes: Int64Array, fixed: Int32Array, targets: Targets
) -> Int64Array:
    """What each purpose lacks in each stratum, in rows times the stratum's denominator."""
    count, number = targets.numerators.shape
    taken = np.zeros(count * number, dtype=np.int64)
    there = fixed >= 0
    np.add.at(taken, strata[there].astype(np.int64) * number + fixed[there], sizes[there])
    lacking = targets.numerators.copy()
    lacking -= taken.reshape(count, number) * targets.denominators[:, np.newaxis]
    return lacking


def _first_of_runs(*columns: Int32Array | Int64Array) -> Int64Array:
    """Where runs of equal values begin."""
    new: BoolArray = np.ones(len(columns[0]), dtype=np.bool_)
    new[1:] = False
    for column in columns:
        new[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(new)


def _divide(
    lacking: Int64Array,
    units: Int64Array,
    counts: Int64Array,
    offsets: UInt64Array,
    least: Int64Array,
    carried: Int64Array,
) -> Int64Array:
    """Divide items of one size among the purposes, in several strata.

    Args:
        lacking: int64 [strata, purposes], what each still lacks; negative if it has too much.
        units: int64 [strata], what an item gives.
        counts: int64 [strata], how many items there are, at least 1.
        offsets: uint64 [strata], below 2^32.
        least: int64 [purposes], as `reconcile` takes it.
        carried: int64 [purposes], as `reconcile` takes it.

    Returns:
        int64 [strata, purposes], how many items each gets.
    """
    wanted = np.maximum(lacking, 0)
    total = wanted.sum(axis=1)
    # If the items are just what is lacking, the quotients are exact; else only their ratio counts,
    # for which 31 bits do, and with them the products fit 64 bits.
    exact = total == counts * units
    excess = np.maximum(np.frexp(total.astype(np.float64))[1] - _RATIO_BITS, 0)
    ratio = wanted >> np.where(exact, 0, excess)[:, np.newaxis]
    numerators = np.where(exact[:, np.newaxis], wanted, ratio * counts[:, np.newaxis])
    denominators = np.where(exact, units, ratio.sum(axis=1))
    quotients, rests = np.divmod(np.cumsum(numerators, axis=1), denominators[:, np.newaxis])
    # The offset as a fraction of the same denominator: offset * denominator / 2^32, in two halves.
    wide = denominators.astype(np.uint64)
    moved = offsets * (wide >> _OFFSET_BITS) + (offsets * (wide & _LOW) >> _OFFSET_BITS)
    ends = quotients + (rests > moved.astype(np.int64)[:, np.newaxis])
    given = np.diff(ends, axis=1, prepend=0)
    reconcile(given, numerators, denominators, offsets, least, carried)
    return _improved(given, lacking, units[:, np.newaxis])


def _improved(given: Int64Array, lacking: Int64Array, units: Int64Array) -> Int64Array:
    """Move items from purposes that get too much to those that lack a whole one."""
    each = np.arange(len(given))
    for _ in range(given.shape[1]):
        room = lacking - given * units
        to = room.argmax(axis=1)
        of = np.where(given > 0, room, np.iinfo(np.int64).max).argmin(axis=1)
        move = (room[each, to] >= units[:, 0]) & (room[each, of] < 0)
        if not move.any():
            break
        given[each[move], of[move]] -= 1
        given[each[move], to[move]] += 1
    return given


def offsets_of(hashes: UInt64Array) -> UInt64Array:
    """Say where each stratum's systematic sample begins: evenly spread, in a random order.

    With one stratum, purposes so end at the nearest item.

    Args:
        hashes: uint64 [strata], which make the order.

    Returns:
        uint64 [strata], below 2^32: of two strata a quarter and three quarters.

    Example:
        >>> offsets_of(np.array([5, 4], np.uint64)) >> np.uint64(30)
        array([3, 1], dtype=uint64)
    """
    odd = np.arange(len(hashes), dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    offsets = np.empty(len(hashes), dtype=np.uint64)
    offsets[np.argsort(hashes, kind="stable")] = (odd << np.uint64(31)) // np.uint64(len(hashes))
    return offsets
