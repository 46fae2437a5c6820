"""Rows of a table, drawn in any order: in one piece, and as many at a time as memory allows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TypeVar

import numpy as np
import pyarrow as pa

from .arrow import from_numpy, is_valid, text_ends, to_numpy, without_views
from .types import Int32Array, Int64Array

TAKEN_BYTES = 64 << 20
"""Bytes of rows that are taken together, about."""
NARROW_BYTES = (1 << 31) - 1
"""What the offsets of Arrow's narrow types reach to."""
A = TypeVar("A", pa.Array, pa.ChunkedArray)
_WIDE = {pa.string(): pa.large_string(), pa.binary(): pa.large_binary()}


class Rows:
    """The rows of a table.

    Args:
        table: the table; columns that Arrow can take no rows of are replaced.

    Attributes:
        table: the rows, each column in one piece.

    Example:
        >>> rows = Rows(pa.table({"a": ["x", "y"]}))
        >>> rows.take(np.array([1, 1], dtype=np.int32)).to_pydict()
        {'a': ['y', 'y']}
    """

    def __init__(self, table: pa.Table) -> None:
        # Arrow looks up the chunk of each row that it takes; of one chunk it does not.
        self.table = in_one_piece(without_views(table))

    def take(self, rows: Int32Array) -> pa.Table:
        """Take rows; of a table without columns there are none to take."""
        return self.table.take(from_numpy(rows)) if self.table.num_columns else self.table

    def runs(self, rows: Int32Array, most: int | None = None) -> Iterator[slice]:
        """Divide rows into runs that can be taken together.

        Args:
            rows: int32 [rows].
            most: bytes that the rows of a run have together, unless it is a single row; by
                default `TAKEN_BYTES`.

        Example:
            >>> rows = Rows(pa.table({"a": ["x" * 9, "y"]}))
            >>> list(rows.runs(np.array([1, 1, 0, 1], dtype=np.int32), 10))
            [slice(0, 2, None), slice(2, 4, None)]
        """
        most = TAKEN_BYTES if most is None else most
        if self._largest * len(rows) <= most:
            if len(rows):
                yield slice(0, len(rows))
            return
        ends = np.cumsum(self._bytes.take(rows))
        start = before = 0
        while start < len(rows):
            stop = max(int(np.searchsorted(ends, before + most, side="right")), start + 1)
            yield slice(start, stop)
            start, before = stop, int(ends[stop - 1])

    @cached_property
    def _largest(self) -> int:
        """The bytes of the largest row, or a little more."""
        return sum(int(_row_bytes(column).max(initial=0)) for column in self.table.columns)

    @cached_property
    def _bytes(self) -> Int64Array:
        """The bytes of each row."""
        total = np.zeros(len(self.table), dtype=np.int64)
        for column in self.table.columns:
            total += _row_bytes(column)
        return total


def in_one_piece(table: pa.Table) -> pa.Table:
    """Combine the chunks of each column, with wide offsets where narrow ones do not reach.

    Example:
        >>> in_one_piece(pa.table({"a": pa.chunked_array([["x"], ["y"]])})).column("a").num_chunks
        1
    """
    for index, field in enumerate(table.schema):
        column = table.column(index)
        if column.num_chunks > 1 and (wide := reaching(column)) is not column:
            table = table.set_column(index, field.name, wide)
    return table.combine_chunks()


def reaching(column: A) -> A:
    """Give a column wide offsets if narrow ones may not reach over all of it."""
    return column.cast(wide_type(column.type)) if column.nbytes > NARROW_BYTES else column


def wide_type(kind: pa.DataType) -> pa.DataType:
    """The type of the same values with offsets of 64 bits, however deep they are.

    Example:
        >>> wide_type(pa.list_(pa.string()))
        LargeListType(large_list<item: large_string>)
    """
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pa.large_list(_widened(kind.value_field))
    if pa.types.is_fixed_size_list(kind):
        return pa.list_(_widened(kind.value_field), kind.list_size)
    if pa.types.is_struct(kind):
        return pa.struct([_widened(field) for field in kind])
    if pa.types.is_map(kind):
        return pa.map_(_widened(kind.key_field), _widened(kind.item_field))
    return _WIDE.get(kind, kind)


def _widened(field: pa.Field) -> pa.Field:
    return field.with_type(wide_type(field.type))


def _row_bytes(column: pa.ChunkedArray) -> Int64Array:
    """How many bytes each text of a column has; of another type, how many a value has on average.

    Returns:
        int64 [rows], or [1] if they are taken for as many in each row.
    """
    kind = column.type
    values = kind.value_type if pa.types.is_dictionary(kind) else kind
    if column.num_chunks != 1 or values not in {*_WIDE, *_WIDE.values()}:
        return np.array([column.nbytes // max(len(column), 1)], dtype=np.int64)
    array = column.chunk(0)
    if values is kind:
        return np.diff(text_ends(array))
    entries = np.append(np.diff(text_ends(array.dictionary)), 0)
    return entries.take(np.where(is_valid(array), to_numpy(array.indices), -1))
