"""What a split promises: shares overall, nothing empty, folds, least numbers, and what it says."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brevetti_sample import read_manifest, split_manifest
from brevetti_sample.errors import UsageError
from brevetti_sample.splitting.shares import parse_shares

DIGITS = "sample_manifests/digits/manifest.csv"
SEEDS = st.integers(0, (1 << 64) - 1)
SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=12)
PARTS = st.lists(st.integers(1, 20), min_size=1, max_size=6)


def table(*sizes):
    """Rows of groups of these sizes."""
    return read_manifest(
        [{"g": g, "path": f"{g}/{i}"} for g, size in enumerate(sizes) for i in range(size)]
    )


def parts_of(parts):
    return {f"p{k}": part for k, part in enumerate(parts)}


@given(SIZES, PARTS, SEEDS)
def test_shares_hold_within_one_row_in_every_group_and_overall(sizes, parts, seed):
    split = split_manifest(table(*sizes), parts_of(parts), groupby="g", seed=seed)
    counts, total = split.counts, sum(parts)
    assert counts.sum(axis=1).tolist() == sizes
    if sum(sizes) * min(parts) < total:  # a purpose with a row to which its share does not come
        return
    for k, part in enumerate(parts):
        assert abs(int(counts[:, k].sum()) - Fraction(sum(sizes) * part, total)) < 1
        for size, count in zip(sizes, counts[:, k].tolist(), strict=True):
            assert abs(count - Fraction(size * part, total)) < 1


ITEMS = st.lists(
    st.tuples(st.sampled_from([1, 1, 2, 3, 7, 20]), st.integers(0, 3), st.booleans()),
    min_size=1,
    max_size=12,
)


def item_rows(items):
    """Rows of items of so many rows, in a group, or in that and the next ones."""
    return [
        {"path": f"{i}-{j}", "item": f"i{i}", "g": (group + j * spread) % 4}
        for i, (size, group, spread) in enumerate(items)
        for j in range(size)
    ]


@given(ITEMS, PARTS, SEEDS)
def test_no_purpose_is_empty_while_there_are_items_enough(items, parts, seed):
    split = split_manifest(
        read_manifest(item_rows(items)), parts_of(parts), groupby="g", unique="item", seed=seed
    )
    empty = int((split.counts.sum(axis=0) == 0).sum())
    assert empty == max(len(parts) - len(items), 0)
    assert sum("has no rows: there are not items enough" in line for line in split.notices) == empty


@given(ITEMS, st.integers(2, 6), SEEDS, st.data())
def test_folds_part_the_rows_and_no_item_whatever_the_order_of_the_rows(items, folds, seed, data):
    rows = item_rows(items)
    options = {"folds": folds, "groupby": "g", "unique": "item", "seed": seed}
    if folds > len(items):
        with pytest.raises(UsageError) as error:
            split_manifest(read_manifest(rows), **options)
        assert str(error.value) == (
            f"folds must be at most the number of items, {len(items)}, not {folds}"
        )
        return
    fold = split_manifest(read_manifest(rows), **options).purposes.to_pylist()
    assert set(fold) == set(range(folds))
    of_item = defaultdict(set)
    for row, number in zip(rows, fold, strict=True):
        of_item[row["item"]].add(number)
    assert all(len(numbers) == 1 for numbers in of_item.values())
    order = data.draw(st.permutations(range(len(rows))))
    again = split_manifest(read_manifest([rows[i] for i in order]), **options).purposes.to_pylist()
    assert again == [fold[i] for i in order]


@given(
    st.lists(st.tuples(st.sampled_from([1, 2, 3, 7]), st.integers(0, 3), st.booleans()), min_size=8)
)
def test_the_total_of_a_purpose_is_within_its_share_by_less_than_the_largest_item(items):
    rows = item_rows(items)
    split = split_manifest(read_manifest(rows), "a=2,b=1,c=1", groupby="g", unique="item")
    if len(rows) < 4 * split.largest[1]:
        return
    for count, share in zip(split.counts.sum(axis=0).tolist(), (2, 1, 1), strict=True):
        assert abs(count - Fraction(len(rows) * share, 4)) < split.largest[1]


@given(SIZES, PARTS, st.integers(0, 9), SEEDS)
def test_each_purpose_has_the_least_number_of_rows_of_each_group(sizes, parts, least, seed):
    split = split_manifest(
        table(*sizes), parts_of(parts), groupby="g", min_per_group=least, seed=seed
    )
    for size, counts in zip(sizes, split.counts.tolist(), strict=True):
        assert sum(counts) == size
        assert min(counts) >= min(least, size // len(parts))
    short = any(size < least * len(parts) for size in sizes)
    said = any("no rows" in line or "fewer than" in line for line in split.notices)
    assert said == short or (said and not least)


@given(st.lists(st.integers(40, 60), min_size=1, max_size=6), SEEDS)
def test_fixed_numbers_of_rows_come_before_shares_of_the_rest(sizes, seed):
    split = split_manifest(table(*sizes), "test=20rows,train=80,devel=20", groupby="g", seed=seed)
    assert split.counts[:, 0].tolist() == [20] * len(sizes)
    for size, train in zip(sizes, split.counts[:, 1].tolist(), strict=True):
        assert abs(train - Fraction((size - 20) * 4, 5)) < 1
    assert split.notices == ()


def test_a_group_with_fewer_rows_than_asked_for_is_divided_in_proportion_and_reported():
    split = split_manifest(table(60, 6), "a=10rows,b=20rows,c=rest", groupby="g")
    assert split.counts.tolist() == [[10, 20, 30], [2, 4, 0]]
    assert split.notices == (
        "'c' has no rows of '1'",
        "'a' has fewer than 10 rows of '1'",
        "'b' has fewer than 20 rows of '1'",
    )


@pytest.mark.parametrize(
    "shares, parts, rows",
    [
        ("train=20rows,test=rest", (0, 1), (20, 0)),
        ("train=1row,test=20 rows,devel=1", (0, 0, 1), (1, 20, 0)),
        ("train=0.7,devel=15%,test=rest", (14, 3, 3), ()),
        ("a=0,b=rest", (0, 1), ()),
        ({"train": "20rows", "test": "rest"}, (0, 1), (20, 0)),
        ("rest=rest", (1,), ()),
    ],
)
def test_fixed_numbers_and_the_rest_are_shares(shares, parts, rows):
    parsed = parse_shares(shares)
    assert (parsed.parts, parsed.rows, parsed.notice) == (parts, rows, "")


@pytest.mark.parametrize(
    "shares, message",
    [
        ("a=20rows,b=9rows", "give each group's other rows to no purpose; add a purpose for them: NAME=rest"),
        ("a=rest,b=rest", "can give the rest to one purpose only, not to 'a', 'b'"),
        (
            "a=80,b=rest",
            "sum to 80 and leave nothing for 'b'; beside 'rest', write shares of 1, or percentages such as 70%",
        ),
        ("a=-20rows,b=rest", "must be numbers such as 0.7, 7/10, 70% or 7, not '-20rows' for 'a'"),
        ("a=1.5rows,b=rest", "must be numbers such as 0.7, 7/10, 70% or 7, not '1.5rows' for 'a'"),
        ("a=20%rows,b=rest", "must be numbers such as 0.7, 7/10, 70% or 7, not '20%rows' for 'a'"),
        ({"a": float("inf")}, "must be numbers such as 0.7, 7/10, 70% or 7, not 'inf' for 'a'"),
        ({"a": None}, "must be numbers such as 0.7, 7/10, 70% or 7, not 'None' for 'a'"),
    ],
)  # fmt: skip
def test_fixed_numbers_that_make_no_sense_are_refused(shares, message):
    with pytest.raises(UsageError) as error:
        parse_shares(shares)
    assert str(error.value) == f"shares {message}"


@pytest.mark.parametrize(
    "shares, notice",
    [
        ("a=0.8,b=0.1", "the shares sum to 0.9, not to 1: they are 'a' 0.8889, 'b' 0.1111"),
        ("a=70,b=20", "the shares sum to 90, not to 1: they are 'a' 0.7778, 'b' 0.2222"),
        ("a=70%,b=40%", "the shares sum to 1.1, not to 1: they are 'a' 0.6364, 'b' 0.3636"),
        ("a=1/3,b=1/3,c=0", "the shares sum to 2/3, not to 1: they are 'a' 0.5, 'b' 0.5"),
        ({"a": 1, "b": 0.5}, "the shares sum to 1.5, not to 1: they are 'a' 0.6667, 'b' 0.3333"),
        ("a=5rows,b=0.5", "the shares sum to 0.5, not to 1: they are 'b' 1"),
        ("a=80,b=20", ""),
        ("a=8,b=1,c=1", ""),
        ("a=14,b=3,c=3", ""),
        ("a=0.1,b=0.2,c=0.7", ""),
    ],
)
def test_shares_that_do_not_add_up_are_reported_with_what_they_are_taken_for(shares, notice):
    assert parse_shares(shares).notice == notice
    assert (notice in split_manifest(table(50), shares).notices) == bool(notice)


def test_what_a_purpose_lacks_is_reported():
    split = split_manifest(table(50, 1, 2), "a=8,b=1,c=1,d=0", groupby="g")
    lacking = [[g for g in range(3) if not split.counts[g, k]] for k in range(3)]
    assert split.notices == (
        "'d' has no rows: its share is 0",
        *(
            f"'{'abc'[k]}' has no rows of {', '.join(repr(str(g)) for g in groups)}"
            for k, groups in enumerate(lacking)
            if groups
        ),
    )
    assert any(lacking)
    split = split_manifest(table(30, 2), folds=3, groupby="g")
    [lacks] = [k for k in range(3) if not split.counts[1, k]]
    assert split.notices == (
        "fewer items than the 3 folds in groups: '1' (2)",
        f"fold {lacks} has no rows of '1'",
    )
    split = split_manifest(table(100, 2, *[5] * 40), folds=20, groupby="g")
    assert len(split.notices) == 1 + 20
    split = split_manifest(table(7), "a=1,b=1", min_per_group=4)
    assert split.notices == ("'a' has fewer than 4 rows",) or split.notices == (
        "'b' has fewer than 4 rows",
    )


@given(st.lists(st.integers(5, 30), min_size=2, max_size=6), SEEDS)
def test_a_row_more_changes_the_rows_of_other_groups_by_at_most_one(sizes, seed):
    before = split_manifest(table(*sizes), "a=2,b=1,c=1", groupby="g", seed=seed).counts
    sizes = [*sizes[:-1], sizes[-1] + 1]
    after = split_manifest(table(*sizes), "a=2,b=1,c=1", groupby="g", seed=seed).counts
    assert abs(after - before)[:-1].max() <= 1
    assert abs(after - before)[-1].max() <= 2
    assert abs(after.sum(axis=0) - before.sum(axis=0)).max() <= 2


def test_folds_fill_a_column_of_any_type_of_integers_and_leave_other_numbers():
    for kind in (pa.int8(), pa.uint64(), pa.string(), pa.dictionary(pa.int8(), pa.string())):
        folds = pa.array([None, 7, 1, None, None]).cast(pa.string())
        folds = (
            folds.dictionary_encode().cast(kind)
            if pa.types.is_dictionary(kind)
            else folds.cast(kind)
        )
        manifest = read_manifest(pa.table({"path": list("abcde"), "fold": folds}))
        split = split_manifest(manifest, folds=2)
        done = split.table()
        assert done.schema.field("fold").type == kind
        assert [str(value) for value in done["fold"].to_pylist()[1:3]] == ["7", "1"]
        assert Counter(split.purposes.to_pylist()) == {7: 1, 1: 2, 0: 2}
        assert (split.others, split.kept) == ({"7": 1}, 2)
        assert split.table(1).num_rows == split.table("1").num_rows == 2
    assert split_manifest(table(6), folds=2).table().schema.field("fold").type == pa.int64()


@pytest.mark.parametrize(
    "options, message",
    [
        ({"folds": 2, "shares": "a=1"}, "shares and folds exclude each other; pass one of them"),
        ({"folds": 1}, "folds must be from 2 to 1000, not 1"),
        ({"folds": 1001}, "folds must be from 2 to 1000, not 1001"),
        ({"folds": 2.0}, "folds must be a whole number, not 2.0"),
        ({"folds": 5}, "folds must be at most the number of items, 3, not 5"),
        ({"min_per_group": -1}, "min_per_group must be from 0 to 2^31 - 1, not -1"),
        (
            {"folds": 2, "column": "path"},
            "the table, column 'path' has values that are not whole numbers, such as '0/0'; choose "
            "another column, or pass reassign=True",
        ),
    ],
)
def test_folds_that_make_no_sense_are_refused(options, message):
    with pytest.raises(UsageError) as error:
        split_manifest(table(3), **options)
    assert str(error.value) == message


def total_variation(labels, folds):
    """The mean over the folds of the distance between its label shares and those of all."""
    counts = np.zeros((folds.max() + 1, labels.max() + 1))
    np.add.at(counts, (folds, labels), 1)
    counts = counts[counts.any(axis=1)]
    shares = counts / counts.sum(axis=1, keepdims=True)
    return abs(shares - np.bincount(labels) / len(labels)).sum(axis=1).mean() / 2


@pytest.mark.slow
@pytest.mark.parametrize("subjects", [5, 6, 7, 8])
def test_folds_of_few_subjects_are_as_like_each_other_as_scikit_learn_makes_them(subjects):
    from sklearn.model_selection import StratifiedGroupKFold

    with open(DIGITS, encoding="utf-8") as file:
        labels = np.array([int(row["label"]) for row in csv.DictReader(file)])
    ours, theirs = [], []
    for number in range(100):
        of_row = np.random.RandomState(number).randint(0, subjects, len(labels))
        manifest = read_manifest(pa.table({"label": labels, "subject": of_row}))
        split = split_manifest(manifest, folds=5, groupby="label", unique="subject")
        assert split.counts.sum(axis=0).all()
        ours.append(total_variation(labels, split.purposes.to_numpy()))
        folds = np.zeros(len(labels), dtype=np.int64)
        parts = StratifiedGroupKFold(5).split(labels, labels, of_row)
        for fold, (_, rows) in enumerate(parts):
            folds[rows] = fold
        theirs.append(total_variation(labels, folds))
    assert np.median(ours) <= np.median(theirs)


def test_five_folds_of_the_digits_have_equal_shares():
    split = split_manifest(read_manifest(DIGITS), folds=5, groupby="label")
    assert split.counts.sum(axis=0).tolist() == [60] * 5
    assert (split.counts.max(axis=1) - split.counts.min(axis=1)).max() == 1
    assert split.notices == ()
