"""Sorting integers stably, in time linear in their number."""

from __future__ import annotations

import numpy as np

from .types import UNCHECKED, Int32Array, Int64Array, UInt8Array, UInt16Array, UInt32Array

_DIGIT, _DIGIT_BITS = np.uint16, 16


def stable_order(
    values: Int64Array | Int32Array | UInt32Array,
    bound: int,
    lowest: UInt8Array | UInt16Array | None = None,
) -> Int64Array:
    """Return what sorts integers; equal ones stay in order.

    A radix sort, 16 bits at a time, which NumPy sorts stably in linear time: a quarter of the
    time of a sort by comparison.

    Args:
        values: [n], each from 0 to below ``bound``.
        bound: at least 1.
        lowest: [n], a digit below those of the values, by which equal ones are sorted.

    Returns:
        int64 [n], the positions of the values in ascending order.

    Example:
        >>> stable_order(np.array([70_000, 3, 70_000, 0]), 70_001)
        array([3, 1, 0, 2])
    """
    start = 0
    if lowest is None:
        lowest, start = values.astype(_DIGIT), _DIGIT_BITS
    order: Int64Array = lowest.argsort(kind="stable")
    for shift in range(start, (bound - 1).bit_length(), _DIGIT_BITS):
        digit = (values >> shift).astype(_DIGIT).take(order, mode=UNCHECKED)
        order = order.take(digit.argsort(kind="stable"), mode=UNCHECKED)
    return order
