"""Drawn batches: the rows of the manifest in the order of a stream."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from brevetti_sample.arrays.arrow import from_numpy, from_texts
from brevetti_sample.arrays.rows import Rows
from brevetti_sample.arrays.types import Int32Array, Int64Array
from brevetti_sample.concurrency import ahead
from brevetti_sample.errors import OutputError
from brevetti_sample.files.failures import reason_of
from brevetti_sample.files.local_path import local_path
from brevetti_sample.files.output import output_file
from brevetti_sample.files.overlap import Place, refuse_overlaps
from brevetti_sample.streams.draws import Draws, draw_range
from brevetti_sample.streams.open_stream import open_stream
from brevetti_sample.streams.plan import BoundPlan, Plan
from brevetti_sample.streams.planning import as_bound
from brevetti_sample.streams.worker_share import Worker

from .writers import format_of, make_writer, own_names

OWN_COLUMNS = ("draw", "batch", "row", "group")
"""The columns that come before those of the manifest."""
COUNTING_COLUMNS = OWN_COLUMNS[:3]
"""Those of them that are whole numbers."""


def draw(
    plan: Plan | BoundPlan, manifest: Any = None, start: int = 0, stop: int | None = None
) -> Iterator[Draws]:
    """Draw rows of a manifest.

    Args:
        plan: the plan, or the plan bound to its manifest (`Plan.bind`).
        manifest: the manifest that it was made for; left out if the plan is bound.
        start: first draw number.
        stop: draw number to stop before; by default the plan's ``draws``.

    Yields:
        The draws in chunks of any size, with rows of the manifest.

    Raises:
        PlanError: another manifest.
        UsageError: a range that is empty, negative or beyond 2^60.

    Example:
        >>> from brevetti_sample import bundled_manifest, make_plan
        >>> bound = make_plan(bundled_manifest(), groupby="folder").bind(bundled_manifest())
        >>> next(draw(bound, start=1000, stop=1004)).row.shape
        (4,)
    """
    bound = as_bound(plan, manifest)
    start, stop = draw_range(bound.plan, start, stop)
    return open_stream(bound).draws(start, stop)


class Batches:
    """The drawn batches of a range of a stream, as Arrow tables.

    Args:
        bound_plan: the plan, bound to its manifest.
        columns: the manifest's columns to go along; None for all.
        worker: whose batches to keep; all by default.

    Raises:
        ColumnError: no such column.

    Example:
        >>> from brevetti_sample import make_plan, read_manifest
        >>> manifest = read_manifest([{"folder": "a"}])
        >>> bound = make_plan(manifest, "folder").bind(manifest)
        >>> [table] = Batches(bound).tables(0, 1)
        >>> table.to_pylist()
        [{'draw': 0, 'batch': 0, 'row': 0, 'group': 'a', 'folder': 'a'}]
    """

    def __init__(
        self,
        bound_plan: BoundPlan,
        columns: Sequence[str] | None = None,
        worker: Worker | None = None,
    ) -> None:
        manifest = bound_plan.manifest
        chosen = list(manifest.columns if columns is None else columns)
        self.plan = bound_plan.plan
        self.worker = worker or Worker()
        self._samples = Rows(manifest.read(chosen))
        self._names = [*OWN_COLUMNS, *own_names(chosen, OWN_COLUMNS)]
        self._labels = from_texts(self.plan.labels)
        self._bound_plan = bound_plan

    @property
    def schema(self) -> pa.Schema:
        """The schema of the tables: `OWN_COLUMNS`, then the manifest's."""
        return self._table(
            np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.int32)
        ).schema

    def tables(self, start: int, stop: int) -> Iterator[pa.Table]:
        """Yield the draws from ``start`` to before ``stop``, a row each, in several tables."""
        for draws in open_stream(self._bound_plan).draws(start, stop):
            number = np.arange(draws.start, draws.start + len(draws), dtype=np.int64)
            row, group = draws.row, draws.group
            kept = self.worker.indices(number, self.plan.batch_size)
            if kept is not None:
                number, row, group = number[kept], row[kept], group[kept]
            for run in self._samples.runs(row):
                yield self._table(number[run], row[run], group[run])

    def _table(self, number: Int64Array, row: Int32Array, group: Int32Array) -> pa.Table:
        groups = pa.DictionaryArray.from_arrays(from_numpy(group), self._labels)
        own = [
            from_numpy(number),
            from_numpy(number // self.plan.batch_size),
            from_numpy(row.astype(np.int64)),
            groups,
        ]
        samples = self._samples.take(row)
        return pa.Table.from_arrays([*own, *samples.columns], names=self._names)


def write_draws(
    bound_plan: BoundPlan,
    path: str | os.PathLike[str] | BinaryIO,
    *,
    start: int = 0,
    stop: int | None = None,
    columns: Sequence[str] | None = None,
    worker: Worker | None = None,
    format: str | None = None,
    spreadsheet_safe: bool = False,
) -> None:
    """Write drawn batches, one row per draw, as the command ``plan`` does.

    Args:
        bound_plan: the plan, bound to its manifest.
        path: the file to write, which takes its name when everything is written; or an open
            binary stream.
        start: first draw number.
        stop: draw number to stop before; by default the plan's ``draws``.
        columns: the manifest's columns to go along; None for all.
        worker: whose batches to keep; all by default.
        format: one of `writers.FORMATS`; by default that of the path's suffix.
        spreadsheet_safe: whether to write a single quote before texts that a spreadsheet would
            take for formulas; for CSV alone, which is not exact then.

    Raises:
        ColumnError: no such column.
        UsageError: an unknown format or suffix; a range that is empty, negative or beyond 2^60;
            a path that is a URI, or the manifest's.
        OutputError: the file cannot be written.

    Example:
        >>> import io
        >>> from brevetti_sample import bundled_manifest, make_plan
        >>> bound = make_plan(bundled_manifest(), groupby="folder").bind(bundled_manifest())
        >>> stream = io.BytesIO()
        >>> write_draws(bound, stream, stop=2, columns=[], format="csv")
        >>> print(stream.getvalue().decode(), end="")
        draw,batch,row,group
        0,0,18,bad_cap
        1,0,152,good
    """
    manifest = bound_plan.manifest
    if isinstance(path, str | os.PathLike):
        path = local_path(path, "path")
        chosen = format or format_of(path)
        sources = (Place("plan", source, "the manifest itself") for source in manifest.paths)
        refuse_overlaps([Place("path", path)], sources)
        try:
            with output_file(path) as stream:
                write_draws(
                    bound_plan,
                    stream,
                    start=start,
                    stop=stop,
                    columns=columns,
                    worker=worker,
                    format=chosen,
                    spreadsheet_safe=spreadsheet_safe,
                )
        except OSError as error:
            raise OutputError(f"cannot be written: {reason_of(error)}", path=path) from error
        return
    first, last = draw_range(bound_plan.plan, start, stop)
    batches = Batches(bound_plan, columns, worker)
    writer = make_writer(
        format or "csv",
        path,
        batches.schema,
        COUNTING_COLUMNS,
        spreadsheet_safe=spreadsheet_safe,
    )
    for table in ahead(batches.tables(first, last)):
        writer.write(table)
    writer.close()
