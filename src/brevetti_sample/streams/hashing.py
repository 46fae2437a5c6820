"""Keyed hashes: the only source of chance in the stream.

Every random choice is a 64-bit integer hash of (seed, purpose, index), so it is the same on every
machine and can be computed for any index alone. The finaliser is SplitMix64's (Steele, Lea and
Flood 2014, "Fast splittable pseudorandom number generators"; Stafford's constants, variant 13).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np

from brevetti_sample.arrays.types import UInt64Array

GOLDEN = 0x9E3779B97F4A7C15
"""2^64 divided by the golden ratio, odd: the step of the Weyl sequence that is hashed."""

_MULTIPLIER_1 = np.uint64(0xBF58476D1CE4E5B9)
_MULTIPLIER_2 = np.uint64(0x94D049BB133111EB)
_MASK = (1 << 64) - 1

JITTER = 1
"""Purpose: where a draw of a group stands in its cell."""
CLASS_JITTER = 2
"""Purpose: where a draw of a class of groups stands in its cell."""
ORDER = 3
"""Purpose: the order of a group's rows in a cycle."""
MAP = 4
"""Purpose: the seed of a function that is mapped over samples."""
ITEM = 5
"""Purpose: the order of an item among those of a stratum, in a split."""
STRATUM = 6
"""Purpose: how a stratum is rounded, in a split."""


def mix(values: UInt64Array) -> UInt64Array:
    """Scramble 64-bit integers; a bijection.

    Args:
        values: uint64 array of any shape; not changed.

    Returns:
        uint64 array of the same shape.

    Example:
        >>> int(mix(np.array([1], np.uint64))[0]) == 0x5692161D100B05E5
        True
    """
    mixed = values ^ (values >> np.uint64(30))
    mixed *= _MULTIPLIER_1
    mixed ^= mixed >> np.uint64(27)
    mixed *= _MULTIPLIER_2
    mixed ^= mixed >> np.uint64(31)
    return mixed


def keys(seed: int, purpose: int, count: int) -> UInt64Array:
    """Derive one 64-bit key for each index below ``count``.

    Args:
        seed: the plan's seed, in [0, 2^64).
        purpose: one of this module's purposes; other purposes give unrelated keys.
        count: how many keys.

    Returns:
        uint64 array [count].

    Example:
        >>> keys(1, JITTER, 2).dtype, len(set(keys(1, JITTER, 2).tolist()))
        (dtype('uint64'), 2)
    """
    start = mix(np.array([(seed + purpose * GOLDEN) & _MASK], dtype=np.uint64))
    return mix(start + weyl(count) + np.uint64(GOLDEN))


def text_hashes(texts: Iterable[str], seed: int, purpose: int) -> UInt64Array:
    """Hash texts with a seed.

    Args:
        texts: the texts.
        seed: in [0, 2^64).
        purpose: one of this module's purposes; other purposes give unrelated hashes.

    Returns:
        uint64 array [texts]: BLAKE2b of 8 bytes, little-endian, mixed with the seed's key.

    Example:
        >>> [hex(value) for value in text_hashes(["a", "b"], 1, ITEM).tolist()]
        ['0x20c433ade3b28ebd', '0x96289911cbf71681']
    """
    digests = [
        hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        for text in texts
    ]
    values = np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)
    return mix(values + keys(seed, purpose, 1))


def weyl(count: int) -> UInt64Array:
    """Return ``i * GOLDEN`` modulo 2^64 for every i below ``count``: uint64 array [count].

    Example:
        >>> weyl(3)[1] == GOLDEN
        np.True_
    """
    return np.arange(count, dtype=np.uint64) * np.uint64(GOLDEN)


def scatter(values: UInt64Array) -> UInt64Array:
    """Hash Weyl values, in place, to 64 bits of which the upper ones are good.

    Two multiplications instead of the whole of `mix`: the low bits, which need its last step, are
    for nobody. The place of a draw is the uppermost bits, its rank among ties those of `ties`.

    Args:
        values: uint64 array; overwritten.

    Returns:
        The same array.
    """
    shifted = values >> np.uint64(32)
    values ^= shifted
    values *= _MULTIPLIER_1
    np.right_shift(values, np.uint64(29), out=shifted)
    values ^= shifted
    values *= _MULTIPLIER_2
    return values
