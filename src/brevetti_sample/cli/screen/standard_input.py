"""Whether something is piped in."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from typing import BinaryIO

from brevetti_sample.errors import ManifestError
from brevetti_sample.files.failures import reason_of


def is_piped() -> bool:
    """Whether something is piped or redirected to standard input; it is left to be read."""
    if not is_pipe_or_file():
        return False
    try:
        return bool(sys.stdin.buffer.peek(1))  # type: ignore[union-attr]
    except OSError as error:
        raise _unreadable(error) from error


@contextlib.contextmanager
def opened_input() -> Iterator[BinaryIO]:
    """Standard input, to be read to its end.

    Raises:
        ManifestError: it is closed, cannot be read, or never ends.
    """
    if sys.stdin is None:
        raise ManifestError("standard input is closed; name a file, or pipe one in")
    _refuse_device()
    try:
        yield sys.stdin.buffer
    except OSError as error:
        raise _unreadable(error) from error


def _unreadable(error: OSError) -> ManifestError:
    return ManifestError(f"cannot be read: {reason_of(error)}", source="standard input")


def _refuse_device() -> None:
    """Refuse standard input that never ends, such as ``/dev/zero``; a terminal may be typed at.

    Raises:
        ManifestError: it is a device.
    """
    try:
        status = os.fstat(sys.stdin.fileno())
        null = os.path.samestat(status, os.stat(os.devnull))
    except (AttributeError, OSError, ValueError):  # closed, or replaced by a test
        return
    if stat.S_ISCHR(status.st_mode) and not null and not sys.stdin.isatty():
        raise ManifestError("is a device", source="standard input", advice="pipe a file in")


def is_pipe_or_file() -> bool:
    """Whether standard input is a pipe, a socket or a file."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):  # closed, or replaced by a test
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)
