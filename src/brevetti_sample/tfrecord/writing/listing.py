"""The splits that are not drawn: each row once, in the order of the manifest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from brevetti_sample.arrays.types import Int32Array, Int64Array
from brevetti_sample.errors import UsageError, argument
from brevetti_sample.groups.factorize import factorize
from brevetti_sample.groups.grouping import group_rows
from brevetti_sample.groups.keys import Key, value_text
from brevetti_sample.groups.row_index import index_rows
from brevetti_sample.manifests.manifest import Manifest
from brevetti_sample.messages import quoted
from brevetti_sample.streams.draws import Draws
from brevetti_sample.streams.plan import Plan

from .options import SPLIT_NAME, is_split_name

MOST_SPLITS = 1000
"""A column of more values is hardly one of splits, each of which has files of its own."""
_CHUNK_ROWS = 1 << 16


@dataclass(frozen=True, eq=False)
class Listing:
    """The rows of a split, written once each, in the order of the manifest.

    Attributes:
        keys: the keys of its groups, sorted.
        sizes: int64 [groups], rows of each group.
        rows: int32 [rows], ascending.
        codes: int32 [rows], the group of each.
    """

    keys: tuple[Key, ...]
    sizes: Int64Array
    rows: Int32Array
    codes: Int32Array

    def draws(self, start: int, stop: int) -> Iterator[Draws]:
        """Yield the rows from one position to before another, as if they were drawn."""
        for first in range(start, stop, _CHUNK_ROWS):
            some = slice(first, min(first + _CHUNK_ROWS, stop))
            yield Draws(first, self.codes[some], self.rows[some])

    def counts(self, stop: int) -> Int64Array:
        """Count the rows of each group before a position: int64 [groups]."""
        return np.bincount(self.codes[:stop], minlength=len(self.keys))


def make_listings(manifest: Manifest, plan: Plan, column: str) -> dict[str, Listing]:
    """List the rows of all splits but the one that a plan draws from.

    Args:
        manifest: the manifest.
        plan: the plan.
        column: the column with the split of each row.

    Returns:
        The splits by name, in the order of the names.

    Raises:
        ColumnError: no such column.
        UsageError: a row without a split, one whose split cannot have that name, or a plan that
            does not draw from one of them.

    Example:
        >>> from brevetti_sample import bundled_manifest, make_plan
        >>> manifest = bundled_manifest()
        >>> plan = make_plan(manifest, where=("purpose", "train"))
        >>> {name: len(one.rows) for name, one in make_listings(manifest, plan, "purpose").items()}
        {'devel': 36}
    """
    manifest.check([column])
    if plan.where is None or plan.where[0] != column:
        drawn = "all rows" if plan.where is None else f"those of one {quoted(plan.where[0])}"
        raise UsageError(
            f"is {quoted(column)}, but the plan draws from {drawn}",
            parameter="split_column",
            advice=f"make a plan with {argument('where')}, the column and the split to draw from",
        )
    factor = factorize(manifest.read([column], dictionary=[column]).column(column), column)
    codes = np.concatenate(list(factor.codes()))
    index = index_rows(iter([codes]), np.bincount(codes, minlength=len(factor.values)))
    parts = np.split(index.rows, index.first[1:])
    used = sum(len(rows) > 0 for rows in parts)
    if used > MOST_SPLITS:
        raise UsageError(
            f"has {used} values, and there can be {MOST_SPLITS} splits at most",
            source=manifest.name,
            column=column,
            concerns="split_column",
            advice="name the column with the purposes",
        )
    splits = {
        _name(value, source=manifest.name, column=column, row=int(rows[0])): rows
        for value, rows in zip(factor.values, parts, strict=True)
        if len(rows)
    }
    folded: dict[str, str] = {}
    for name in splits:
        other = folded.setdefault(name.casefold(), name)
        if other != name:
            raise UsageError(
                f"has {quoted(other)} and {quoted(name)}, which are one file on some systems",
                source=manifest.name,
                column=column,
                row=int(splits[name][0]),
                concerns="split_column",
                advice="write them alike, or rename one",
            )
    grouping = group_rows(manifest, plan.groupby)
    groups = np.concatenate(list(grouping.codes()))
    listings = {}
    for name, rows in splits.items():
        if name != plan.where[1]:
            present, numbers = np.unique(groups[rows], return_inverse=True)
            keys = tuple(grouping.keys[group] for group in present.tolist())
            small = numbers.astype(np.int32)
            listings[name] = Listing(keys, np.bincount(small), rows, small)
    return listings


def _name(value: object, **place: Any) -> str:
    if value is None:
        raise UsageError(
            "has no value",
            **place,
            concerns="split_column",
            advice="fill it in, or leave the row out of the manifest",
        )
    name = value_text(value)
    if not is_split_name(name):
        raise UsageError(
            f"has {quoted(name)}, which cannot be the name of a split",
            **place,
            concerns="split_column",
            advice=SPLIT_NAME,
        )
    return name
