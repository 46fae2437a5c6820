"""From columns to groups."""

from __future__ import annotations

import datetime
import decimal
from unittest import mock

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brevetti_sample.errors import ColumnError, UsageError
from brevetti_sample.groups.grouping import group_rows, missing_rows
from brevetti_sample.groups.keys import label
from brevetti_sample.manifests.manifest import read_manifest


def grouped(groupby, **columns):
    arrays = {
        name: values if isinstance(values, (pa.Array, pa.ChunkedArray)) else pa.array(values)
        for name, values in columns.items()
    }
    return group_rows(read_manifest(pa.table(arrays)), groupby)


def codes(grouping):
    return np.concatenate(list(grouping.codes())).tolist()


texts = st.lists(st.one_of(st.none(), st.sampled_from("abcdefgZ"), st.text(max_size=3)), min_size=1)


@given(texts)
def test_one_column_is_grouped_as_pandas_does_it(values):
    grouping = grouped("a", a=pa.array(values, pa.string()))
    expected = pd.Series(values, dtype=object).groupby(
        pd.Series(values, dtype=object).map(lambda v: "\U0010ffff~" if v is None else v)
    )
    sizes = {key: len(rows) for key, rows in expected}
    assert grouping.sizes.tolist() == [sizes[key] for key in sorted(sizes)]
    assert [grouping.keys[code][0] for code in codes(grouping)] == values
    assert [key[0] for key in grouping.keys if key[0] is not None] == sorted(
        {value for value in values if value is not None}
    )


@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.integers(-3, 12)),
            st.one_of(st.none(), st.booleans()),
            st.sampled_from(["x", "y", "zz"]),
        ),
        min_size=1,
        max_size=40,
    ),
    st.integers(1, 5),
)
def test_several_columns_are_grouped_by_their_sorted_tuples_missing_values_last(rows, chunk):
    columns = [
        pa.chunked_array([pa.array(part[i : i + chunk], kind) for i in range(0, len(part), chunk)])
        for part, kind in zip(
            (list(column) for column in zip(*rows, strict=True)),
            (pa.int64(), pa.bool_(), pa.string()),
            strict=True,
        )
    ]
    grouping = grouped(["a", "b", "c"], a=columns[0], b=columns[1], c=columns[2])
    expected = sorted(
        set(rows),
        key=lambda row: [
            (value is None, value or 0) if i < 2 else value for i, value in enumerate(row)
        ],
    )
    assert list(grouping.keys) == expected
    assert [grouping.keys[code] for code in codes(grouping)] == rows
    assert grouping.sizes.tolist() == [rows.count(key) for key in expected]


@given(values=st.lists(st.sampled_from("abc"), min_size=1), part=st.integers(1, 5))
def test_the_index_has_the_rows_of_each_group_in_order(values, part):
    grouping = grouped("a", a=values)
    with mock.patch("brevetti_sample.groups.row_index._PART_ROWS", part):
        index = grouping.index()
    for (key,), size, first in zip(
        grouping.keys, grouping.sizes.tolist(), index.first.tolist(), strict=True
    ):
        rows = [row for row, value in enumerate(values) if value == key]
        assert index.rows[first : first + size].tolist() == rows


@pytest.mark.parametrize(
    "values, keys",
    [
        (pa.array([10, 9, 10]), [9, 10]),
        (pa.array([2.5, float("nan"), None, -1.0]), [-1.0, 2.5, None]),
        (pa.array([0.0, -0.0]), [0.0]),
        (pa.array([True, False, None]), [False, True, None]),
        (pa.array([["b"], ["a", "c"], ["b"], [], None]), [(), ("a", "c"), ("b",), None]),
        (pa.array([[float("nan")], [1.0], [float("nan")], [None]]), [(1.0,), (None,)]),
        (pa.array([{"x": 2}, {"x": 1}, {"x": None}]), [(1,), (2,), (None,)]),
        (pa.array([b"b", b"\xff"]), ["b", "\\xff"]),
        (
            pa.array([datetime.date(2020, 2, 1), datetime.date(2019, 3, 1)]),
            ["2019-03-01", "2020-02-01"],
        ),
        (
            pa.array([5, 3], pa.timestamp("ns")),
            ["1970-01-01 00:00:00.000000003", "1970-01-01 00:00:00.000000005"],
        ),
        (
            pa.array([0, 1], pa.timestamp("s", "Europe/Copenhagen")),
            ["1970-01-01 00:00:00Z", "1970-01-01 00:00:01Z"],
        ),
        (pa.array([decimal.Decimal("10.5"), decimal.Decimal("9.0")]), ["9.0", "10.5"]),
        (pa.array([100, 20], pa.duration("s")), [20, 100]),
        (pa.array(["b", None, "a"]).dictionary_encode(), ["a", "b", None]),
        (pa.nulls(3), [None]),
        (pa.array(["é", "z", "Z", "10", "9"]), ["10", "9", "Z", "z", "é"]),
        (pa.array([1, 300], pa.uint16()), [1, 300]),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_a_column_of_any_type_can_be_grouped_by(values, keys):
    grouping = grouped("a", a=values)
    assert [key[0] for key in grouping.keys] == keys
    assert sum(grouping.sizes) == len(values)


@pytest.mark.parametrize("kind", ["list", "struct", "text", "view"])
def test_a_nested_column_of_a_parquet_file_can_be_grouped_by(tmp_path, kind):
    values = {
        "list": pa.array([["b"], ["a", "c"], ["b"]]),
        "struct": pa.array([{"x": 2}, {"x": 1}, {"x": 2}]),
        "text": pa.array(["b", "a", "b"], pa.large_string()),
        "view": pa.array(["b", "a", "b"], pa.string_view()),
    }[kind]
    pq.write_table(pa.table({"a": values}), tmp_path / "a.parquet")
    grouping = group_rows(read_manifest(tmp_path / "a.parquet"), "a")
    assert grouping.sizes.tolist() == [1, 2]
    assert codes(grouping) == [1, 0, 1]


def test_slices_and_chunks_with_their_own_dictionaries_are_read_right():
    one = pa.array(["x", "b", "a", None]).dictionary_encode()[1:]
    other = pa.array(["a", "c", "b"]).dictionary_encode()
    grouping = grouped("a", a=pa.chunked_array([one, other.slice(0, 0), other]))
    assert grouping.keys == (("a",), ("b",), ("c",), (None,))
    assert codes(grouping) == [1, 0, 3, 0, 2, 1]
    assert missing_rows(grouping) == 1


def test_without_columns_all_rows_are_one_group():
    grouping = grouped(None, a=["x", "y", "x"])
    assert (grouping.keys, grouping.sizes.tolist(), codes(grouping)) == (((),), [3], [0, 0, 0])
    assert label(grouping.keys[0]) == "(all)"


def test_a_column_that_is_not_there_is_refused():
    with pytest.raises(ColumnError) as caught:
        grouped("foldr", folder=["a"])
    assert str(caught.value) == "the table has no column 'foldr'; did you mean 'folder'?"


def test_a_column_named_twice_is_refused():
    with pytest.raises(ColumnError, match="^column 'a' is named twice; name each once$"):
        grouped(["a", "a"], a=["x"])


def test_values_without_an_order_are_refused():
    union = pa.UnionArray.from_sparse(
        pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array(["a", "b"])]
    )
    with pytest.raises(UsageError, match="^column 'a' has values without an order; "):
        grouped("a", a=union)
