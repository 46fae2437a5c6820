"""Arrow's arrays without views."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brevetti_sample.arrays.arrow import list_lengths, plain, plain_type, without_views

_TEXTS = st.lists(st.none() | st.text(max_size=20), max_size=5)


@given(
    st.lists(st.none() | _TEXTS, max_size=6),
    st.sampled_from([pa.list_, pa.large_list, pa.list_view, pa.large_list_view]),
    st.sampled_from([pa.string(), pa.large_string(), pa.string_view()]),
    st.integers(0, 3),
)
def test_lists_keep_their_values_without_views(lists, make, inner, start):
    array = pa.array(lists, make(inner))[start:]
    found = plain(array)
    found.validate(full=True)
    assert found.type == plain_type(array.type)
    assert "view" not in str(found.type)
    assert found.to_pylist() == lists[start:]
    assert list_lengths(found).tolist() == [len(one or ()) for one in lists[start:]]
    chunked = plain(pa.chunked_array([array, array]))
    assert (chunked.type, chunked.to_pylist()) == (found.type, lists[start:] * 2)


@pytest.mark.parametrize(
    "kind", [pa.int64(), pa.string(), pa.list_(pa.int8()), pa.list_(pa.int8(), 2)]
)
def test_what_has_no_views_is_not_copied(kind):
    array = pa.nulls(3, kind)
    assert plain(array) is array


def test_extension_types_are_replaced_by_what_stores_them():
    array = pa.array(['{"a": 1}', None], pa.json_(pa.string()))
    assert plain(array).type == pa.string()
    assert plain(array).to_pylist() == array.storage.to_pylist()


def test_columns_that_rows_can_be_taken_of_stay_as_they_are():
    table = pa.table(
        {
            "lists": pa.array([["a"], None], pa.list_(pa.string_view())),
            "views": pa.array([[1], [2, 3]], pa.list_view(pa.int64())),
            "json": pa.array(["1", "2"], pa.json_(pa.string())),
        }
    )
    found = without_views(table)
    kinds = [pa.large_list(pa.large_string()), pa.list_view(pa.int64()), pa.json_(pa.string())]
    assert found.schema.types == kinds
    assert found.take(pa.array([1, 0]))["lists"].to_pylist() == [None, ["a"]]
