"""Features: what a gather of rows gives, for every type of column."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brevetti_sample.manifests.manifest import read_manifest
from brevetti_sample.training.tensor_columns import make_tensor_columns

ROWS = np.array([2, 0, 2, 1], dtype=np.int32)


def feature_of(column, **settings):
    [feature] = make_tensor_columns(pa.table({"c": column}), **settings)
    return feature


def encoded(values):
    """Texts as the bytes that they are handed on as."""
    return [v.encode() if isinstance(v, str) else v for v in values]


def joinable(values):
    return isinstance(values[0], str)


def assert_values(values, dtype, expected):
    if dtype is object:
        assert (values.type, values.to_pylist()) == (pa.large_binary(), encoded(expected))
    else:
        assert values.dtype == dtype
        np.testing.assert_array_equal(values, np.array(expected, dtype=dtype))


@pytest.mark.parametrize(
    "column, dtype, expected",
    [
        (pa.array([1, 2, 3]), np.int8, [3, 1, 3, 2]),
        (pa.array([1, 2, 127]), np.int8, [127, 1, 127, 2]),
        (pa.array([1, 2, 128]), np.int16, [128, 1, 128, 2]),
        (pa.array([1, -(2**15), -129]), np.int16, [-129, 1, -129, -(2**15)]),
        (pa.array([1, 2, 2**31]), np.int64, [2**31, 1, 2**31, 2]),
        (pa.array([1, 2, 255], pa.uint32()), np.uint8, [255, 1, 255, 2]),
        (pa.array([1, 2, 2**63], pa.uint64()), np.uint64, [2**63, 1, 2**63, 2]),
        (pa.array([1, None, 3]), np.float64, [3, 1, 3, np.nan]),
        (pa.array([True, False, None]), np.float64, [np.nan, 1, np.nan, 0]),
        (pa.array([True, False, True]), np.bool_, [True, True, True, False]),
        (pa.array([0.5, None, 1.5]), np.float64, [1.5, 0.5, 1.5, np.nan]),
        (pa.array([0.5, 2, 1.5], pa.float32()), np.float32, [1.5, 0.5, 1.5, 2]),
        (pa.array([0.5, 2, 1.5], pa.float16()), np.float16, [1.5, 0.5, 1.5, 2]),
        (pa.array(["a", None, "ü"]), object, ["ü", "a", "ü", ""]),
        (pa.array(["a", None, "ü"], pa.string_view()), object, ["ü", "a", "ü", ""]),
        (pa.array(["a", None, "ü"], pa.large_string()), object, ["ü", "a", "ü", ""]),
        (pa.array([b"a", None, b"\xff"]), object, [b"\xff", b"a", b"\xff", b""]),
        (pa.array(["a", None, "b"]).dictionary_encode(), object, ["b", "a", "b", ""]),
        (pa.array([7, 8, 9]).dictionary_encode(), np.int8, [9, 7, 9, 8]),
    ],
    ids=str,
)
def test_values_are_gathered_narrow_and_missing_ones_filled(column, dtype, expected):
    feature = feature_of(column, narrow=True)
    parts = feature.gather(ROWS)
    assert (feature.dtype, feature.depth, feature.joinable) == (dtype, 0, joinable(expected))
    assert_values(parts.values, dtype, expected)


@pytest.mark.parametrize(
    "column",
    [
        pa.array([["a"], []], pa.list_(pa.string_view())),
        pa.DictionaryArray.from_arrays(pa.array([0, 1]), pa.array(["a", "b"], pa.string_view())),
    ],
    ids=["list", "dictionary"],
)
def test_views_within_other_types_are_left_out_with_a_warning(column, caplog):
    table = pa.table({"odd": column, "a": [1, 2]})
    assert [feature.name for feature in make_tensor_columns(table)] == ["a"]
    assert "odd" in caplog.text


def test_a_column_with_an_empty_chunk_goes_with_columns_of_other_chunks():
    chunks = pa.chunked_array([["a"], [], ["b", None]], pa.string())
    manifest = read_manifest(pa.table({"text": chunks, "number": [1, 2, 3]}))
    text, number = make_tensor_columns(manifest.read(manifest.columns))
    assert text.gather(ROWS).values.to_pylist() == [b"", b"a", b"", b"b"]
    assert number.gather(ROWS).values.tolist() == [3, 1, 3, 2]


@pytest.mark.parametrize(
    "kind, dtype",
    [(f"{sign}int{size}", "int64") for sign in ("", "u") for size in (8, 16, 32, 64)]
    + [(kind, "float64") for kind in ("float16", "float32", "float64")]
    + [("bool", "bool")],
)
def test_numbers_have_64_bits(kind, dtype):
    column = pa.array(np.array([1, 0, 1], dtype=kind))
    for values in (column, column.dictionary_encode()) if kind != "float16" else (column,):
        feature = feature_of(values)
        assert feature.dtype == dtype
        assert feature.gather(ROWS).values.tolist() == [1, 1, 1, 0]


def test_integers_of_2_to_the_63_and_more_stay_unsigned():
    assert feature_of(pa.array([1, 1 << 63], pa.uint64())).dtype == np.uint64


@pytest.mark.parametrize(
    "column, dtype, shape, values, lengths",
    [
        (pa.array([[1, 2], [3, 4], [5, 6]]), np.int32, (2,), [5, 6, 1, 2, 5, 6, 3, 4], [[2] * 4]),
        (pa.array([[1], [], [5, 6]]), np.int32, None, [5, 6, 1, 5, 6], [[2, 1, 2, 0]]),
        (pa.array([[1], None, [2**31]]), np.int64, None, [2**31, 1, 2**31], [[1, 1, 1, 0]]),
        (pa.array([[0.1], [], [None]]), np.float32, None, [np.nan, 0.1, np.nan], [[1, 1, 1, 0]]),
        (pa.array([[True], [False], [True]]), np.bool_, (1,), [True, True, True, False], [[1] * 4]),
        (
            pa.array([["a"], ["b", "c"], [None]]),
            object,
            None,
            ["", "a", "", "b", "c"],
            [[1, 1, 1, 2]],
        ),
        (
            pa.array([[1], [2], [3]], pa.list_(pa.int8(), 1)),
            np.int32,
            (1,),
            [3, 1, 3, 2],
            [[1] * 4],
        ),
        (
            pa.array([[["a"]], [], [["b", "c"], []]]),
            object,
            None,
            ["b", "c", "a", "b", "c"],
            [[2, 1, 2, 0], [2, 0, 1, 2, 0]],
        ),
        (pa.array([[], [], []], pa.list_(pa.int64())), np.int32, (0,), [], [[0] * 4]),
    ],
    ids=str,
)
def test_lists_are_gathered_with_their_lengths(column, dtype, shape, values, lengths):
    feature = feature_of(column)
    parts = feature.gather(ROWS)
    assert (feature.dtype, feature.shape, feature.depth) == (dtype, shape, len(lengths))
    assert_values(parts.values, dtype, values)
    assert [part.tolist() for part in parts.lengths] == lengths


@given(
    values=st.lists(st.one_of(st.none(), st.text(), st.binary().map(repr)), min_size=1),
    dictionary=st.booleans(),
    data=st.data(),
)
def test_any_texts_come_back(values, dictionary, data):
    half = len(values) // 2
    column = pa.chunked_array(
        [pa.array(values[:half], pa.string()), pa.array(values[half:], pa.string())]
    )
    feature = feature_of(column.dictionary_encode() if dictionary else column)
    rows = data.draw(st.lists(st.integers(0, len(values) - 1)))
    gathered = feature.gather(np.array(rows, dtype=np.int32)).values.to_pylist()
    assert gathered == encoded(values[row] or "" for row in rows)
    assert feature.joinable
