"""Drawn batches: the rows of the manifest in the order of a stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from brevetti_sample.arrays.arrow import from_numpy, from_texts, without_views
from brevetti_sample.arrays.types import Int32Array, Int64Array
from brevetti_sample.groups.grouping import Grouping, group_rows
from brevetti_sample.groups.row_index import RowIndex
from brevetti_sample.manifests.manifest import Manifest
from brevetti_sample.streams.draws import Draws, draw_range
from brevetti_sample.streams.open_stream import open_stream
from brevetti_sample.streams.plan import Plan
from brevetti_sample.streams.worker_share import Shard

OWN_COLUMNS = ("draw", "batch", "row", "group")
"""The columns that come before those of the manifest."""
COUNTING_COLUMNS = OWN_COLUMNS[:3]
"""Those of them that are whole numbers."""


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
        self._samples = without_views(manifest.read(chosen)).combine_chunks()
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
