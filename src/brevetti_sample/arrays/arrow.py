"""Arrays of Arrow from Python and NumPy, and back.

`pyarrow.array` and `Array.to_numpy` do this too, but import pandas, which takes longer than most
commands do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    import numpy.typing as npt

_ARROW_TYPES = {"int32": pa.int32(), "int64": pa.int64(), "float64": pa.float64()}
_NUMPY_NAMES = {"float": "float32", "double": "float64", "halffloat": "float16"}


def from_numpy(
    values: npt.NDArray[np.int32] | npt.NDArray[np.int64] | npt.NDArray[np.float64],
    valid: npt.NDArray[np.bool_] | None = None,
) -> pa.Array:
    """Hand an array of integers or doubles to Arrow, without a copy if it is contiguous.

    Args:
        values: int32, int64 or float64 [n].
        valid: False for each that stands for a missing value; by default none does.

    Example:
        >>> from_numpy(np.arange(2, dtype=np.int32)).type
        DataType(int32)
    """
    contiguous = np.ascontiguousarray(values)
    kind = _ARROW_TYPES[contiguous.dtype.name]
    bitmap = None
    if valid is not None and not valid.all():
        bitmap = pa.py_buffer(np.packbits(valid, bitorder="little"))
    return pa.Array.from_buffers(kind, len(contiguous), [bitmap, pa.py_buffer(contiguous)])


def from_texts(texts: Iterable[str | None]) -> pa.Array:
    """Make an array of text.

    Example:
        >>> from_texts(["a", None]).to_pylist()
        ['a', None]
    """
    builder = pa.lib.StringBuilder()
    for text in texts:
        builder.append(text)
    return builder.finish()


def from_values(values: Sequence[Any]) -> pa.Array:
    """Make an array of the values of a group's keys: text, numbers, booleans, tuples, or None.

    Example:
        >>> from_values([7, None]).to_pylist(), from_values(["a", None]).type
        ([7, None], DataType(string))
    """
    kinds = {type(value) for value in values} - {type(None)}
    if kinds <= {str}:
        return from_texts(values)
    small = kinds == {int} and all(abs(value or 0) < 1 << 63 for value in values)
    if small or kinds == {float}:
        valid = np.array([value is not None for value in values])
        filled = [value or 0 for value in values]
        if small:
            return from_numpy(np.array(filled, dtype=np.int64), valid)
        return from_numpy(np.array(filled, dtype=np.float64), valid)
    return pa.array(values)


def to_numpy(values: pa.Array) -> Any:
    """View the values of an array of integers or floats; any number stands for a missing one.

    Example:
        >>> to_numpy(pa.array([5, 6, 7], pa.int16())[1:])
        array([6, 7], dtype=int16)
    """
    kind = np.dtype(_NUMPY_NAMES.get(str(values.type), str(values.type)))
    if not len(values):
        return np.empty(0, dtype=kind)
    numbers = np.frombuffer(values.buffers()[1], dtype=kind, count=values.offset + len(values))
    return numbers[values.offset :]


def is_valid(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Tell for each value whether it is there.

    Example:
        >>> is_valid(pa.array([5, None, 7])[1:])
        array([False,  True])
    """
    bitmap = values.buffers()[0]
    if bitmap is None:
        return np.ones(len(values), dtype=np.bool_)
    bits = np.unpackbits(np.frombuffer(bitmap, dtype=np.uint8), bitorder="little")
    return bits[values.offset : values.offset + len(values)].astype(np.bool_)


def without_times(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Write dates and times as ISO 8601 text, which sorts alike; durations as integers."""
    kind = column.type
    if pa.types.is_duration(kind):
        return column.cast(pa.int64())
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return column.cast(pa.timestamp(kind.unit, "UTC")).cast(pa.string())
    return column.cast(pa.string()) if pa.types.is_temporal(kind) else column


def without_views(table: pa.Table) -> pa.Table:
    """Turn view types, which Arrow cannot take rows of, into plain ones."""
    plain = {pa.string_view(): pa.large_string(), pa.binary_view(): pa.large_binary()}
    for place, field in enumerate(table.schema):
        if field.type in plain:
            column = table.column(place).cast(plain[field.type])
            table = table.set_column(place, field.name, column)
    return table
