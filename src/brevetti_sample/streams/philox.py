"""Philox random numbers as TensorFlow draws them, for the replay stream alone.

Philox 4x32-10 is from Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1,
2, 3". How seeds become its key and counter, and its output a number, is TensorFlow's; the tests
compare all of it with TensorFlow.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from brevetti_sample.arrays.types import Float64Array, Int64Array, UInt64Array

DEFAULT_SEED = 87654321
"""TensorFlow's first seed where the program has set none with ``tf.random.set_seed``."""

Words: TypeAlias = tuple[UInt64Array, UInt64Array, UInt64Array, UInt64Array]
"""Four 32-bit words of each of n blocks, each as uint64 [n]."""

_MULTIPLIERS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_KEY_STEPS = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_ROUNDS = 10
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_LARGEST_INT32 = (1 << 31) - 1
# The key with which TensorFlow scrambles the seeds of its stateless operations.
_SCRAMBLE = np.uint64(0x3EC8F720), np.uint64(0x02461E29)


def philox(counter: Words, key: tuple[UInt64Array, UInt64Array]) -> Words:
    """Encrypt counters.

    Args:
        counter: four words of each block, lowest first.
        key: two words, of each block or one for all.

    Returns:
        Four random words of each block.

    Example:
        >>> zero = np.zeros(1, np.uint64)
        >>> [hex(int(word[0])) for word in philox((zero, zero, zero, zero), (zero, zero))]
        ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
    """
    first, second, third, fourth = counter
    low_key, high_key = key
    for _ in range(_ROUNDS):
        one, two = _MULTIPLIERS[0] * first, _MULTIPLIERS[1] * third
        first, second = (two >> _HALF) ^ second ^ low_key, two & _LOW
        third, fourth = (one >> _HALF) ^ fourth ^ high_key, one & _LOW
        low_key = (low_key + _KEY_STEPS[0]) & _LOW
        high_key = (high_key + _KEY_STEPS[1]) & _LOW
    return first, second, third, fourth


def operation_seeds(graph_seed: int, seeds: UInt64Array | Int64Array) -> tuple[int, Int64Array]:
    """Turn the seed that a data set was given into the two that its generator gets.

    Args:
        graph_seed: the program's seed, or `DEFAULT_SEED`.
        seeds: int64, what was passed as ``seed=``, of any number of operations.

    Returns:
        The first seed, and the second of each operation; both in [0, 2^31).
    """
    first = graph_seed if graph_seed == DEFAULT_SEED else graph_seed % _LARGEST_INT32
    second = np.asarray(seeds, dtype=np.int64) % _LARGEST_INT32
    if first == 0:
        second = np.where(second == 0, _LARGEST_INT32, second)
    return first, second


def numbers(first_seed: int, second_seed: Int64Array, position: Int64Array) -> UInt64Array:
    """Return numbers of generators that count from their seeds.

    Args:
        first_seed: the first seed of all the generators.
        second_seed: int64 [n], the second seed of each number's generator.
        position: int64 [n], which of the generator's numbers, from 0.

    Returns:
        uint64 [n], each in [0, 2^32).
    """
    block = (position >> 2).astype(np.uint64)
    seed = second_seed.astype(np.uint64)
    first = np.uint64(first_seed)
    words = philox(
        (block & _LOW, block >> _HALF, seed & _LOW, seed >> _HALF),
        (np.full(1, first & _LOW), np.full(1, first >> _HALF)),
    )
    return np.choose(position & 3, words)


def stateless_uniform(first_seed: UInt64Array, second_seed: UInt64Array) -> Float64Array:
    """Return the first number in [0, 1) of a stateless operation for each pair of seeds.

    Args:
        first_seed: uint64 [n].
        second_seed: uint64 [n].

    Returns:
        float64 [n], of 52 random bits each.
    """
    zero = np.zeros(1, dtype=np.uint64)
    mixed = philox(
        (first_seed & _LOW, first_seed >> _HALF, second_seed & _LOW, second_seed >> _HALF),
        (np.full(1, _SCRAMBLE[0]), np.full(1, _SCRAMBLE[1])),
    )
    high, low, _, _ = philox((zero, zero, mixed[2], mixed[3]), (mixed[0], mixed[1]))
    mantissa = ((high & np.uint64(0xFFFFF)) << _HALF) | low
    return (mantissa | np.uint64(1023 << 52)).view(np.float64) - 1.0
