"""The features that columns become: flat names, three kinds, and the Arrow arrays they hold.

A `tf.train.Feature` is a list of integers, of floats or of byte strings. A column becomes one
feature, a struct one for each of its fields, named `column/field`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import pyarrow as pa

from brevetti_sample.arrays.arrow import is_list, plain, without_times
from brevetti_sample.errors import UsageError, argument
from brevetti_sample.messages import listed, printable, repeated

Kind: TypeAlias = Literal["int64", "float", "bytes"]


@dataclass(frozen=True)
class Feature:
    """What a column, or a field of a struct, is in an example.

    Attributes:
        name: the column's, and the field's after a slash.
        kind: "int64", "float" (32 bits) or "bytes".
        repeated: whether an example may hold any number of values.
        text: whether the bytes are UTF-8 text.
        source: the Arrow type that it is made from.
    """

    name: str
    kind: Kind
    repeated: bool
    text: bool
    source: pa.DataType

    @property
    def change(self) -> str:
        """What is lost or rewritten on the way, for people; an empty text if nothing is."""
        kind = _value_type(self.source)
        if pa.types.is_float64(kind) or pa.types.is_decimal(kind):
            return f"{kind} is written as a 32-bit float"
        if pa.types.is_uint64(kind):
            return "uint64 is written as int64 of the same bits"
        if pa.types.is_duration(kind):
            return f"{kind} is written as an integer"
        if pa.types.is_temporal(kind):
            return f"{kind} is written as ISO 8601 text"
        return ""


def flatten_structs(table: pa.Table) -> pa.Table:
    """Make a table that has one column a feature, without structs, views and extension types.

    Args:
        table: any table; a struct that is missing has missing fields.

    Returns:
        A table of as many rows, its columns sorted by the UTF-8 bytes of their names.

    Raises:
        UsageError: a column that no feature can hold, or two features of one name.

    Example:
        >>> flatten_structs(pa.table({"box": [{"x": 1, "y": 2}], "a": ["t"]})).column_names
        ['a', 'box/x', 'box/y']
    """
    leaves = [
        leaf
        for name, column in zip(table.column_names, table.columns, strict=True)
        for leaf in _leaves(name, column)
    ]
    leaves.sort(key=lambda leaf: leaf[0].encode())
    names = [name for name, _ in leaves]
    if twice := repeated(names):
        raise UsageError(
            f"more than one feature would be called {listed(twice)}", advice="rename a column"
        )
    return pa.Table.from_arrays([column for _, column in leaves], names=names)


def features_of(schema: pa.Schema) -> list[Feature]:
    """List the features of a flat table.

    Raises:
        UsageError: a column that no feature can hold.

    Example:
        >>> [feature] = features_of(pa.schema({"box": pa.list_(pa.float32())}))
        >>> feature.kind, feature.repeated
        ('float', True)
    """
    return [_feature(field.name, field.type) for field in schema]


def values_of(array: pa.Array, kind: Kind) -> pa.Array:
    """Cast values, not lists of them, to what a feature of a kind holds.

    Args:
        array: of any type that `features_of` takes, but no list.
        kind: the feature's kind.

    Returns:
        An int64, float or large_binary array of the same length, missing values kept.

    Example:
        >>> values_of(pa.array([2**64 - 1, None], pa.uint64()), "int64").to_pylist()
        [-1, None]
    """
    array = plain(array)
    if pa.types.is_dictionary(array.type):
        array = plain(array.dictionary_decode())
    kept = array.type
    if pa.types.is_temporal(kept):
        array = without_times(array)
    if kind == "bytes":
        if _is_text(array.type):
            return array.cast(pa.large_string()).view(pa.large_binary())
        return array.cast(pa.large_binary())
    if kind == "int64":
        if pa.types.is_uint64(kept):
            return array.view(pa.int64())
        return array.cast(pa.int64())
    if pa.types.is_decimal(kept):
        array = array.cast(pa.string()).cast(pa.float64())  # correctly rounded, as the cast is not
    return array.cast(pa.float32())


def _feature(name: str, source: pa.DataType) -> Feature:
    kind = _value_type(source)
    repeated = is_list(source)
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_duration(kind):
        return Feature(name, "int64", repeated, False, source)
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return Feature(name, "float", repeated, False, source)
    dated = pa.types.is_date(kind) or pa.types.is_time(kind) or pa.types.is_timestamp(kind)
    if dated or _is_text(kind):
        return Feature(name, "bytes", repeated, True, source)
    if _is_binary(kind) or pa.types.is_null(kind):
        return Feature(name, "bytes", repeated, False, source)
    raise UsageError(
        f"is {printable(source)}, which no feature can hold",
        column=name,
        advice=f"leave it out of {argument('columns')}, or flatten it",
    )


def _leaves(name: str, column: pa.ChunkedArray) -> Iterator[tuple[str, pa.ChunkedArray]]:
    """Yield the features of a column: itself, or those of a struct's fields."""
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        column = pa.chunked_array([c.storage for c in column.chunks], type=kind.storage_type)
        yield from _leaves(name, column)
    elif pa.types.is_struct(kind):
        for index in range(kind.num_fields):
            # `flatten` makes the fields of a missing struct missing, `field` does not.
            chunks = [chunk.flatten()[index] for chunk in column.chunks]
            inner = kind.field(index)
            yield from _leaves(f"{name}/{inner.name}", pa.chunked_array(chunks, type=inner.type))
    else:
        _feature(name, kind)
        yield name, plain(column)


def _value_type(kind: pa.DataType) -> pa.DataType:
    """The type of the values: of a list's, of a dictionary's, or its own."""
    if is_list(kind):
        kind = kind.value_type
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or kind == pa.string_view()
    )


def _is_binary(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
        or kind == pa.binary_view()
    )
