"""Features: columns of samples as what becomes tensors, a gather of rows at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from brevetti_sample.arrays.arrow import from_numpy, to_numpy
from brevetti_sample.arrays.rows import reaching
from brevetti_sample.arrays.types import Int32Array, Int64Array
from brevetti_sample.manifests.from_python import warn_dropped
from brevetti_sample.messages import printable

from .string_tensors import as_bytes, joinable


@dataclass(frozen=True)
class GatheredValues:
    """The values of some rows of a column.

    Attributes:
        values: the values, one behind the other: numbers as NumPy's; text and bytes as Arrow's
            large_binary, missing ones empty.
        lengths: for each level of lists, from the outermost, int64 [lists], how long each is.
    """

    values: Any
    lengths: tuple[Int64Array, ...] = ()


class TensorColumn:
    """A column that can be a tensor. Made by `make_tensor_columns`.

    Attributes:
        name: the column.
        dtype: NumPy's dtype of the values; object for text and bytes.
        depth: levels of lists.
        shape: lengths of the lists by level if all lists of a level are of one length, else None:
            then the tensors are ragged.
        joinable: whether it is of text that `texts.join` can join.
    """

    def __init__(self, name: str, column: pa.ChunkedArray, *, narrow: bool = False) -> None:
        self.name = name
        # Combining copies, also a chunk alone. Numbers are copied: the samples may be written to.
        alone = column.num_chunks == 1 and not _is_number(column.type)
        array = column.chunk(0) if alone else column.combine_chunks()
        levels, flat = unnest_lists(array)
        self.depth = len(levels)
        same = [len(level) > 0 and int(level.min()) == int(level.max()) for level in levels]
        self.shape = tuple(int(level[0]) for level in levels) if all(same) else None
        self._column: pa.Array | None = None
        self.joinable = False
        # The dictionaries that are left here are of texts.
        if _is_text(flat.type) or pa.types.is_dictionary(flat.type):
            self._column = array
            self._values = np.empty(0, dtype=object)
            self.joinable = joinable(flat)
        elif self.depth:
            self._column = array
            self._values = _listed(flat)
        else:
            numbers = _numbers(flat)
            self._values = _narrowed(numbers) if narrow else _widened(numbers)
        self.dtype = self._values.dtype

    def gather(self, rows: Int32Array) -> GatheredValues:
        """Take rows.

        Args:
            rows: int32 [rows].

        Returns:
            Their values, with missing numbers NaN.
        """
        if self._column is None:
            return GatheredValues(self._values.take(rows))
        lengths, flat = unnest_lists(self._column.take(from_numpy(rows)))
        if self.dtype == object:
            return GatheredValues(as_bytes(flat), tuple(lengths))
        return GatheredValues(_numbers(flat).astype(self.dtype, copy=False), tuple(lengths))


def make_tensor_columns(table: pa.Table, *, narrow: bool = False) -> list[TensorColumn]:
    """Make a tensor column of each column.

    Integers are int64, uint64 where their values need it, and floating-point numbers float64.
    Integers with missing values are float64, as booleans are. In lists, integers are int32 if
    they fit and floating-point numbers float32, as TensorFlow makes of Python's. A column of
    another type is left out, and a warning logged that names it: dates and times, decimals,
    structs.

    Args:
        table: the samples.
        narrow: whether integers that are not in lists become as narrow as their values allow,
            and floating-point numbers stay as narrow as they are.

    Example:
        >>> [column] = make_tensor_columns(pa.table({"id": [3, 1, 2]}))
        >>> column.gather(np.array([0, 2], dtype=np.int32)).values
        array([3, 2])
    """
    columns = []
    for name, column in zip(table.column_names, table.columns, strict=True):
        reason = _obstacle(column.type)
        if reason:
            warn_dropped(name, reason)
        else:
            columns.append(TensorColumn(name, _simplified(column), narrow=narrow))
    return columns


def _is_list(kind: pa.DataType) -> bool:
    t = pa.types
    return bool(t.is_list(kind) or t.is_large_list(kind) or t.is_fixed_size_list(kind))


def _is_text(kind: pa.DataType) -> bool:
    t = pa.types
    text = t.is_string(kind) or t.is_large_string(kind) or t.is_binary(kind)
    return bool(text or t.is_large_binary(kind) or t.is_fixed_size_binary(kind))


def _is_number(kind: pa.DataType) -> bool:
    t = pa.types
    return bool(t.is_integer(kind) or t.is_floating(kind) or t.is_boolean(kind))


def _is_view(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string_view(kind) or pa.types.is_binary_view(kind))


def _obstacle(kind: pa.DataType) -> str:
    """Why a type cannot be a tensor; empty if it can."""
    if _is_list(kind) or pa.types.is_dictionary(kind):
        # Arrow can take no rows of views, and cast none that are within other types.
        inner = kind.value_type
        return f"it is {printable(kind)}" if _is_view(inner) else _obstacle(inner)
    usable = _is_number(kind) or _is_text(kind) or _is_view(kind)
    return "" if usable else f"it is {printable(kind)}"


def _simplified(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Without view types; texts with wide offsets where needed; only texts dictionary-encoded."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        if _is_text(kind.value_type):
            return column.unify_dictionaries()
        return _simplified(column.cast(kind.value_type))
    if _is_view(kind):
        return column.cast(
            pa.large_string() if pa.types.is_string_view(kind) else pa.large_binary()
        )
    return reaching(column)


def unnest_lists(values: pa.Array | pa.ChunkedArray) -> tuple[list[Int64Array], pa.Array]:
    """Take lists apart: the lengths of those of each level, and the values in all of them.

    Example:
        >>> unnest_lists(pa.array([["a", "b"], ["c"]]))[1].to_pylist()
        ['a', 'b', 'c']
    """
    array = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    levels = []
    while _is_list(array.type):
        lengths = array.value_lengths().fill_null(0).cast(pa.int64())
        levels.append(np.asarray(_numbers(lengths), dtype=np.int64))
        array = array.flatten()
        if pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
    return levels, array


def _numbers(values: pa.Array) -> npt.NDArray[Any]:
    """Numbers or booleans; float64 with NaN if integers or booleans are missing."""
    if values.null_count:
        if not pa.types.is_floating(values.type):
            values = values.cast(pa.float64())
        values = values.fill_null(float("nan"))
    if pa.types.is_boolean(values.type):
        return _numbers(values.cast(pa.uint8())).astype(np.bool_)
    numbers: npt.NDArray[Any] = to_numpy(values)
    return numbers


def _narrowed(numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Integers in the smallest type of their sign that holds them."""
    if numbers.dtype.kind not in "iu" or not len(numbers):
        return numbers
    low, high = int(numbers.min()), int(numbers.max())
    for size in (1, 2, 4, 8):
        limits = np.iinfo(f"{numbers.dtype.kind}{size}")
        if limits.min <= low and high <= limits.max:
            return numbers.astype(limits.dtype, copy=False)
    return numbers


def _widened(numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Numbers with 64 bits; integers signed if they fit."""
    if numbers.dtype.kind == "f":
        return numbers.astype(np.float64, copy=False)
    large = numbers.dtype == np.uint64 and len(numbers) and int(numbers.max()) >= 1 << 63
    if numbers.dtype.kind not in "iu" or large:
        return numbers
    return numbers.astype(np.int64, copy=False)


def _listed(flat: pa.Array) -> npt.NDArray[Any]:
    """An empty array of the dtype that numbers have inside of lists."""
    kind: Any = np.dtype(np.float32)
    if pa.types.is_boolean(flat.type) and not flat.null_count:
        kind = np.dtype(np.bool_)
    elif pa.types.is_integer(flat.type) and not flat.null_count:
        numbers = _numbers(flat)
        fits = not len(numbers) or (numbers.min() >= -(1 << 31) and numbers.max() < 1 << 31)
        kind = np.dtype(np.int32 if fits else np.int64)
    return np.empty(0, dtype=kind)
