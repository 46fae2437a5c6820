"""What comes through a named pipe, without waiting for a writer that never comes."""

from __future__ import annotations

import errno
import os
import stat
import time

from .failures import close_quietly

_BLOCK_BYTES = 1 << 20
_STEP = 0.05  # seconds between two looks


def read_pipe(path: str | os.PathLike[str], wait: float = 5.0) -> bytes | None:
    """Read a pipe to its end: a named one, or ``/dev/fd/63`` of a process substitution.

    Args:
        path: its path.
        wait: for how many seconds a named pipe may have no writer. Who has opened it may take any
            time to write.

    Returns:
        What came; None if it is no pipe, and then nothing has been opened.

    Raises:
        OSError: it cannot be opened or read, or nothing writes to it; the ``strerror`` says so.

    Example:
        >>> read_pipe("README.md") is None
        True
    """
    if not stat.S_ISFIFO(os.stat(path).st_mode):
        return None
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        # Who has a pipe without a name has its writers too: no other can come.
        named = os.path.exists(os.path.realpath(path))
        first = _first(handle, wait if named else 0.0)
        if first == b"" and named:
            reason = "nothing writes to this named pipe"
            raise OSError(errno.EPIPE, reason, os.fspath(path))
        os.set_blocking(handle, True)
        parts = [first or b""]
        while data := os.read(handle, _BLOCK_BYTES):
            parts.append(data)
        return b"".join(parts)
    finally:
        close_quietly(handle)


def _first(handle: int, wait: float) -> bytes | None:
    """What comes first: nothing at the end; None if who writes has not written yet."""
    end = time.monotonic() + wait
    while True:
        try:
            data = os.read(handle, _BLOCK_BYTES)
        except BlockingIOError:
            return None
        if data or time.monotonic() >= end:
            return data
        time.sleep(_STEP)
