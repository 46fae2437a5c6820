"""`brevetti-sample scan`: a manifest from a folder tree of samples."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from brevetti_sample.cli.options import sampling as o
from brevetti_sample.cli.screen import console
from brevetti_sample.cli.screen.output import choose_format, opened, standard_output
from brevetti_sample.errors import SkippedError, UsageError
from brevetti_sample.messages import printable

if TYPE_CHECKING:
    from brevetti_sample.scanning.scan import Scan

_FORMATS = ("table", "csv", "jsonl", "parquet")
_SHOWN_MISSED = 10
_SHOWN_SUFFIXES = 5
_FILES, _OUTPUT = "Files", "Output"


def scan(
    source: Annotated[
        list[str],
        typer.Argument(
            metavar="DIR", help="A folder, or a URI of one, such as s3://BUCKET/FOLDER."
        ),
    ],
    include: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN",
            show_default="all",
            help="Only files that fit, such as '*.png'; give it again for several.",
            rich_help_panel=_FILES,
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN",
            show_default=False,
            help="No files and no folders that fit; give it again for several.",
            rich_help_panel=_FILES,
        ),
    ] = None,
    hidden: Annotated[
        bool,
        typer.Option("--hidden", help="Also what begins with a dot.", rich_help_panel=_FILES),
    ] = False,
    on_error: Annotated[
        str,
        typer.Option(
            metavar="fail|skip",
            help="What to do with a file or folder that cannot be read; skipped ones are told.",
            rich_help_panel=_FILES,
        ),
    ] = "fail",
    etag: Annotated[
        bool,
        typer.Option(
            "--etag/--no-etag",
            help="The MD5 of each file, or what a store says; without it no file is opened.",
            rich_help_panel=_OUTPUT,
        ),
    ] = True,
    absolute: Annotated[
        bool,
        typer.Option(
            "--absolute",
            help="Write whole paths, also of files below the manifest's folder.",
            rich_help_panel=_OUTPUT,
        ),
    ] = False,
    output: o.OutputOption = "-",
    format: Annotated[
        str | None,
        typer.Option(
            metavar="table|csv|jsonl|parquet",
            show_default="the suffix of FILE; else table on a terminal, csv if piped",
            help="How to write; the table counts the files of each folder.",
            rich_help_panel=_OUTPUT,
        ),
    ] = None,
    quiet: o.QuietOption = False,
    debug: o.DebugOption = False,
) -> None:
    """Make a manifest from a folder of samples: category, folder, path, size, etag, modified.

    Example: brevetti-sample scan images --include '*.png' -o manifest.parquet
    """
    console.be_quiet(quiet)
    if len(source) > 1:
        raise UsageError(
            f"{len(source)} names are given, the second is '{source[1]}'; name one folder, and "
            "choose files in it with --include '*.png', in quotes"
        )
    kind = choose_format(format, output, _FORMATS)
    if kind == "parquet" and output == "-" and standard_output().isatty():
        raise UsageError("Parquet is not for a terminal; say where to write it with -o FILE")

    from brevetti_sample.scanning.scan import Scan

    own: set[tuple[int, int]] = set()
    found = Scan(
        source[0],
        include=include or (),
        exclude=exclude or (),
        hidden=hidden,
        etag=etag and kind != "table",
        on_error=on_error,
        relative_to=None if absolute else os.path.dirname(output) or ".",
        leave_out=own,
    )
    own.update(_identity(output))  # what is there already and will be replaced
    with opened(output) as sink:
        own.update(_identity(sink))
        _write(found, kind, sink)
    _tell(found, output)


def _write(found: Scan, kind: str, sink: BinaryIO) -> None:
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
            writer = writer or make_writer(kind, sink, found.schema)
            writer.write(table)
        writer.close()
    finally:
        line.clear()


def _identity(file: str | BinaryIO) -> Iterator[tuple[int, int]]:
    """Which file that is, if it is one."""
    with contextlib.suppress(OSError, ValueError):
        status = os.stat(file) if isinstance(file, str) else os.fstat(file.fileno())
        yield status.st_dev, status.st_ino


def _tell(found: Scan, output: str) -> None:
    """Say what was found, and what was left out."""
    from brevetti_sample.cli.screen.progress import size_text

    where = "" if output == "-" else f": {output}"
    console.say(
        f"{console.counted(found.files, 'file')}, {size_text(found.bytes)}, in "
        f"{console.counted(len(found.folders), 'folder')}{where}"
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
