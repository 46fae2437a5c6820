"""`brevetti-sample scan`: a manifest from a folder tree of samples."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from brevetti_sample.cli.options.declaration import argument, option, option_like
from brevetti_sample.cli.options.export import Records
from brevetti_sample.cli.options.sampling import OUTPUT, Messages, Output
from brevetti_sample.cli.screen import console
from brevetti_sample.cli.screen.output import (
    check_safe,
    choose_format,
    opened,
    standard_output,
)
from brevetti_sample.errors import SkippedError, UsageError
from brevetti_sample.messages import printable

if TYPE_CHECKING:
    from brevetti_sample.scanning.scan import Scan

_FORMATS = ("table", "csv", "jsonl", "parquet")
_SHOWN_MISSED = 10
_SHOWN_SUFFIXES = 5
_FILES = "Files"


@dataclass(frozen=True, eq=False)
class Files:
    """Which files are listed."""

    source: list[str] = argument(
        required=True,
        metavar="DIR",
        help="A folder, or a URI of one, such as s3://BUCKET/FOLDER.",
    )
    include: list[str] | None = option(
        metavar="PATTERN",
        shown="all",
        help="Only files that fit, such as '*.png'; give it again for several.",
        panel=_FILES,
    )
    exclude: list[str] | None = option(
        metavar="PATTERN",
        help="No files and no folders that fit; give it again for several.",
        panel=_FILES,
    )
    hidden: bool = option(default=False, help="Also what begins with a dot.", panel=_FILES)
    on_error: str = option_like(
        Records,
        "on_error",
        help="What to do with a file or folder that cannot be read; skipped ones are told.",
        panel=_FILES,
    )


@dataclass(frozen=True, eq=False)
class Listing:
    """What is written of each file, and where."""

    etag: bool = option(
        default=True,
        help="The MD5 of each file, or what a store says; without it no file is opened.",
        panel=OUTPUT,
    )
    absolute: bool = option(
        default=False,
        help="Write whole paths, also of files below the manifest's folder.",
        panel=OUTPUT,
    )
    output: str = option_like(Output, "output")
    format: str | None = option_like(
        Output, "format", help="How to write; the table counts the files of each folder."
    )
    spreadsheet_safe: bool = option_like(Output, "spreadsheet_safe")


def scan(files: Files, out: Listing, messages: Messages) -> None:
    """Make a manifest from a folder of samples: category, folder, path, size, etag, modified.

    Example: brevetti-sample scan images --include '*.png' -o manifest.parquet
    """
    console.be_quiet(messages.quiet)
    source, output = files.source, out.output
    if len(source) > 1:
        raise UsageError(
            f"{len(source)} names are given, the second is '{source[1]}'; name one folder, and "
            "choose files in it with --include '*.png', in quotes"
        )
    kind = choose_format(out.format, output, _FORMATS)
    check_safe(out.spreadsheet_safe, kind)
    if kind == "parquet" and output == "-" and standard_output().isatty():
        raise UsageError("Parquet is not for a terminal; say where to write it with -o FILE")

    from brevetti_sample.scanning.scan import Scan

    own: set[tuple[int, int]] = set()
    replaced = set(_identity(output))  # what is there already
    if is_listing(output):
        own |= replaced
        replaced = set()
    found = Scan(
        source[0],
        include=files.include or (),
        exclude=files.exclude or (),
        hidden=files.hidden,
        etag=out.etag and kind != "table",
        on_error=files.on_error,
        relative_to=None if out.absolute else os.path.dirname(output) or ".",
        leave_out=own,
        refused=replaced,
    )
    with opened(output) as sink:
        own.update(_identity(sink))
        _write(found, kind, sink, spreadsheet_safe=out.spreadsheet_safe)
    _say_summary(found, output)


def _write(found: Scan, kind: str, sink: BinaryIO, *, spreadsheet_safe: bool) -> None:
    """List the files, a table of them at a time."""
    from brevetti_sample.cli.screen.progress import ProgressLine

    line = ProgressLine()
    try:
        tables = found.tables(line.show_scan)
        if kind == "table":
            for _ in tables:
                pass
            line.clear()
            from brevetti_sample.cli.screen.tables import folders

            folders(sink, found.folders)
            return
        from brevetti_sample.tables.writers import make_writer

        writer: Any = None  # nothing is written if there is no file
        for table in tables:
            line.clear()
            writer = writer or make_writer(
                kind, sink, found.schema, spreadsheet_safe=spreadsheet_safe
            )
            writer.write(table)
        writer.close()
    finally:
        line.clear()


def is_listing(path: str) -> bool:
    """Whether a file is what an earlier scan wrote, which is no sample.

    Example:
        >>> is_listing("sample_manifests/digits/manifest.csv")
        False
    """
    if not os.path.isfile(path):
        return False
    try:
        with open(path, "rb") as stream:
            start = stream.read(64).replace(b"'", b"")
    except OSError:
        return False
    if start[:4] != b"PAR1":
        return start.startswith((b"category,folder,path,", b'{"category": ', b" folder "))
    from brevetti_sample.errors import ManifestError
    from brevetti_sample.manifests.manifest import read_manifest

    try:
        return read_manifest(path).columns[:3] == ["category", "folder", "path"]
    except ManifestError:
        return False


def _identity(file: str | BinaryIO) -> Iterator[tuple[int, int]]:
    """Which file that is, if it is one."""
    with contextlib.suppress(OSError, ValueError):
        status = os.stat(file) if isinstance(file, str) else os.fstat(file.fileno())
        yield status.st_dev, status.st_ino


def _say_summary(found: Scan, output: str) -> None:
    """Say what was found, and what was left out."""
    from brevetti_sample.cli.screen.progress import size_text

    where = "" if output == "-" else f": {output}"
    console.say(
        f"{console.quantity(found.files, 'file')}, {size_text(found.bytes)}, in "
        f"{console.quantity(len(found.folders), 'folder')}{where}"
    )
    suffixes = found.suffixes.most_common(_SHOWN_SUFFIXES + 1)
    if len(suffixes) > 1:
        kinds = [f"{name} {count:,}" for name, count in suffixes[:_SHOWN_SUFFIXES]]
        more = ", ..." if len(suffixes) > _SHOWN_SUFFIXES else ""
        console.say(f"{', '.join(kinds)}{more}; take some of them with --include")
    for missed in found.missed[:_SHOWN_MISSED]:
        console.say(f"skipped {printable(missed.path)}: {missed.reason}")
    if len(found.missed) > _SHOWN_MISSED:
        console.say(f"and {len(found.missed) - _SHOWN_MISSED:,} more were skipped")
    if found.missed:
        count = len(found.missed)
        what = "1 file or folder was" if count == 1 else f"{count:,} files or folders were"
        raise SkippedError(f"{what} skipped, and {found.files:,} files are listed{where}")
