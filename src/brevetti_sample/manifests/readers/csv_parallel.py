"""Parts of a CSV file, read side by side.

A file is cut at line ends near even offsets. Whether a line end is one of a row, or stands
inside of a quoted field, only who has read all before it can tell. So each part gets a last row
of our own: if that comes out as it was put in, the part ended outside of quotes, and the next
began at a row.

Why not `pyarrow.csv` alone: where quoted fields may hold line ends, it looks for the ends of rows
in one thread, and then converts in several. Counting one column of 10 million rows (550 MB, 2
cores; least, median and most of 5 runs in turn) took 0.48, 0.50 and 0.52 s here, 0.59, 0.60 and
0.64 s with `read_csv`, and 0.65, 0.66 and 0.67 s with `open_csv`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from threading import Event
from typing import Any, TypeVar

import pyarrow as pa
from pyarrow import csv as pa_csv

from brevetti_sample.concurrency import cores
from brevetti_sample.files.failures import closed_quietly
from brevetti_sample.limits import MAX_LINE_BYTES

T = TypeVar("T")

_SMALLEST_PART_BYTES = 1 << 23
_WINDOW_BYTES = 1 << 16
_BLOCK_BYTES = 3 << 18  # larger ones take memory that is cleared for each
_LONG_ROW_BYTES = 1 << 22  # longer ones are read with larger blocks
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class OpenQuoteError(Exception):
    """A part ended inside of a quoted field."""


def read_parts(
    open_at: Callable[[int], pa.NativeFile],
    size: int | None,
    header: Sequence[str],
    types: dict[str, pa.DataType],
    work: Callable[[pa.RecordBatch], T],
    together: int = 1,
) -> list[T]:
    """Call a function with the rows of a CSV file, some at a time.

    Args:
        open_at: opens the file, for reading in binary, at a position.
        size: its length in bytes; None if it can be read from the start only.
        header: the names of its columns.
        types: the columns to read, and as what: text, or dictionaries of text.
        work: called in several threads at once.
        together: of how many blocks it is given the rows, in one batch with one dictionary.

    Returns:
        What the function returned, in the order of the rows.

    Raises:
        OpenQuoteError: the file ends inside of a quoted field.
        pyarrow.ArrowException, OSError: it cannot be read.
    """
    wide = sum(map(len, header)) + len(header) > _LONG_ROW_BYTES
    cuts = [] if size is None or wide else _cuts(open_at, size)
    if cuts:
        reader = _Reader(open_at, header, types, work, _BLOCK_BYTES, together)
        starts, stops = [0, *cuts], [*cuts, None]
        try:
            with ThreadPoolExecutor(len(starts)) as pool:
                try:
                    parts = list(pool.map(reader.read, starts, stops))
                except BaseException:
                    reader.stopped.set()
                    raise
            return [result for part in parts for result in part]
        except (pa.ArrowException, OSError, OpenQuoteError):
            pass  # a cut inside of a field, or a row longer than a block: to be read as a whole
    try:
        block_bytes = MAX_LINE_BYTES if wide else _LONG_ROW_BYTES
        return _Reader(open_at, header, types, work, block_bytes, 1).read(0, None)
    except pa.ArrowInvalid as error:
        if wide or not is_long_row(error):
            raise
    return _Reader(open_at, header, types, work, MAX_LINE_BYTES, 1).read(0, None)


def is_long_row(error: Exception) -> bool:
    """Whether Arrow found a row, or the header, longer than a block."""
    return any(reason in str(error) for reason in ("straddling object", "Empty CSV file or block"))


def _cuts(open_at: Callable[[int], pa.NativeFile], size: int) -> list[int]:
    """Find the line ends that come next after even offsets: where lines begin, ascending."""
    parts = min(cores(), size // _SMALLEST_PART_BYTES)
    found = []
    for offset in (size * part // parts for part in range(1, parts)):
        with closed_quietly(open_at(offset)) as file:
            window = file.read(_WINDOW_BYTES)
        cut = window.find(b"\n") + 1
        # A mark at the start of a part would be skipped, though it is text.
        if cut and window[cut : cut + 1] not in (b"", _BYTE_ORDER_MARK[:1]):
            found.append(offset + cut)
    return found


class _Reader:
    """Reads parts of one file."""

    def __init__(
        self,
        open_at: Callable[[int], pa.NativeFile],
        header: Sequence[str],
        types: dict[str, pa.DataType],
        work: Callable[[pa.RecordBatch], Any],
        block_bytes: int,
        together: int,
    ) -> None:
        self.stopped = Event()
        self._open_at = open_at
        self._header = header
        self._types = types
        self._work = work
        self._block_bytes = block_bytes
        self._together = together
        self._mark = os.urandom(16).hex()  # as nothing in the file is
        row = ",".join(self._mark if column in types else "" for column in header)
        self._last_row = f"\n{row}\n".encode()

    def read(self, start: int, stop: int | None) -> list[Any]:
        with closed_quietly(self._open_at(start)) as file:
            left = None if stop is None else stop - start
            source = _PartStream(file, left, self._last_row, self.stopped)
            batches = self._batches(source, start == 0)
            results: list[Any] = []
            while some := list(islice(batches, self._together)):
                if len(some) > 1:
                    some = pa.Table.from_batches(some).combine_chunks().to_batches()
                for column in (column for batch in some for column in batch.columns):
                    if isinstance(column, pa.DictionaryArray):
                        column.dictionary.validate(full=True)
                results += map(self._work, some)
            return results

    def _batches(self, source: _PartStream, headed: bool) -> Iterator[pa.RecordBatch]:
        reader = pa_csv.open_csv(
            source,
            read_options=pa_csv.ReadOptions(
                block_size=self._block_bytes,
                use_threads=False,
                column_names=None if headed else self._header,
            ),
            parse_options=pa_csv.ParseOptions(newlines_in_values=True),
            convert_options=pa_csv.ConvertOptions(
                include_columns=list(self._types),
                column_types=self._types,
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                null_values=[""],
                # Each entry of a dictionary is checked once, instead of each row.
                check_utf8=not all(map(pa.types.is_dictionary, self._types.values())),
            ),
        )
        last = None
        for batch in reader:
            if not len(batch):
                continue
            if last is not None:
                yield last
            last = batch
        if last is None or last.column(0)[-1].as_py() != self._mark:
            raise OpenQuoteError
        if len(last) > 1:
            rows = [_without_last(column) for column in last.columns]
            yield pa.RecordBatch.from_arrays(rows, schema=last.schema)


def _without_last(column: pa.Array) -> pa.Array:
    """Leave out the last row; and the last entry of the dictionary, which only that row has."""
    rows = len(column) - 1
    if not isinstance(column, pa.DictionaryArray):
        return column.slice(0, rows)
    entries = column.dictionary
    return pa.DictionaryArray.from_arrays(
        column.indices.slice(0, rows), entries.slice(0, len(entries) - 1)
    )


class _PartStream:
    """A binary stream of some bytes of a file, or all that are left, then a last row."""

    closed = False

    def __init__(
        self, file: pa.NativeFile, left: int | None, last_row: bytes, stopped: Event
    ) -> None:
        self._file = file
        self._left = left
        self._last_row = last_row
        self._stopped = stopped

    def read(self, size: int) -> Any:
        if self._stopped.is_set():
            return b""
        if self._left != 0:
            # A buffer of Arrow's, which reuses its memory.
            data = self._file.read_buffer(size if self._left is None else min(size, self._left))
            if self._left is not None:
                self._left -= len(data)
            if len(data):
                return data
        last_row, self._last_row = self._last_row[:size], self._last_row[size:]
        return last_row
