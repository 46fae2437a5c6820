"""The order of draws that fall on one tick: by hashes that tell nothing about their places.

Where thousands of groups have equal shares, each tick is that of many draws. In the order of the
groups they would come in ascending runs; by hashes they come in any order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from brevetti_sample.arrays.sorting import stable_order
from brevetti_sample.arrays.types import (
    UNCHECKED,
    Int64Array,
    UInt8Array,
    UInt16Array,
    UInt32Array,
    UInt64Array,
)

BITS = 32
"""How many bits the hash has that orders ties: those of a draw's hash below its place's 12."""
_SHIFT = 20
_MOST_BYTES = 2
_MANY = 16  # where one draw in so many is still to be put in order, a longer digit is quicker

Ticks: TypeAlias = Int64Array | UInt32Array
Digits: TypeAlias = UInt8Array | UInt16Array


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


class TieDigits:
    """The uppermost bits of the hashes that order ties, as a digit to sort by: none, 8, or 16.

    Where ties are rare it is quicker to put those that there are in order afterwards. Which is
    chosen for a window, by how many there were in the one before, makes no difference to its order.
    """

    def __init__(self) -> None:
        self._bytes = 0

    def empty(self, size: int) -> Digits | None:
        """Make room for the digits of so many draws, to `fill`; None where there are none."""
        if not self._bytes:
            return None
        digits: Digits = np.empty(size, dtype=f"u{self._bytes}")
        return digits

    @staticmethod
    def fill(digits: Digits, hashed: UInt64Array) -> None:
        """Cut digits out of hashes of `hashing.scatter`."""
        np.right_shift(
            hashed, np.uint64(_SHIFT + BITS - 8 * digits.itemsize), out=digits, casting="unsafe"
        )

    def order(
        self,
        ticks: Ticks,
        bound: int,
        digits: Digits | None,
        hashes: Callable[[Int64Array], UInt32Array],
    ) -> Int64Array:
        """Sort draws by (tick, hash, number).

        Args:
            ticks: [draws], each from 0 to below ``bound``.
            bound: at least 1.
            digits: [draws], filled in, or None.
            hashes: gives the hashes that order ties of the draws of given numbers.

        Returns:
            int64 [draws], the numbers of the draws in order.
        """
        order = stable_order(ticks, bound, digits)
        check = ticks.astype(np.uint32, copy=digits is not None)
        if digits is not None:
            check <<= np.uint32(8 * digits.itemsize)
            check |= digits
        # Draws that are alike in all that was sorted by, and a few that are not, are neighbours.
        check = check.take(order, mode=UNCHECKED)
        alike = np.flatnonzero(check[1:] == check[:-1])
        if len(alike):
            where = np.unique(np.concatenate([alike, alike + 1]))
            draws = order[where]
            order[where] = draws[np.lexsort((hashes(draws), ticks[draws]))]
            if len(where) * _MANY > len(order):
                self._bytes = min(self._bytes + 1, _MOST_BYTES)
        return order
