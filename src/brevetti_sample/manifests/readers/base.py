"""What a manifest is read from: a file, or an Arrow table in its place."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol, TypeVar

import pyarrow as pa

from brevetti_sample.arrays.arrow import without_views
from brevetti_sample.arrays.rows import in_one_piece
from brevetti_sample.manifests.texts import column_names

T = TypeVar("T")


class TableReader(Protocol):
    """A file whose columns are known and can be read.

    Attributes:
        name: what messages call it.
        columns: the names of its columns, in order.
        text_only: whether it knows no types but text.
    """

    name: str
    columns: list[str]
    text_only: bool

    def read(self, columns: Sequence[str], dictionary: Collection[str]) -> pa.Table:
        """Read columns, those of text in ``dictionary`` dictionary-encoded."""

    def map(
        self,
        columns: Sequence[str],
        dictionary: Collection[str],
        work: Callable[[pa.RecordBatch], T],
    ) -> list[T]:
        """Call a function with all rows of columns, some at a time, perhaps in several threads.

        Returns:
            What it returned, in the order of the rows.
        """


def open_source(source: str | bytes) -> pa.NativeFile:
    """Open a file by its path, whose name need not be UTF-8, or the bytes of one.

    Raises:
        OSError: it cannot be opened.
    """
    if isinstance(source, bytes):
        return pa.BufferReader(source)
    return pa.OSFile(os.fsencode(source))


class ArrowTableReader:
    """An Arrow table in the place of a file."""

    text_only = False

    def __init__(self, table: pa.Table) -> None:
        self.name = "the table"
        self.columns = column_names(table.schema, self.name)
        self.table = table

    def read(self, columns: Sequence[str], dictionary: Collection[str]) -> pa.Table:
        """Return columns of the table, as they are but for views and runs."""
        return without_views(self.table.select(list(columns) or self.columns[:1]))

    def map(
        self,
        columns: Sequence[str],
        dictionary: Collection[str],
        work: Callable[[pa.RecordBatch], T],
    ) -> list[T]:
        """Call a function with each chunk of the columns, as `read` gives them."""
        return [work(batch) for batch in self.read(columns, dictionary).to_batches()]

    def fingerprint(self) -> str:
        """Hash the table's Arrow IPC stream, as it is when all rows are in one batch: SHA-256."""
        sink = _Hashed()
        table = in_one_piece(self.table)
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        return sink.hash.hexdigest()


class _Hashed(io.RawIOBase):
    """A file of which nothing but the hash is kept."""

    def __init__(self) -> None:
        import hashlib

        self.hash = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.hash.update(data)
        return len(data)
