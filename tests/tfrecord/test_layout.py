"""Layouts of records: the parts are adjacent, and stand where the encoder puts them."""

from __future__ import annotations

import google_crc32c
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brevetti_sample.tfrecord.format.example import encode, encode_between
from brevetti_sample.tfrecord.format.framing import (
    FOOTER_BYTES,
    HEADER_BYTES,
    frame,
    masked_bytes,
)
from brevetti_sample.tfrecord.format.layout import EXAMPLE, layout
from brevetti_sample.tfrecord.format.wire import entry_header, varint

# Around where the number of all bytes takes a byte more to write.
_EDGES = st.sampled_from([1 << 7, 1 << 14, 1 << 21, 1 << 28]).flatmap(
    lambda edge: st.integers(edge - 80, edge + 3)
)
_SIZES = st.one_of(st.integers(0, 300), st.integers(0, 1 << 31), _EDGES)


@given(before=_SIZES, image=_SIZES, after=_SIZES)
def test_each_part_ends_where_the_next_begins(before, image, after):
    found = layout(before, image, after)
    assert EXAMPLE == HEADER_BYTES
    assert found.features == EXAMPLE + 1 + len(varint(before + image + after))
    assert found.image == found.features + before
    assert found.after == found.image + image
    assert found.footer == found.after + after
    assert found.end == found.footer + FOOTER_BYTES
    assert len(found.opening()) == found.features
    assert int.from_bytes(found.opening()[:8], "little") == found.footer - EXAMPLE


@pytest.mark.parametrize(
    "image, features", [(0, 14), (127 - 30, 14), (128 - 30, 15), (16383 - 30, 15), (16384 - 30, 16)]
)
def test_the_example_header_is_as_long_as_the_size_of_the_features_needs(image, features):
    assert layout(before=20, image=image, after=10).features == features


def test_a_layout_cannot_be_changed():
    with pytest.raises(AttributeError):
        layout(1, 2, 3).image = 7


_IMAGE_BYTES = st.one_of(
    st.integers(0, 200), st.integers(16_200, 16_400), st.sampled_from([2_097_000, 2_097_152])
)


@given(_IMAGE_BYTES, st.text(max_size=90), st.text(max_size=90))
def test_a_record_filled_by_its_layout_is_the_encoded_one(size, first, last):
    data = bytes([7]) * size
    others = {"a": pa.array([first]), "z": pa.array([last])}
    before, after = (one[0].as_py() for one in encode_between(pa.table(others), ["image"]))
    before += entry_header("image", "bytes", repeated=False)(size)

    found = layout(len(before), size, len(after))
    record = bytearray(found.end)
    record[: found.features] = found.opening()
    record[found.features : found.image] = before
    record[found.image : found.after] = data
    record[found.after : found.footer] = after
    checksum = google_crc32c.value(bytes(record[EXAMPLE : found.footer]))
    record[found.footer :] = masked_bytes(checksum)

    table = pa.table(others | {"image": pa.array([data], pa.large_binary())})
    assert bytes(record) == frame(encode(table).to_pylist())
