"""Examples and records against TensorFlow's own: it is slow to import, so they stand together."""

from __future__ import annotations

import datetime
import itertools

import pytest
from hypothesis import given, settings

from brevetti_sample.tfrecord.format.example import encode
from support.arrow_tables import tables

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("tensorflow")]


@pytest.fixture(scope="module")
def protos():
    from tensorflow.core.example import example_pb2, feature_pb2

    return example_pb2, feature_pb2


def flattened(name, value, kind):
    if str(kind).startswith("struct"):
        for field in kind:
            inner = None if value is None else value[field.name]
            yield from flattened(f"{name}/{field.name}", inner, field.type)
    else:
        yield name, value, kind


def values_type(kind):
    while hasattr(kind, "value_type"):
        kind = kind.value_type
    return str(kind)


def serialised(protos, row, schema):
    """What TensorFlow makes of a row, value by value."""
    example = protos[0].Example()
    example.features.SetInParent()
    for field in schema:
        for name, value, kind in flattened(field.name, row[field.name], field.type):
            if value is None:
                continue
            feature = example.features.feature[name]
            values = [v for v in (value if isinstance(value, list) else [value]) if v is not None]
            scalar = values_type(kind)
            if "int" in scalar or scalar == "bool":
                feature.int64_list.SetInParent()
                numbers = [int(v) for v in values]
                feature.int64_list.value.extend(
                    v - (1 << 64) if v >> 63 > 0 else v for v in numbers
                )
            elif scalar in ("float", "double", "halffloat") or scalar.startswith("decimal"):
                feature.float_list.SetInParent()
                feature.float_list.value.extend(map(float, values))
            else:
                feature.bytes_list.SetInParent()
                feature.bytes_list.value.extend(map(as_bytes, values))
    names = sorted(example.features.feature, key=str.encode)
    if not any(b.startswith(a) for a, b in itertools.pairwise(names)):
        return example.SerializeToString(deterministic=True)
    # Where one name begins with another, Python's protobuf sorts the longer one first, and the
    # same library in C++ and Java the shorter; ours is the plain order of the bytes.
    entries = b"".join(
        protos[1].Features(feature={name: example.features.feature[name]}).SerializeToString()
        for name in names
    )
    return protos[1].BytesList(value=[entries]).SerializeToString()


def as_bytes(value):
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ", "microseconds").encode()
    return value if isinstance(value, bytes) else str(value).encode()


@settings(max_examples=600)
@given(tables())
def test_every_row_is_serialised_as_tensorflow_does_it(protos, table):
    expected = [serialised(protos, row, table.schema) for row in table.to_pylist()]
    assert encode(table).to_pylist() == expected
