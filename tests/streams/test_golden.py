"""The first draws of some plans, as literals.

Order is part of the interface. If one of these fails, the change that made it fail is wrong, or it
is a new major version.

They changed once, before the first version was released: draws that fall on one tick were in the
order of their groups, and are in the order of a hash now. Of the literals only the digests of 1,000
shuffled groups changed, for with few groups there are hardly any such draws.
"""

from __future__ import annotations

import hashlib

import numpy as np

from brevetti_sample import bundled_manifest, draw, frequency_table, make_plan
from brevetti_sample.groups.weighting import weigh
from brevetti_sample.streams.hashing import JITTER, keys
from brevetti_sample.streams.permutation import permute
from brevetti_sample.streams.share_classes import classes
from brevetti_sample.streams.stratified import Stream
from support.plans import drawn, plan_of


def bottles():
    return make_plan(bundled_manifest(), groupby="folder", weighting="square root", seed=1)


def test_the_plan_of_the_bottles_has_these_weights_and_this_digest():
    plan = bottles()
    assert plan.weights.tolist() == [497717584, 1282177264, 367588797]
    assert plan.digest == "eafa66dce4952119f09c408d665767d9ac8243e6111c455a15640789a842e4ae"


def test_the_bottles_are_drawn_in_this_order():
    [draws] = draw(bottles(), bundled_manifest(), 0, 16)
    assert draws.group.tolist() == [0, 1, 1, 1, 2, 1, 0, 2, 1, 0, 1, 1, 1, 1, 1, 0]
    assert draws.row.tolist() == [
        *(19, 132, 46, 137, 176, 165, 18, 173),
        *(82, 8, 164, 38, 89, 111, 129, 6),
    ]
    assert frequency_table(bottles()).drawn.tolist() == [42, 107, 31]


def test_the_bottles_are_drawn_in_this_order_after_a_thousand_million_draws():
    group, row = drawn(Stream(bottles()), 10**9, 10**9 + 16)
    assert group.tolist() == [1, 1, 0, 1, 2, 1, 0, 1, 0, 1, 1, 2, 1, 0, 1, 1]
    assert row.tolist() == [93, 8, 8, 119, 2, 72, 15, 36, 19, 139, 140, 1, 103, 13, 141, 0]


def test_two_classes_of_groups_of_all_sizes_are_drawn_in_this_order():
    stream = Stream(plan_of([300, 5000, 1, 70, 64], [5, 900, 1, 40, 54], seed=2**64 - 1))
    group, row = drawn(stream, 0, 24)
    assert group.tolist() == [1, 1, 1, 4, *[1] * 12, 3, 1, 1, 1, 1, 1, 1, 4]
    assert row.tolist() == [
        *(2790, 2143, 550, 48, 2334, 675, 1705, 2462, 829, 4154, 4849, 482),
        *(4309, 179, 2754, 1919, 20, 125, 2695, 3877, 497, 2664, 2983, 6),
    ]
    group, row = drawn(stream, 10**12, 10**12 + 8)
    assert group.tolist() == [1, 1, 1, 1, 1, 4, 1, 1]
    assert row.tolist() == [2579, 774, 4214, 4179, 1723, 43, 1507, 2274]


def test_a_finite_stream_is_drawn_in_this_order():
    group, row = drawn(Stream(plan_of([3, 9, 1], [1, 1, 1], seed=3, repeat=2)), 0, 26)
    assert group.tolist() == [1, 0, 2, 0, 1, 2, 1, 0, 0, 1, 1, 0, 0, *[1] * 13]
    assert row.tolist() == [
        *(0, 2, 0, 1, 1, 0, 5, 0, 0, 3, 6, 1, 2, 8, 2, 7, 4, 0, 4, 5, 2, 1, 6, 8, 7, 3),
    ]


def test_the_keys_and_permutations_are_these():
    assert keys(1, JITTER, 2).tolist() == [0x5E41AB087439611E, 0xF18D6CE93D6CF1EE]
    first = {
        size: permute(
            np.array([size]), np.array([12345], np.uint64), np.array([0]), np.array([6])
        ).tolist()
        for size in (6, 64, 65, 300, 5000)
    }
    assert first == {
        6: [3, 1, 4, 2, 5, 0],
        64: [27, 58, 60, 53, 55, 45],
        65: [15, 30, 26, 59, 62, 0],
        300: [117, 17, 217, 275, 265, 219],
        5000: [2536, 4295, 3014, 156, 2080, 382],
    }


def test_twenty_thousand_equal_groups_of_which_many_fall_on_each_tick_are_drawn_in_this_order():
    stream = Stream(plan_of([2] * 20_000, [1] * 20_000, seed=6))
    group, _ = drawn(stream, 0, 12)
    assert group.tolist() == [
        *(19586, 10164, 3620, 5117, 6736, 10743, 13722, 17683, 19357, 13379, 16015, 11504),
    ]
    group, row = drawn(stream, 10**10, 10**10 + 6)
    assert group.tolist() == [9737, 12854, 3160, 16157, 15321, 12497]
    assert row.tolist() == [0, 1, 0, 1, 1, 1]


def digest(plan, start, stop):
    group, row = drawn(Stream(plan), start, stop)
    data = group.astype("<i4").tobytes() + row.astype("<i4").tobytes()
    return hashlib.sha256(data).hexdigest()[:16]


def test_long_ranges_of_streams_of_many_groups_have_these_digests():
    zipf = np.maximum(1, 200_000 * np.arange(1.0, 1001) ** -1.2).astype(np.int64)
    roots = plan_of(zipf, weigh(zipf, "square root"), seed=1)
    counts = plan_of(zipf, weigh(zipf, "count"), seed=2)
    equal = plan_of([10_000] * 1000, [1] * 1000, seed=3)
    once = plan_of(zipf, weigh(zipf, "square root"), seed=4, repeat=False)
    even = plan_of(zipf, weigh(zipf, "log"), seed=5, shuffle=False)
    assert [len(classes(plan.weights)) for plan in (roots, counts, equal)] == [1, 3, 1]
    assert [
        digest(roots, 0, 200_000),
        digest(roots, 10**12, 10**12 + 200_000),
        digest(counts, 10**9, 10**9 + 200_000),
        digest(equal, 0, 200_000),
        digest(once, 0, 10**9),
        digest(even, 0, 200_000),
    ] == [
        "f0d2f02b8226cb56",
        "884fab50085ad11a",
        "1c0d5756a2f76061",
        "a37482a37b88647a",
        "1c569c4d2c5036a9",
        "a7fbf766a37efdf3",
    ]
