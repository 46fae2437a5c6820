"""Splits of manifests: items stay whole, what is there stays, and the order of rows is nothing."""

from __future__ import annotations

import hashlib
import random
from collections import Counter, defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brevetti_sample import bundled_manifest, read_manifest, split_manifest
from brevetti_sample.errors import ColumnError, ManifestError, UsageError
from brevetti_sample.splitting.items import find_items

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "path": st.integers(0, 999).map(lambda n: f"{n // 10}/{n}.png"),
            "folder": st.sampled_from(["good", "bad", None]),
            "item": st.sampled_from(["1", "2", "3", "4", "5", "6", None]),
            "purpose": st.none(),
        }
    ),
    min_size=1,
    max_size=60,
)
SEEDS = st.integers(0, (1 << 64) - 1)


def purposes(rows, **options):
    return split_manifest(read_manifest(rows), **options).purposes.to_pylist()


def test_the_split_of_the_bottles_is_this_one_for_ever():
    split = split_manifest(bundled_manifest(), groupby="folder", seed=1, column="part")
    assert split.shares.names == ("train", "devel", "test")
    assert split.counts.tolist() == GOLDEN_COUNTS
    assert "".join(p[2] for p in split.purposes.to_pylist()[:60]) == GOLDEN_START
    digest = hashlib.sha256("\n".join(split.purposes.to_pylist()).encode()).hexdigest()
    assert digest == GOLDEN_DIGEST
    by_items = split_manifest(
        bundled_manifest(),
        {"a": 2, "b": 1},
        groupby=["folder", "purpose"],
        unique_regex=r"/(\d+)_\d+\.bmp$",
        seed=7,
        column="part",
    )
    assert (by_items.items, by_items.largest, by_items.spread) == GOLDEN_ITEMS
    assert by_items.counts.tolist() == GOLDEN_ITEM_COUNTS
    digest = hashlib.sha256("\n".join(by_items.purposes.to_pylist()).encode()).hexdigest()
    assert digest == GOLDEN_ITEM_DIGEST


GOLDEN_COUNTS = [[16, 3, 3], [102, 22, 22], [8, 2, 2]]
GOLDEN_START = "saasaaavaavaaaaavsaaaavaaaasaaasaaavaaaaaaaaaassaasvaavaaaaa"
GOLDEN_DIGEST = "7a2db519f99c464e25f0e9abd9cf2e1b9432627d35f64b25aba2d9a480d22976"
GOLDEN_ITEMS = (48, ("0", 7), 11)
GOLDEN_ITEM_COUNTS = [[4, 2], [10, 6], [19, 9], [79, 39], [2, 0], [6, 4]]
GOLDEN_ITEM_DIGEST = "57c2a8664d9917595ef4ce363ead26c7641d96967adec921bf049e9f359e972b"


@given(ROWS, SEEDS, st.sampled_from([{}, {"unique": "item"}, {"unique_regex": r"^\d+"}]), st.data())
def test_neither_the_order_of_the_rows_nor_more_columns_change_a_split(rows, seed, items, data):
    options = {"groupby": "folder", "seed": seed, **items}
    before = purposes(rows, **options)
    order = data.draw(st.permutations(range(len(rows))))
    after = purposes([rows[i] | {"more": i} for i in order], **options)
    assert [before[i] for i in order] == after


@given(ROWS, SEEDS)
def test_an_item_has_one_purpose(rows, seed):
    of_item, of_path, of_match = defaultdict(set), defaultdict(set), defaultdict(set)
    for row, by_item, by_path, by_match in zip(
        rows,
        purposes(rows, unique=["item"], groupby="folder", seed=seed),
        purposes(rows, seed=seed),
        purposes(rows, unique_regex="^[0-9]+", groupby=["folder", "item"], seed=seed),
        strict=True,
    ):
        of_item[row["item"] or row["path"]].add(by_item)
        of_path[row["path"]].add(by_path)
        of_match[row["path"].split("/")[0]].add(by_match)
    for found in (of_item, of_path, of_match):
        assert {len(values) for values in found.values()} == {1}


@given(ROWS, SEEDS, st.data())
def test_what_is_assigned_stays_and_a_split_is_its_own_continuation(rows, seed, data):
    done = purposes(rows, groupby="folder", unique="item", seed=seed)
    kept = data.draw(st.sets(st.integers(0, len(rows) - 1)))
    known = {rows[i]["item"] or rows[i]["path"]: done[i] for i in kept}
    some = [row | {"purpose": done[i] if i in kept else None} for i, row in enumerate(rows)]
    again = purposes(some, groupby="folder", unique="item", seed=seed + 1 & 0xFF)
    for row, purpose in zip(rows, again, strict=True):
        assert known.get(row["item"] or row["path"], purpose) == purpose
    whole = [row | {"purpose": p} for row, p in zip(rows, again, strict=True)]
    assert purposes(whole, groupby="folder", unique="item", seed=5) == again


def singles(count, folder="a", first=0):
    return [{"path": f"{folder}/{i}", "folder": folder} for i in range(first, first + count)]


@given(st.integers(7, 40), SEEDS)  # from 7 on, each share comes to a row
def test_a_row_more_moves_one_other_a_boundary(count, seed):
    before = purposes(singles(count), seed=seed)
    after = purposes(singles(count + 1), seed=seed)
    assert sum(a != b for a, b in zip(before, after[:-1], strict=True)) <= 2


def test_seeds_give_other_splits_and_each_sample_each_purpose_by_its_share():
    rows = singles(40)
    counts = [Counter() for _ in rows]
    for seed in range(400):
        for count, purpose in zip(counts, purposes(rows, seed=seed), strict=True):
            count[purpose] += 1
    # Of 400 draws with p = 0.15 the deviation is 7.1: five of them.
    assert all(abs(count["test"] - 60) < 36 and abs(count["devel"] - 60) < 36 for count in counts)


def test_rows_without_an_item_stand_for_themselves():
    rows = [{"item": "a", "path": "1"}, {"item": None, "path": "2"}, {"item": None, "path": "2"}]
    split = split_manifest(read_manifest(rows), unique="item")
    assert (split.items, split.alone, split.numbered) == (2, 2, False)
    split = split_manifest(read_manifest([{"item": r["item"]} for r in rows]), unique="item")
    assert (split.items, split.alone, split.numbered) == (3, 2, True)
    rows = [{"path": p} for p in ("x1", "x2", "y", None, None, "y")]
    items = find_items(read_manifest(rows), regex="x")
    assert (items.codes.tolist(), items.names) == ([0, 0, 1, 2, 3, 1], ["x", "y", "3", "4"])
    assert (items.alone, items.numbered) == (4, True)


def test_the_key_is_the_first_group_of_the_match_or_all_of_it():
    manifest = read_manifest([{"path": p} for p in ("s1/a7.png", "s2/a7.png", "s1/b8.png")])
    assert find_items(manifest, regex=r"s\d").names == ["s1", "s2"]
    assert find_items(manifest, regex=r"(s\d)/([ab])").names == ["s1", "s2"]
    assert find_items(manifest, regex=r"/(\w)\d|(?=x)").names == ["a", "b"]
    assert find_items(manifest, regex=r"(?:s1/(a))?").names == ["a", "s1/b8.png", "s2/a7.png"]


def test_several_columns_are_one_key_and_missing_values_of_some_are_values():
    rows = [
        {"a": a, "b": b, "path": str(i)}
        for i, (a, b) in enumerate([("x", 1), ("x", 2), ("x", 1), ("x", None), ("x", None)])
    ]
    assert find_items(read_manifest(rows), ["a", "b"]).codes.tolist() == [0, 1, 0, 2, 2]


def test_an_item_counts_in_the_stratum_of_most_of_its_rows_of_several_the_first():
    rows = [
        *({"path": f"{i}", "item": "x", "folder": f} for i, f in enumerate("bba")),
        *({"path": f"{i + 3}", "item": "y", "folder": f} for i, f in enumerate("ba")),
    ]
    split = split_manifest(read_manifest(rows), "t=1,v=1", groupby="folder", unique="item")
    assert split.spread == 2
    assert split.counts.sum() == 5
    # x is alone in b, y in a: with a single stratum they would get one purpose each.
    single = split_manifest(read_manifest(rows), "t=1,v=1", unique="item")
    assert sorted(single.counts[0].tolist()) == [2, 3]


def test_purposes_without_a_share_are_left_out_of_the_count():
    rows = [row | {"purpose": "holdout" if i < 60 else None} for i, row in enumerate(singles(100))]
    split = split_manifest(read_manifest(rows), "train=3,test=1")
    assert split.others == {"holdout": 60}
    assert split.kept == 60
    assert split.counts.tolist() == [[30, 10]]
    assert split.purposes.to_pylist()[:60] == ["holdout"] * 60


def test_an_item_that_has_two_purposes_is_an_error_that_names_it():
    rows = [
        {"path": f"{i}", "item": f"i{i // 2}", "purpose": ["train", "test", None, ""][i % 4]}
        for i in range(20)
    ]
    with pytest.raises(ManifestError) as error:
        split_manifest(read_manifest(rows), unique="item")
    assert str(error.value) == (
        "the table, column 'purpose' gives an item more than one purpose: 'i0' has 'train', 'test'; "
        "'i2' has 'train', 'test'; 'i4' has 'train', 'test' and 2 more; fix the column, or pass "
        "reassign=True"
    )
    assert split_manifest(read_manifest(rows), unique="item", reassign=True).kept == 0


def test_columns_keep_their_places_and_types_and_the_rest_of_the_table_is_as_it_was():
    table = pa.table(
        {
            "path": pa.array(["a", "b", "c"], pa.large_string()),
            "purpose": pa.array(["test", None, ""]).dictionary_encode(),
            "size": pa.array([1, None, 3], pa.uint16()),
            "tags": pa.array([["x"], [], None]),
        }
    )
    split = split_manifest(read_manifest(table), "test=1,train=2")
    result = split.table()
    assert result.schema == table.schema
    assert result.drop_columns(["purpose"]).equals(table.drop_columns(["purpose"]))
    assert result["purpose"].to_pylist() == ["test", "train", "train"]
    added = split_manifest(read_manifest(table), column="set").table()
    assert added.column_names == ["path", "purpose", "size", "tags", "set"]
    assert added.drop_columns(["set"]).equals(table)
    floats = pa.table({"path": ["a"], "purpose": pa.array([float("nan")])})
    assert split_manifest(read_manifest(floats), "t=1").table()["purpose"].to_pylist() == ["t"]
    empty = pa.table({"purpose": pa.nulls(2), "path": ["a", "b"]})
    assert split_manifest(read_manifest(empty), "t=1").table()["purpose"].to_pylist() == ["t", "t"]


def test_csv_and_parquet_are_split_alike(listing):
    options = {"groupby": "folder", "unique": "etag", "column": "part", "seed": 3}
    tables = [
        split_manifest(read_manifest(listing.with_suffix(suffix)), **options).table()
        for suffix in (".csv", ".parquet")
    ]
    assert tables[0].to_pylist() == tables[1].to_pylist()


BAD = [
    ({"groupby": "foldr"}, ColumnError, "the table has no column 'foldr'; did you mean 'folder'?"),
    ({"unique": ["itm"]}, ColumnError, "the table has no column 'itm'; did you mean 'item'?"),
    (
        {"unique_regex": "x", "path_column": "file"},
        ColumnError,
        "the table has no column 'file'; did you mean 'folder'?",
    ),
    (
        {"unique": "item", "unique_regex": "x"},
        UsageError,
        "unique and unique_regex exclude each other; pass one of them",
    ),
    (
        {"unique_regex": "(x"},
        UsageError,
        "unique_regex '(x' is not a regular expression: missing ), unterminated subpattern at "
        "position 0",
    ),
    (
        {"unique_regex": "zz"},
        UsageError,
        "unique_regex 'zz' matches no value of 'path', of which the first is 'a/0.png'",
    ),
    ({"column": ""}, UsageError, "column must have a name"),
    ({"seed": -1}, UsageError, "the seed must be from 0 to 2^64 - 1, not -1"),
    ({"seed": 1 << 64}, UsageError, f"the seed must be from 0 to 2^64 - 1, not {1 << 64}"),
    (
        {"column": "n"},
        UsageError,
        "the table, column 'n' has values that are not text, such as '0'; choose another column, "
        "or pass reassign=True",
    ),
    (
        {"column": "folder", "groupby": "folder"},
        UsageError,
        "column 'folder' cannot be among those of groupby or unique; name another for the purposes",
    ),
]


@pytest.mark.parametrize("options, kind, message", BAD, ids=lambda value: str(value)[:40])
def test_what_makes_no_sense_is_refused(options, kind, message):
    rows = [{"path": f"a/{i}.png", "folder": "f", "item": "x", "n": i, "p": None} for i in range(3)]
    with pytest.raises(kind) as error:
        split_manifest(read_manifest(rows), **options)
    assert str(error.value) == message


@pytest.mark.slow
def test_many_rows_are_split_in_shares():
    count = 200_000
    numbers = np.arange(count)
    random.Random(1).shuffle(numbers)
    table = pa.table(
        {
            "path": [f"{i % 7}/{i:08d}.png" for i in numbers.tolist()],
            "folder": [f"{i % 7}" for i in numbers.tolist()],
        }
    )
    split = split_manifest(read_manifest(table), groupby="folder", unique_regex=r"/(\d+)\d\.png")
    assert split.items == 20_000
    assert split.spread == 20_000
    split = split_manifest(read_manifest(table), groupby="folder")
    for counts in split.counts:
        wanted = counts.sum() * np.array([0.7, 0.15, 0.15])
        assert abs(counts - wanted).max() < 1
