"""One CSV file (or its bytes) as Arrow columns of text.

RFC 4180 with a header line, UTF-8 (a byte order mark is skipped), plain or compressed (gzip,
Zstandard). Text stays text: an empty field is a missing value, a quoted empty field an empty
text, and nothing else is taken for missing. A column whose every value is the plain decimal
writing of a 64-bit integer is an integer column, as it would be in Parquet; one `007` or `NA`
makes it text.
"""

from __future__ import annotations

import contextlib
import csv
import io
import os
import re
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, TextIO, TypeVar

import pyarrow as pa

from brevetti_sample.errors import ManifestError
from brevetti_sample.files.failures import (
    closed_quietly,
    is_of_system,
    raise_if_exhausted,
    reason_of,
)
from brevetti_sample.limits import (
    MAX_COLUMNS,
    MAX_EXPANSION,
    MAX_EXPLAINED,
    MAX_EXPLAINED_LINES,
    MAX_TEXT_BYTES,
    size_text,
)
from brevetti_sample.messages import printable

from .base import open_source
from .csv_lines import TOO_LONG, LongRowError, header, records
from .csv_parallel import OpenQuoteError, is_long_row, read_parts

T = TypeVar("T")

_BLOCKS_TOGETHER = 32
_INTEGER = re.compile("-?(0|[1-9][0-9]*)")


class CsvReader:
    """A CSV file whose header has been read; all its columns are text.

    Args:
        source: a path, or the bytes themselves.
        name: what to call it in messages.
        compression: "gzip", "zstd", or None.

    Raises:
        ManifestError: no header, or one that is not UTF-8.
    """

    text_only = True

    def __init__(self, source: str | bytes, name: str, compression: str | None) -> None:
        self.name = name
        self._source = source
        self._compression = compression
        with self._text() as text:
            line, columns = header(text)
        if not columns:
            raise self._refused("is empty: expected a header line and a row a sample")
        if len(columns) > MAX_COLUMNS:
            reason = f"has {len(columns):,} columns, more than {MAX_COLUMNS:,}"
            raise self._refused(reason, line=line)
        if not _is_strict("".join(columns)):
            raise self._refused("is not UTF-8", _CONVERT, line=line)
        self.columns: list[str] = columns

    def read(self, columns: Sequence[str], dictionary: Collection[str]) -> pa.Table:
        """Read columns, those in ``dictionary`` dictionary-encoded.

        Raises:
            ManifestError: a ragged row, or bytes that are not UTF-8.
        """
        types = self._types(columns, dictionary)
        return pa.Table.from_batches(self._map(types, lambda batch: batch), pa.schema(types))

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
        return self._map(self._types(columns, dictionary), work, _BLOCKS_TOGETHER)

    def _types(self, columns: Sequence[str], dictionary: Collection[str]) -> dict[str, pa.DataType]:
        # Without a column to read there would be no rows to count.
        wanted = list(columns) or self.columns[:1]
        encoded = pa.dictionary(pa.int32(), pa.string())
        return {column: encoded if column in dictionary else pa.string() for column in wanted}

    def _map(
        self,
        types: dict[str, pa.DataType],
        work: Callable[[pa.RecordBatch], T],
        together: int = 1,
    ) -> list[T]:
        try:
            return read_parts(self._open_at, self._size(), self.columns, types, work, together)
        except OpenQuoteError:
            start: int | None
            with self._text() as text:
                [(start, _)] = deque(_first(text), maxlen=1)
            raise self._refused(
                "opens a quote that is never closed", "close or double it", line=start
            ) from None
        except MemoryError:  # which Arrow's own is too
            raise
        except (pa.ArrowException, OSError) as error:
            raise self._explain(list(types), error) from error

    def _size(self) -> int | None:
        return None if self._compression is not None else self._bytes()

    def _bytes(self) -> int:
        source = self._source
        return len(source) if isinstance(source, bytes) else os.path.getsize(source)

    def _open_at(self, start: int) -> Any:
        """Open the source at a position, which is 0 if it is compressed."""
        if self._compression is not None:
            return _Unpacked(self._open(), self._bytes(), self._refused)
        file = open_source(self._source)
        file.seek(start)
        return file

    def _open(self) -> Any:
        return pa.input_stream(open_source(self._source), compression=self._compression)

    @contextlib.contextmanager
    def _text(self) -> Iterator[TextIO]:
        """Open the source as text; what is wrong with it is an error of the manifest."""
        try:
            with closed_quietly(self._open()) as stream:
                yield io.TextIOWrapper(
                    stream, encoding="utf-8-sig", errors="surrogateescape", newline=""
                )
        except LongRowError as error:
            raise self._refused(f"is {error.reason}", _CLOSE_QUOTES, line=error.line) from None
        except (pa.ArrowException, OSError, csv.Error) as error:
            raise self._unreadable(error) from error

    def _explain(self, columns: Sequence[str], error: Exception) -> ManifestError:
        """Find the place of the first error, by reading again."""
        if is_of_system(error):
            return self._unreadable(error)
        wanted = set(columns)
        places = [(at, name) for at, name in enumerate(self.columns) if name in wanted]
        lines = 0
        with self._text() as text:
            for line, record in _first(text):
                if line is None:
                    break
                if not record:
                    continue
                lines += 1
                if len(record) != len(self.columns):
                    return self._refused(
                        f"has {_fields(len(record))}, the header has {len(self.columns)}",
                        "quote fields that hold commas, or fix the line",
                        line=line,
                    )
                for at, name in places:
                    if not _is_strict(record[at]):
                        return self._refused("is not UTF-8", _CONVERT, line=line, column=name)
            else:
                if lines == 1:
                    return self._refused("is empty: it has a header, but no row")
        if is_long_row(error):
            return self._refused(f"has a row {TOO_LONG}", _CLOSE_QUOTES)
        return self._unreadable(error)

    def _unreadable(self, error: Exception) -> ManifestError:
        raise_if_exhausted(error)
        if isinstance(error, OSError) and is_of_system(error):
            return self._refused(f"cannot be read: {reason_of(error)}")
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        return self._refused(f"cannot be read as CSV: {printable(reason)}", "fix the file")

    def _refused(
        self, reason: str, advice: str = "", line: int | None = None, column: str | None = None
    ) -> ManifestError:
        return ManifestError(
            reason,
            advice=advice,
            source=self.name,
            path=self._source if isinstance(self._source, str) else None,
            line=line,
            column=column,
        )


_CONVERT = "convert the file, e.g. with iconv -f LATIN1 -t UTF-8"


_CLOSE_QUOTES = "close its quotes, or keep what it holds in a file beside the manifest"


def _first(text: TextIO) -> Iterator[tuple[int | None, list[str]]]:
    """The records of a CSV file; if they are too many, of some of them, and then (None, [])."""
    seen = 0
    for line, record in records(text):
        yield line, record
        seen += sum(map(len, record))
        if seen > MAX_EXPLAINED or line > MAX_EXPLAINED_LINES:
            yield None, []
            return


class _Unpacked:
    """What a packed file holds, unless that is far too much."""

    def __init__(self, file: Any, packed: int, refused: Callable[[str, str], Exception]) -> None:
        self._file = file
        self._packed = packed
        self._left = max(packed * MAX_EXPANSION, MAX_TEXT_BYTES)
        self._refused = refused

    def read_buffer(self, size: int) -> pa.Buffer:
        data = self._file.read_buffer(size)
        self._left -= len(data)
        if self._left < 0:
            most = size_text(max(self._packed * MAX_EXPANSION, MAX_TEXT_BYTES))
            raise self._refused(
                f"has {self._packed:,} bytes that become more than {most}",
                "unpack it, or write it as Parquet",
            )
        return data

    def close(self) -> None:
        self._file.close()


def _is_strict(text: str) -> bool:
    """Whether a text was UTF-8: no byte of it had to be escaped."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _fields(count: int) -> str:
    return f"{count} field" if count == 1 else f"{count} fields"


def as_integers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Turn a text column, plain or dictionary-encoded, into int64 if that loses nothing."""
    first = column.slice(0, 8).to_pylist()
    if not all(value is None or _INTEGER.fullmatch(value) for value in first):
        return column  # without a cast, whose first use takes a tenth of a second to import
    chunks = []
    for chunk in column.chunks:
        encoded = isinstance(chunk, pa.DictionaryArray)
        values = chunk.dictionary if encoded else chunk
        try:
            integers = values.cast(pa.int64())
        except pa.ArrowInvalid:
            return column
        if not integers.cast(pa.string()).equals(values):
            return column
        chunks.append(
            pa.DictionaryArray.from_arrays(chunk.indices, integers) if encoded else integers
        )
    kind = pa.int64()
    if pa.types.is_dictionary(column.type):
        kind = pa.dictionary(column.type.index_type, kind)
    if column.null_count == len(column):
        return column
    return pa.chunked_array(chunks, type=kind)
