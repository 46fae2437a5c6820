"""The order of draws: by ticks, and on one tick by hashes that tell nothing about their places.

Where thousands of groups have equal shares, each tick is that of many draws. In the order of the
groups they would come in ascending runs; by hashes they come in any order.

Draws are sorted as single numbers of 64 bits, of the tick, as much of the hash as there is room
for, and the number of the draw: that is quicker than to sort by digits, as NumPy has vector
instructions for it, and no two are equal. Those of one tick whose hashes begin alike are few, and
are put in order afterwards.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from brevetti_sample.arrays.types import Int64Array, UInt32Array, UInt64Array

BITS = 32
"""How many bits the hash has that orders ties: those of a draw's hash below its place's 12."""
_SHIFT = 20
_KEY_BITS = 64


def tie_hashes(hashed: UInt64Array) -> UInt32Array:
    """Cut the hashes that order ties out of those of draws.

    Args:
        hashed: uint64 [n], of `hashing.scatter`.

    Returns:
        uint32 [n].

    Example:
        >>> [hex(value) for value in tie_hashes(np.array([0x123_456789AB_CDEF0], np.uint64))]
        ['0x456789ab']
    """
    return (hashed >> np.uint64(_SHIFT)).astype(np.uint32)


class DrawKeys:
    """The numbers that sort the draws of a window, once hashes and ticks are added to each.

    Args:
        size: how many draws there are.
        bound: the ticks are below it; at least 1.
    """

    def __init__(self, size: int, bound: int) -> None:
        self._number_bits = (size - 1).bit_length()
        self._tick_shift = min(_KEY_BITS - (bound - 1).bit_length(), self._number_bits + BITS)
        self._keys: UInt64Array = np.arange(size, dtype=np.uint64)

    @staticmethod
    def can_hold(size: int, bound: int) -> bool:
        """Whether the ticks and the numbers leave some room for hashes.

        Example:
            >>> DrawKeys.can_hold(1 << 20, 1 << 44), DrawKeys.can_hold(1 << 20, 1 << 45)
            (True, False)
        """
        return (size - 1).bit_length() + (bound - 1).bit_length() <= _KEY_BITS

    def add_hashes(self, span: slice, hashed: UInt64Array) -> None:
        """Put what fits of the hashes that order ties into the keys of some draws.

        Args:
            span: the numbers of the draws.
            hashed: uint64 [draws], of `hashing.scatter`.
        """
        ties = hashed >> np.uint64(_SHIFT + BITS - self._tick_shift)
        ties &= np.uint64((1 << self._tick_shift) - (1 << self._number_bits))
        self._keys[span] |= ties

    def add_ticks(self, span: slice, ticks: Int64Array) -> None:
        """Put the ticks of some draws into their keys.

        Args:
            span: the numbers of the draws.
            ticks: int64 [draws]; used up.
        """
        ticks <<= np.int64(self._tick_shift)
        self._keys[span] |= ticks.view(np.uint64)

    def order(self, hashes: Callable[[Int64Array], UInt32Array]) -> Int64Array:
        """Sort the draws by (tick, hash, number); the keys are used up.

        Args:
            hashes: gives the hashes that order ties of the draws of given numbers.

        Returns:
            int64 [draws], the numbers of the draws in order.
        """
        keys = self._keys
        keys.sort()
        differ = keys[1:] ^ keys[:-1]
        alike = np.flatnonzero(differ < np.uint64(1 << self._number_bits))
        where = np.unique(np.concatenate([alike, alike + 1]))
        ticks = keys[where] >> np.uint64(self._tick_shift)
        keys &= np.uint64((1 << self._number_bits) - 1)
        order = keys.view(np.int64)
        if len(where):
            draws = order[where]
            order[where] = draws[np.lexsort((hashes(draws), ticks))]
        return order
