"""Records: their frames, and a reader that finds the first damage."""

from __future__ import annotations

import gzip
import io
import re
import struct
import tracemalloc

import google_crc32c
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brevetti_sample.errors import DamageError
from brevetti_sample.tfrecord.format.example import encode
from brevetti_sample.tfrecord.format.framing import frame, frame_header, framed_examples, masked
from brevetti_sample.tfrecord.format.reader import read_records, records_of


def read(data, size="known"):
    return list(records_of(io.BytesIO(data), "it", len(data) if size == "known" else None))


# Written by TensorFlow's writer.
FROM_TENSORFLOW = bytes.fromhex("0300000000000000b099490e6162636e57f121")


def test_a_frame_is_that_of_tensorflow():
    assert frame([b"abc"]) == FROM_TENSORFLOW
    assert read(FROM_TENSORFLOW) == [b"abc"]


@given(st.lists(st.binary(max_size=40)), st.sampled_from(["known", "unknown"]))
def test_what_is_framed_is_read_again(records, size):
    assert read(frame(records), size) == records


def test_records_longer_than_a_block_are_read_again():
    records = [b"x" * 3_000_000, b"", b"y" * 1_048_560, b"z"]
    assert read(frame(records)) == records


@pytest.mark.parametrize("lengths", [range(300), [5] * 300, [20_000, 0, 3000], [5]])
def test_examples_are_framed_as_they_are_encoded(lengths):
    table = pa.table({"a": ["x" * n for n in lengths], "b": range(len(lengths))})
    data, sizes = framed_examples(table)
    assert bytes(data) == frame(encode(table).to_pylist())
    assert sizes.tolist() == [len(record) + 16 for record in encode(table).to_pylist()]
    assert bytes(framed_examples(table.slice(0, 0))[0]) == b""


WHOLE = [b"first", b"", b"the third record"]
FILE = frame(WHOLE)
STARTS = [0, 21, 37]


def test_every_cut_inside_of_a_record_is_found_with_its_record_and_offset():
    for end in range(1, len(FILE)):
        if end in STARTS:
            assert read(FILE[:end]) == WHOLE[: STARTS.index(end)]
            continue
        number = sum(start <= end for start in STARTS) - 1
        for size in ("known", "unknown"):
            with pytest.raises(DamageError) as caught:
                read(FILE[:end], size)
            assert f"in record {number} at byte {STARTS[number]}: it " in str(caught.value)


def test_every_changed_byte_is_found_with_its_record_and_offset():
    for offset in range(len(FILE)):
        number = sum(start <= offset for start in STARTS) - 1
        for change in (1, 0x80, 0xFF):
            data = bytearray(FILE)
            data[offset] ^= change
            with pytest.raises(DamageError) as caught:
                read(bytes(data))
            assert f"it is damaged in record {number} at byte {STARTS[number]}" in str(caught.value)


def test_the_records_before_the_damage_are_read():
    records = records_of(io.BytesIO(FILE[:-1]), "it", len(FILE) - 1)
    assert [next(records), next(records)] == WHOLE[:2]
    with pytest.raises(DamageError):
        next(records)


@pytest.mark.parametrize("length", [1 << 31, 1 << 40, (1 << 63) - 17, (1 << 64) - 1])
@pytest.mark.parametrize("size", ["known", "unknown"])
def test_a_huge_length_with_a_right_checksum_asks_for_no_memory(length, size):
    crafted = frame_header(length) + b"abc"
    tracemalloc.start()
    with pytest.raises(DamageError, match=f"it claims {length} bytes, and a record has at most"):
        read(crafted, size)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4_000_000


def test_a_length_of_more_than_is_left_is_told():
    message = (
        "it claims 4 bytes, but 3 are left; export it again, or copy it again from an intact copy"
    )
    with pytest.raises(DamageError, match=re.escape(message)):
        read(frame_header(4) + b"abc1234")


def test_compressed_records_are_read_and_their_damage_is_found(tmp_path):
    path = tmp_path / "a.gz"
    packed = gzip.compress(FILE, mtime=0)
    path.write_bytes(packed)
    assert list(read_records(path, "gzip")) == WHOLE
    for end in range(1, len(packed)):
        path.write_bytes(packed[:end])
        with pytest.raises(DamageError, match="a.gz' is damaged in record . at byte"):
            list(read_records(path, "gzip"))


def test_a_checksum_is_masked_as_tensorflow_says():
    length = struct.pack("<Q", 3)
    assert FROM_TENSORFLOW[8:12] == struct.pack("<I", masked(google_crc32c.value(length)))
