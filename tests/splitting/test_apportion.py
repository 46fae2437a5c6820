"""How items are divided among purposes: exact shares, and what is said of the rounding."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brevetti_sample.errors import UsageError
from brevetti_sample.splitting.apportion import FREE, OTHER, apportion, offsets_of
from brevetti_sample.splitting.shares import Shares, parse_shares
from brevetti_sample.splitting.targets import make_targets


def divided(strata, sizes, shares, fixed=None, seed=0):
    """The purpose of each item."""
    random = np.random.RandomState(seed)
    hashes = random.randint(0, 1 << 63, len(strata), dtype=np.uint64)
    offsets = offsets_of(random.randint(0, 1 << 63, max(strata) + 1, dtype=np.uint64))
    fixed = [FREE] * len(strata) if fixed is None else fixed
    counted = [size * (was != OTHER) for size, was in zip(sizes, fixed, strict=True)]
    rows = np.bincount(strata, counted).astype(np.int64)
    shares = Shares(tuple(map(str, range(len(shares)))), tuple(shares))
    return apportion(
        np.array(strata, np.int32),
        np.array(sizes, np.int64),
        hashes,
        np.array(fixed, np.int32),
        make_targets(rows, shares),
        offsets,
    ).tolist()


def rows_of(strata, sizes, purposes):
    counts = Counter()
    for stratum, size, purpose in zip(strata, sizes, purposes, strict=True):
        counts[stratum, purpose] += size
    return counts


PARTS = st.lists(st.integers(0, 12) | st.integers(0, 10**9 // 6), min_size=1, max_size=6).filter(
    any
)
SEEDS = st.integers(0, 1000)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=80), PARTS, SEEDS)
def test_of_single_rows_each_purpose_gets_its_share_rounded_down_or_up(strata, shares, seed):
    sizes = [1] * len(strata)
    counts = rows_of(strata, sizes, divided(strata, sizes, shares, seed=seed))
    for stratum in set(strata):
        for purpose, part in enumerate(shares):
            wanted = Fraction(strata.count(stratum) * part, sum(shares))
            assert abs(counts[stratum, purpose] - wanted) < 1


SIZES = st.sampled_from([1, 1, 2, 3, 5, 8, 13, 100])


@given(st.lists(st.tuples(st.integers(0, 2), SIZES), min_size=1, max_size=40), PARTS, SEEDS)
def test_each_purpose_gets_its_share_to_less_than_the_largest_item(items, shares, seed):
    strata, sizes = zip(*items, strict=True)
    counts = rows_of(strata, sizes, divided(strata, sizes, shares, seed=seed))
    for stratum in set(strata):
        own = [size for one, size in items if one == stratum]
        for purpose, part in enumerate(shares):
            wanted = Fraction(sum(own) * part, sum(shares))
            assert abs(counts[stratum, purpose] - wanted) < max(own)


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(OTHER, 2), SIZES), min_size=1, max_size=40),
    SEEDS,
)
def test_what_is_assigned_stays_and_counts(items, seed):
    strata, fixed, sizes = zip(*items, strict=True)
    shares = (5, 3, 2)
    purposes = divided(strata, sizes, shares, fixed, seed)
    assert all(was in (FREE, now) for was, now in zip(fixed, purposes, strict=True))
    assert FREE not in purposes
    counts, before = rows_of(strata, sizes, purposes), rows_of(strata, sizes, fixed)
    for stratum in set(strata):
        rows = sum(counts[stratum, purpose] for purpose in range(3))
        wanted = [Fraction(rows * part, 10) for part in shares]
        free = [s for one, was, s in items if one == stratum and was == FREE]
        if not free or any(before[stratum, k] > wanted[k] for k in range(3)):
            continue
        for purpose in range(3):
            assert abs(counts[stratum, purpose] - wanted[purpose]) < max(free)


def test_a_purpose_that_has_too_much_gets_no_more_and_the_others_divide_the_rest():
    purposes = divided([0] * 20, [1] * 20, (1, 1, 2), [0] * 10 + [FREE] * 10)
    assert Counter(purposes) == {0: 10, 1: 3, 2: 7} or Counter(purposes) == {0: 10, 1: 4, 2: 6}


@pytest.mark.parametrize("rows", [1, 2, 3, 7])
def test_small_strata_make_up_for_each_other(rows):
    strata = [number // rows for number in range(1000 * rows)]
    for seed in range(5):
        counts = Counter(divided(strata, [1] * len(strata), (70, 15, 15), seed=seed))
        for purpose, part in enumerate((0.7, 0.15, 0.15)):
            assert abs(counts[purpose] - part * len(strata)) <= 3


def test_a_large_item_goes_where_it_fits_and_small_ones_make_up_for_it():
    strata = [number // 101 for number in range(7 * 101)]
    sizes = ([100] + [1] * 100) * 7
    purposes = divided(strata, sizes, (8, 1, 1))
    assert purposes[::101] == [0] * 7
    assert rows_of(strata, sizes, purposes) == {
        (stratum, purpose): rows
        for stratum in range(7)
        for purpose, rows in enumerate((160, 20, 20))
    }


def test_the_largest_numbers_do_not_overflow():
    sizes = [(1 << 30) - 1, 1 << 29, 1 << 28, 1 << 28]
    shares = (10**9 - 2, 1, 1)
    counts = rows_of([0] * 4, sizes, divided([0] * 4, sizes, shares))
    assert counts[0, 0] >= sum(sizes) - (1 << 28)


@pytest.mark.parametrize(
    "shares, parts",
    [
        ("train=0.7,devel=0.15,test=0.15", (14, 3, 3)),
        ("train=70%, devel=15%, test=15.0%", (14, 3, 3)),
        ("a=1/3,b=1/3,c=1/3", (1, 1, 1)),
        ("a=8,b=1,c=1", (8, 1, 1)),
        ("a=.5,b=0.50", (1, 1)),
        ("a=1,b=0", (1, 0)),
        ("a=b=1", (1,)),
        ({"a": 0.7, "b": 0.3}, (7, 3)),
        ({"a": 1e-05, "b": 0.99999}, (1, 99999)),
        ({"a": Fraction(1, 7), "b": Fraction(6, 7)}, (1, 6)),
        ({"a": np.float64(0.5), "b": np.float32(0.5)}, (1, 1)),
    ],
)
def test_shares_are_exact(shares, parts):
    assert parse_shares(shares).parts == parts


@pytest.mark.parametrize(
    "shares, message",
    [
        ("", "must be NAME=SHARE,..., not ''; write them as train=0.8,test=0.2"),
        ("0.8,0.2", "must be NAME=SHARE,..., not '0.8'; write them as train=0.8,test=0.2"),
        ("=1", "must name every purpose; write them as train=0.8,test=0.2"),
        ({}, "must name every purpose; write them as train=0.8,test=0.2"),
        ("a=1,a=2", "have more than one for 'a'"),
        ("a=x", "must be numbers such as 0.7, 7/10, 70% or 7, not 'x' for 'a'"),
        ("a=-1,b=2", "must be numbers such as 0.7, 7/10, 70% or 7, not '-1' for 'a'"),
        ("a=1e999999999", "must be numbers such as 0.7, 7/10, 70% or 7, not '1e999999999' for 'a'"),
        ({"a": float("nan")}, "must be numbers such as 0.7, 7/10, 70% or 7, not 'nan' for 'a'"),
        ({"a": True}, "must be numbers such as 0.7, 7/10, 70% or 7, not 'True' for 'a'"),
        ("a=1/0", "divide by zero: '1/0' for 'a'"),
        (
            "a=0,b=0",
            "sum to 0, not to 1; correct them, or give whole parts such as train=7,devel=2,test=1",
        ),
        (
            "a=1/1000003,b=1000002/1000003,c=0/7,d=0/999999937",
            None,
        ),
        (
            "a=1/999999937,b=1/2,c=999999935/1999999874",
            "are parts of 1999999874, more than 1000000000; round them",
        ),
    ],
)
def test_shares_that_make_no_sense_are_refused(shares, message):
    if message is None:
        assert parse_shares(shares).parts == (1, 1000002, 0, 0)
        return
    with pytest.raises(UsageError) as error:
        parse_shares(shares)
    assert str(error.value) == f"shares {message}"
