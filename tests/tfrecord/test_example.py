"""Examples: the bytes of columns. `test_tensorflow_examples` compares them with TensorFlow's."""

from __future__ import annotations

import pyarrow as pa
import pytest

from brevetti_sample.errors import UsageError
from brevetti_sample.tfrecord.format import wire
from brevetti_sample.tfrecord.format.example import encode
from brevetti_sample.tfrecord.format.features import features_of, flatten_structs


def test_an_example_is_what_the_wire_format_says():
    [example] = encode(pa.table({"b": [300], "a": ["xy"]})).to_pylist()
    text = b"\n\x0b\n\x01a\x12\x06\n\x04\n\x02xy"
    number = b"\n\x0b\n\x01b\x12\x06\x1a\x04\n\x02\xac\x02"
    assert example == b"\n" + bytes([len(text + number)]) + text + number


def test_a_missing_value_leaves_its_feature_out_and_an_empty_text_does_not():
    examples = encode(pa.table({"a": pa.array([None, ""], pa.string())})).to_pylist()
    assert examples == [b"\n\x00", b"\n\x0b\n\t\n\x01a\x12\x04\n\x02\n\x00"]


def test_the_values_that_are_missing_in_a_list_are_left_out_of_it():
    whole, gaps = (
        encode(pa.table({"a": pa.array([values], pa.list_(pa.int8()))}))
        for values in ([1, -2], [None, 1, None, -2])
    )
    assert whole == gaps


def test_the_order_of_the_columns_does_not_matter():
    one = encode(pa.table({"b": [1], "a": ["x"], "é": [0.5], "Z": [True]}))
    other = encode(pa.table({"Z": [True], "é": [0.5], "a": ["x"], "b": [1]}))
    assert one == other


def test_a_name_comes_before_those_that_begin_with_it():
    [example] = encode(pa.table({"ab": [1], "a": [1], "b": [1]})).to_pylist()
    assert example[2:].split(b"\n\x09")[0].startswith(b"\n\x0a\n\x01a\x12")


def test_frames_and_trailers_stand_around_each_example():
    table = pa.table({"a": [1, 300]})
    plain = encode(table).to_pylist()
    framed = encode(table, lambda size: b"<%d>" % size, b"|").to_pylist()
    assert framed == [b"<%d>%s|" % (len(example), example) for example in plain]


@pytest.mark.parametrize("width", [0, 1, 3, 64, 65])
def test_values_of_one_width_are_encoded_as_those_of_many_are(width):
    columns = {
        "a": [b"xyz"[n % 3 : n % 3 + 1] * width for n in range(9)],
        "b": pa.array([n / 7 for n in range(9)], pa.float32()),
        "c": [n % 2 == 0 for n in range(9)],
    }
    table = pa.table(columns).slice(2, 5)
    by_row = [encode(table.slice(row, 1))[0].as_py() for row in range(5)]
    assert encode(table).to_pylist() == by_row
    other = pa.table({name: [None] for name in columns}, schema=table.schema)
    assert encode(pa.concat_tables([table, other])).to_pylist() == [*by_row, b"\n\x00"]


def test_no_rows_and_no_columns_can_be_encoded():
    assert encode(pa.table({"a": pa.array([], pa.string())})).to_pylist() == []
    assert encode(pa.table({"a": [1, 2]}).select([])).to_pylist() == [b"\n\x00", b"\n\x00"]


def test_structs_become_features_of_their_fields_and_a_missing_struct_has_none():
    table = pa.table({"box": [{"x": 1, "deep": {"y": "t"}}, None, {"x": 2, "deep": None}]})
    assert flatten_structs(table).to_pylist() == [
        {"box/deep/y": "t", "box/x": 1},
        {"box/deep/y": None, "box/x": None},
        {"box/deep/y": None, "box/x": 2},
    ]


def test_two_features_of_one_name_are_refused():
    with pytest.raises(UsageError, match="^more than one feature would be called 'a/b'; rename"):
        flatten_structs(pa.table({"a/b": [1], "a": [{"b": 2}]}))


@pytest.mark.parametrize(
    "values, shown",
    [
        ([[[1]]], "list<item: list<item: int64>>"),
        (pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int8())), "map<string, int8>"),
        ([[{"x": 1}]], "list<item: struct<x: int64>>"),
    ],
)
def test_a_column_that_no_feature_can_hold_is_named(values, shown):
    with pytest.raises(UsageError, match=f"^column 'deep' is {shown}.* leave it out of columns"):
        encode(pa.table({"deep": values}))


@pytest.mark.parametrize(
    "kind, change",
    [
        (pa.float64(), "double is written as a 32-bit float"),
        (pa.list_(pa.decimal128(5, 2)), "decimal128(5, 2) is written as a 32-bit float"),
        (pa.dictionary(pa.int8(), pa.uint64()), "uint64 is written as int64 of the same bits"),
        (pa.date32(), "date32[day] is written as ISO 8601 text"),
        (pa.duration("s"), "duration[s] is written as an integer"),
        (pa.float32(), ""),
        (pa.string_view(), ""),
    ],
)
def test_what_changes_on_the_way_is_told(kind, change):
    [feature] = features_of(pa.schema({"a": kind}))
    assert feature.change == change


def test_dates_and_times_are_iso_text():
    table = pa.table(
        {
            "day": pa.array([0], pa.date32()),
            "time": pa.array([1], pa.timestamp("s")),
            "zoned": pa.array([1000], pa.timestamp("ms", "Europe/Rome")),
        }
    )
    [example] = encode(table).to_pylist()
    for text in (b"1970-01-01", b"1970-01-01 00:00:01", b"1970-01-01 00:00:01.000Z"):
        assert wire.value_header(len(text)) + text in example
