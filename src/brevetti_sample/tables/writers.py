"""Arrow tables to CSV, JSON lines or Parquet, a table at a time.

All write UTF-8 to a binary stream and keep nothing: memory does not grow with the output.
"""

from __future__ import annotations

import contextlib
import json
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from json.encoder import encode_basestring
from typing import Any, BinaryIO

import pyarrow as pa

from brevetti_sample.arrays.arrow import from_texts, plain, plain_type, to_values, without_times
from brevetti_sample.errors import UsageError, argument
from brevetti_sample.files.failures import is_of_system
from brevetti_sample.messages import printable, quoted

from .spreadsheet import safe_column, safe_text

FORMATS = ("csv", "jsonl", "parquet")
"""The names of the formats."""
_ROW_GROUP = 1 << 18  # rows
_ROW_GROUP_BYTES = 256 << 20
_SUFFIXES = {
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}


class Writer(ABC):
    """Writes tables of one schema, one after the other, and what has to come at the end.

    Args:
        stream: where to write, in binary.
        schema: the schema of the tables.
    """

    @abstractmethod
    def __init__(self, stream: BinaryIO, schema: pa.Schema) -> None: ...

    @abstractmethod
    def write(self, table: pa.Table) -> None:
        """Write the rows of a table."""

    def close(self) -> None:
        """Write what comes last, if anything does; does not close the stream."""


def format_of(path: str) -> str:
    """Tell the format from a file's suffix.

    Raises:
        UsageError: an unknown suffix.

    Example:
        >>> format_of("draws.JSONL")
        'jsonl'
    """
    for suffix, name in _SUFFIXES.items():
        if path.casefold().endswith(suffix):
            return name
    raise UsageError(
        f"cannot tell the format of {quoted(path)}",
        advice=f"let it end in {', '.join(_SUFFIXES)}, or pass {argument('format')}",
    )


def make_writer(
    format: str,
    stream: BinaryIO,
    schema: pa.Schema,
    counting: Sequence[str] = (),
    *,
    spreadsheet_safe: bool = False,
) -> Writer:
    r"""Make the writer of a format.

    Args:
        format: one of `FORMATS`.
        stream: where to write.
        schema: the schema of the tables.
        counting: see `ParquetWriter`; other formats have no use for it.
        spreadsheet_safe: see `CsvWriter`, which alone can be that.

    Raises:
        UsageError: no such format, or another than CSV that is to be safe in spreadsheets.

    Example:
        >>> import io
        >>> stream = io.BytesIO()
        >>> table = pa.table({"a": [1, 2]})
        >>> make_writer("csv", stream, table.schema).write(table)
        >>> stream.getvalue()
        b'a\n1\n2\n'
    """
    if format not in FORMATS:
        raise UsageError.unknown("format", format, FORMATS)
    if spreadsheet_safe and format != "csv":
        raise UsageError("is for CSV alone", parameter="spreadsheet_safe", advice="leave it out")
    if format == "parquet":
        return ParquetWriter(stream, schema, counting)
    if format == "jsonl":
        return JsonLinesWriter(stream, schema)
    return CsvWriter(stream, schema, spreadsheet_safe=spreadsheet_safe)


class CsvWriter(Writer):
    r"""RFC 4180 with ``\n`` at the end of lines; a missing value is empty, an empty text ``""``.

    Args:
        stream: where to write, in binary.
        schema: the schema of the tables.
        spreadsheet_safe: whether texts that a spreadsheet would take for formulas get a quote
            before them, as `spreadsheet` has it; else all is exact.
    """

    def __init__(
        self, stream: BinaryIO, schema: pa.Schema, *, spreadsheet_safe: bool = False
    ) -> None:
        self._stream = stream
        self._safe = spreadsheet_safe
        names = map(safe_text, schema.names) if spreadsheet_safe else schema.names
        stream.write((",".join(map(csv_text, names)) + "\n").encode())

    def write(self, table: pa.Table) -> None:
        """Write the rows; all texts of a table are quoted if one of them needs it."""
        columns = [_csv_column(column) for column in table.columns]
        if self._safe:
            columns = list(map(safe_column, columns))
        self._stream.write(_csv_bytes(pa.Table.from_arrays(columns, names=table.column_names)))


class JsonLinesWriter(Writer):
    """An object a line; dates, times and decimals are text, what is no finite number is null."""

    def __init__(self, stream: BinaryIO, schema: pa.Schema) -> None:
        self._stream = stream

    def write(self, table: pa.Table) -> None:
        """Write the rows."""
        names = (json.dumps(name, ensure_ascii=False) for name in table.column_names)
        line = "{" + ", ".join(f"{name.replace('%', '%%')}: %s" for name in names) + "}\n"
        # A column at a time, as an encoder is slow to start and there is one value a call else.
        columns = [_json_texts(column) for column in table.columns]
        text = "".join([line % row for row in zip(*columns, strict=True)])
        self._stream.write(text.encode("utf-8", "surrogatepass"))


class ParquetWriter(Writer):
    """Zstandard-compressed row groups, with page checksums: of some 2^18 rows, or 256 MiB.

    Args:
        stream: where to write, in binary.
        schema: the schema of the tables.
        counting: integer columns that rise or jump about, such as row numbers: differences are
            stored (DELTA_BINARY_PACKED), for they have no few values that repeat.
    """

    def __init__(self, stream: BinaryIO, schema: pa.Schema, counting: Sequence[str] = ()) -> None:
        import pyarrow.parquet as pq

        with _parquet_errors():
            self._writer = pq.ParquetWriter(
                stream,
                schema,
                compression="zstd",
                write_page_checksum=True,
                use_dictionary=[name for name in schema.names if name not in counting],
                column_encoding=dict.fromkeys(counting, "DELTA_BINARY_PACKED"),
            )
        self._waiting: list[pa.Table] = []

    def write(self, table: pa.Table) -> None:
        """Write the rows, or keep them until there are enough for a row group."""
        self._waiting.append(table)
        rows = sum(map(len, self._waiting))
        if rows >= _ROW_GROUP or sum(table.nbytes for table in self._waiting) >= _ROW_GROUP_BYTES:
            self._flush()

    def close(self) -> None:
        """Write what is left, and the footer."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._waiting:
            with _parquet_errors():
                self._writer.write_table(pa.concat_tables(self._waiting))
            self._waiting = []


@contextlib.contextmanager
def _parquet_errors() -> Iterator[None]:
    """What Parquet cannot hold, such as a union, or a time beyond its range, is for other formats.

    Raises:
        UsageError: saying so.
    """
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, MemoryError) or is_of_system(error):
            raise
        raise UsageError(
            f"cannot be Parquet here: {printable(str(error).splitlines()[0].rstrip('.'))}",
            parameter="format",
            advice="write CSV or JSON lines, or leave the column out",
        ) from error


def csv_text(text: str | None) -> str:
    """Write one field of CSV, in quotes where it needs them; a missing value is empty."""
    if text is None:
        return ""
    special = any(char in text for char in ',"\r\n') or not text
    return '"' + text.replace('"', '""') + '"' if special else text


def _csv_bytes(table: pa.Table) -> pa.Buffer:
    """Write without quotes if no value needs them, else with quotes around every text."""
    from pyarrow import csv as pa_csv

    texts = [column for column in table.columns if _is_text(column.type)]
    styles = ["needed"] if any(_has_empty(column) for column in texts) else ["none", "needed"]
    for style in styles:
        sink = pa.BufferOutputStream()
        options = pa_csv.WriteOptions(include_header=False, quoting_style=style)
        try:
            pa_csv.write_csv(table, sink, options)
        except pa.ArrowInvalid:
            if style == "needed":
                raise
        else:
            return sink.getvalue()
    raise AssertionError("unreachable")


def _has_empty(column: pa.ChunkedArray) -> bool:
    import pyarrow.compute as pc

    return bool(pc.min(pc.binary_length(column)).as_py() == 0)


def _csv_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    column = _decoded(column)
    kind = column.type
    if _is_text(kind):
        return plain(column)
    if pa.types.is_nested(kind) or _is_binary(kind) or isinstance(kind, pa.BaseExtensionType):
        return pa.chunked_array([from_texts(map(_csv_value, to_values(column)))])
    if pa.types.is_interval(kind):
        return pa.chunked_array([from_texts(map(_csv_value, column.to_pylist()))])
    return column


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind)) or (
        kind == pa.string_view()
    )


def _is_binary(kind: pa.DataType) -> bool:
    return kind == pa.binary_view() or any(
        test(kind)
        for test in (
            pa.types.is_binary,
            pa.types.is_large_binary,
            pa.types.is_fixed_size_binary,
        )
    )


def _csv_value(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list | tuple | dict | bool | int | float):
        return json.dumps(value, ensure_ascii=False, default=_json_value)
    return _json_value(value)


def _decoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Write out what is encoded as a dictionary."""
    kind = column.type
    if not pa.types.is_dictionary(kind):
        return column
    if not pa.types.is_nested(kind.value_type) and plain_type(kind.value_type) == kind.value_type:
        return column.cast(kind.value_type)
    chunks = [plain(chunk.dictionary).take(chunk.indices) for chunk in column.chunks]
    return pa.chunked_array(chunks, type=plain_type(kind.value_type))


def _json_texts(column: pa.ChunkedArray) -> list[str]:
    """Write each value of a column as JSON."""
    column = _decoded(column)
    values = to_values(without_times(column))
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        write: Callable[[Any], str] = encode_basestring
    elif pa.types.is_integer(kind):
        write = str
    else:
        encode = json.JSONEncoder(ensure_ascii=False, default=_json_value).encode
        infinite = (math.inf, -math.inf)
        values = [None if v != v or v in infinite else v for v in values]
        write = encode
    return ["null" if value is None else write(value) for value in values]


def _json_value(value: object) -> str:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)


def own_names(columns: Sequence[str], taken: Sequence[str]) -> list[str]:
    """Name the manifest's columns in an output that has columns of its own.

    Args:
        columns: the manifest's columns.
        taken: the names of the output's own columns.

    Example:
        >>> own_names(["row", "path"], ["draw", "row"])
        ['manifest.row', 'path']
    """
    names: dict[str, None] = {}
    given = set(columns)
    for column in columns:
        name = column
        while name in taken or name in names or (name != column and name in given):
            name = f"manifest.{name}"
        names[name] = None
    return list(names)
