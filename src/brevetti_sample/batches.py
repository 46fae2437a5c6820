"""Drawn batches: the rows of the manifest in the order of a stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ._types import Int32Array, Int64Array
from .arrow import from_numpy, from_texts
from .errors import UsageError
from .grouping import Grouping, RowIndex, group_rows
from .manifest import Manifest
from .plan import MAX_DRAW, Plan
from .replay import open_stream
from .stream import Draws, draw_range

OWN_COLUMNS = ("draw", "batch", "row", "group")
"""The columns that come before those of the manifest."""
COUNTING_COLUMNS = OWN_COLUMNS[:3]
"""Those of them that are whole numbers."""


@dataclass(frozen=True)
class Shard:
    """Every ``count``-th batch, from batch ``rank`` on: the share of one worker of several.

    A global batch is ``count`` consecutive batches; each rank takes one of them, so the order of
    the draws does not depend on how many workers there are.

    Attributes:
        rank: which worker, from 0.
        count: how many workers.

    Raises:
        UsageError: a rank that is not below the count.

    Example:
        >>> Shard(1, 2).keeps(np.arange(8), batch_size=2)
        array([2, 3, 6, 7])
    """

    rank: int = 0
    count: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.rank < self.count <= MAX_DRAW:
            raise UsageError(
                f"shard {self.rank}/{self.count}: the rank must be from 0 to below "
                "the number of shards, such as 0/4"
            )

    def keeps(self, draw: Int64Array, batch_size: int) -> Int64Array | None:
        """Positions of the draws that are this shard's; None for all of them."""
        if self.count == 1:
            return None
        return np.flatnonzero(draw // batch_size % self.count == self.rank)

    def own(self, draw: int, batch_size: int) -> int:
        """Count the draws before a draw number that are this shard's.

        Example:
            >>> [Shard(1, 2).own(draw, batch_size=2) for draw in (0, 2, 3, 4, 8)]
            [0, 0, 1, 2, 4]
        """
        rounds, rest = divmod(draw, batch_size * self.count)
        return rounds * batch_size + min(max(rest - self.rank * batch_size, 0), batch_size)

    def number(self, place: int, batch_size: int) -> int:
        """Return the draw number of the shard's draw at a place, from 0: the inverse of `own`.

        Example:
            >>> [Shard(1, 2).number(place, batch_size=2) for place in range(4)]
            [2, 3, 6, 7]
        """
        batch, within = divmod(place, batch_size)
        return (batch * self.count + self.rank) * batch_size + within


def draw(
    plan: Plan, manifest: Manifest, start: int = 0, stop: int | None = None
) -> Iterator[Draws]:
    """Draw rows of a manifest.

    Args:
        plan: the plan.
        manifest: the manifest that it was made for.
        start: first draw number.
        stop: draw number to stop before; by default the plan's ``draws``.

    Yields:
        The draws in chunks of any size, with rows of the manifest.

    Raises:
        PlanError: another manifest.
        UsageError: a range that is empty, negative or beyond 2^60.

    Example:
        >>> from brevetti_sample import bundled_manifest, make_plan
        >>> manifest = bundled_manifest()
        >>> plan = make_plan(manifest, groupby="folder")
        >>> next(draw(plan, manifest, 1000, 1004)).row.shape
        (4,)
    """
    grouping = group_rows(manifest, plan.groupby)
    plan.check(manifest, grouping)
    start, stop = draw_range(plan, start, stop)
    return open_stream(plan, grouping.index()).draws(start, stop)


class Batches:
    """The drawn batches of a range of a stream, as Arrow tables.

    Args:
        plan: the plan.
        manifest: its manifest.
        grouping: the manifest's rows by the plan's groupby.
        columns: the manifest's columns to go along; None for all.
        shard: which batches to keep.

    Raises:
        ColumnError: no such column.

    Example:
        >>> from brevetti_sample import make_plan, read_manifest
        >>> manifest = read_manifest([{"folder": "a"}])
        >>> grouping = group_rows(manifest, "folder")
        >>> [table] = Batches(make_plan(grouping), manifest, grouping).tables(0, 1)
        >>> table.to_pylist()
        [{'draw': 0, 'batch': 0, 'row': 0, 'group': 'a', 'folder': 'a'}]
    """

    def __init__(
        self,
        plan: Plan,
        manifest: Manifest,
        grouping: Grouping,
        columns: Sequence[str] | None = None,
        shard: Shard | None = None,
    ) -> None:
        chosen = list(manifest.columns if columns is None else columns)
        self.plan = plan
        self.shard = shard or Shard()
        # Arrow looks up the chunk of each row that it takes; of one chunk it does not.
        self._samples = _without_views(manifest.read(chosen)).combine_chunks()
        self._names = [*OWN_COLUMNS, *own_names(chosen)]
        self._labels = from_texts(plan.labels)
        self._index: RowIndex = grouping.index()

    @property
    def schema(self) -> pa.Schema:
        """The schema of the tables: `OWN_COLUMNS`, then the manifest's."""
        return self._table(
            np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.int32)
        ).schema

    def tables(self, start: int, stop: int) -> Iterator[pa.Table]:
        """Yield the draws from ``start`` to before ``stop``, a row each, in several tables."""
        for draws in open_stream(self.plan, self._index).draws(start, stop):
            number = np.arange(draws.start, draws.start + len(draws), dtype=np.int64)
            kept = self.shard.keeps(number, self.plan.batch_size)
            if kept is None:
                yield self._table(number, draws.row, draws.group)
            elif len(kept):
                yield self._table(number[kept], draws.row[kept], draws.group[kept])

    def _table(self, number: Int64Array, row: Int32Array, group: Int32Array) -> pa.Table:
        groups = pa.DictionaryArray.from_arrays(from_numpy(group), self._labels)
        own = [
            from_numpy(number),
            from_numpy(number // self.plan.batch_size),
            from_numpy(row.astype(np.int64)),
            groups,
        ]
        samples = self._samples.take(own[2]).columns if self._samples.num_columns else []
        return pa.Table.from_arrays([*own, *samples], names=self._names)


def _without_views(table: pa.Table) -> pa.Table:
    """Turn view types, which Arrow cannot take rows of, into plain ones."""
    plain = {pa.string_view(): pa.large_string(), pa.binary_view(): pa.large_binary()}
    for place, field in enumerate(table.schema):
        if field.type in plain:
            column = table.column(place).cast(plain[field.type])
            table = table.set_column(place, field.name, column)
    return table


def own_names(columns: Sequence[str], taken: Sequence[str] = OWN_COLUMNS) -> list[str]:
    """Name the manifest's columns in an output that has columns of its own.

    Example:
        >>> own_names(["row", "path"])
        ['manifest.row', 'path']
    """
    names: list[str] = []
    for column in columns:
        name = column
        while name in taken or name in names or (name != column and name in columns):
            name = f"manifest.{name}"
        names.append(name)
    return names
