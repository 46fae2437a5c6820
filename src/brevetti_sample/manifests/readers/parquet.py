"""One Parquet file (or its bytes) as Arrow columns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from brevetti_sample.arrays.arrow import to_numpy, without_views
from brevetti_sample.arrays.types import Int64Array
from brevetti_sample.concurrency import cores
from brevetti_sample.errors import ManifestError
from brevetti_sample.files.failures import closed_quietly, is_of_system, reason_of
from brevetti_sample.limits import MAX_COLUMNS
from brevetti_sample.manifests.texts import bad_name, column_names
from brevetti_sample.messages import listed, printable

from .base import open_source
from .parquet_footer import check_footer
from .parquet_pages import PageError, check_pages, check_texts

T = TypeVar("T")

_BATCH_ROWS = 1 << 20


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
        schema = self._open(()).schema_arrow
        self.columns = column_names(schema, name, self._path)
        self._texts = {field.name for field in schema if _is_text(field.type)}
        if len(self.columns) > MAX_COLUMNS:
            raise ManifestError(
                f"has {len(self.columns):,} columns, more than {MAX_COLUMNS:,}",
                source=name,
                path=self._path,
            )

    def read(self, columns: Sequence[str], dictionary: Collection[str]) -> pa.Table:
        """Read columns, those of text in ``dictionary`` dictionary-encoded; checks page checksums.

        Raises:
            ManifestError: damaged pages.
        """
        # Without a column to read there would be no rows to count.
        wanted = list(columns) or self.columns[:1]
        file = self._open(dictionary)
        self._check(file, wanted, dictionary)
        groups = file.num_row_groups
        # Arrow reads columns side by side; one column is read faster by row groups side by side.
        workers = min(cores(), groups) if len(wanted) == 1 else 1
        try:
            if workers < 2:
                table = file.read(columns=wanted)
            else:
                from concurrent.futures import ThreadPoolExecutor

                with ThreadPoolExecutor(workers) as pool:
                    parts = pool.map(
                        lambda start: self._open(dictionary).read_row_groups(
                            range(start, min(start + share, groups)), wanted, use_threads=False
                        ),
                        range(0, groups, share := -(-groups // workers)),
                    )
                    table = pa.concat_tables(parts)
        except (pa.ArrowException, OSError) as error:
            raise self._damaged(error) from error
        self._check_rows(table.num_rows, file, wanted)
        return without_views(table)

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
        opened = self._open(())
        self._check(opened, columns, columns)
        groups = opened.num_row_groups

        rows: list[int] = []

        def run(start: int) -> list[T]:
            batches = self._open(dictionary).iter_batches(
                _BATCH_ROWS, range(start, min(start + share, groups)), columns, use_threads=False
            )
            results = []
            for batch in batches:
                rows.append(batch.num_rows)
                results.append(work(without_views(batch)))
            return results

        try:
            from concurrent.futures import ThreadPoolExecutor

            share = -(-groups // cores())
            with ThreadPoolExecutor() as pool:
                parts = list(pool.map(run, range(0, groups, max(share, 1))))
        except (pa.ArrowException, OSError) as error:
            raise self._damaged(error) from error
        self._check_rows(sum(rows), opened, columns)
        return [result for part in parts for result in part]

    def _open(self, dictionary: Collection[str]) -> pq.ParquetFile:
        try:
            return pq.ParquetFile(
                open_source(self._source),
                read_dictionary=[name for name in dictionary if name in self._texts],
                page_checksum_verification=True,
            )
        except UnicodeDecodeError as error:  # it looks at all names
            raise bad_name(error, self.name, self._path) from error
        except (pa.ArrowException, OSError) as error:
            raise self._damaged(error) from error

    def _check(
        self, file: pq.ParquetFile, columns: Sequence[str], dictionary: Collection[str]
    ) -> None:
        """Refuse what is small here, and far larger in memory."""
        texts = self._texts.intersection(columns).difference(dictionary)
        try:
            with closed_quietly(open_source(self._source)) as raw:
                check_footer(file.metadata, columns, raw.size())
                check_pages(raw, file.metadata, columns)
                check_texts(raw, self._text_bytes, file.metadata, texts)
        except (pa.ArrowException, OSError) as error:
            raise self._damaged(error) from error
        except PageError as error:
            raise ManifestError(
                f"cannot be read: {error}",
                source=self.name,
                path=self._path,
                advice="write it again, without this column or with less in it",
            ) from None

    def _check_rows(self, count: int, file: pq.ParquetFile, columns: Sequence[str]) -> None:
        """Refuse columns that are shorter or longer than the footer says."""
        if count != file.metadata.num_rows:
            raise ManifestError(
                f"is damaged: it has {count:,} rows of {listed(columns)}, its footer "
                f"{file.metadata.num_rows:,}",
                source=self.name,
                path=self._path,
                advice="write or copy it again",
            )

    def _text_bytes(self, group: int, column: str) -> int:
        """The bytes of a column's texts in a row group."""
        total = 0
        for batch in self._open([column]).iter_batches(_BATCH_ROWS, [group], [column]):
            chunk = batch.column(0)
            if not isinstance(chunk, pa.DictionaryArray):
                return 0
            lengths = np.diff(_ends(chunk.dictionary))
            total += int(lengths.take(to_numpy(chunk.indices.drop_null())).sum())
        return total

    def _damaged(self, error: Exception) -> ManifestError:
        path = self._source if isinstance(self._source, str) else None
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


def _ends(texts: pa.Array) -> Int64Array:
    """Where texts end, after where the first begins: int64 [texts + 1]."""
    width = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    offsets = np.frombuffer(texts.buffers()[1], width, len(texts) + 1 + texts.offset)
    return offsets[texts.offset :].astype(np.int64)
