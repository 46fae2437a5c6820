"""The frame of a record: length, masked checksum of it, the data, masked checksum of those.

A TFRecord file is such records one after the other, and nothing else:
https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from io import BytesIO
from struct import Struct

import google_crc32c
import numpy as np
import pyarrow as pa

from brevetti_sample.arrays.arrow import text_ends
from brevetti_sample.arrays.types import Int64Array, UInt8Array, UInt64Array

from .example import encode
from .wire import distinct_sizes

LENGTH_BYTES = 8
HEADER_BYTES = 12
FOOTER_BYTES = 4
FRAME_BYTES = HEADER_BYTES + FOOTER_BYTES
_LENGTH = Struct("<Q")
_CHECKSUM = Struct("<I")
_MASK_DELTA = 0xA282EAD8
_SMALL_BYTES = 1024


def masked(checksum: int) -> int:
    """Mask a CRC-32C, as TFRecord does since the data may hold checksums of its own.

    Example:
        >>> hex(masked(0))
        '0xa282ead8'
    """
    return ((checksum >> 15 | checksum << 17) + _MASK_DELTA) & 0xFFFFFFFF


def masked_bytes(checksum: int) -> bytes:
    """What comes after the data of a record, from their CRC-32C."""
    return _CHECKSUM.pack(masked(checksum))


@lru_cache(4096)
def frame_header(size: int) -> bytes:
    """What comes before the data of a record, from the number of its bytes.

    Example:
        >>> len(frame_header(5))
        12
    """
    length = _LENGTH.pack(size)
    return length + _CHECKSUM.pack(masked(google_crc32c.value(length)))


def frame_footer(data: bytes | memoryview) -> bytes:
    """What comes after the data of a record."""
    return masked_bytes(google_crc32c.value(data))


def frame(records: Iterable[bytes]) -> bytes:
    """Write records, one after the other.

    Example:
        >>> len(frame([b"abc", b""]))
        35
    """
    return b"".join(
        part for data in records for part in (frame_header(len(data)), data, frame_footer(data))
    )


def framed_examples(table: pa.Table) -> tuple[memoryview, Int64Array]:
    """Serialise each row of a table as a record.

    The checksums are put into the gaps that the encoder left: nothing is copied for the frames.

    Args:
        table: any table that `example.encode` takes.

    Returns:
        The records, one after the other; and how many bytes each has, with its frame: int64 [rows].

    Raises:
        UsageError: a column that no feature can hold.

    Example:
        >>> data, sizes = framed_examples(pa.table({"a": [1, 2]}))
        >>> len(data), sizes
        (60, array([30, 30]))
    """
    framed = encode(table, frame_header, bytes(FOOTER_BYTES))
    ends = text_ends(framed)
    if not len(framed):
        return memoryview(b""), np.diff(ends)
    # This memory has just been made for us, and it may be written to.
    data: UInt8Array = np.frombuffer(framed.buffers()[2], dtype=np.uint8, count=int(ends[-1]))
    sizes = np.diff(ends)
    checksums = _checksums(data, sizes)
    rotated = checksums >> np.uint64(15) | checksums << np.uint64(17)
    hidden = (rotated + np.uint64(_MASK_DELTA)).astype("<u4")
    gaps = np.ndarray(len(data) - FOOTER_BYTES + 1, "V4", data, strides=(1,))
    gaps[ends[1:] - FOOTER_BYTES] = hidden.view("V4")
    return memoryview(data.data), sizes


def _checksums(data: UInt8Array, sizes: Int64Array) -> UInt64Array:
    """Compute the CRC-32C of the data of each record; the footers are zero.

    Args:
        data: the records, one after the other.
        sizes: int64 [records], of each with its frame.
    """
    count = len(sizes)
    if len(data) > _SMALL_BYTES * count:
        stops = np.cumsum(sizes) - FOOTER_BYTES
        starts = stops - sizes + FRAME_BYTES
        slices = map(slice, starts.tolist(), stops.tolist())
        values = map(google_crc32c.value, map(data.__getitem__, slices))
        return np.fromiter(values, dtype=np.uint64, count=count)
    # A stream cuts bytes quickest, but has to read the frames too: the checksum is that of the
    # footer before, the header and the data. What the first two change in it is undone: as a
    # checksum is linear, that depends on how many bytes come after them, but not on these.
    stream = BytesIO(b"".join((bytes(FOOTER_BYTES), data.data)))
    values = map(google_crc32c.value, map(stream.read, sizes.tolist()))
    checksums = np.fromiter(values, dtype=np.uint64, count=count)
    distinct, codes = distinct_sizes(sizes - FRAME_BYTES)
    return checksums ^ np.array(list(map(_framed_change, distinct)), dtype=np.uint64)[codes]


@lru_cache(4096)
def _framed_change(size: int) -> int:
    """What a footer of zeros and a header before data of some size change in their checksum."""
    before, data = bytes(FOOTER_BYTES) + frame_header(size), bytes(size)
    changed: int = google_crc32c.value(before + data) ^ google_crc32c.value(data)
    return changed
