"""Groups: the rows that share the values of some columns.

The order of the groups is that of their sorted keys, missing values last; it is part of what makes
a stream reproducible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from brevetti_sample.arrays.types import BoolArray, Int32Array, Int64Array
from brevetti_sample.manifests.manifest import Manifest

from .factorize import Factor, count_weighted, factorize
from .keys import GroupKeys, Key, original_values
from .row_index import RowIndex, index_rows
from .selection import Where, select


@dataclass(frozen=True)
class Grouping:
    """The groups of a manifest's rows. Made by `group_rows` or `count_rows`.

    Attributes:
        columns: the groupby columns; with none, all rows are one group.
        keys: the groups' keys, sorted, missing values last.
        sizes: int64 [groups], rows of each group, at least 1.
        where: which rows they are made of, as a column and the text of its value; None for all.
    """

    columns: tuple[str, ...]
    keys: GroupKeys
    sizes: Int64Array
    _codes: Callable[[], Iterator[Int32Array]]
    where: Where | None = None
    _rows: Callable[[], Int32Array] | None = None
    _original_keys: Callable[[Grouping], Iterable[Key]] = lambda grouping: grouping.keys

    def codes(self) -> Iterator[Int32Array]:
        """Yield the group of each row, in manifest order: int32, in parts of any length.

        Rows that are in no group, because of ``where``, are left out.
        """
        return self._codes()

    def original_keys(self) -> list[Any]:
        """Read the groups' keys as the manifest has them: bytes, dates and decimals as such.

        Returns:
            For each group the value of its column, a tuple of values if there are several; lists
            are tuples, and times pandas' if pandas is in use.

        Example:
            >>> from brevetti_sample import read_manifest
            >>> group_rows(read_manifest([{"a": b"x"}, {"a": b"v"}]), "a").original_keys()
            [b'v', b'x']
        """
        return [key[0] if len(key) == 1 else key for key in self._original_keys(self)]

    def with_keys_of(self, columns: Sequence[str]) -> Grouping:
        """Return the same groups with original keys of these columns, which may be there twice.

        Args:
            columns: some of the groupby columns, in any order.

        Example:
            >>> from brevetti_sample import read_manifest
            >>> grouping = group_rows(read_manifest([{"a": "x"}]), "a")
            >>> grouping.with_keys_of(["a", "a"]).original_keys()
            [('x', 'x')]
        """
        places = [self.columns.index(name) for name in columns]
        read = self._original_keys
        return replace(
            self,
            _original_keys=lambda groups: [tuple(key[i] for i in places) for key in read(groups)],
        )

    def index(self) -> RowIndex:
        """Sort the rows by group; in O(rows), and made anew at each call.

        Example:
            >>> from brevetti_sample import read_manifest
            >>> manifest = read_manifest([{"a": "x"}, {"a": "v"}, {"a": "x"}])
            >>> group_rows(manifest, "a").index().rows
            array([1, 0, 2], dtype=int32)
        """
        index = index_rows(self.codes(), self.sizes)
        if self._rows is None:
            return index
        return RowIndex(self._rows().take(index.rows), index.first)


def group_rows(
    manifest: Manifest, groupby: str | Sequence[str] | None, where: Where | None = None
) -> Grouping:
    """Group a manifest's rows by the values of columns.

    Args:
        manifest: the manifest; only the groupby columns are read.
        groupby: a column, several, or None (or an empty list) for one group of all rows.
        where: a column and the text of a value: only the rows that have it; None for all.

    Returns:
        The groups, in the order of their keys: numbers by value, text by code points, False
        before True, lists element by element, missing values (also NaN) last.

    Raises:
        ColumnError: no such column.
        UsageError: a column whose values have no order, such as text and numbers in one; or no
            row that ``where`` asks for.
        ManifestError: the manifest is damaged or empty.

    Example:
        >>> from brevetti_sample import read_manifest
        >>> manifest = read_manifest([{"a": 2}, {"a": 1}, {"a": 2}, {"a": None}])
        >>> grouping = group_rows(manifest, "a")
        >>> grouping.keys, grouping.sizes
        (((1,), (2,), (None,)), array([1, 2, 1]))
    """
    columns = _columns(groupby)
    if where is not None:
        manifest.check(columns)
        names = list(dict.fromkeys([*columns, where[0]]))
        table = manifest.read(names, dictionary=names)
        there = select(table.column(where[0]), where, manifest.name)
        rows = np.flatnonzero(there).astype(np.int32)
        restricted = _restricted(_group(table, columns), there, where)
        return replace(_with_original_keys(restricted, manifest), _rows=lambda: rows)
    if not columns:
        return _one_group(manifest.rows)
    return _with_original_keys(
        _group(manifest.read(columns, dictionary=columns), columns), manifest
    )


def count_rows(
    manifest: Manifest, groupby: str | Sequence[str] | None, where: Where | None = None
) -> Grouping:
    """Group a manifest's rows, as `group_rows` does, to know the keys and sizes of the groups.

    It is quicker and takes less memory, for the group of each row is not kept: if it is asked
    for after all, the rows are read again.

    Args:
        manifest: the manifest; only the groupby columns are read.
        groupby: a column, several, or None (or an empty list) for one group of all rows.
        where: as that of `group_rows`.

    Returns:
        The same as `group_rows`.

    Raises:
        ColumnError, UsageError, ManifestError: as `group_rows`.

    Example:
        >>> from brevetti_sample import read_manifest
        >>> grouping = count_rows(read_manifest([{"a": "x"}, {"a": "v"}, {"a": "x"}]), "a")
        >>> grouping.keys, grouping.sizes
        ((('v',), ('x',)), array([1, 2]))
    """
    columns = _columns(groupby)
    if where is not None:
        manifest.check(columns)
        table, counts = manifest.tally(list(dict.fromkeys([*columns, where[0]])))
        there = select(table.column(where[0]), where, manifest.name)
        restricted = _restricted(_group(table, columns, counts), there, where, counts)
        return replace(
            _with_original_keys(restricted, manifest),
            _codes=lambda: group_rows(manifest, columns, where).codes(),
            _rows=lambda: group_rows(manifest, (), where).index().rows,
        )
    if not columns:
        return group_rows(manifest, columns)
    table, rows = manifest.tally(columns)
    counted = _with_original_keys(_group(table, columns, rows), manifest)
    return replace(counted, _codes=lambda: group_rows(manifest, columns).codes())


def _columns(groupby: str | Sequence[str] | None) -> tuple[str, ...]:
    return (groupby,) if isinstance(groupby, str) else tuple(groupby or ())


def _one_group(rows: int) -> Grouping:
    zeros = np.zeros(rows, dtype=np.int32)
    sizes = np.array([rows], dtype=np.int64)
    return Grouping((), GroupKeys([()]), sizes, lambda: iter([zeros]))


def _restricted(
    grouping: Grouping, there: BoolArray, where: Where, rows: Int64Array | None = None
) -> Grouping:
    """Keep some of the rows that were grouped, or of those that stand for several each."""
    codes = np.concatenate(list(grouping.codes()))[there]
    if rows is None:
        counts = np.bincount(codes, minlength=len(grouping.keys))
    else:
        counts = count_weighted(codes, rows[there], len(grouping.keys))
    present = np.flatnonzero(counts)
    rank = np.zeros(len(counts), dtype=np.int32)
    rank[present] = np.arange(len(present), dtype=np.int32)
    numbers = rank.take(codes)
    keys = GroupKeys(grouping.keys[group] for group in present.tolist())
    return Grouping(grouping.columns, keys, counts[present], lambda: iter([numbers]), where)


def _group(table: pa.Table, columns: tuple[str, ...], rows: Int64Array | None = None) -> Grouping:
    """Group the rows of a table, or how many rows each of them stands for."""
    if not columns:
        return _one_group(table.num_rows)
    factors = [factorize(table.column(name), name) for name in columns]
    if len(factors) == 1:
        [factor] = factors
        counts = factor.counts(rows)
        present = np.flatnonzero(counts)  # a dictionary may hold values that no row has
        rank = np.zeros(len(counts), dtype=np.int32)
        rank[present] = np.arange(len(present), dtype=np.int32)
        keys = GroupKeys((factor.values[i],) for i in present.tolist())
        return Grouping(columns, keys, counts[present], lambda: factor.codes(rank))
    return _combine(columns, factors, rows)


def _combine(
    columns: tuple[str, ...], factors: Sequence[Factor], rows: Int64Array | None
) -> Grouping:
    """Number the combinations that occur, in the order of their tuples."""
    codes: Int64Array = np.zeros(1, dtype=np.int64)
    picks: list[Int64Array] = []
    for factor in factors:
        codes = codes * len(factor.values) + np.concatenate(list(factor.codes()))
        present, codes = np.unique(codes, return_inverse=True)
        before, last = np.divmod(present, len(factor.values))
        picks = [pick[before] for pick in picks] + [last]
    chosen = [
        [factor.values[i] for i in pick.tolist()]
        for factor, pick in zip(factors, picks, strict=True)
    ]
    small = codes.astype(np.int32)
    sizes = np.bincount(small) if rows is None else count_weighted(small, rows, len(present))
    return Grouping(columns, GroupKeys(zip(*chosen, strict=True)), sizes, lambda: iter([small]))


def _with_original_keys(grouping: Grouping, manifest: Manifest) -> Grouping:
    return replace(grouping, _original_keys=lambda groups: _original_keys(manifest, groups))


def _original_keys(manifest: Manifest, grouping: Grouping) -> Iterator[Key]:
    """Read the values of the first row of each group."""
    first = np.zeros(len(grouping.keys), dtype=np.int64)
    row = int(grouping.sizes.sum())
    for codes in reversed(list(grouping.codes())):
        row -= len(codes)
        # Of equal indices the last counts, which is the first row.
        first[codes[::-1]] = np.arange(row + len(codes) - 1, row - 1, -1)
    if grouping._rows is not None:  # of some of the manifest's rows
        first = grouping._rows()[first].astype(np.int64)
    table = manifest.read(grouping.columns)
    values = [original_values(table.column(name).take(first)) for name in grouping.columns]
    return zip(*values, strict=True)


def missing_rows(grouping: Grouping) -> int:
    """Count the rows that have no value in one of the groupby columns.

    Example:
        >>> from brevetti_sample import read_manifest
        >>> missing_rows(group_rows(read_manifest([{"a": 1}, {"a": None}]), "a"))
        1
    """
    pairs = zip(grouping.keys, grouping.sizes.tolist(), strict=True)
    return sum(size for key, size in pairs if None in key)
