"""The laws of the stratified stream."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from brevetti_sample.errors import UsageError
from brevetti_sample.groups.row_index import RowIndex
from brevetti_sample.streams.draws import draw_range
from brevetti_sample.streams.stratified import Stream
from support import reference
from support.plans import drawn, plan_of, plans

FAR = 10**12


@settings(max_examples=60)
@given(plans(max_groups=8), st.integers(1, 150))
def test_an_endless_stream_is_what_its_definition_gives_one_draw_at_a_time(plan, count):
    group, row = drawn(Stream(plan), 0, count)
    assert list(zip(group.tolist(), row.tolist(), strict=True)) == reference.stream(plan, count)


@settings(max_examples=40)
@given(plans(max_groups=5, repeat=st.integers(1, 2)))
def test_a_finite_stream_is_what_its_definition_gives_one_draw_at_a_time(plan):
    count = min(plan.length, 300)
    group, row = drawn(Stream(plan), 0, count)
    assert list(zip(group.tolist(), row.tolist(), strict=True)) == reference.stream(plan, count)


@given(plans(), st.integers(0, FAR), st.integers(1, 300), st.integers(0, 300))
def test_a_stream_continues_from_any_position_as_if_it_had_been_drawn_from_before(
    plan, start, count, later
):
    stream = Stream(plan)
    group, row = drawn(stream, start, start + count + later)
    tail_group, tail_row = drawn(Stream(plan), start + later, start + count + later)
    assert group[later:].tolist() == tail_group.tolist()
    assert row[later:].tolist() == tail_row.tolist()


@given(plans(), st.integers(0, FAR), st.integers(8, 200))
def test_chunks_of_any_length_give_the_same_draws(plan, start, chunk):
    stream = Stream(plan)
    whole = drawn(stream, start, start + 700)
    stream._chunk = chunk
    parts = drawn(stream, start, start + 700)
    assert np.array_equal(whole, parts)


@given(plans(repeat=st.integers(1, 3)), st.integers(8, 200), st.data())
def test_chunks_and_positions_of_a_finite_stream_give_the_same_draws(plan, chunk, data):
    start = data.draw(st.integers(0, plan.length))
    stream = Stream(plan)
    whole = drawn(stream, 0, plan.length)
    stream._chunk = chunk
    parts = drawn(stream, start, plan.length)
    assert np.array_equal([part[start:] for part in whole], parts)


@given(plans(max_groups=30))
def test_a_group_is_always_within_one_of_its_share_in_the_time_of_its_class(plan):
    leaf = Stream(plan)._leaves[-1]
    shares = leaf.weights / leaf.total
    for time in (*range(40), 10**6 + 1, 10**11 + 7):
        moment = leaf.moment(time)
        expected = [time * int(weight) / leaf.total for weight in leaf.weights]
        assert np.abs(moment.count - expected).max() < 1 + 1e-4
        assert moment.total == moment.count.sum()
    assert np.isclose(shares.sum(), 1)


SKEWED = {
    "half the draws to one of a thousand groups": [999, *[1] * 999],
    "nine tenths to one of a hundred": [891, *[1] * 99],
    "Zipf 1.2": [int(1e6 * k**-1.2) for k in range(1, 1001)],
    "Zipf 0.6": [int(1e6 * k**-0.6) for k in range(1, 1001)],
    "halves of halves": [2**k for k in range(20)],
    "four large and a thousand small": [*[200_000] * 4, *[200] * 1000],
    "bottles": [497717584, 1282177264, 367588797],
    "equal": [1] * 100,
}


@pytest.mark.parametrize("name", SKEWED)
def test_every_batch_is_within_about_two_of_the_share_of_every_group(name):
    weights = np.array(SKEWED[name])
    share = weights / weights.sum()
    group, _ = drawn(Stream(plan_of([1000] * len(weights), weights, seed=4)), 0, 1 << 16)
    for size in (16, 64, 256):
        batch = np.arange(len(group)) // size
        counts = np.zeros((len(group) // size, len(weights)), dtype=np.int64)
        np.add.at(counts, (batch, group), 1)
        deviation = np.abs(counts - share * size)
        assert deviation.max() <= 3.05
        assert (deviation > 2.05).mean() < 0.01


@pytest.mark.parametrize("name", SKEWED)
def test_the_count_of_every_group_stays_within_about_two_of_its_share_of_all_draws_so_far(name):
    weights = np.array(SKEWED[name])
    share = weights / weights.sum()
    stream = Stream(plan_of([1000] * len(weights), weights, seed=4))
    for draw in (*range(1, 300, 7), 10**6, 10**9 + 1, 10**12 + 3):
        assert np.abs(stream.counts(draw) - share * draw).max() < 4


@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=6),
    st.integers(1, 3),
    st.integers(0, FAR),
    st.booleans(),
)
def test_where_the_quotas_are_whole_every_batch_has_exactly_its_quota(
    quotas, times, batch, shuffle
):
    plan = plan_of([7] * len(quotas), quotas, seed=batch, shuffle=shuffle)
    size = times * sum(quotas)
    group, _ = drawn(Stream(plan), batch * size, (batch + 4) * size)
    for part in group.reshape(4, size):
        assert np.bincount(part, minlength=len(quotas)).tolist() == [times * q for q in quotas]


@given(plans(max_groups=6), st.integers(0, 2000))
def test_each_row_of_a_group_comes_once_before_any_comes_again(plan, start):
    group, row = drawn(Stream(plan), 0, start + 1000)
    for number, size in enumerate(plan.sizes.tolist()):
        rows = row[group == number]
        whole = len(rows) // size
        for cycle in rows[: whole * size].reshape(whole, size):
            assert sorted(cycle.tolist()) == list(range(size))
        rest = rows[whole * size :].tolist()
        assert len(set(rest)) == len(rest)


@given(plans(repeat=st.integers(0, 3)))
def test_a_repeated_stream_draws_every_row_of_every_weighted_group_that_often_and_ends(plan):
    group, row = drawn(Stream(plan), 0, 10**9)
    assert len(group) == plan.length
    for number, size in enumerate(plan.sizes.tolist()):
        times = plan.cycles if plan.weights[number] else 0
        assert np.bincount(row[group == number], minlength=size).tolist() == [times] * size


def test_once_through_the_rare_groups_run_out_first():
    group, _ = drawn(Stream(plan_of([5, 100], [1, 1], repeat=False)), 0, 105)
    assert np.flatnonzero(group == 0).max() < 12


def test_a_finite_stream_whose_last_group_is_very_slow_ends_all_the_same():
    plan = plan_of([3, 200], [1 << 30, 1], repeat=2, seed=5)
    group, row = drawn(Stream(plan), 0, 1000)
    assert np.bincount(group).tolist() == [6, 400]
    assert np.bincount(row[group == 1]).tolist() == [2] * 200
    assert np.array_equal(drawn(Stream(plan), 300, 406), [group[300:], row[300:]])


@given(plans(repeat=st.one_of(st.just(True), st.integers(1, 3))), st.integers(0, 1500))
def test_counts_in_closed_form_are_those_of_the_draws(plan, draw):
    group, _ = drawn(Stream(plan), 0, draw)
    expected = np.bincount(group, minlength=len(plan.sizes))
    assert Stream(plan).counts(draw).tolist() == expected.tolist()


@given(
    plans(repeat=st.one_of(st.just(True), st.integers(1, 3))),
    st.integers(0, 1200),
    st.integers(0, 1200),
)
def test_rows_never_drawn_in_closed_form_are_those_of_the_draws(plan, start, count):
    group, row = drawn(Stream(plan), start, start + count)
    expected = [
        size - len(set(row[group == number].tolist()))
        for number, size in enumerate(plan.sizes.tolist())
    ]
    assert Stream(plan).never_drawn(start, start + count).tolist() == expected


@given(plans(max_groups=5), st.integers(0, FAR), st.data())
def test_the_draws_of_a_row_are_found_without_drawing(plan, start, data):
    group, row = drawn(Stream(plan), start, start + 400)
    number = data.draw(st.integers(0, len(plan.sizes) - 1))
    place = data.draw(st.integers(0, int(plan.sizes[number]) - 1))
    expected = start + np.flatnonzero((group == number) & (row == place))
    found = Stream(plan).appearances(number, place, start, start + 400)
    assert found.tolist() == expected.tolist()


@given(plans())
def test_a_group_of_weight_zero_is_never_drawn(plan):
    group, _ = drawn(Stream(plan), 0, 300)
    assert set(group.tolist()) <= set(np.flatnonzero(plan.weights).tolist())


def test_without_shuffle_the_rows_come_in_manifest_order_and_the_groups_evenly():
    group, row = drawn(Stream(plan_of([3, 2], [3, 2], shuffle=False)), 0, 10)
    assert group.tolist() == [0, 1, 0, 1, 0, 0, 1, 0, 1, 0]
    assert row.tolist() == [0, 0, 1, 1, 2, 0, 0, 1, 1, 2]


def test_one_group_alone_is_drawn_through_cycle_by_cycle():
    _, row = drawn(Stream(plan_of([50], [1], seed=9)), 0, 150)
    first, second, third = (part.tolist() for part in row.reshape(3, 50))
    assert sorted(first) == sorted(second) == sorted(third) == list(range(50))
    assert first != second != third != first


def test_a_row_index_turns_places_in_groups_into_rows_of_the_manifest():
    index = RowIndex(np.array([4, 5, 0, 1, 2, 3], dtype=np.int32), np.array([0, 2]))
    plan = plan_of([2, 4], [1, 1], shuffle=False)
    group, place = drawn(Stream(plan), 0, 12)
    _, row = drawn(Stream(plan, index), 0, 12)
    assert row.tolist() == [[[4, 5], [0, 1, 2, 3]][g][p] for g, p in zip(group, place, strict=True)]


@pytest.mark.slow
@pytest.mark.parametrize("groups", [2, 3, 8])
@pytest.mark.parametrize("stride", [2, 3, 8])
def test_taking_every_rth_draw_favours_no_group(groups, stride):
    # Within a stream, counts vary less than independent ones; between seeds they are independent.
    picked = np.zeros((stride, groups))
    after = np.zeros((groups, groups))
    seeds = 1500
    for seed in range(seeds):
        group, _ = drawn(Stream(plan_of([10] * groups, [1] * groups, seed=seed)), 960, 1056)
        for offset in range(stride):
            picked[offset, group[offset]] += 1
        after[group[0], group[stride]] += 1
    for counts in picked:
        assert chi2.sf(((counts - seeds / groups) ** 2 / (seeds / groups)).sum(), groups - 1) > 1e-5
    # No pattern of the period of the stride: a group is not followed by one certain group.
    assert after.max() / seeds < 2.2 / groups**2 + 0.2


@pytest.mark.slow
def test_striding_over_a_long_stream_gives_each_group_its_share():
    for groups in (2, 3, 8):
        plan = plan_of([1000] * groups, [1] * groups, seed=groups)
        group, _ = drawn(Stream(plan), 0, 480_000)
        for stride in (2, 3, 8):
            for offset in range(stride):
                shares = np.bincount(group[offset::stride], minlength=groups) / (480_000 / stride)
                assert np.abs(shares - 1 / groups).max() < 0.006


@pytest.mark.parametrize("start, stop", [(-1, 5), (5, 5), (6, 5), (0, 2**60 + 1)])
def test_a_range_that_is_empty_or_out_of_bounds_is_refused(start, stop):
    with pytest.raises(UsageError, match=rf"^there are no draws from {start} to before {stop}: "):
        draw_range(plan_of([1], [1]), start, stop)
