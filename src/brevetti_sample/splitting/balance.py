"""Items of several rows, which may lie in several strata: divided by all that they contain.

A few large items cannot be divided stratum by stratum: what one of them brings to one stratum it
brings to others too. So they are given to purposes one after the other, the largest first, each
where it fits best (as scikit-learn's StratifiedGroupKFold does); and then moved and exchanged, as
long as there are few enough to try all of it and the division gets better.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from brevetti_sample.arrays.types import BoolArray, Int32Array, Int64Array, UInt64Array

from .objective import Objective
from .targets import Targets

_SCALE_BITS = 20
_WEIGHT_BITS = 40
_MOST_STEPS = 1000
_MOST_EXCHANGED = 1 << 16
"""Exchanges of two items are tried if items times items times strata are no more."""


@dataclass(frozen=True)
class Contents:
    """The rows of each item, by stratum, without those that are 0.

    Attributes:
        first: int64 [items + 1], where the parts of each item begin in the other two.
        strata: int32 [parts], the stratum of each part.
        rows: int64 [parts], its rows, at least 1.
    """

    first: Int64Array
    strata: Int32Array
    rows: Int64Array

    def dense(self, strata: int) -> Int64Array:
        """The rows of all items and strata: int64 [items, strata]."""
        items = np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))
        rows = np.zeros((len(self.first) - 1, strata), dtype=np.int64)
        rows[items, self.strata] = self.rows
        return rows


def place_each(
    contents: Contents, order: Int64Array, fixed: Int32Array, targets: Targets, given: BoolArray
) -> Int32Array:
    """Give each item where it fits best, by the chi-square distance of strata and totals.

    Args:
        contents: of all items.
        order: int64 [free items], the items without a purpose, as they are to be given.
        fixed: int32 [items], the purposes that there are; others than those of `targets` do not
            count.
        targets: of the strata.
        given: bool [purposes], whether it is to get any.

    Returns:
        int32 [items].
    """
    wanted = targets.scaled(1 << _SCALE_BITS)
    number = wanted.shape[1]
    has = np.zeros_like(wanted)
    purposes = np.repeat(fixed, np.diff(contents.first))
    there = purposes >= 0
    np.add.at(has, (contents.strata[there], purposes[there]), contents.rows[there])
    off = ((has << _SCALE_BITS) - wanted).tolist()  # by stratum, then purpose
    weights = ((1 << _WEIGHT_BITS) // np.maximum(wanted, 1)).tolist()
    totals = ((has.sum(axis=0) << _SCALE_BITS) - wanted.sum(axis=0)).tolist()
    total_weights = ((1 << _WEIGHT_BITS) // np.maximum(wanted.sum(axis=0), 1)).tolist()
    first, strata, rows = (a.tolist() for a in (contents.first, contents.strata, contents.rows))
    choices = [k for k in range(number) if given[k]]
    result = fixed.copy()
    for item in order.tolist():
        parts = [
            (off[s], weights[s], n << _SCALE_BITS)
            for s, n in zip(
                strata[first[item] : first[item + 1]],
                rows[first[item] : first[item + 1]],
                strict=True,
            )
        ]
        size = sum(n for _, _, n in parts)
        costs = [
            sum(n * (2 * o[k] + n) * w[k] for o, w, n in parts)
            + size * (2 * totals[k] + size) * total_weights[k]
            for k in choices
        ]
        best = choices[costs.index(min(costs))]
        result[item] = best
        totals[best] += size
        for o, _, n in parts:
            o[best] += n
    return result


def fill_empty(
    purposes: Int32Array,
    movable: BoolArray,
    sizes: Int64Array,
    given: BoolArray,
    wanted: Int64Array,
    hashes: UInt64Array,
) -> None:
    """Give every purpose an item, in place, from those that have too much and keep one.

    Args:
        purposes: int32 [items]; changed.
        movable: bool [items].
        sizes: int64 [items], their rows.
        given: bool [purposes], whether it is to get any.
        wanted: int64 [purposes], the rows that each should have, in any unit.
        hashes: uint64 [items], of which the lowest decides among items of one size.
    """
    number = len(given)
    counted = purposes >= 0
    items = np.bincount(purposes[counted], minlength=number)
    empty = np.flatnonzero(given & (items == 0))
    if not len(empty):
        return
    rows = np.bincount(purposes[counted], sizes[counted], number).astype(np.int64)
    all_rows, all_wanted = int(rows.sum()), max(int(wanted.sum()), 1)
    for purpose in empty[np.argsort(-wanted[empty], kind="stable")].tolist():
        free = np.bincount(purposes[movable], minlength=number)
        donors = np.flatnonzero((items > 1) & (free > 0)).tolist()
        if not donors:
            return
        donor = max(donors, key=lambda k: int(rows[k]) * all_wanted - int(wanted[k]) * all_rows)
        mine = np.flatnonzero((purposes == donor) & movable)
        item = mine[np.lexsort((hashes[mine], sizes[mine]))[0]]
        purposes[item] = purpose
        items[[donor, purpose]] += -1, 1
        rows[[donor, purpose]] += np.array([-1, 1]) * sizes[item]


def improve(
    purposes: Int32Array,
    contents: Int64Array,
    others: Int64Array,
    held: Int64Array,
    objective: Objective,
) -> tuple[Int32Array, tuple[int, ...]]:
    """Move and exchange items, each time the best pair, until nothing gets better.

    Args:
        purposes: int32 [items], of those that can be moved.
        contents: int64 [items, strata], their rows.
        others: int64 [purposes], the number of items that each purpose has besides. None that has
            an item loses its last.
        held: int64 [purposes, strata], the rows of those.
        objective: what is made small.

    Returns:
        The purposes, and their costs.
    """
    purposes = purposes.copy()
    number = len(objective.given)
    each = np.arange(number)
    items = others + np.bincount(purposes, minlength=number)
    has = held.copy()
    np.add.at(has, purposes, contents)
    exchange = len(purposes) ** 2 * contents.shape[1] <= _MOST_EXCHANGED
    for _ in range(_MOST_STEPS):
        before = objective.cost(has, each)
        taken = objective.cost(has[purposes] - contents, purposes) - before[:, purposes]
        added = objective.cost(has + contents[:, np.newaxis], each) - before[:, np.newaxis]
        allowed = objective.given & (items[purposes] > 1)[:, np.newaxis]
        allowed &= purposes[:, np.newaxis] != each
        best = _best(taken[..., np.newaxis] + added, allowed)
        if best is not None:
            item, to = divmod(best, number)
            has[purposes[item]] -= contents[item]
            has[to] += contents[item]
            items[[purposes[item], to]] += -1, 1
            purposes[item] = to
            continue
        if not exchange:
            break
        other = contents - contents[:, np.newaxis]
        own = np.broadcast_to(purposes[:, np.newaxis], other.shape[:2])
        changed = objective.cost(has[own] + other, own) - before[:, own]
        best = _best(changed + changed.swapaxes(1, 2), own != purposes)
        if best is None:
            break
        one, two = divmod(best, len(purposes))
        a, b = purposes[[one, two]]
        has[a] += other[one, two]
        has[b] -= other[one, two]
        purposes[[one, two]] = b, a
    return purposes, tuple(objective.cost(has, each).sum(axis=1).tolist())


def _best(changes: Int64Array, allowed: BoolArray) -> int | None:
    """The allowed change for the better that is the best, the first of equal ones."""
    changes = changes.reshape(len(changes), -1)
    left = np.flatnonzero(allowed)
    for change in changes:
        if not len(left):
            return None
        left = left[change[left] == change[left].min()]
    best = int(left[0])
    return best if tuple(changes[:, best].tolist()) < (0,) * len(changes) else None
