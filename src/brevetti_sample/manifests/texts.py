"""Text and times of columns: text must be UTF-8, zones known; Arrow and Parquet do not look."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from brevetti_sample.errors import ManifestError
from brevetti_sample.messages import printable, quoted

_ADVICE = "write it again as UTF-8, or as a binary column"


def column_names(schema: pa.Schema, source: str, path: str | None = None) -> list[str]:
    """Read the names of columns.

    Args:
        schema: of the table.
        source: what to call the table in messages.
        path: of its file.

    Raises:
        ManifestError: one of them, or one within a column, is not UTF-8.

    Example:
        >>> column_names(pa.schema({"a": pa.int64()}), "the table")
        ['a']
    """
    try:
        for field in schema:
            _read_names(field)
        return list(schema.names)
    except UnicodeDecodeError as error:
        raise bad_name(error, source, path) from error


def bad_name(error: UnicodeDecodeError, source: str, path: str | None) -> ManifestError:
    """The error of the name of a column, as `column_names`."""
    name = error.object.decode("utf-8", "backslashreplace")
    return ManifestError(
        f"has a column whose name is not UTF-8: {quoted(name)}",
        source=source,
        path=path,
        advice="rename it",
    )


def _read_names(field: pa.Field) -> str:
    kind = field.type
    if pa.types.is_nested(kind):
        for index in range(kind.num_fields):
            _read_names(kind.field(index))
    return str(field.name)


def check_texts(table: pa.Table, source: str) -> None:
    r"""Refuse text that is not UTF-8, times of unknown zones, and arrays that are damaged.

    Args:
        table: the columns.
        source: what to call the manifest in messages.

    Raises:
        ManifestError: with the column, and the row of the first such text.

    Example:
        >>> damaged = pa.array([b"a", b"\xff"]).view(pa.string())
        >>> try:
        ...     check_texts(pa.table({"a": damaged}), "the table")
        ... except ManifestError as error:
        ...     print(error.row, error.column, error.reason)
        1 a is not UTF-8
    """
    for name, column in zip(table.column_names, table.columns, strict=True):
        for zone in _unknown_zones(column.type):
            raise ManifestError(
                f"has times of the zone {quoted(zone)}, which is unknown here",
                source=source,
                column=name,
                advice="write them in UTC",
            )
        if not _has_text(column.type):
            continue
        try:
            column.validate(full=True)
        except pa.ArrowInvalid as error:
            utf8 = "UTF8" in str(error)
            raise ManifestError(
                "is not UTF-8" if utf8 else f"is damaged ({printable(error)})",
                source=source,
                column=name,
                row=_first_row(column) if utf8 else None,
                advice=_ADVICE if utf8 else "make or write it again",
            ) from error


def _unknown_zones(kind: pa.DataType) -> Iterator[str]:
    """The zones of a type's times that Arrow or Python do not know."""
    if pa.types.is_dictionary(kind):
        yield from _unknown_zones(kind.value_type)
    elif pa.types.is_nested(kind):
        for index in range(kind.num_fields):
            yield from _unknown_zones(kind.field(index).type)
    elif pa.types.is_timestamp(kind) and kind.tz not in (None, "UTC"):
        try:
            time = pa.scalar(0, pa.timestamp("s")).cast(pa.timestamp("s", kind.tz))
            time.cast(pa.string())
            time.as_py()
        except (pa.ArrowException, ValueError):
            yield kind.tz


def _has_text(kind: pa.DataType) -> bool:
    if isinstance(kind, pa.BaseExtensionType):
        return _has_text(kind.storage_type)
    if pa.types.is_dictionary(kind):
        return _has_text(kind.value_type)
    if pa.types.is_nested(kind):
        return any(_has_text(kind.field(index).type) for index in range(kind.num_fields))
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or kind == pa.string_view()
    )


def _first_row(column: pa.ChunkedArray) -> int | None:
    """The first row whose text is not UTF-8; None if it is within lists and the like."""
    begin = 0
    for chunk in column.chunks:
        try:
            chunk.validate(full=True)
        except pa.ArrowInvalid:
            break
        begin += len(chunk)
    for row in range(len(chunk)):
        try:
            chunk[row].as_py()
        except UnicodeDecodeError:
            return begin + row
    return None
