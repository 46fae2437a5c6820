"""The metronomes of one level."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from brevetti_sample.arrays.portions import portions
from brevetti_sample.streams.hashing import JITTER, keys
from brevetti_sample.streams.interleave import Interleave


@given(
    st.lists(
        st.tuples(
            st.integers(1, (1 << 31) - 1), st.integers(0, (1 << 32) - 1), st.integers(0, 1 << 31)
        ),
        min_size=1,
    ),
    st.sampled_from([1 << 32, 1 << 40]),
)
def test_the_quotients_are_those_of_integer_division_also_of_exact_multiples(triples, bound):
    weights = np.array([weight for weight, _, _ in triples])
    numerator = np.array([tick * weight + rest % weight for weight, tick, rest in triples])
    exact = np.array([tick * weight for weight, tick, _ in triples])
    sequence = Interleave(weights, None)
    [part] = portions(np.ones(len(weights), dtype=np.int64))
    for divided in (numerator, exact):
        out = sequence._divide(divided, part, bound)
        assert out.tolist() == [tick for _, tick, _ in triples]


@given(
    st.lists(st.integers(1, 1000), min_size=1, max_size=8),
    st.integers(0, 10**12),
    st.integers(0, 400),
)
def test_the_counts_between_two_moments_are_the_draws_between_them(weights, time, later):
    sequence = Interleave(np.array(weights), keys(3, JITTER, len(weights)))
    low, high = sequence.moment(time), sequence.moment(time + later)
    counts, order = sequence.between(low, high)
    assert counts.tolist() == (high.count - low.count).tolist()
    assert sorted(order.tolist()) == list(range(high.total - low.total))


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=8), st.integers(0, 10**12))
def test_the_number_of_a_draw_leads_back_to_it(weights, number):
    sequence = Interleave(np.array(weights), keys(5, JITTER, len(weights)))
    before, after = sequence.counts(number), sequence.counts(number + 1)
    [member] = np.flatnonzero(after - before)
    assert sequence.number(int(member), int(before[member])) == number


def test_a_limited_sequence_ends():
    sequence = Interleave(np.array([3, 1]), keys(1, JITTER, 2), np.array([5, 4]))
    assert sequence.moment(sequence.end()).count.tolist() == [5, 4]
    assert sequence.moment(sequence.end() + 1000).total == 9
