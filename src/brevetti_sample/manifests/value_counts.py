"""Rows counted instead of kept: of rows that are alike, one, and how many there are."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa

from brevetti_sample.arrays.arrow import from_numpy, is_valid, to_numpy
from brevetti_sample.arrays.types import Int64Array

_ROOM = 4
_SMALL = 1 << 16
_MOST_CODES = 1 << 62


def tally(batch: pa.RecordBatch) -> tuple[pa.RecordBatch, Int64Array]:
    """Count the rows that are alike.

    Args:
        batch: rows of any columns. Those that are dictionary-encoded keep their dictionaries.

    Returns:
        Rows that are all different where that is quick to tell (lists and structs are kept as
        they are, and so are several columns of which one is of floats: equal ones may differ,
        and then it counts which comes first); and for each how many of the batch it stands for.

    Example:
        >>> rows = pa.array(["b", None, "b"]).dictionary_encode()
        >>> distinct, counts = tally(pa.record_batch({"a": rows}))
        >>> distinct.column(0).to_pylist(), counts
        (['b', None], array([2, 1]))
    """
    given = batch.columns
    try:
        columns = [_encoded(column, len(given) == 1) for column in given]
    except pa.ArrowNotImplementedError:
        return batch, np.ones(len(batch), dtype=np.int64)
    # One more than there are entries, for missing values.
    sizes = [len(column.dictionary) + 1 for column in columns]
    if math.prod(sizes) > _MOST_CODES:
        return batch, np.ones(len(batch), dtype=np.int64)
    codes = _codes(columns[0])
    for column, size in zip(columns[1:], sizes[1:], strict=True):
        codes = codes * size + _codes(column)
    present, counts = _count(codes, math.prod(sizes))
    distinct: list[pa.Array] = []
    for column, plain, size in zip(columns[::-1], given[::-1], sizes[::-1], strict=True):
        present, last = np.divmod(present, size)
        indices = from_numpy(last.astype(np.int32), last < size - 1)
        picked = pa.DictionaryArray.from_arrays(indices, column.dictionary)
        distinct.append(picked if column is plain else picked.dictionary_decode())
    return pa.RecordBatch.from_arrays(distinct[::-1], names=batch.schema.names), counts


def _encoded(column: pa.Array, alone: bool) -> pa.DictionaryArray:
    if isinstance(column, pa.DictionaryArray):
        return column
    if pa.types.is_floating(column.type) and not alone:
        raise pa.ArrowNotImplementedError
    return column.dictionary_encode()


def _codes(column: pa.DictionaryArray) -> Int64Array:
    """The index of each row's value, and for a missing one the next after the last: int64."""
    indices = column.indices
    codes: Int64Array = to_numpy(indices).astype(np.int64)
    if indices.null_count:
        codes[~is_valid(indices)] = len(column.dictionary)
    return codes


def _count(codes: Int64Array, size: int) -> tuple[Int64Array, Int64Array]:
    """The distinct codes, ascending, and how many there are of each; all are below the size."""
    if size > max(_ROOM * len(codes), _SMALL):  # counters that would be empty for the most part
        present, counts = np.unique(codes, return_counts=True)
        return present, counts
    counts = np.bincount(codes, minlength=size)
    present = np.flatnonzero(counts)
    return present, counts[present]
