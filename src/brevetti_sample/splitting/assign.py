"""The purpose of each item, found in the way that suits how many rows the items have."""

from __future__ import annotations

import numpy as np

from brevetti_sample.arrays.types import BoolArray, Int32Array, Int64Array, UInt64Array

from .apportion import FREE, OTHER, apportion
from .balance import Contents, fill_empty, improve, place_each
from .objective import make_objective
from .shares import Shares
from .targets import least_rows, make_targets

_MOST_PLACED = 1 << 22
"""Items in several strata are placed one by one if their parts times the purposes are no more."""
_MOST_IMPROVED = 1 << 15
"""Moves are tried if items times purposes times strata are no more."""
_SCALE_BITS = 20


def assign(
    contents: Contents,
    hashes: UInt64Array,
    fixed: Int32Array,
    shares: Shares,
    minimum: int,
    offsets: UInt64Array,
) -> Int32Array:
    """Give each item a purpose, and no purpose none, if there are enough.

    Args:
        contents: the rows of each item, by stratum.
        hashes: uint64 [items], which decide among items that would do equally well.
        fixed: int32 [items], its purpose, `FREE` or `OTHER`.
        shares: what each purpose is to get.
        minimum: the rows of each stratum that every purpose is to have at least.
        offsets: uint64 [strata], as `apportion` takes them.

    Returns:
        int32 [items], the purpose of each; what is not `FREE` is as it was.
    """
    free = fixed == FREE
    if not free.any():
        return fixed.astype(np.int32)
    counted = fixed != OTHER
    given = np.array(shares.given)
    sizes = np.add.reduceat(contents.rows, contents.first[:-1])
    main = main_strata(contents)
    rows = _rows(main[counted], sizes[counted], len(offsets))
    targets = make_targets(rows, shares, minimum)
    results = [apportion(main, sizes, hashes, fixed, targets, offsets)]
    if len(contents.rows) > len(sizes):
        parts = np.repeat(counted, np.diff(contents.first))
        rows = _rows(contents.strata[parts], contents.rows[parts], len(offsets))
        targets = make_targets(rows, shares, minimum)
        if len(contents.rows) * len(given) <= _MOST_PLACED:
            order = _largest_first(free, sizes, hashes)
            results.insert(0, place_each(contents, order, fixed, targets, given))
    wanted = targets.scaled(1 << _SCALE_BITS).sum(axis=0)
    for result in results:
        fill_empty(result, free, sizes, given, wanted, hashes)
    strata = np.flatnonzero(rows)
    moves = int(free.sum()) * len(given) * len(strata)
    cells = len(sizes) * len(offsets)
    if sizes[free].max() == 1 or moves > _MOST_IMPROVED or cells > _MOST_PLACED:
        return results[0]
    order = _largest_first(free, sizes, hashes)
    dense = contents.dense(len(offsets))[:, strata]
    least = least_rows(rows[strata], shares, minimum)
    objective = make_objective(dense[counted], targets.only(strata), least, given)
    kept = fixed >= 0
    others = np.bincount(fixed[kept], minlength=len(given))
    held = np.zeros((len(given), len(strata)), dtype=np.int64)
    np.add.at(held, fixed[kept], dense[kept])
    improved = [improve(result[order], dense[order], others, held, objective) for result in results]
    best, _ = min(improved, key=lambda one: one[1])
    results[0][order] = best
    return results[0]


def _rows(strata: Int32Array, sizes: Int64Array, count: int) -> Int64Array:
    rows = np.zeros(count, dtype=np.int64)
    np.add.at(rows, strata, sizes)
    return rows


def _largest_first(free: BoolArray, sizes: Int64Array, hashes: UInt64Array) -> Int64Array:
    items = np.flatnonzero(free)
    return items[np.lexsort((hashes[items], -sizes[items]))]


def main_strata(contents: Contents) -> Int32Array:
    """The stratum that most rows of each item are in, of several the first: int32 [items]."""
    if len(contents.rows) == len(contents.first) - 1:
        return contents.strata
    items = np.repeat(np.arange(len(contents.first) - 1), np.diff(contents.first))
    order = np.lexsort((contents.strata, -contents.rows, items))
    strata: Int32Array = contents.strata[order[contents.first[:-1]]]
    return strata
