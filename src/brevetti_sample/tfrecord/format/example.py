"""Arrow columns to serialised `tf.train.Example`s, a column at a time.

The bytes are those of TensorFlow's deterministic serialisation: features in the order of their
names. A missing value leaves its feature out, and one in a list is left out of the list.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from brevetti_sample.arrays.arrow import is_list, list_lengths, text_ends, to_numpy
from brevetti_sample.arrays.types import Int64Array

from . import wire
from .features import Feature, features_of, flatten_structs, values_of

_NARROW_BYTES = 64  # more are not worth to be copied once more


@dataclass(frozen=True)
class _Column:
    """The bytes of one feature, in the parts that make it up, and how many they are.

    By row, or one number for all.
    """

    parts: Sequence[wire.Part]
    sizes: Int64Array


def encode(
    table: pa.Table,
    frame: Callable[[int], bytes] | None = None,
    trailer: bytes = b"",
) -> pa.Array:
    r"""Serialise each row of a table.

    Args:
        table: any table; see `features.flatten_structs` for how columns become features.
        frame: what to put before an example, from the number of its bytes; nothing if None.
        trailer: what to put after each.

    Returns:
        large_binary [rows], in one piece: offsets from 0.

    Raises:
        UsageError: a column that no feature can hold.

    Example:
        >>> encode(pa.table({"label": [7]})).to_pylist()
        [b'\n\x10\n\x0e\n\x05label\x12\x05\x1a\x03\n\x01\x07']
    """
    columns = list(_columns(table).values())
    parts = [part for column in columns for part in column.parts]
    return wire.join([_start(columns, table.num_rows, frame), *parts, trailer], table.num_rows)


def encode_between(table: pa.Table, names: Sequence[str]) -> list[pa.Array]:
    r"""Serialise the features of each row, but those that come one by one, such as images.

    Args:
        table: the other columns, as for `encode`.
        names: the features that are to go between them, sorted; no column is called so.

    Returns:
        What comes before each of those, and after the last: large_binary [rows] each.

    Raises:
        UsageError: a column that no feature can hold.

    Example:
        >>> before, after = encode_between(pa.table({"z": [7]}), ["a"])
        >>> before.to_pylist(), after.to_pylist()
        ([b''], [b'\n\n\n\x01z\x12\x05\x1a\x03\n\x01\x07'])
    """
    keys = [name.encode() for name in names]
    gaps: list[list[wire.Part]] = [[] for _ in range(len(keys) + 1)]
    for name, column in _columns(table).items():
        gaps[bisect(keys, name.encode())].extend(column.parts)
    return [wire.join(gap, table.num_rows) for gap in gaps]


def _columns(table: pa.Table) -> dict[str, _Column]:
    """Encode each feature of a table, in the order of their names."""
    flat = flatten_structs(table).combine_chunks()
    return {
        feature.name: _column(feature, one_chunk(column))
        for feature, column in zip(features_of(flat.schema), flat.columns, strict=True)
    }


def _start(
    columns: Sequence[_Column], rows: int, frame: Callable[[int], bytes] | None
) -> wire.Part:
    """What comes before the features of each row."""
    sizes = np.zeros(rows, dtype=np.int64)
    for column in columns:
        sizes += column.sizes

    def header(size: int) -> bytes:
        start = wire.example_header(size)
        return start if frame is None else frame(len(start) + size) + start

    return wire.headers(header, sizes)[0]


def one_chunk(column: pa.ChunkedArray) -> pa.Array:
    """The array of a column that is in one piece, or empty."""
    return column.chunk(0) if column.num_chunks else pa.nulls(0, column.type)


def binary_lengths(array: pa.Array) -> Int64Array:
    """How many bytes each value of a large_binary array has: int64; any number for a missing one.

    Example:
        >>> binary_lengths(pa.array([b"a", b"bcd"], pa.large_binary()))
        array([1, 3])
    """
    return np.diff(text_ends(array))


def _column(feature: Feature, array: pa.Array) -> _Column:
    """Encode one feature of all rows."""
    repeated = is_list(array.type)
    payload = _lists(feature, array) if repeated else _values(feature, array)
    sizes = binary_lengths(payload)
    if array.null_count:
        sizes = np.where(to_numpy(array.is_valid().cast(pa.uint8())) == 1, sizes, -1)
    header = wire.entry_header(feature.name, feature.kind, repeated=repeated)
    front, lengths = wire.headers(header, sizes)
    part: wire.Part = payload
    if isinstance(front, bytes) and len(sizes) and 0 <= sizes[0] <= _NARROW_BYTES:
        # As many in each row, as the headers are all the same.
        start = int(text_ends(payload)[0])
        data = np.frombuffer(payload.buffers()[2] or b"", dtype=np.uint8)
        rows, width = len(sizes), int(sizes[0])
        part = data[start : start + rows * width].reshape(rows, width)
    return _Column([front, part], lengths + np.maximum(sizes, 0))


def _values(feature: Feature, array: pa.Array) -> pa.Array:
    """The bytes of each value, without any header: large_binary, missing where they are."""
    values = values_of(array, feature.kind)
    if feature.kind == "bytes":
        return values
    if feature.kind == "int64":
        data, ends = wire.varints(to_numpy(values))
    else:
        data = to_numpy(values).view(np.uint8)
        ends = np.arange(len(values) + 1, dtype=np.int64) * 4
    return wire.binary_of(data, ends, values)


def _lists(feature: Feature, array: pa.Array) -> pa.Array:
    """The bytes of each list's values, byte strings with their lengths in front: large_binary."""
    counts, values = list_lengths(array), array.flatten()
    if values.null_count:
        there = to_numpy(values.is_valid().cast(pa.uint8())) == 1
        owner = np.repeat(np.arange(len(counts)), counts)
        counts, values = np.bincount(owner[there], minlength=len(counts)), values.drop_null()
    payload = _values(feature, values)
    if feature.kind == "bytes":
        front, _ = wire.headers(wire.value_header, binary_lengths(payload))
        payload = wire.join([front, payload], len(payload))
    ends = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=ends[1:])
    return wire.binary_of(payload.buffers()[2], text_ends(payload)[ends])
