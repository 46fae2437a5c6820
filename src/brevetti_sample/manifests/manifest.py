"""The manifest: the table of samples, one row a sample.

Only the columns that are asked for are read, and pandas is never imported.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from brevetti_sample.arrays.types import Int64Array
from brevetti_sample.errors import ColumnError, ManifestError
from brevetti_sample.files.failures import reason_of
from brevetti_sample.files.piped import opened_pipe
from brevetti_sample.files.regular import opened_regular
from brevetti_sample.limits import MAX_COLUMNS_READ
from brevetti_sample.manifests.readers.base import ArrowTableReader, TableReader
from brevetti_sample.messages import close_match, listed, printable, quoted, repeated

from .discovery import START_BYTES, expand, kind_of
from .piped import read_piped
from .texts import check_texts
from .value_counts import tally

MAX_ROWS = (1 << 31) - 1
BUNDLED = "neurips_2018_reduced.parquet"
"""TableReader name of the listing that comes with the package."""


class Manifest:
    """A table of samples, read column by column when they are asked for.

    Made by `read_manifest`.

    Attributes:
        name: what messages call it.
        columns: the names of its columns, in order.
    """

    def __init__(
        self,
        files: Sequence[TableReader],
        sources: Sequence[str | bytes],
        name: str,
        stamps: Sequence[tuple[int, ...] | None] = (),
    ) -> None:
        self.name = name
        self.columns = files[0].columns
        self._files = files
        self._sources = sources
        self._stamps = stamps
        self._rows: int | None = None
        self._fingerprint: str | None = None
        for file in files:
            if twice := repeated(file.columns):
                raise ManifestError(
                    f"has more than one column {listed(twice)}",
                    source=file.name,
                    advice="rename all but one",
                )
            missing = sorted(set(self.columns) ^ set(file.columns))
            if missing:
                raise ManifestError(
                    f"and {files[0].name} do not both have {listed(missing)}",
                    source=file.name,
                    advice="the files of a manifest must have the same columns",
                )

    @property
    def rows(self) -> int:
        """How many rows there are; reads a column if none has been read yet."""
        if self._rows is None:
            self.read([])
            assert self._rows is not None
        return self._rows

    def read(self, columns: Sequence[str], dictionary: Collection[str] = ()) -> pa.Table:
        """Read columns.

        Args:
            columns: names, each once; an empty list gives a table without columns.
            dictionary: names of text columns to return dictionary-encoded.

        Returns:
            The Arrow table of those columns in that order, all rows in manifest order.

        Raises:
            ColumnError: a name that is no column, or comes twice.
            ManifestError: no rows, too many rows, damage, or files that have changed.

        Example:
            >>> read_manifest([{"path": "a.png"}]).read(["path"]).to_pydict()
            {'path': ['a.png']}
        """
        self.check(columns)
        if len(columns) > MAX_COLUMNS_READ:
            raise ManifestError(
                f"has {len(columns):,} columns to read at once, more than {MAX_COLUMNS_READ:,}",
                source=self.name,
                advice="choose some of them, or leave some out",
            )
        table = self._join([file.read(columns, dictionary) for file in self._files], columns)
        self._check_unchanged()
        self._count(table.num_rows)
        return self._checked(table.select(list(columns)))

    def tally(self, columns: Sequence[str]) -> tuple[pa.Table, Int64Array]:
        """Count the rows that are alike in columns, without keeping all of them.

        Args:
            columns: names, each once, at least one.

        Returns:
            The Arrow table of those columns, as `read` gives it with all of them
            dictionary-encoded, but with fewer rows where some are alike (see
            `value_counts.tally`); and how many rows each stands for: int64 [rows].

        Raises:
            ColumnError: as `read`.
            ManifestError: as `read`.

        Example:
            >>> table, counts = read_manifest([{"a": 1}, {"a": 1}, {"a": 2}]).tally(["a"])
            >>> table.to_pydict(), counts
            ({'a': [1, 2]}, array([2, 1]))
        """
        self.check(columns)
        tallies = [file.map(columns, columns, tally) for file in self._files]
        # A file without rows still has types.
        tables = [
            pa.Table.from_batches([batch for batch, _ in parts])
            if parts
            else file.read(columns, columns).select(list(columns))
            for file, parts in zip(self._files, tallies, strict=True)
        ]
        table = self._join(tables, columns)
        counts = [rows for parts in tallies for _, rows in parts]
        self._check_unchanged()
        self._count(sum(int(rows.sum()) for rows in counts))
        self._checked(table)
        return table, np.concatenate(counts)

    def _check_unchanged(self) -> None:
        """Refuse files that are not those that were opened: their columns would not fit together.

        Raises:
            ManifestError: one of them was written again, replaced or removed.
        """
        for source, stamp in zip(self._sources, self._stamps, strict=False):
            if stamp is None or not isinstance(source, str):
                continue
            try:
                now = _stamp(os.stat(source))
            except OSError as error:
                raise _unreadable(error, source) from error
            if now != stamp:
                raise ManifestError(
                    "has changed while it was read",
                    path=source,
                    advice="run again when nothing writes it any more",
                )

    def _count(self, rows: int) -> None:
        """Keep the number of rows, and refuse what is no manifest."""
        self._rows = rows
        if rows == 0:
            raise ManifestError("is empty: it has a header, but no row", source=self.name)
        if rows > MAX_ROWS:
            raise ManifestError(
                f"has {rows} rows", source=self.name, advice=f"the most is {MAX_ROWS}"
            )

    def _checked(self, table: pa.Table) -> pa.Table:
        """Refuse text that is not UTF-8, which Arrow and Parquet take on trust."""
        if not all(file.text_only for file in self._files):  # those have been looked at
            check_texts(table, self.name)
        return table

    def _join(self, tables: Sequence[pa.Table], columns: Sequence[str]) -> pa.Table:
        """Put the tables of the files one below the other."""
        if all(file.text_only for file in self._files):
            from brevetti_sample.manifests.readers.csv import as_integers

            joined = pa.concat_tables(tables)
            return pa.table({c: as_integers(joined.column(c)) for c in joined.column_names})
        for table, file in zip(tables, self._files, strict=True):
            for column in columns:
                kind, first = table.schema.field(column).type, tables[0].schema.field(column).type
                if kind != first:
                    raise ManifestError(
                        f"is {kind}, but {first} in {self._files[0].name}",
                        source=file.name,
                        column=column,
                        advice="write the files with the same types",
                    )
        names = list(columns) or tables[0].column_names[:1]
        return pa.concat_tables([table.select(names).replace_schema_metadata() for table in tables])

    def check(self, columns: Sequence[str]) -> None:
        """Refuse names that are no columns.

        Raises:
            ColumnError: naming all of them, with the closest column if there is one.
        """
        known = set(self.columns)
        missing = [column for column in columns if column not in known]
        if missing:
            hint = close_match(missing[0], self.columns) if len(missing) == 1 else ""
            hint = hint or f"; its columns are {listed(self.columns)}"
            raise ColumnError.missing(self.name, missing, hint.removeprefix("; "))
        if twice := repeated(columns):
            raise ColumnError(
                f"column {listed(twice)} is named twice", columns=twice, advice="name each once"
            )

    @property
    def paths(self) -> list[str]:
        """The paths of its files; empty if it is not of files."""
        return [source for source in self._sources if isinstance(source, str)]

    @property
    def folder(self) -> str:
        """The folder that its files are in; the working directory if there are several or none."""
        folders = {os.path.dirname(os.path.abspath(path)) for path in self.paths}
        return folders.pop() if len(folders) == 1 else "."

    def fingerprint(self) -> str:
        """Hash the manifest's bytes, when it is first asked for.

        Returns:
            The SHA-256, in hexadecimal digits, of the file; of several files, that of their
            SHA-256s, a line each; of an Arrow table, that of its Arrow IPC stream.
        """
        if self._fingerprint is None:
            self._fingerprint = self._hash()
        return self._fingerprint

    def _hash(self) -> str:
        import hashlib

        digests = []
        for source in self._sources:
            if isinstance(source, bytes):
                digests.append(hashlib.sha256(source).hexdigest())
            else:
                try:
                    with opened_regular(source) as stream:
                        digests.append(hashlib.file_digest(stream, "sha256").hexdigest())
                except OSError as error:
                    raise _unreadable(error, source) from error
        self._check_unchanged()
        if len(digests) == 1:
            return digests[0]
        return hashlib.sha256("".join(f"{d}\n" for d in digests).encode()).hexdigest()


class _TableManifest(Manifest):
    def _hash(self) -> str:
        [file] = self._files
        assert isinstance(file, ArrowTableReader)
        return file.fingerprint()


def read_manifest(source: Any) -> Manifest:
    """Open a manifest.

    Args:
        source: a path of a CSV file (also ``.csv.gz``, ``.csv.zst``) or a Parquet file; of a
            folder of such files (searched to the bottom, in the order of the paths); a glob
            pattern; a list of paths; the bytes of one file; an Arrow table; anything that
            exports Arrow tables (``__arrow_c_stream__``: pandas, Polars); or a list of
            dictionaries.

    Returns:
        The manifest; its columns are read when they are asked for.

    Raises:
        UsageError: a URI.
        ManifestError: nothing there, or no table.

    Example:
        >>> read_manifest([{"folder": "good"}, {"folder": "bad"}]).rows
        2
    """
    if isinstance(source, Manifest):
        return source
    if isinstance(source, bytes):
        return from_bytes(source, "the data")
    if isinstance(source, pa.Table) or hasattr(source, "__arrow_c_stream__"):
        # Handed over as a stream, an empty chunk beside others cannot be combined with them.
        table = source if isinstance(source, pa.Table) else _as_table(source, "the table")
        return _TableManifest([ArrowTableReader(table)], [], "the table")
    if isinstance(source, (str, os.PathLike)):
        return _from_paths(expand(source), quoted(source))
    items = list(source)
    if items and all(isinstance(item, (str, os.PathLike)) for item in items):
        paths = [path for item in items for path in expand(item)]
        name = quoted(items[0])
        return _from_paths(paths, name if len(items) == 1 else f"{name} and {len(items) - 1} more")
    if not all(isinstance(item, dict) for item in items):
        raise ManifestError(
            "must be a path, paths, bytes, a table or dictionaries", source="a manifest"
        )
    if not items:
        raise ManifestError("is empty: expected one dictionary per sample", source="the list")
    names = dict.fromkeys(name for item in items for name in item)
    return read_manifest(
        _as_table({n: [item.get(n) for item in items] for n in names}, "the dictionaries")
    )


def _as_table(source: Any, name: str) -> pa.Table:
    try:
        return pa.table(source)
    except (pa.ArrowException, TypeError, OverflowError, UnicodeError) as error:
        raise ManifestError(
            f"cannot be read as a table: {printable(error)}", source=name
        ) from error


def from_bytes(data: bytes, name: str) -> Manifest:
    """Open a manifest from the bytes of a CSV or Parquet file, told by their first bytes.

    Args:
        data: the whole file.
        name: what to call it in messages.

    Raises:
        ManifestError: as `read_manifest`.
    """
    return Manifest([_open(data, name, None, data[:START_BYTES])], [data], name)


def bundled_manifest() -> Manifest:
    """Open the listing that comes with the package: 180 bottle images in 3 folders.

    Example:
        >>> bundled_manifest().rows
        180
    """
    data = Path(__file__).with_name("data").joinpath(BUNDLED).read_bytes()
    return from_bytes(data, "the bundled listing")


def _from_paths(paths: Sequence[str], name: str) -> Manifest:
    files: list[TableReader] = []
    sources: list[str | bytes] = []
    stamps: list[tuple[int, ...] | None] = []
    for path in paths:
        source: str | bytes = path
        try:
            with opened_pipe(path) as pipe:
                if pipe is not None:  # it can be read only once
                    source = read_piped(pipe, quoted(path), path)
            if isinstance(source, bytes):
                start = source[:START_BYTES]
                stamps.append(None)
            else:
                with opened_regular(path) as stream:
                    start = stream.read(START_BYTES)
                    stamps.append(_stamp(os.fstat(stream.fileno())))
        except OSError as error:
            raise _unreadable(error, path) from error
        files.append(_open(source, quoted(path), path, start))
        sources.append(source)
    return Manifest(files, sources, name, stamps)


def _unreadable(error: OSError, path: str) -> ManifestError:
    return ManifestError(f"cannot be read: {reason_of(error)}", path=path)


def _stamp(status: os.stat_result) -> tuple[int, ...]:
    """What changes when a file is written again or replaced."""
    return status.st_size, status.st_mtime_ns  # some file systems change a file's number


def _open(source: str | bytes, name: str, path: str | None, start: bytes) -> TableReader:
    kind, compression = kind_of(path, start, name)
    if kind == "parquet":
        from brevetti_sample.manifests.readers.parquet import ParquetReader

        return ParquetReader(source, name)
    from brevetti_sample.manifests.readers.csv import CsvReader

    return CsvReader(source, name, compression)
