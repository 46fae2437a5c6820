"""One level of the stratified stream: metronomes with jitter, in exact integers.

Time is measured in draws. A member of weight ``w`` out of a total ``W`` has its draw ``j`` in the
cell ``[j*W/w, (j+1)*W/w)``, at the phase ``u(j) / 2^PHASE_BITS`` of the cell's length, ``u`` a
keyed hash: jittered sampling in one dimension. Moments are compared as whole ticks of
``2^-PHASE_BITS`` of a draw, by integer arithmetic alone. With ``c*w = q*W + r`` for a moment
``c``, draw ``q + d`` stands ``floor(((d*2^PHASE_BITS + u)*W - r*2^PHASE_BITS) / w)`` ticks after
``c``. Draws of one tick are in the order of other bits of their hashes, and then of their members.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from brevetti_sample.arrays.portions import Portion, portions
from brevetti_sample.arrays.sorting import stable_order
from brevetti_sample.arrays.types import Int64Array, UInt32Array, UInt64Array

from .hashing import GOLDEN, scatter, weyl
from .ties import DrawKeys, tie_hashes

PHASE_BITS = 12
_PHASE_SHIFT = np.uint64(64 - PHASE_BITS)
_CENTRE = 1 << (PHASE_BITS - 1)
_QUICK_BOUND = 1 << 32  # of ticks: below, they fit 32 bits, and a float quotient is one low at most


@dataclass(frozen=True)
class Moment:
    """The state of all members just before an integer moment of time.

    Attributes:
        time: the moment, in draws since the start.
        count: int64 [members]: draws before the moment (clipped to the limit).
        cell: int64 [members]: number of the cell that holds the moment.
        part: int64 [members]: ``time * weight - cell * total``, in [0, total).
        total: draws of all members before the moment.
    """

    time: int
    count: Int64Array
    cell: Int64Array
    part: Int64Array
    total: int


class Interleave:
    """The draws of several members in one order, each at its share of the rate.

    Args:
        weights: int64 [members], each at least 1, their sum at most 2^31.
        keys: uint64 [members], the hash keys of the members' jitter; None puts every draw in
            the middle of its cell.
        limits: int64 [members], how many draws each member has at the most; None for endless.
    """

    def __init__(
        self,
        weights: Int64Array,
        keys: UInt64Array | None,
        limits: Int64Array | None = None,
    ) -> None:
        self.weights = weights
        self.total = int(weights.sum())
        self.limits = limits
        self._keys = keys
        # Rounded down by far more than the error of a product, so a quotient is right or one low.
        self._inverse = (1.0 - 2.0**-50) / weights
        self._short_weights = weights.astype(np.uint32)
        self._ticks = np.zeros(0, dtype=np.int64)
        self._weyl = np.zeros(0, dtype=np.uint64)
        self._end: int | None = None

    def moment(self, time: int) -> Moment:
        """Return the counts at ``time`` (an integer, from 0 to below 2^62) in O(members)."""
        turns, rest = divmod(time, self.total)
        scaled = self.weights * rest
        cell = scaled // self.total
        part = scaled - cell * self.total
        cell += self.weights * turns
        phase = self._phases(cell)
        count = cell + (phase * self.total < part << PHASE_BITS)
        if self.limits is not None:
            np.minimum(count, self.limits, out=count)
        return Moment(time, count, cell, part, int(count.sum()))

    def _phases(self, draw: Int64Array) -> Int64Array:
        """The phase in its cell of one draw of each member: int64 [members]."""
        if self._keys is None:
            return np.full(len(draw), _CENTRE, dtype=np.int64)
        values = scatter(self._keys + _steps(draw))
        return (values >> _PHASE_SHIFT).view(np.int64)

    def moment_before(self, draw: int) -> Moment:
        """Return a moment at which at most ``draw`` draws have passed, and not many fewer.

        Every member is within one of its expectation at any time, so an endless sequence is
        never more than its number of members behind or ahead: no search is needed. Where
        members have run out, the time is found by bisection.
        """
        if self.limits is None:
            return self.moment(max(0, draw - len(self.weights)))
        return self._bracket(draw)[0]

    def moment_after(self, draw: int) -> Moment:
        """Return a moment before which at least ``draw`` draws have passed, and not many more."""
        if self.limits is None:
            return self.moment(draw + len(self.weights))
        return self._bracket(draw)[1]

    def _bracket(self, draw: int) -> tuple[Moment, Moment]:
        """Two moments of a limited sequence, with few draws between them, around a draw."""
        low, high = self.moment(0), self.moment(self.end())
        while high.time - low.time > 1 and high.total - low.total > 2 * len(self.weights):
            middle = self.moment((low.time + high.time) // 2)
            if middle.total <= draw:
                low = middle
            else:
                high = middle
        return low, high

    def end(self) -> int:
        """An integer moment by which all draws of a limited sequence have passed."""
        if self.limits is None:
            raise ValueError("an endless sequence has no end")
        if self._end is None:
            cells = zip(self.limits.tolist(), self.weights.tolist(), strict=True)
            self._end = max(-(-limit * self.total // weight) for limit, weight in cells)
        return self._end

    def counts(self, draw: int) -> Int64Array:
        """Return how many of the first ``draw`` draws are each member's: int64 [members]."""
        low = self.moment_before(draw)
        if low.total == draw:
            return low.count
        counts, order = self.between(low, self.moment_after(draw))
        ends = np.cumsum(counts)
        member = np.searchsorted(ends, order[: draw - low.total], side="right")
        return low.count + np.bincount(member, minlength=len(counts))

    def number(self, member: int, draw: int) -> int:
        """Return the number in the sequence of a member's draw, in O(members)."""
        phase = int(self._phases(np.full(len(self.weights), draw, dtype=np.int64))[member])
        ticks = ((draw << PHASE_BITS) + phase) * self.total // int(self.weights[member])
        low = self.moment(ticks >> PHASE_BITS)
        counts, order = self.between(low, self.moment(low.time + 1))
        label = int(counts[:member].sum()) + draw - int(low.count[member])
        return low.total + int(np.flatnonzero(order == label)[0])

    def between(self, low: Moment, high: Moment) -> tuple[Int64Array, Int64Array]:
        """Order the draws from one moment to a later one.

        The draws are numbered member by member: first those of member 0 in order, then those of
        member 1, and so on.

        Args:
            low: the moment at which to begin.
            high: the moment before which to end.

        Returns:
            ``counts``, int64 [members], the draws of each member in the window; and ``order``,
            int64 [sum of counts], the numbers of the draws sorted by (time, hash, member).
        """
        counts = high.count - low.count
        size = high.total - low.total
        if len(counts) == 1 or size == 0:
            return counts, np.arange(size, dtype=np.int64)
        self._grow(size)
        bound = (high.time - low.time) << PHASE_BITS
        first = np.cumsum(counts) - counts
        # Number i is draw low.count + (i - first) of its member, d = i - first + low.count - cell.
        # Sums beyond 64 bits wrap around and back: each numerator itself is small.
        offset = ((low.count - low.cell - first) * self.total - low.part) << PHASE_BITS
        start = None if self._keys is None else self._keys + _steps(low.count - first)
        keys = None
        if start is not None and DrawKeys.can_hold(size, bound):
            keys = DrawKeys(size, bound)
        ticks = []
        for part in portions(counts):
            span = slice(part.low, part.high)
            if start is None:
                phased = self._ticks[span] + _CENTRE
            else:
                hashed = np.repeat(start[part.runs], part.lengths)
                hashed += self._weyl[span]
                scatter(hashed)
                if keys is not None:
                    keys.add_hashes(span, hashed)
                hashed >>= _PHASE_SHIFT
                phased = hashed.view(np.int64)
                phased += self._ticks[span]
            phased *= self.total
            phased += np.repeat(offset[part.runs], part.lengths)
            if keys is not None:
                keys.add_ticks(span, self._divide(phased, part, bound))
            else:
                ticks.append(self._divide(phased, part, bound))

        def hashes(draws: Int64Array) -> UInt32Array:
            assert start is not None
            member = np.searchsorted(first + counts, draws, side="right")
            return tie_hashes(scatter(start[member] + _steps(draws)))

        if keys is not None:
            return counts, keys.order(hashes)
        if start is None:
            return counts, stable_order(np.concatenate(ticks), bound)
        return counts, np.lexsort((hashes(np.arange(size)), np.concatenate(ticks)))

    def _divide(self, numerator: Int64Array, part: Portion, bound: int) -> Int64Array:
        """Divide by the weights, rounding down; where the ticks fit 32 bits by a float product.

        Args:
            numerator: int64 [draws of the portion], not negative; used up.
            part: which draws of which members.
            bound: the quotients are below it.

        Returns:
            int64 [draws of the portion].
        """
        weights = np.repeat(self._short_weights[part.runs], part.lengths)
        if bound > _QUICK_BOUND:
            numerator //= weights
            return numerator
        product = numerator.astype(np.float64)
        product *= np.repeat(self._inverse[part.runs], part.lengths)
        ticks = product.astype(np.int64)
        # One too low where the remainder is not below the weight: add the sign bit of the rest,
        # which is in [-2^31, 2^31), so that 32 bits are enough for it.
        rest = ticks.astype(np.uint32)
        rest *= weights
        rest -= numerator.astype(np.uint32)
        rest += weights
        rest -= np.uint32(1)
        rest >>= np.uint32(31)
        ticks += rest
        return ticks

    def _grow(self, size: int) -> None:
        if len(self._ticks) < size:
            self._ticks = np.arange(size + size // 4, dtype=np.int64) << PHASE_BITS
            self._weyl = weyl(len(self._ticks))


def _steps(draws: Int64Array) -> UInt64Array:
    """What is added to a member's key for its draws of these numbers."""
    return draws.view(np.uint64) * np.uint64(GOLDEN)
