"""Counting rows gives the groups that grouping them gives."""

from __future__ import annotations

import datetime
import decimal
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from brevetti_sample import bundled_manifest, make_plan
from brevetti_sample.errors import ColumnError, ManifestError
from brevetti_sample.groups.grouping import count_rows, group_rows
from brevetti_sample.manifests.manifest import read_manifest
from brevetti_sample.manifests.value_counts import tally

KINDS = {
    "text": (pa.string(), st.sampled_from(["", "a", "b", "é"])),
    "integer": (pa.int8(), st.integers(-2, 2)),
    "large integer": (pa.uint64(), st.sampled_from([0, 2**64 - 1])),
    "float": (pa.float64(), st.sampled_from([0.0, -0.0, 1.5, float("nan"), float("inf")])),
    "boolean": (pa.bool_(), st.booleans()),
    "bytes": (pa.binary(), st.sampled_from([b"", b"\xff"])),
    "date": (pa.date32(), st.sampled_from([datetime.date(1969, 1, 1), datetime.date(2020, 2, 1)])),
    "time": (
        pa.timestamp("us", "Europe/Copenhagen"),
        st.sampled_from([datetime.datetime(2020, 1, day, tzinfo=datetime.UTC) for day in (1, 2)]),
    ),
    "duration": (
        pa.duration("s"),
        st.sampled_from([datetime.timedelta(seconds=s) for s in (9, 80)]),
    ),
    "decimal": (
        pa.decimal128(5, 2),
        st.sampled_from([decimal.Decimal("1.50"), decimal.Decimal(9)]),
    ),
    "list": (pa.list_(pa.string()), st.sampled_from([["b"], [], ["a", "c"]])),
    "null": (pa.null(), st.none()),
}


@st.composite
def columns(draw, length):
    kind, values = KINDS[draw(st.sampled_from(list(KINDS)))]
    of = st.lists(st.one_of(st.none(), values), min_size=length, max_size=length)
    array = pa.array(draw(of), kind)
    if draw(st.booleans()) and not pa.types.is_nested(kind):
        array = array.dictionary_encode()
    cuts = sorted(draw(st.lists(st.integers(0, length), max_size=3)))
    pairs = zip([0, *cuts], [*cuts, length], strict=True)
    return pa.chunked_array([array[start:stop] for start, stop in pairs])


@st.composite
def tables(draw):
    length = draw(st.integers(1, 12))
    return pa.table({name: draw(columns(length)) for name in "abc"[: draw(st.integers(1, 3))]})


def same(manifest, groupby):
    expected, counted = group_rows(manifest, groupby), count_rows(manifest, groupby)
    # As text, for 0.0 is -0.0 and 1 is True.
    assert repr(counted.keys) == repr(expected.keys)
    assert (counted.columns, counted.sizes.dtype) == (expected.columns, np.int64)
    assert counted.sizes.tolist() == expected.sizes.tolist()
    assert np.array_equal(*map(rows_of, (counted, expected)))


def rows_of(grouping):
    return np.concatenate(list(grouping.codes()))


@given(tables())
@example(pa.table({"a": ["p", "q", "p"], "b": [1.0, -0.0, 0.0]}))
def test_counted_rows_of_a_table_are_the_groups(table):
    same(read_manifest(table), table.column_names)


@given(tables())
def test_counted_rows_are_the_groups_also_if_there_are_more_combinations_than_counters(table):
    with (
        patch("brevetti_sample.manifests.value_counts._SMALL", 0),
        patch("brevetti_sample.manifests.value_counts._ROOM", 0),
    ):
        same(read_manifest(table), table.column_names)
    with patch("brevetti_sample.manifests.value_counts._MOST_CODES", 0):
        same(read_manifest(table), table.column_names)


@given(
    st.lists(
        st.tuples(st.sampled_from([None, "a", "b", "é"]), st.integers(0, 2), st.booleans()),
        min_size=1,
    ),
    st.integers(1, 9),
    st.lists(st.sampled_from(["text", "number", "flag"]), min_size=1, unique=True),
)
def test_counted_rows_of_parquet_files_are_the_groups(rows, size, groupby):
    names = ("text", "number", "flag")
    table = pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, row_group_size=size)
    with patch("brevetti_sample.manifests.readers.parquet._BATCH_ROWS", 2):
        same(read_manifest(sink.getvalue().to_pybytes()), groupby)


@given(
    st.lists(
        st.tuples(st.sampled_from(["", '""', "7", "007", '"a\nb"', "x"]), st.sampled_from("12")),
        min_size=1,
    ),
    st.lists(st.sampled_from(["a", "b"]), min_size=1, unique=True),
)
def test_counted_rows_of_csv_are_the_groups(rows, groupby):
    data = "a,b\n" + "".join(f"{a},{b}\n" for a, b in rows)
    same(read_manifest(data.encode()), groupby)


def test_counted_rows_of_several_files_are_the_groups_also_where_one_has_no_rows(tmp_path):
    table = pa.table({"a": pa.array([3, 1, 3], pa.int16()), "b": ["x", None, "x"]})
    pq.write_table(table, tmp_path / "1.parquet")
    pq.write_table(table[:0], tmp_path / "2.parquet")
    pq.write_table(table[1:], tmp_path / "3.parquet")
    same(read_manifest(tmp_path), ["b", "a"])
    for number in (1, 2, 3):
        (tmp_path / f"{number}.parquet").unlink()
        (tmp_path / f"{number}.csv").write_text("a,b\n" + "1,x\n07,\n" * (number - 1))
    same(read_manifest(tmp_path), "a")
    assert count_rows(read_manifest(tmp_path), "a").keys == (("07",), ("1",))


def test_without_columns_all_rows_are_one_group():
    same(bundled_manifest(), None)


def test_what_cannot_be_grouped_cannot_be_counted(tmp_path):
    with pytest.raises(ColumnError, match="did you mean 'folder'"):
        count_rows(bundled_manifest(), "foldr")
    with pytest.raises(ManifestError, match="it has a header, but no row"):
        count_rows(read_manifest(b"a,b\n"), "a")
    pq.write_table(pa.table({"a": [1]}), tmp_path / "1.parquet")
    pq.write_table(pa.table({"a": ["x"]}), tmp_path / "2.parquet")
    with pytest.raises(ManifestError, match="column 'a' is .*, but int64 in"):
        count_rows(read_manifest(tmp_path), "a")


def test_of_many_rows_a_tally_keeps_one_a_value():
    rows = pa.array(["b", None, "a", "b"] * 1000).dictionary_encode()
    distinct, counts = tally(pa.record_batch({"a": rows, "b": rows}))
    assert distinct.to_pylist() == [{"a": v, "b": v} for v in ("b", "a", None)]
    assert counts.tolist() == [2000, 1000, 1000]


def test_a_plan_is_made_without_keeping_the_group_of_each_row():
    with patch("brevetti_sample.manifests.manifest.Manifest.read", side_effect=AssertionError):
        assert make_plan(bundled_manifest(), "folder").sizes.tolist() == [22, 146, 12]
