"""Draws that fall on one tick, of which there are many where many groups have like shares."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from brevetti_sample.groups.weighting import weigh
from brevetti_sample.streams import ties
from brevetti_sample.streams.hashing import JITTER, keys, scatter, weyl
from brevetti_sample.streams.interleave import PHASE_BITS, Interleave
from brevetti_sample.streams.stratified import Stream
from brevetti_sample.streams.ties import tie_hashes
from support import reference
from support.plans import drawn, plan_of


def tied_weights(data) -> list[int]:
    """Weights of hundreds or thousands of members, few of them distinct."""
    distinct = data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=4))
    repeats = data.draw(st.integers(100, 1500))
    return (distinct * repeats)[:1500]


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(st.data(), st.integers(0, 2**64 - 1))
def test_ties_are_in_the_order_of_the_definition(data, seed):
    weights = tied_weights(data)
    jitter = [reference.key(seed, 1, member) for member in range(len(weights))]
    expected = reference.interleave(
        weights, lambda member, draw: reference.place(jitter[member], draw), 300
    )
    stream = Stream(plan_of([100] * len(weights), weights, seed=seed))
    group, _ = drawn(stream, 0, 300)
    assert group.tolist() == [member for member, _ in expected]


@settings(max_examples=20, deadline=None)
@given(st.data(), st.integers(0, 10**12), st.sampled_from([None, 1, 3]))
def test_the_order_does_not_depend_on_the_room_for_hashes(data, time, limit):
    weights = np.array(tied_weights(data))
    limits = None if limit is None else np.full(len(weights), limit)
    start = time if limit is None else 0
    orders = []
    sequence = Interleave(weights, keys(3, JITTER, len(weights)), limits)
    low, high = sequence.moment(start), sequence.moment(start + 700)
    bits = [((high.time - low.time << PHASE_BITS) - 1).bit_length()]
    bits.append(max(high.total - low.total - 1, 0).bit_length())
    for room in (64, sum(bits) + 3, sum(bits), sum(bits) - 1):
        with mock.patch.object(ties, "_KEY_BITS", room):
            orders.append(sequence.between(low, high)[1].tolist())
    assert orders[0] == orders[1] == orders[2] == orders[3]


@settings(max_examples=20, deadline=None)
@given(st.data(), st.integers(0, 10**12), st.sampled_from([True, 1, 2]), st.integers(8, 900))
def test_positions_chunks_and_counts_agree_where_ties_are_many(data, start, repeat, chunk):
    weights = tied_weights(data)
    plan = plan_of([3] * len(weights), weights, seed=5, repeat=repeat)
    start = start if repeat is True else start % plan.length
    group, row = drawn(Stream(plan), start, start + 600)
    later = Stream(plan)
    later._chunk = chunk
    parts = drawn(later, start + 100, start + 600)
    assert np.array_equal([group[100:], row[100:]], parts)
    before, after = Stream(plan).counts(start), Stream(plan).counts(start + 600)
    counted = np.bincount(group, minlength=len(weights))
    assert (after - before).tolist() == counted.tolist()
    if len(group):
        [first] = Stream(plan).appearances(int(group[0]), int(row[0]), start, start + 1)
        assert first == start


def test_without_shuffle_draws_of_one_tick_are_in_the_order_of_the_groups():
    group, _ = drawn(Stream(plan_of([5] * 5000, [1] * 5000, shuffle=False)), 0, 15_000)
    assert group.tolist() == [*range(5000)] * 3


def test_classes_tie_too_and_come_in_the_order_of_the_definition():
    weights = [999, *[1] * 999]
    for seed in range(3):
        plan = plan_of([50] * 1000, weights, seed=seed)
        group, row = drawn(Stream(plan), 0, 300)
        assert list(zip(group.tolist(), row.tolist(), strict=True)) == reference.stream(plan, 300)


def ascending(group):
    return float((np.diff(group) > 0).mean() / (np.diff(group) != 0).mean())


def mean_spread(group, shares, size=32):
    """The standard deviation of the mean group of a batch, over that of independent draws."""
    number = np.arange(len(shares))
    expected = (number * shares).sum()
    independent = np.sqrt((number**2 * shares).sum() - expected**2) / np.sqrt(size)
    batches = group[: len(group) // size * size].reshape(-1, size).mean(axis=1)
    return float(np.sqrt(((batches - expected) ** 2).mean()) / independent)


@pytest.mark.slow
def test_of_neighbouring_draws_of_100_000_equal_groups_half_ascend():
    group, _ = drawn(Stream(plan_of([10] * 100_000, [1] * 100_000, seed=1)), 0, 400_001)
    assert ascending(group) == pytest.approx(0.5, abs=0.005)


@pytest.mark.slow
def test_a_batch_of_a_million_equal_groups_is_as_good_as_one_of_independent_draws():
    groups = 1_000_000
    group, _ = drawn(Stream(plan_of(np.full(groups, 3), np.ones(groups), seed=2)), 0, 1_000_000)
    assert ascending(group) == pytest.approx(0.5, abs=0.005)
    assert mean_spread(group, np.full(groups, 1 / groups)) == pytest.approx(1, abs=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("rule", ["uniform", "count", "square root"])
@pytest.mark.parametrize("shape", ["random", "ascending", "descending"])
def test_groups_of_one_to_five_rows_come_without_a_pattern(rule, shape):
    sizes = np.random.default_rng(3).integers(1, 6, 20_000)
    sizes = {"random": sizes, "ascending": np.sort(sizes), "descending": -np.sort(-sizes)}[shape]
    weights = weigh(sizes, rule)
    shares = weights / weights.sum()
    for repeat, start in ((True, 0), (True, 10**11), (5, 0)):
        plan = plan_of(sizes, weights, seed=4, repeat=repeat)
        stop = start + 400_001 if repeat is True else plan.length // 8  # before any has run out
        group, _ = drawn(Stream(plan), start, stop)
        assert ascending(group) == pytest.approx(0.5, abs=0.005 * np.sqrt(4e5 / len(group)))
        assert mean_spread(group, shares) == pytest.approx(1, abs=0.05)


def chi_square_p(counts):
    expected = counts.sum() / counts.size
    return chi2.sf(((counts - expected) ** 2 / expected).sum(), counts.size - 1)


def hashes_of(kind: str, count: int = 1 << 20):
    """The hashes of the draws of one group, or of one draw of many groups."""
    if kind == "draws":
        return scatter(weyl(count) + keys(7, JITTER, 1))
    return scatter(keys(7, JITTER, count))


@pytest.mark.parametrize("kind", ["draws", "groups"])
@pytest.mark.parametrize("shift", [0, 8, 16, 24])
def test_each_byte_of_the_hash_of_ties_is_uniform_and_independent_of_the_place(kind, shift):
    hashed = hashes_of(kind)
    place = (hashed >> np.uint64(56)).astype(np.int64)
    low_place = (hashed >> np.uint64(52)).astype(np.int64) & 255
    byte = (tie_hashes(hashed) >> np.uint32(shift)).astype(np.int64) & 255
    assert chi_square_p(np.bincount(byte, minlength=256)) > 1e-4
    assert chi_square_p(np.bincount(byte << 8 | place, minlength=1 << 16)) > 1e-4
    assert chi_square_p(np.bincount(byte << 8 | low_place, minlength=1 << 16)) > 1e-4
    assert chi_square_p(np.bincount(byte[:-1] << 8 | byte[1:], minlength=1 << 16)) > 1e-4


@pytest.mark.parametrize("kind", ["draws", "groups"])
def test_no_bit_of_the_hash_of_ties_follows_one_of_the_place_or_of_the_draw_before(kind):
    hashed = hashes_of(kind, 1 << 17)
    place = hashed >> np.uint64(52)
    tie = tie_hashes(hashed)
    bits = (tie[:, np.newaxis] >> np.arange(32, dtype=np.uint32) & 1).astype(np.float32) * 2 - 1
    places = (place[:, np.newaxis] >> np.arange(12, dtype=np.uint64) & 1).astype(np.float32) * 2 - 1
    limit = 5.5 / np.sqrt(len(hashed))
    assert np.abs(bits.T @ places / len(bits)).max() < limit
    within = bits.T @ bits / len(bits)
    assert np.abs(within - np.eye(32)).max() < limit
    for lag in (1, 2, 3):
        assert np.abs(bits[lag:].T @ bits[:-lag] / len(bits)).max() < limit
        assert np.abs(bits[lag:].T @ places[:-lag] / len(bits)).max() < limit
