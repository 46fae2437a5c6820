"""Where results go: standard output, or a file that is there whole or not at all."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, BinaryIO, TextIO

from brevetti_sample.errors import OutputError, UsageError, argument
from brevetti_sample.files.failures import reason_of
from brevetti_sample.files.output import output_file
from brevetti_sample.files.overlap import Place, identity, refuse_overlaps
from brevetti_sample.messages import close_match, listed, printable

from . import outcome

if TYPE_CHECKING:
    from brevetti_sample.manifests.manifest import Manifest

_PAGE = b"<!doctype html>"


class ReaderGoneError(Exception):
    """What reads our standard output has stopped reading; there is nothing to say about it."""


def standard_output() -> TextIO:
    """Standard output, for a command that has something for it.

    Raises:
        OutputError: it is closed.
    """
    if sys.stdout is None:
        raise OutputError("standard output is closed; open it, or write with -o FILE")
    return sys.stdout


def choose_format(chosen: str | None, output: str, formats: tuple[str, ...]) -> str:
    """Choose a format: as it was said, else by the suffix, else a table on a terminal, else CSV.

    Raises:
        UsageError: no such format, or a suffix that says none.
        OutputError: as `standard_output`.
    """
    if chosen is not None:
        if chosen not in formats:
            hint = close_match(chosen, formats) or f"; use {listed(formats)}"
            raise UsageError(f"no format {listed([chosen])}{hint}")
        return chosen
    if output != "-":
        if output.casefold().endswith(".md") and "markdown" in formats:
            return "markdown"
        from brevetti_sample.tables.writers import format_of

        kind = format_of(output)
        if kind not in formats:
            raise UsageError(
                f"'{printable(output)}' would be {kind}, which this command does not write; use "
                f"{listed(formats)}"
            )
        return kind
    return "table" if standard_output().isatty() else "csv"


@contextlib.contextmanager
def opened(output: str) -> Iterator[BinaryIO]:
    """Open standard output (``-``), or a new file that takes its name when all is written.

    Raises:
        OutputError: it cannot be written.
        ReaderGoneError: it is a pipe that nobody reads any more.
    """
    if output == "-":
        with _reported("standard output"), outcome.begun(_is_incomplete):
            sink = standard_output().buffer
            yield sink
            sink.flush()
        outcome.is_so("standard output is complete")
        return
    with _reported(output), output_file(output) as stream:
        yield stream
    outcome.is_complete(output)


def check_safe(spreadsheet_safe: bool, kind: str) -> None:
    """Refuse what makes CSV safe in spreadsheets for another format.

    Raises:
        UsageError: it is another.
    """
    if spreadsheet_safe and kind != "csv":
        raise UsageError(
            f"is for CSV, and this is {kind}",
            parameter="spreadsheet_safe",
            advice=f"leave it out, or pass {argument('format', 'csv')}",
        )


def refuse_manifest(
    outputs: Mapping[str, str | None],
    manifest: Manifest,
    image_column: str | None = None,
    image_root: str | None = None,
) -> None:
    """Refuse to write over the manifest, or over an image that it lists.

    Args:
        outputs: the files to write by their parameters; ``-`` is standard output.
        manifest: the manifest.
        image_column: the column with the images' paths, if they are read.
        image_root: the folder that relative ones start from; by default the manifest's.

    Raises:
        UsageError: one of the outputs is an input.
    """
    written = [place_of(name, path) for name, path in outputs.items() if path]
    inputs = [Place("manifest", path, "the manifest itself") for path in manifest.paths]
    refuse_overlaps(written, inputs)
    replaced = [place for place in written if _may_be_image(place)]
    if image_column is not None and replaced:
        from brevetti_sample.images.folder import ImageFolder, image_paths

        paths = image_paths(manifest.read([image_column]).column(0), image_column)
        folder = ImageFolder(manifest.folder if image_root is None else image_root)
        files = folder.files(paths)
        what = "an image of the manifest"
        refuse_overlaps(replaced, (Place("image_column", file, what) for file in files))


def place_of(parameter: str, path: str) -> Place:
    """Where an output goes."""
    return Place(parameter, 1 if path == "-" else path)


def _may_be_image(place: Place) -> bool:
    """Whether an output would replace a file that may be an image: an earlier page is none."""
    if isinstance(place.path, int) or identity(place.path) is None:
        return False
    try:
        with open(place.path, "rb") as stream:
            return stream.read(len(_PAGE)).lower() != _PAGE
    except OSError:
        return True


def _is_incomplete() -> str:
    return "standard output is incomplete"


@contextlib.contextmanager
def _reported(output: str) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:  # as an OSError, the parser would exit with 1
        raise ReaderGoneError from error
    except OSError as error:
        raise OutputError(f"cannot write {output}: {reason_of(error)}") from error
