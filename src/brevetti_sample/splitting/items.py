"""The items of a manifest: the rows of one physical thing, which a split must not part."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from brevetti_sample.arrays.types import Int32Array, Int64Array, UInt64Array
from brevetti_sample.errors import UsageError, argument
from brevetti_sample.groups.grouping import Grouping, group_rows
from brevetti_sample.groups.keys import value_text
from brevetti_sample.manifests.manifest import Manifest
from brevetti_sample.messages import listed, quoted
from brevetti_sample.streams.hashing import ITEM, text_hashes

_BETWEEN = "\x1f"  # the values of a key, in the text that is hashed


@dataclass(frozen=True)
class Items:
    """The item of each row. Made by `find_items`.

    Attributes:
        codes: int32 [rows], the number of each row's item.
        names: the key of each item as text, in an order that does not depend on that of the rows.
        alone: how many rows have no item's key and stand for themselves.
        numbered: whether those are told apart by the number of the row.
    """

    codes: Int32Array
    names: Sequence[str]
    alone: int
    numbered: bool

    def hashes(self, seed: int) -> UInt64Array:
        """Hash the key of each item: uint64 [items]."""
        return text_hashes(self.names, seed, ITEM)


def find_items(
    manifest: Manifest,
    unique: str | Sequence[str] | None = None,
    regex: str | None = None,
    path_column: str = "path",
) -> Items:
    r"""Find which rows belong to one item.

    Args:
        manifest: the manifest.
        unique: the columns whose values are an item's key. Rows that have none of them stand for
            themselves.
        regex: instead of these, a regular expression that is searched for in the path; the key is
            what its first group matches, or without groups the whole match. Paths in which it is
            not found stand for themselves.
        path_column: the column with the paths. Rows of the same path are one item, if they have no
            other; without such a column each such row is an item, by its number.

    Raises:
        ColumnError: no such column.
        UsageError: both of them; a regular expression that is none, or fits no path.
        ManifestError: the manifest is damaged or empty.

    Example:
        >>> from brevetti_sample import read_manifest
        >>> manifest = read_manifest([{"path": p} for p in ("7_a", "8_a", "7_b")])
        >>> find_items(manifest, regex=r"^\d+").names
        ['7', '8']
    """
    columns = (unique,) if isinstance(unique, str) else tuple(unique or ())
    if columns and regex is not None:
        raise UsageError(
            f"{argument('unique')} and {argument('unique_regex')} exclude each other",
            advice="pass one of them",
        )
    if regex is not None:
        return _by_regex(manifest, path_column, regex)
    if columns or path_column in manifest.columns:
        return _by_columns(manifest, columns or (path_column,), path_column)
    return _numbered(manifest.rows)


def _by_columns(manifest: Manifest, columns: Sequence[str], path_column: str) -> Items:
    """Make an item of each group; of the rows without any value, one of each path."""
    grouping = group_rows(manifest, columns)
    codes = _codes(grouping)
    if len(columns) == 1:
        names = [v if type(v) is str else value_text(v) for (v,) in grouping.keys]
    else:
        names = [_BETWEEN.join(map(value_text, key)) for key in grouping.keys]
    if any(value is not None for value in grouping.keys[-1]):
        return Items(codes, names, 0, False)
    names.pop()  # missing values come last, so this is the last group
    alone = np.flatnonzero(codes == len(names))
    if path_column in manifest.columns and path_column not in columns:
        return _joined(codes, names, alone, _by_columns(manifest, (path_column,), path_column))
    return _joined(codes, names, alone, _numbered(len(codes)))


def _by_regex(manifest: Manifest, path_column: str, regex: str) -> Items:
    try:
        pattern = re.compile(regex)
    except (re.error, OverflowError, RecursionError) as error:
        raise UsageError(
            f"{quoted(regex)} is not a regular expression: {error}", parameter="unique_regex"
        ) from None
    paths = _by_columns(manifest, (path_column,), path_column)
    numbers: dict[str, int] = {}
    item = np.full(len(paths.names), -1, dtype=np.int32)
    search, group = pattern.search, min(pattern.groups, 1)
    for index, path in enumerate(paths.names[: len(paths.names) - paths.alone]):
        match = search(path)
        if match and (key := match[group]) is not None:
            item[index] = numbers.setdefault(key, len(numbers))
    if not numbers:
        raise UsageError(
            f"{quoted(regex)} matches no value of {quoted(path_column)}, of which the first is "
            f"{listed(paths.names[:1])}",
            parameter="unique_regex",
        )
    codes = item[paths.codes]
    return _joined(codes, list(numbers), np.flatnonzero(codes < 0), paths)


def _numbered(rows: int) -> Items:
    return Items(np.arange(rows, dtype=np.int32), list(map(str, range(rows))), rows, True)


def _joined(codes: Int32Array, names: list[str], alone: Int64Array, others: Items) -> Items:
    """Let some rows have the items that they would have without a key."""
    used, indices = np.unique(others.codes[alone], return_inverse=True)
    codes[alone] = (len(names) + indices).astype(np.int32)
    names += [others.names[number] for number in used.tolist()]
    return Items(codes, names, len(alone), others.numbered)


def _codes(grouping: Grouping) -> Int32Array:
    codes: Int32Array = np.concatenate(list(grouping.codes()))
    return codes
