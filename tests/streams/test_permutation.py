"""The keyed permutations: bijections, their inverse, and that they are not biased."""

from __future__ import annotations

from itertools import pairwise
from math import factorial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from brevetti_sample.streams.hashing import ORDER, keys, mix
from brevetti_sample.streams.permutation import cycle_keys, invert, permute
from support import reference

sizes = st.one_of(st.integers(1, 70), st.integers(60, 300), st.integers(300, 5000))
run_keys = st.integers(0, (1 << 64) - 1)


def whole(size, key):
    one = np.ones(1, dtype=np.int64)
    return permute(one * size, np.array([key], dtype=np.uint64), 0 * one, one * size)


def elements(size, position, count, seed=5):
    """The element at a position in the cycles 0 to count - 1 of one group."""
    cycles = np.arange(count)
    group = np.repeat(keys(seed, ORDER, 2)[1], count)
    one = np.ones(count, dtype=np.int64)
    return permute(one * size, cycle_keys(group, cycles), one * position, one).astype(np.int64)


@given(sizes, run_keys)
def test_a_permutation_has_each_element_once(size, key):
    assert sorted(whole(size, key).tolist()) == list(range(size))


@given(sizes, run_keys, st.data())
def test_a_part_of_a_permutation_is_that_part_of_the_whole(size, key, data):
    start = data.draw(st.integers(0, size - 1))
    length = data.draw(st.integers(0, size - start))
    part = permute(
        np.array([size]), np.array([key], np.uint64), np.array([start]), np.array([length])
    )
    assert part.tolist() == whole(size, key)[start : start + length].tolist()


@given(st.lists(st.tuples(sizes, run_keys), max_size=8))
def test_runs_of_all_sizes_together_are_what_each_is_alone(pairs):
    size = np.array([size for size, _ in pairs], dtype=np.int64)
    key = np.array([key for _, key in pairs], dtype=np.uint64)
    together = permute(size, key, np.zeros_like(size), size)
    alone = [whole(*pair) for pair in pairs]
    assert together.tolist() == [element for run in alone for element in run.tolist()]


@given(sizes, run_keys, st.data())
def test_an_element_is_what_the_definition_gives(size, key, data):
    position = data.draw(st.integers(0, size - 1))
    assert whole(size, key)[position] == reference.element(size, key, position)


@pytest.mark.parametrize("size", [64, 65, 4095, 4096, 4097])
def test_the_way_to_permute_changes_at_the_sizes_of_the_definition(size):
    expected = [reference.element(size, 7, position) for position in range(60)]
    assert whole(size, 7)[:60].tolist() == expected


@given(st.lists(st.tuples(sizes, run_keys, st.integers(0, 10**6)), min_size=1, max_size=8))
def test_the_inverse_finds_the_position_of_an_element(triples):
    size = np.array([size for size, _, _ in triples])
    key = np.array([key for _, key, _ in triples], dtype=np.uint64)
    position = np.array([number for _, _, number in triples]) % size
    element = permute(size, key, position, np.ones_like(size)).astype(np.int64)
    assert invert(size, key, element).tolist() == position.tolist()


def test_a_group_of_two_thousand_million_rows_is_permuted_too():
    size = np.array([2**31 - 1])
    key = np.array([3], dtype=np.uint64)
    start = np.array([2**31 - 1001])
    element = permute(size, key, start, np.array([1000])).astype(np.int64)
    assert len(set(element.tolist())) == 1000
    assert element.min() >= 0
    positions = invert(np.repeat(size, 1000), np.repeat(key, 1000), element)
    assert positions.tolist() == list(range(2**31 - 1001, 2**31 - 1))


def test_the_mixer_is_a_bijection_on_a_sample():
    values = np.arange(1 << 16, dtype=np.uint64) << np.uint64(40)
    assert len(np.unique(mix(values))) == 1 << 16


def p_value(counts, expected=None):
    counts = np.asarray(counts, dtype=np.float64)
    expected = counts.mean() if expected is None else expected
    return chi2.sf(((counts - expected) ** 2 / expected).sum(), counts.size - 1)


# About 250 tests are made below: at 1e-6, one in 4,000 changes of the definition fails by chance.
LEAST_P = 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("size", [2, 3, 4, 5, 6])
def test_all_permutations_of_a_small_group_are_equally_frequent(size):
    count = 200_000
    code = sum(elements(size, p, count) * size**p for p in range(size))
    frequencies = np.bincount(code)
    frequencies = frequencies[frequencies > 0]
    assert len(frequencies) == factorial(size)
    assert p_value(frequencies) > LEAST_P


@pytest.mark.slow
@pytest.mark.parametrize("size", [65, 66, 100, 129, 200, 255, 257, 300, 512, 577, 1000, 4096])
def test_positions_differences_and_pairs_are_uniform(size):
    count = 400_000
    height = max(16, int(np.ceil(size**0.5)))
    width = max(16, -(-size // height))
    # Neighbours, the ends, and numbers with an equal half, which one round fewer tells apart.
    positions = sorted({0, 1, width, width * ((size - 1) // width), size // 2, size - 2, size - 1})
    drawn = [elements(size, position, count) for position in positions]
    bins = min(size, 48)
    fill = np.bincount(np.arange(size) * bins // size)
    pairs_expected = np.outer(fill, fill).astype(float) - np.diag(fill)
    pairs_expected *= count / pairs_expected.sum()
    possible = pairs_expected > 0
    for element in drawn:
        assert p_value(np.bincount(element, minlength=size)) > LEAST_P
    for one, other in [*pairwise(drawn), (drawn[0], drawn[-1]), (drawn[0], drawn[2])]:
        assert p_value(np.bincount((other - one) % size, minlength=size)[1:]) > LEAST_P
        code = (one * bins // size) * bins + other * bins // size
        counts = np.bincount(code, minlength=bins**2).reshape(bins, bins)
        assert p_value(counts[possible], pairs_expected[possible]) > LEAST_P
