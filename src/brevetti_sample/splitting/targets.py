"""How many rows each purpose should have in each stratum, exactly, before anything is rounded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from brevetti_sample.arrays.types import Int64Array

from .shares import Shares

_BITS = 60
"""Numerators stay below 2^60, so that differences of two fit 64 bits."""


@dataclass(frozen=True)
class Targets:
    """Rows as fractions, with one denominator for each stratum. Made by `make_targets`.

    Attributes:
        numerators: int64 [strata, purposes], at least 0; of a stratum they sum to its rows times
            its denominator.
        denominators: int64 [strata], at least 1.
    """

    numerators: Int64Array
    denominators: Int64Array

    def only(self, strata: Int64Array) -> Targets:
        """Return the targets of some strata."""
        return Targets(self.numerators[strata], self.denominators[strata])

    def scaled(self, scale: int) -> Int64Array:
        """Return the targets times a scale, rounded down: int64 [strata, purposes]."""
        whole, rest = np.divmod(self.numerators, self.denominators[:, np.newaxis])
        fraction = rest / self.denominators[:, np.newaxis]
        return whole * scale + (fraction * scale).astype(np.int64)


def make_targets(rows: Int64Array, shares: Shares, minimum: int = 0) -> Targets:
    """Divide the rows of each stratum.

    Fixed numbers of rows come first; what they leave is divided by the shares. A stratum with fewer
    rows than these numbers together is divided in proportion to them.

    Args:
        rows: int64 [strata].
        shares: what each purpose is to get.
        minimum: the rows that every purpose with a share is to have at least in each stratum; of a
            stratum that has fewer, an equal part. The others give it up in proportion.

    Example:
        >>> from .shares import parse_shares
        >>> targets = make_targets(np.array([50, 4]), parse_shares("a=0.9,b=0.1"), minimum=1)
        >>> targets.numerators / targets.denominators[:, None]
        array([[45.,  5.],
               [ 3.,  1.]])
    """
    if not minimum and not any(shares.rows):
        parts = np.array(shares.parts, dtype=np.int64)
        return Targets(
            rows[:, np.newaxis] * parts, np.full(len(rows), shares.total, dtype=np.int64)
        )
    numbers, which = np.unique(rows, return_inverse=True)
    divided = [
        _over_one_denominator(_divided(number, shares, minimum), number)
        for number in numbers.tolist()
    ]
    numerators = np.array([row for row, _ in divided], dtype=np.int64)
    denominators = np.array([one for _, one in divided], dtype=np.int64)
    return Targets(numerators[which], denominators[which])


def least_rows(rows: Int64Array, shares: Shares, minimum: int) -> Int64Array:
    """The rows of each stratum that every purpose with a share can have at least: int64 [strata].

    Example:
        >>> from .shares import parse_shares
        >>> least_rows(np.array([50, 4, 1]), parse_shares("a=9,b=1"), 5)
        array([5, 2, 0])
    """
    return np.minimum(rows // sum(shares.given), minimum)


def _divided(rows: int, shares: Shares, minimum: int) -> list[Fraction]:
    """The rows of each purpose of a stratum with so many."""
    counts = shares.rows or (0,) * len(shares.parts)
    asked = sum(counts)
    if asked > rows:
        wanted = [Fraction(rows * count, asked) for count in counts]
    else:
        wanted = [
            count + Fraction((rows - asked) * part, shares.total)
            for count, part in zip(counts, shares.parts, strict=True)
        ]
    sharing = [k for k, given in enumerate(shares.given) if given]
    least = min(minimum, rows // len(sharing))
    raised: set[int] = set()
    while True:
        others = [k for k in sharing if k not in raised]
        left, base = rows - least * len(raised), sum(wanted[k] for k in others)
        now = {k: wanted[k] * left / base if base else Fraction(0) for k in others}
        low = {k for k in others if now[k] < least}
        if not low:
            now |= dict.fromkeys(raised, Fraction(least))
            return [now.get(k, Fraction(0)) for k in range(len(wanted))]
        raised |= low


def _over_one_denominator(values: Sequence[Fraction], total: int) -> tuple[list[int], int]:
    """Numerators that sum to the total times the denominator; rounded if they would be too long."""
    common = math.lcm(*(value.denominator for value in values))
    if common * max(total, 1) >= 1 << _BITS:
        common = 1 << (_BITS - total.bit_length())
    numerators = [int(value * common) for value in values]
    numerators[numerators.index(max(numerators))] += total * common - sum(numerators)
    return numerators, common
