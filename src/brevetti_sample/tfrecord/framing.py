"""The frame of a record: length, masked checksum of it, the data, masked checksum of those.

A TFRecord file is such records one after the other, and nothing else:
https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from struct import Struct

import google_crc32c
import numpy as np
import pyarrow as pa

from .._types import Int64Array, UInt8Array
from .example import binary_offsets, encode

LENGTH_BYTES = 8
HEADER_BYTES = 12
FOOTER_BYTES = 4
_LENGTH = Struct("<Q")
_CHECKSUM = Struct("<I")
_MASK_DELTA = 0xA282EAD8
_SMALL_BYTES = 4096


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
    ends = binary_offsets(framed)
    if not len(framed):
        return memoryview(b""), np.diff(ends)
    # Arrow has just made this memory for us, and it may be written to.
    whole: UInt8Array = np.frombuffer(framed.buffers()[2], dtype=np.uint8, count=int(ends[-1]))
    # Slices of bytes are made faster than those of arrays, but are copies.
    sliced = whole.tobytes() if len(whole) < _SMALL_BYTES * len(framed) else whole
    value = google_crc32c.value
    starts = (ends[:-1] + HEADER_BYTES).tolist()
    stops = (ends[1:] - FOOTER_BYTES).tolist()
    checksums = np.fromiter(
        map(value, map(sliced.__getitem__, map(slice, starts, stops))),
        dtype=np.uint64,
        count=len(framed),
    )
    rotated = checksums >> np.uint64(15) | checksums << np.uint64(17)
    hidden = (rotated + np.uint64(_MASK_DELTA)).astype("<u4")
    gaps = ends[1:, None] - np.arange(FOOTER_BYTES, 0, -1)
    whole[gaps] = hidden.view(np.uint8).reshape(-1, FOOTER_BYTES)
    return memoryview(whole.data), np.diff(ends)
