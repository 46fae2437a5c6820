"""The stratified stream: the draws of a plan, from any position.

Each group is a metronome with jitter (`interleave`), and each cycle through a group's rows is a
keyed permutation (`permutation`). Groups whose shares are alike form a class; the classes are
interleaved, and the groups within each class. The order is part of the interface: the same plan
gives the same draws on every machine, whatever the batch size, the chunks or the number of
workers, for ever; `tests/support/golden.py` holds the first of them as literals.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TypeAlias

import numpy as np

from brevetti_sample.arrays.types import UNCHECKED, Int32Array, Int64Array
from brevetti_sample.groups.row_index import RowIndex

from .draws import Draws
from .hashing import CLASS_JITTER, JITTER, ORDER, keys
from .interleave import Interleave, Moment
from .permutation import cycle_keys, invert, permute
from .plan import Plan
from .share_classes import classes

_SMALLEST_CHUNK = 1 << 16
_LARGEST_CHUNK = 1 << 19
_Pair: TypeAlias = tuple[Int32Array, Int32Array]  # the groups and the rows of draws


class Stream:
    """The draws of a plan.

    Args:
        plan: the plan; its ``stream`` must be ``"stratified"``.
        index: the manifest's rows by group, so that draws give rows of the manifest; without it
            they give positions among the rows of a group, and no manifest is needed.

    Example:
        >>> from brevetti_sample import make_plan, read_manifest
        >>> manifest = read_manifest([{"folder": name} for name in "aab"])
        >>> stream = Stream(make_plan(manifest, groupby="folder", seed=1))
        >>> [len(draws) for draws in stream.draws(0, 10)]
        [10]
    """

    def __init__(self, plan: Plan, index: RowIndex | None = None) -> None:
        self.plan = plan
        self._index = index
        self._sizes = plan.sizes
        cycles = plan.cycles
        if cycles is None:
            self._members = classes(plan.weights)
            limits = None
        else:
            self._members = [np.flatnonzero(plan.weights)]
            limits = plan.sizes * cycles
        jitter = keys(plan.seed, JITTER, len(plan.sizes)) if plan.shuffle else None
        self._order_keys = keys(plan.seed, ORDER, len(plan.sizes))
        self._leaves = [
            Interleave(
                plan.weights[members],
                None if jitter is None else jitter[members],
                None if limits is None else limits[members],
            )
            for members in self._members
        ]
        self._root: Interleave | None = None
        if len(self._leaves) > 1:
            totals = np.array([leaf.total for leaf in self._leaves], dtype=np.int64)
            root_keys = keys(plan.seed, CLASS_JITTER, len(totals)) if plan.shuffle else None
            self._root = Interleave(totals, root_keys)
        _keep_freed_memory()
        self._chunk = min(max(16 * len(plan.sizes), _SMALLEST_CHUNK), _LARGEST_CHUNK)

    def draws(self, start: int, stop: int) -> Iterator[Draws]:
        """Yield the draws from number ``start`` to before ``stop``, in chunks of any size.

        A finite stream ends where it ends, also before ``stop``.
        """
        length = self.plan.length
        if length is not None:
            stop = min(stop, length)
        if start >= stop:
            return
        chunks = self._one_class(start, stop) if self._root is None else self._merged(start, stop)
        for first, group, row in chunks:
            low, high = max(start - first, 0), min(stop - first, len(group))
            if high > low:
                yield Draws(first + low, group[low:high], row[low:high])

    def counts(self, draw: int) -> Int64Array:
        """Return how often each group comes before draw number ``draw``: int64 [groups].

        In O(groups), wherever the draw is.
        """
        length = self.plan.length
        if length is not None:
            draw = min(draw, length)
        result = np.zeros(len(self._sizes), dtype=np.int64)
        per_class = [draw] if self._root is None else self._root.counts(draw).tolist()
        for members, leaf, count in zip(self._members, self._leaves, per_class, strict=True):
            result[members] = leaf.counts(count)
        return result

    def never_drawn(self, start: int, stop: int) -> Int64Array:
        """Count the rows of each group that no draw from ``start`` to before ``stop`` takes.

        Returns:
            int64 [groups]; computed from the counts. Only where a range spans parts of two
            cycles of a group are its rows looked at.
        """
        sizes = self._sizes
        first, last = self.counts(start), self.counts(stop)
        result = np.maximum(sizes - (last - first), 0)
        cycle = first // sizes
        position = first - cycle * sizes
        # From `position` on in one cycle, and up to `end` in the next.
        end = last - (cycle + 1) * sizes
        split = np.flatnonzero((position > 0) & (end > 0))
        split = split[end[split] < sizes[split]]
        if self.plan.shuffle and len(split):
            size, cycle, position, end = sizes[split], cycle[split], position[split], end[split]
            order = self._order_keys[split]
            early = permute(size, cycle_keys(order, cycle), position, size - position)
            late = permute(size, cycle_keys(order, cycle + 1), np.zeros_like(end), end)
            owner = np.concatenate(
                [
                    np.repeat(np.arange(len(split)), size - position),
                    np.repeat(np.arange(len(split)), end),
                ]
            )
            drawn = np.unique((owner << 32) | np.concatenate([early, late]))
            result[split] = size - np.bincount(drawn >> 32, minlength=len(split))
        elif len(split):
            result[split] = np.maximum(position - end, 0)[split]
        return result

    def appearances(self, group: int, position: int, start: int, stop: int) -> Int64Array:
        """Return the numbers of the draws, from ``start`` to before ``stop``, that take one row.

        Args:
            group: the row's group, a position in the plan's groups.
            position: the row's position among the rows of its group, in manifest order, from 0.
            start: first draw number to look at.
            stop: draw number to stop before.

        Returns:
            int64 [appearances], ascending; found by inverting the permutations, not by drawing.
        """
        size = int(self._sizes[group])
        first, last = int(self.counts(start)[group]), int(self.counts(stop)[group])
        cycles = np.arange(first // size, -(-last // size), dtype=np.int64)
        positions = np.full(len(cycles), position, dtype=np.int64)
        if self.plan.shuffle:
            run_keys = cycle_keys(np.repeat(self._order_keys[group], len(cycles)), cycles)
            positions = invert(np.full(len(cycles), size, dtype=np.int64), run_keys, positions)
        numbers = cycles * size + positions
        numbers = numbers[(numbers >= first) & (numbers < last)]
        return np.array([self._number(group, int(n)) for n in numbers], dtype=np.int64)

    def _number(self, group: int, draw_of_group: int) -> int:
        """The number in the stream of one draw of a group."""
        for kind, members in enumerate(self._members):
            member = int(np.searchsorted(members, group))
            if member < len(members) and members[member] == group:
                number = self._leaves[kind].number(member, draw_of_group)
                return number if self._root is None else self._root.number(kind, number)
        raise IndexError(f"group {group} is never drawn")

    def _one_class(self, start: int, stop: int) -> Iterator[tuple[int, Int32Array, Int32Array]]:
        leaf, members = self._leaves[0], self._members[0]
        for low, high in self._windows(leaf, start, stop):
            counts, order = leaf.between(low, high)
            group, row = self._rows(members, low.count, counts)
            yield low.total, *_arranged(group, row, order)

    def _merged(self, start: int, stop: int) -> Iterator[tuple[int, Int32Array, Int32Array]]:
        assert self._root is not None
        lows: list[Moment] = []
        left: list[_Pair] = []  # made, but not yet taken, by class
        nothing = (np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int32))
        for low, high in self._windows(self._root, start, stop):
            wanted, order = self._root.between(low, high)
            if not lows:
                lows = [
                    leaf.moment_before(count)
                    for leaf, count in zip(self._leaves, low.count.tolist(), strict=True)
                ]
                skip = [count - m.total for count, m in zip(low.count.tolist(), lows, strict=True)]
                left = [nothing] * len(lows)
            made = self._leaf_windows(lows, high.count)
            taken_group, taken_row = [], []
            for kind, (new_group, new_row) in enumerate(made):
                group = np.concatenate([left[kind][0], new_group[skip[kind] :]])
                row = np.concatenate([left[kind][1], new_row[skip[kind] :]])
                skip[kind] = 0
                want = int(wanted[kind])
                taken_group.append(group[:want])
                taken_row.append(row[:want])
                left[kind] = (group[want:], row[want:])
            group, row = np.concatenate(taken_group), np.concatenate(taken_row)
            yield low.total, *_arranged(group, row, order)

    def _leaf_windows(self, lows: list[Moment], targets: Int64Array) -> list[_Pair]:
        """Make the draws of each class up to its target; moves ``lows`` to where they end."""
        firsts, all_counts, orders = [], [], []
        for kind, leaf in enumerate(self._leaves):
            low, target = lows[kind], int(targets[kind])
            high = leaf.moment_after(target) if low.total < target else low
            counts, order = leaf.between(low, high)
            firsts.append(low.count)
            all_counts.append(counts)
            orders.append(order)
            lows[kind] = high
        group, row = self._rows(
            np.concatenate(self._members), np.concatenate(firsts), np.concatenate(all_counts)
        )
        result, begin = [], 0
        for order in orders:
            own = slice(begin, begin + len(order))
            result.append(_arranged(group[own], row[own], order))
            begin += len(order)
        return result

    def _windows(self, lead: Interleave, start: int, stop: int) -> Iterator[tuple[Moment, Moment]]:
        low = lead.moment_before(start)
        while low.total < stop:
            high = lead.moment_after(min(low.total + self._chunk, stop))
            yield low, high
            low = high

    def _rows(self, groups: Int64Array, first: Int64Array, counts: Int64Array) -> _Pair:
        """The draws ``first`` to ``first + count - 1`` of each group: their groups and rows."""
        some = np.flatnonzero(counts)
        groups, first, counts = groups[some], first[some], counts[some]
        sizes = self._sizes[groups]
        group = np.repeat(groups.astype(np.int32), counts)
        # A run is what falls in one cycle of one group.
        cycle = first // sizes
        start = first - cycle * sizes
        runs = (start + counts - 1) // sizes + 1
        if len(runs) and int(runs.max()) > 1:
            owner = np.repeat(np.arange(len(groups)), runs)
            turn = np.arange(len(owner)) - np.repeat(np.cumsum(runs) - runs, runs)
            before = np.maximum(turn * sizes[owner] - start[owner], 0)
            start = np.where(turn == 0, start[owner], np.int64(0))
            groups, sizes, cycle = groups[owner], sizes[owner], cycle[owner] + turn
            counts = np.minimum(counts[owner] - before, sizes - start)
        if self.plan.shuffle:
            row = permute(sizes, cycle_keys(self._order_keys[groups], cycle), start, counts)
        else:
            row = np.arange(len(group), dtype=np.int32)
            row += np.repeat((start - np.cumsum(counts) + counts).astype(np.int32), counts)
        if self._index is None:
            return group, row
        row += np.repeat(self._index.first[groups].astype(np.int32), counts)
        return group, self._index.rows.take(row, mode=UNCHECKED)


def _arranged(group: Int32Array, row: Int32Array, order: Int64Array) -> _Pair:
    return group.take(order, mode=UNCHECKED), row.take(order, mode=UNCHECKED)


@functools.cache
def _keep_freed_memory() -> None:
    """Have the arrays of a window take the memory of those of the window before.

    glibc gives large blocks back to the system, whose pages then cost a fifth of the time of a
    draw, until one as large as this has been freed: from then on it keeps them (mallopt(3),
    M_MMAP_THRESHOLD). The block itself is never touched, so it takes no memory.
    """
    np.empty(1 << 24, dtype=np.uint8)
