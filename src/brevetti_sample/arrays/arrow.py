"""Arrays of Arrow from Python and NumPy, and back.

`pyarrow.array` and `Array.to_numpy` do this too, but import pandas, which takes longer than most
commands do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    import numpy.typing as npt

T = TypeVar("T", pa.Table, pa.RecordBatch)
_ARROW_TYPES = {"int32": pa.int32(), "int64": pa.int64(), "float64": pa.float64()}
_NUMPY_NAMES = {"float": "float32", "double": "float64", "halffloat": "float16"}
_PLAIN_TYPES = {pa.string_view(): pa.large_string(), pa.binary_view(): pa.large_binary()}


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


def text_ends(texts: pa.Array) -> npt.NDArray[np.int64]:
    """Where texts or byte strings end, after where the first begins: int64 [texts + 1].

    Example:
        >>> text_ends(pa.array(["a", "bcd"]))
        array([0, 1, 4])
    """
    if not len(texts):
        return np.zeros(1, dtype=np.int64)
    large = pa.types.is_large_string(texts.type) or pa.types.is_large_binary(texts.type)
    width = np.int64 if large else np.int32
    offsets = np.frombuffer(texts.buffers()[1], width, len(texts) + 1 + texts.offset)
    return offsets[texts.offset :].astype(np.int64, copy=False)


def without_times(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Write dates and times as ISO 8601 text, which sorts alike; durations as integers."""
    kind = column.type
    if pa.types.is_duration(kind):
        return column.cast(pa.int64())
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return column.cast(pa.timestamp(kind.unit, "UTC")).cast(pa.string())
    if pa.types.is_interval(kind):  # it has neither text nor order
        return column
    return column.cast(pa.string()) if pa.types.is_temporal(kind) else column


def to_values(column: pa.Array | pa.ChunkedArray) -> list[Any]:
    """As ``column.to_pylist()``; times that Python cannot have are text, such durations integers.

    Example:
        >>> to_values(pa.array([0, 2**62]).view(pa.timestamp("s")))
        [datetime.datetime(1970, 1, 1, 0, 0), '<value out of range: 4611686018427387904>']
    """
    try:
        return column.to_pylist()  # type: ignore[no-any-return]
    except (OverflowError, ValueError):
        return [_to_value(scalar) for scalar in column]


def _to_value(scalar: Any) -> Any:
    kind = scalar.type
    try:
        return scalar.as_py()
    except (OverflowError, ValueError):
        if pa.types.is_map(kind):
            return [tuple(_to_value(pair).values()) for pair in scalar.values]
        if is_list(kind):
            return [_to_value(value) for value in scalar.values]
        if pa.types.is_struct(kind):
            return {name: _to_value(value) for name, value in scalar.items()}
        if pa.types.is_dictionary(kind):
            return _to_value(scalar.value)
        if pa.types.is_duration(kind):
            return scalar.value
        return scalar.cast(pa.string()).as_py()


def is_list(kind: pa.DataType) -> bool:
    """Tell whether a type is one of Arrow's five types of lists.

    Example:
        >>> is_list(pa.list_(pa.int8(), 3)), is_list(pa.string())
        (True, False)
    """
    tests = (
        pa.types.is_list,
        pa.types.is_large_list,
        pa.types.is_fixed_size_list,
        pa.types.is_list_view,
        pa.types.is_large_list_view,
    )
    return any(test(kind) for test in tests)


def list_lengths(lists: pa.Array) -> npt.NDArray[np.int64]:
    """How many values each list has: int64; 0 for a missing list.

    Example:
        >>> list_lengths(pa.array([[1, 2], None]))
        array([2, 0])
    """
    if pa.types.is_fixed_size_list(lists.type):
        valid = to_numpy(lists.is_valid().cast(pa.int64()))
        lengths: npt.NDArray[np.int64] = valid * lists.type.list_size
    else:
        lengths = to_numpy(lists.value_lengths().fill_null(0).cast(pa.int64()))
    return lengths


def plain_type(kind: pa.DataType) -> pa.DataType:
    """The type that values have once `plain` has replaced views, runs and extension types.

    Example:
        >>> plain_type(pa.list_(pa.string_view()))
        LargeListType(large_list<item: large_string>)
    """
    if isinstance(kind, pa.BaseExtensionType):
        return plain_type(kind.storage_type)
    if pa.types.is_run_end_encoded(kind):
        return plain_type(kind.value_type)
    if not is_list(kind):
        return _PLAIN_TYPES.get(kind, kind)
    inner = plain_type(kind.value_type)
    viewed = pa.types.is_list_view(kind) or pa.types.is_large_list_view(kind)
    return pa.large_list(inner) if viewed or inner != kind.value_type else kind


def plain(values: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Replace views and runs, which few of Arrow's functions take, and extension types.

    Args:
        values: of any type. Views within lists are replaced, those in structs and dictionaries
            are not.

    Returns:
        The same values, of type ``plain_type(values.type)``; the array itself if that is its own.

    Example:
        >>> plain(pa.array(["a", None], pa.string_view())).type
        DataType(large_string)
    """
    kind = plain_type(values.type)
    if isinstance(values, pa.ChunkedArray):
        return pa.chunked_array([plain(chunk) for chunk in values.chunks], type=kind)
    if isinstance(values, pa.ExtensionArray):
        return plain(values.storage)
    if isinstance(values, pa.RunEndEncodedArray):
        import pyarrow.compute as pc

        runs = pa.RunEndEncodedArray.from_arrays(values.run_ends, plain(values.values))
        return pc.run_end_decode(runs.slice(values.offset, len(values)))
    if kind == values.type:
        return values
    if not is_list(kind):
        return values.cast(kind)
    # Not by a cast: Arrow's miscounts empty list views at the end.
    offsets = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(list_lengths(values), out=offsets[1:])
    return pa.Array.from_buffers(
        kind,
        len(values),
        [values.is_valid().buffers()[1], pa.py_buffer(offsets)],
        children=[plain(values.flatten())],
    )


def without_views(table: T) -> T:
    """Replace the columns that Arrow can take no rows of: views, lists of views, and runs.

    Example:
        >>> table = pa.table({"a": pa.array(["x"], pa.string_view())})
        >>> without_views(table).schema.types
        [DataType(large_string)]
    """
    for index, field in enumerate(table.schema):
        if _has_views(field.type):
            table = table.set_column(index, field.name, plain(table.column(index)))
    return table


def unviewed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Do so with one column."""
    return plain(column) if _has_views(column.type) else column


def _has_views(kind: pa.DataType) -> bool:
    if pa.types.is_run_end_encoded(kind):
        return True
    return _has_views(kind.value_type) if is_list(kind) else kind in _PLAIN_TYPES
