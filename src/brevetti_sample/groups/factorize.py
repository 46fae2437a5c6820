"""One column as a factor: its distinct values, sorted, and for each row the rank of its value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from brevetti_sample.arrays.arrow import (
    from_numpy,
    to_numpy,
    to_values,
    unviewed,
    without_times,
)
from brevetti_sample.arrays.rows import reaching
from brevetti_sample.arrays.types import Int32Array, Int64Array
from brevetti_sample.errors import UsageError


class Factor:
    """The distinct values of a column, and which of them each row has. Made by `factorize`.

    Attributes:
        values: the values, sorted, as JSON could hold them; None for a missing one, last.
    """

    def __init__(self, values: list[Any], chunks: Sequence[tuple[pa.Array, Int32Array]]) -> None:
        self.values = values
        # The indices of a dictionary array, and the rank of each entry of its dictionary.
        self._chunks = chunks

    def counts(self, rows: Int64Array | None = None) -> Int64Array:
        """Count the rows of each value: int64 [values].

        Args:
            rows: how many rows each one stands for; by default for one.
        """
        if rows is not None:
            return count_weighted(np.concatenate(list(self.codes())), rows, len(self.values))
        result = np.zeros(len(self.values), dtype=np.int64)
        for indices, rank in self._chunks:
            if indices.null_count:
                result[-1] += indices.null_count
            there = indices.drop_null() if indices.null_count else indices
            entries = np.bincount(to_numpy(there), minlength=len(rank))
            np.add.at(result, rank, entries[: len(rank)])
        return result

    def codes(self, renumber: Int32Array | None = None) -> Iterator[Int32Array]:
        """Yield the rank of each row's value, or what it is renumbered to: int32, in parts."""
        for indices, rank in self._chunks:
            numbers = rank if renumber is None else renumber[rank]
            if not indices.null_count:
                yield numbers.take(to_numpy(indices))
                continue
            last = len(self.values) - 1
            part = np.full(
                len(indices), last if renumber is None else renumber[last], dtype=np.int32
            )
            valid = to_numpy(indices.is_valid().cast(pa.uint8())) == 1
            part[valid] = numbers.take(to_numpy(indices.drop_null()))
            yield part


def count_weighted(codes: Int32Array, rows: Int64Array, size: int) -> Int64Array:
    """Add up the rows that stand for each code.

    Example:
        >>> count_weighted(np.array([1, 0, 1]), np.array([5, 6, 7]), 3)
        array([ 6, 12,  0])
    """
    return np.bincount(codes, rows, size).astype(np.int64)  # floats are exact up to 2^53


def factorize(column: pa.ChunkedArray, name: str) -> Factor:
    """Make the factor of a column of any type.

    Args:
        column: the column; best dictionary-encoded.
        name: its name, for the message.

    Raises:
        UsageError: values that have no order.

    Example:
        >>> factor = factorize(pa.chunked_array([["b", None, "a", "b"]]), "folder")
        >>> factor.values, factor.counts(), next(factor.codes())
        (['a', 'b', None], array([1, 2, 1]), array([1, 2, 0, 1], dtype=int32))
    """
    column = without_times(unviewed(column))
    encoded = pa.types.is_dictionary(column.type)
    if pa.types.is_null(column.type.value_type if encoded else column.type):
        column = pa.chunked_array([pa.nulls(len(column), pa.string())])  # null cannot be unified
    if not pa.types.is_dictionary(column.type):
        try:
            column = reaching(column).dictionary_encode()
        except pa.ArrowNotImplementedError:
            return _factorize_objects(column, name)
    chunks = [chunk for chunk in column.chunks if len(chunk)]
    # Only the dictionaries are made one; the rows keep the indices that they have.
    dictionaries = [chunk.dictionary for chunk in chunks]
    dictionaries = reaching(pa.chunked_array(dictionaries)).chunks
    unified = pa.chunked_array(map(_entries, dictionaries)).unify_dictionaries().chunks
    dictionary = unified[0].dictionary
    values = to_values(dictionary)
    rank, ranked = _rank(values, name, nulls=column.null_count > 0)
    ranks = [rank.take(to_numpy(part.indices)) for part in unified]
    return Factor(ranked, list(zip((chunk.indices for chunk in chunks), ranks, strict=True)))


def _entries(dictionary: pa.Array) -> pa.DictionaryArray:
    """A dictionary array that has each entry of a dictionary once, in order."""
    indices = from_numpy(np.arange(len(dictionary), dtype=np.int32))
    return pa.DictionaryArray.from_arrays(indices, dictionary)


def _rank(values: list[Any], name: str, *, nulls: bool) -> tuple[Int32Array, list[Any]]:
    """Sort distinct values: the rank of each of them, and the values by rank."""
    if (
        not nulls
        and all(type(value) is str for value in values)
        and len(set(values)) == len(values)
    ):
        # What follows, for the many values that paths are.
        order = sorted(range(len(values)), key=values.__getitem__)
        rank = np.zeros(max(len(values), 1), dtype=np.int32)
        rank[order] = np.arange(len(values), dtype=np.int32)
        return rank, [values[i] for i in order]
    missing = [i for i, value in enumerate(values) if value is None or value != value]
    absent = set(missing)
    try:
        order = sorted((i for i in range(len(values)) if i not in absent), key=_sort_key(values))
    except TypeError:
        raise UsageError(
            "has values without an order", column=name, advice="group by another column"
        ) from None
    rank = np.zeros(max(len(values), 1), dtype=np.int32)
    ranked: list[Any] = []
    last: Any = None
    for i in order:
        # Equal values that are encoded differently, such as 0.0 and -0.0, are one group.
        if not ranked or values[i] != last:
            last = values[i]
            ranked.append(_plain(last))
        rank[i] = len(ranked) - 1
    if missing or nulls:
        rank[missing] = len(ranked)
        ranked.append(None)
    return rank, ranked


def _plain(value: Any) -> Any:
    """Write a value as JSON could hold it."""
    if value is None or value != value:
        return None
    if isinstance(value, (str, int, float)):
        return value
    if isinstance(value, dict):
        return tuple(_plain(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return tuple(_plain(item) for item in value)
    if isinstance(value, bytes):
        # So that no two are written alike, the escapes have a backslash that no text has alone.
        return value.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")
    return str(value)


def _sort_key(values: list[Any]) -> Callable[[int], Any]:
    first = next((value for value in values if value is not None), None)
    if isinstance(first, (list, dict)):
        return lambda i: _comparable(values[i])
    return values.__getitem__


def _comparable(value: Any) -> Any:
    """Make nested values sortable: a missing value comes after all others."""
    if isinstance(value, dict):
        return tuple(_comparable(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return tuple(_comparable(item) for item in value)
    missing = value is None or value != value  # NaN is the only value unlike itself
    return (missing, 0 if missing else value)


def _factorize_objects(column: pa.ChunkedArray, name: str) -> Factor:
    """As `factorize`, for lists and structs, which Arrow cannot encode as dictionaries."""
    numbers: dict[Any, int] = {}
    values: list[Any] = []
    codes = np.empty(len(column), dtype=np.int32)
    for row, value in enumerate(to_values(column)):
        key = _comparable(value)
        if key not in numbers:
            numbers[key] = len(values)
            values.append(value)
        codes[row] = numbers[key]
    rank, ranked = _rank(values, name, nulls=False)
    return Factor(ranked, [(from_numpy(codes), rank)])
