"""Outputs that would be written over an input, or over each other.

Files are told apart by device and number, so that links, letter case and redirections make no
difference; files that are not there yet, by where they would be.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass

from brevetti_sample.errors import UsageError, argument
from brevetti_sample.messages import printable

_ADVICE = "name another file to write"


@dataclass(frozen=True)
class Place:
    """A file that is read or written.

    Attributes:
        parameter: the argument that it is of.
        path: of the file; or the descriptor of an open one.
        what: what it is; by default the file of its parameter.
    """

    parameter: str
    path: str | int
    what: str = ""


def identity(path: str | int) -> tuple[int, int] | None:
    """The device and the number of a regular file; None if there is none.

    Example:
        >>> identity(__file__) == identity(os.path.relpath(__file__)), identity(os.devnull)
        (True, None)
    """
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None


def refuse_overlaps(outputs: Iterable[Place], inputs: Iterable[Place]) -> None:
    """Refuse to write over an input, or two outputs to one file.

    Args:
        outputs: what will be written.
        inputs: what is read.

    Raises:
        UsageError: with both.

    Example:
        >>> refuse_overlaps([Place("output", "/b/a.csv")], [Place("plan", "/b/p.json")])
        >>> refuse_overlaps([Place("output", "/b/a.csv"), Place("report", "/b/../b/a.csv")], [])
        Traceback (most recent call last):
        brevetti_sample.errors.UsageError: report and output must be two files
    """
    written: dict[object, Place] = {}
    for output in outputs:
        key = identity(output.path) or _future(output.path)
        if key is None:
            continue
        if key in written and written[key].parameter != output.parameter:
            both = f"{argument(output.parameter)} and {argument(written[key].parameter)}"
            raise UsageError(f"{both} must be two files")
        written[key] = output
    if not written:
        return
    for source in inputs:
        key = identity(source.path)
        if key in written:
            what = source.what or f"the file of {argument(source.parameter)}"
            output = written[key]
            name = "standard output" if isinstance(output.path, int) else printable(output.path)
            raise UsageError(f"{name} is {what}", concerns=output.parameter, advice=_ADVICE)


def _future(path: str | int) -> str | None:
    """Where a file will be that is not there yet; None for what is no file."""
    if isinstance(path, int) or os.path.exists(path):
        return None
    return os.path.realpath(path)
