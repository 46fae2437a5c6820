"""Where results go: standard output, or a file that is there whole or not at all."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, TextIO

from brevetti_sample.errors import OutputError, UsageError
from brevetti_sample.messages import close_match, listed, printable

from . import outcome

if TYPE_CHECKING:
    from brevetti_sample.manifests.manifest import Manifest


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
        return
    if os.path.exists(output) and not os.path.isfile(output):
        if os.path.isdir(output):
            raise OutputError(f"cannot write {output}: it is a folder; name a file in it")
        with _reported(output), open(output, "wb") as stream:  # a device or a named pipe
            yield stream
        return
    from brevetti_sample.tables.atomic_file import atomic_file

    with _reported(output), atomic_file(os.path.realpath(output)) as stream:
        yield stream
    outcome.is_complete(output)


def refuse_manifest(output: str, manifest: Manifest) -> None:
    """Refuse to write a file over the manifest.

    Raises:
        UsageError: the output is one of the manifest's files.
    """
    if os.path.exists(output) and any(os.path.samefile(output, path) for path in manifest.paths):
        raise UsageError(f"{output} is the manifest itself; name another file to write")


def refuse_input(output: str, path: str) -> None:
    """Refuse to write a file over one that is read.

    Raises:
        UsageError: the output is that file.
    """
    if os.path.exists(output) and os.path.exists(path) and os.path.samefile(output, path):
        raise UsageError(f"{output} is read; name another file to write")


def _is_incomplete() -> str:
    return "standard output is incomplete"


@contextlib.contextmanager
def _reported(output: str) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:  # as an OSError, the parser would exit with 1
        raise ReaderGoneError from error
    except OSError as error:
        raise OutputError(f"cannot write {output}: {error.strerror or error}") from error
