"""One Parquet file (or its bytes) as Arrow columns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from brevetti_sample.arrays.arrow import without_views
from brevetti_sample.arrays.rows import in_one_piece, reaching
from brevetti_sample.concurrency import cores
from brevetti_sample.errors import ManifestError
from brevetti_sample.files.failures import (
    closed_quietly,
    is_of_system,
    raise_if_exhausted,
    reason_of,
)
from brevetti_sample.limits import MAX_COLUMNS, MAX_ROW_GROUPS
from brevetti_sample.manifests.texts import bad_name, column_names
from brevetti_sample.messages import listed, printable

from .base import open_source
from .parquet_columns import check_columns
from .parquet_footer import FooterError, check_footer
from .parquet_pages import PageError, check_pages
from .parquet_texts import Texts, without_dictionaries

T = TypeVar("T")

_BATCH_ROWS = 1 << 20
_FEW_ROWS = 1 << 12  # in a batch: of many such ones, each would take longer than its rows
_JOINED = 256
_JOINED_BYTES = 64 << 20


class ParquetReader:
    """A Parquet file whose footer has been read.

    Args:
        source: a path, or the bytes themselves.
        name: what to call it in messages.

    Raises:
        ManifestError: not a Parquet file, or a damaged one.
    """

    text_only = False

    def __init__(self, source: str | bytes, name: str) -> None:
        self.name = name
        self._source = source
        self._path = source if isinstance(source, str) else None
        self._check_footer()
        opened = self._open(())
        schema = opened.schema_arrow
        self.columns = column_names(schema, name, self._path)
        self._texts = {field.name for field in schema if _is_text(field.type)}
        for count, most, what in (
            (len(self.columns), MAX_COLUMNS, "columns"),
            (opened.num_row_groups, MAX_ROW_GROUPS, "row groups"),
        ):
            if count > most:
                raise ManifestError(
                    f"has {count:,} {what}, more than {most:,}", source=name, path=self._path
                )

    def read(self, columns: Sequence[str], dictionary: Collection[str]) -> pa.Table:
        """Read columns, those of text in ``dictionary`` dictionary-encoded; checks page checksums.

        Raises:
            ManifestError: damaged pages.
        """
        # Without a column to read there would be no rows to count.
        wanted = list(columns) or self.columns[:1]
        texts = self._texts.intersection(wanted, dictionary)
        metadata = self._open(()).metadata
        encoded = self._check(metadata, wanted, texts)
        groups = metadata.num_row_groups
        # Arrow reads columns side by side; one column is read faster by row groups side by side.
        workers = min(cores(), groups) if len(wanted) == 1 else 1

        def run(start: int, stop: int) -> pa.Table:
            file = self._open(encoded, metadata)
            return file.read_row_groups(range(start, stop), wanted, use_threads=False)

        try:
            if workers < 2:
                table = self._open(encoded, metadata).read(columns=wanted)
            else:
                from concurrent.futures import ThreadPoolExecutor

                starts = range(0, groups, share := -(-groups // workers))
                with ThreadPoolExecutor(workers) as pool:
                    stops = (min(start + share, groups) for start in starts)
                    table = pa.concat_tables(pool.map(run, starts, stops))
        except (pa.ArrowException, OSError) as error:
            raise self._damaged(error) from error
        many = max((column.num_chunks for column in table.columns), default=0) > _JOINED
        if many and table.num_rows < _FEW_ROWS * table.column(0).num_chunks:
            table = in_one_piece(table)
        self._check_rows(table.num_rows, metadata, wanted)
        return _encode(without_views(table), texts - encoded)

    def map(
        self,
        columns: Sequence[str],
        dictionary: Collection[str],
        work: Callable[[pa.RecordBatch], T],
    ) -> list[T]:
        """Call a function with all rows of columns, some at a time, in several threads.

        Returns:
            What it returned, in the order of the rows.

        Raises:
            ManifestError: as `read`.
        """
        texts = self._texts.intersection(columns, dictionary)
        metadata = self._open(()).metadata
        encoded = self._check(metadata, columns, texts)
        groups = metadata.num_row_groups
        rows: list[int] = []

        def run(start: int) -> list[T]:
            batches = self._open(encoded, metadata).iter_batches(
                _BATCH_ROWS, range(start, min(start + share, groups)), columns, use_threads=False
            )
            results = []
            for batch in _joined(batches):
                rows.append(len(batch))
                results.append(work(_encode(without_views(batch), texts - encoded)))
            return results

        try:
            from concurrent.futures import ThreadPoolExecutor

            share = -(-groups // cores())
            with ThreadPoolExecutor() as pool:
                parts = list(pool.map(run, range(0, groups, max(share, 1))))
        except (pa.ArrowException, OSError) as error:
            raise self._damaged(error) from error
        self._check_rows(sum(rows), metadata, columns)
        return [result for part in parts for result in part]

    def _open(
        self, encoded: Collection[str], metadata: pq.FileMetaData | None = None
    ) -> pq.ParquetFile:
        """Open the file; without a look at its footer, which may be long, if that is known."""
        try:
            return pq.ParquetFile(
                open_source(self._source),
                metadata=metadata,
                read_dictionary=list(encoded),
                page_checksum_verification=True,
            )
        except UnicodeDecodeError as error:  # it looks at all names
            raise bad_name(error, self.name, self._path) from error
        except (pa.ArrowException, OSError) as error:
            raise self._damaged(error) from error

    def _check_footer(self) -> None:
        try:
            with closed_quietly(open_source(self._source)) as raw:
                check_footer(raw, raw.size())
        except (pa.ArrowException, OSError) as error:
            raise self._damaged(error) from error
        except FooterError as error:
            raise ManifestError(
                str(error), source=self.name, path=self._path, advice="write fewer columns"
            ) from None

    def _check(
        self, metadata: pq.FileMetaData, columns: Sequence[str], texts: Collection[str]
    ) -> set[str]:
        """Refuse what is small here, and far larger in memory.

        Returns:
            Those of some texts that can be read as dictionaries.
        """
        try:
            with closed_quietly(open_source(self._source)) as raw:
                size = raw.size()
                check_columns(metadata, columns, size)
                encoded = set(texts) - without_dictionaries(metadata, texts)
                reader = Texts(lambda: open_source(self._source), metadata)
                check_pages(raw, size, metadata, columns, encoded, reader)
        except (pa.ArrowException, OSError) as error:
            raise self._damaged(error) from error
        except PageError as error:
            raise ManifestError(
                f"cannot be read: {error}",
                source=self.name,
                path=self._path,
                advice="write it again, without this column or with less in it",
            ) from None
        return encoded

    def _check_rows(self, count: int, metadata: pq.FileMetaData, columns: Sequence[str]) -> None:
        """Refuse columns that are shorter or longer than the footer says."""
        if count != metadata.num_rows:
            raise ManifestError(
                f"is damaged: it has {count:,} rows of {listed(columns)}, its footer "
                f"{metadata.num_rows:,}",
                source=self.name,
                path=self._path,
                advice="write or copy it again",
            )

    def _damaged(self, error: Exception) -> ManifestError:
        path = self._source if isinstance(self._source, str) else None
        raise_if_exhausted(error)
        if isinstance(error, OSError) and is_of_system(error):
            return ManifestError(f"cannot be read: {reason_of(error)}", source=self.name, path=path)
        reason = printable(str(error).splitlines()[0].rstrip("."))
        return ManifestError(
            f"is not a Parquet file, or is damaged ({reason})",
            source=self.name,
            path=path,
            advice="write or copy it again",
        )


def _is_text(kind: pa.DataType) -> bool:
    """Whether a column can be read as a dictionary; of nested ones there is no single leaf."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _encode(rows: T, names: Collection[str]) -> T:
    """Encode columns of a table or a batch that could not be read as dictionaries."""
    for name in names:
        index = rows.schema.get_field_index(name)  # type: ignore[attr-defined]
        column = reaching(rows.column(index)).dictionary_encode()  # type: ignore[attr-defined]
        rows = rows.set_column(index, name, column)  # type: ignore[attr-defined]
    return rows


def _joined(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Put batches of few rows together, as those of row groups with dictionaries may be."""
    few: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        if len(batch) < _FEW_ROWS:
            few.append(batch)
            size += batch.nbytes
            if len(few) < _JOINED and size < _JOINED_BYTES:
                continue
        yield from _one(few)
        few, size = [], 0
        if len(batch) >= _FEW_ROWS:
            yield batch
    yield from _one(few)


def _one(batches: list[pa.RecordBatch]) -> list[pa.RecordBatch]:
    if len(batches) < 2:
        return batches
    return pa.Table.from_batches(batches).combine_chunks().to_batches()  # type: ignore[no-any-return]
