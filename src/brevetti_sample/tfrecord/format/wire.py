"""The bytes of protocol buffers that an example consists of, for many values at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import groupby
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from brevetti_sample.arrays.arrow import from_numpy
from brevetti_sample.arrays.types import Int64Array, UInt8Array, UInt64Array

from .features import Kind

Part: TypeAlias = bytes | UInt8Array | pa.Array
"""Bytes of each row: the same for all, or as many in each, uint8 [rows, width], or large_binary."""
_BYTES = [bytes([byte]) for byte in range(256)]
# Field numbers shifted by three, and wire type 2 (a length, then that many bytes).
_EXAMPLE_FEATURES = _ENTRY = _MAP_KEY = _LIST_VALUE = b"\x0a"
_MAP_VALUE = b"\x12"
_LIST_OF_KIND: dict[Kind, bytes] = {"bytes": b"\x0a", "float": b"\x12", "int64": b"\x1a"}


def varint(value: int) -> bytes:
    r"""Write one number, seven bits a byte, the lowest first.

    Example:
        >>> varint(300)
        b'\xac\x02'
    """
    if value < 0x80:  # most are this short, or below
        return _BYTES[value]
    if value < 0x4000:
        return bytes((value & 0x7F | 0x80, value >> 7))
    if value < 0x200000:
        return bytes((value & 0x7F | 0x80, value >> 7 & 0x7F | 0x80, value >> 14))
    result = bytearray()
    while value > 0x7F:
        result.append(value & 0x7F | 0x80)
        value >>= 7
    result.append(value)
    return bytes(result)


def varints(values: Int64Array) -> tuple[UInt8Array, Int64Array]:
    """Write many numbers one after the other.

    Args:
        values: int64 [values]; a negative one takes ten bytes.

    Returns:
        The bytes, uint8, and where each number begins and the last ends: int64 [values + 1].

    Example:
        >>> varints(np.array([5, 300]))
        (array([  5, 172,   2], dtype=uint8), array([0, 1, 3]))
    """
    bits: UInt64Array = values.view(np.uint64)
    ends = np.zeros(len(values) + 1, dtype=np.int64)
    most = int(bits.max()) if len(bits) else 0
    if most < 0x80:
        ends[1:] = np.arange(1, len(values) + 1)
        return bits.astype(np.uint8), ends
    width = max(1, -(-most.bit_length() // 7))
    lengths = np.ones(len(values), dtype=np.int64)
    table = np.empty((len(values), width), dtype=np.uint8)
    for index in range(width):
        rest = bits >> np.uint64(7 * index)
        table[:, index] = rest & np.uint64(0x7F)
        if index:
            more = rest != 0
            lengths += more
            table[:, index - 1] |= more.astype(np.uint8) << np.uint8(7)
    np.cumsum(lengths, out=ends[1:])
    return table[np.arange(width) < lengths[:, None]], ends


@lru_cache(1024)
def entry_header(name: str, kind: Kind, *, repeated: bool) -> Callable[[int], bytes]:
    r"""Make what comes before the values of a feature, from the number of their bytes.

    Args:
        name: the feature's.
        kind: the feature's.
        repeated: whether the values are a list's, each byte string with its own length in front;
            if not, there is one value.

    Example:
        >>> entry_header("a", "bytes", repeated=False)(2) + b"xy"
        b'\n\x0b\n\x01a\x12\x06\n\x04\n\x02xy'
    """
    text = name.encode()
    key = _MAP_KEY + varint(len(text)) + text + _MAP_VALUE
    tag = _LIST_OF_KIND[kind]
    bare = kind == "bytes" and repeated

    @lru_cache(4096)  # most sizes come again in the next rows
    def header(size: int) -> bytes:
        # Packed numbers have one length for all; without any, there is none.
        inner = b"" if bare or (repeated and not size) else _LIST_VALUE + varint(size)
        values = tag + varint(len(inner) + size) + inner
        feature = key + varint(len(values) + size) + values
        return _ENTRY + varint(len(feature) + size) + feature

    return header


def value_header(size: int) -> bytes:
    """What comes before each byte string of a list."""
    return _LIST_VALUE + varint(size)


def example_header(size: int) -> bytes:
    """What comes before all the features of an example."""
    return _EXAMPLE_FEATURES + varint(size)


def headers(header: Callable[[int], bytes], sizes: Int64Array) -> tuple[Part, Int64Array]:
    r"""Look up a header for each size: each size that occurs is worked out once.

    Args:
        header: from the size of what follows to the header.
        sizes: int64 [rows]; -1 for a value that is missing, and then no header.

    Returns:
        The headers, and how many bytes they have, int64 [rows], or [1] if they are all the same.

    Example:
        >>> found, lengths = headers(value_header, np.array([1, -1]))
        >>> found.to_pylist(), lengths
        ([b'\n\x01', b''], array([2, 0]))
    """
    distinct, codes = distinct_sizes(sizes)
    table = [header(size) if size >= 0 else b"" for size in distinct]
    lengths = np.array([len(one) for one in table], dtype=np.int64)
    if len(table) == 1:
        return table[0], lengths
    return binary(table).take(from_numpy(codes)), lengths[codes]


def distinct_sizes(sizes: Int64Array) -> tuple[list[int], Int64Array]:
    """Find the sizes that occur.

    Args:
        sizes: int64 [rows]; -1 or more.

    Returns:
        Those that occur, the smallest first, and the index of each row's among them: int64 [rows].

    Example:
        >>> distinct_sizes(np.array([7, -1, 7]))
        ([-1, 7], array([1, 0, 1]))
    """
    most = int(sizes.max(initial=-1))
    if len(sizes) and most == sizes.min():
        return [most], np.zeros(len(sizes), dtype=np.int64)
    if most < 8 * len(sizes) + 256:  # a table of all sizes is quicker than sorting
        there = np.zeros(most + 2, dtype=np.bool_)
        there[sizes + 1] = True
        distinct = np.flatnonzero(there) - 1
        number = np.cumsum(there) - 1
        codes = number[sizes + 1]
    else:
        distinct, codes = np.unique(sizes, return_inverse=True)
    return distinct.tolist(), codes


def join(parts: Sequence[Part], rows: int) -> pa.Array:
    """Join parts row by row; a missing value adds nothing.

    What has one width in all rows is put together first: that is quicker than Arrow's join, which
    looks at each value.

    Returns:
        large_binary [rows], in memory of its own.

    Example:
        >>> join([b"<", np.frombuffer(b"ab", np.uint8).reshape(2, 1), b">"], 2).to_pylist()
        [b'<a>', b'<b>']
    """
    merged: list[pa.Array] = []
    for varied, run in groupby(parts, lambda part: isinstance(part, pa.Array)):
        some = list(run)
        merged += some if varied else [_fixed(some, rows)]
    if not merged:
        return repeated(b"", rows)
    if len(merged) == 1 and not isinstance(parts[0], pa.Array):
        return merged[0]
    return pc.binary_join_element_wise(
        *merged,  # and the separator; made by `pyarrow.scalar`, it would import pandas
        binary([b""])[0],
        null_handling="replace",
        null_replacement="",
    )


def _fixed(parts: Sequence[bytes | UInt8Array], rows: int) -> pa.Array:
    """Join parts that have one width in all rows."""
    widths = [len(part) if isinstance(part, bytes) else part.shape[1] for part in parts]
    width = sum(widths)
    template = b"".join(
        part if isinstance(part, bytes) else bytes(size)
        for part, size in zip(parts, widths, strict=True)
    )
    data = bytearray(template) * rows
    offset = 0
    for part, size in zip(parts, widths, strict=True):
        if size and rows and not isinstance(part, bytes):
            # As values of so many bytes, which are copied in one go.
            kind = np.dtype(f"V{size}")
            np.ndarray(rows, kind, data, offset, (width,))[:] = part.view(kind)[:, 0]
        offset += size
    return binary_of(data, np.arange(rows + 1, dtype=np.int64) * width)


def binary(values: list[bytes]) -> pa.Array:
    """Make a large_binary array."""
    offsets = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum([len(value) for value in values], out=offsets[1:])
    return binary_of(b"".join(values), offsets)


def binary_of(
    data: bytes | bytearray | UInt8Array | pa.Buffer,
    offsets: Int64Array,
    like: pa.Array | None = None,
) -> pa.Array:
    """Make a large_binary array without a copy: value i is ``data[offsets[i]:offsets[i + 1]]``.

    What is missing in ``like`` is missing in it.
    """
    valid = like.is_valid().buffers()[1] if like is not None and like.null_count else None
    data = data if isinstance(data, pa.Buffer) else pa.py_buffer(data)
    buffers = [valid, pa.py_buffer(offsets), data]
    return pa.Array.from_buffers(pa.large_binary(), len(offsets) - 1, buffers)


def repeated(value: bytes, count: int) -> pa.Array:
    """Make a large_binary array of one value again and again."""
    return binary_of(value * count, np.arange(count + 1, dtype=np.int64) * len(value))
