"""What comes through a named pipe, without waiting for a writer that never comes."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from collections.abc import Iterator

from .failures import close_quietly

_FIRST_BYTES = 1 << 16
_STEP = 0.05  # seconds between two looks


class Pipe:
    """A pipe that is open, and what has been read of it already."""

    def __init__(self, handle: int, first: bytes) -> None:
        self._handle = handle
        self._first = first

    def read(self, size: int, /) -> bytes:
        """Return at most that many bytes, as they come; none at the end."""
        if self._first:
            data, self._first = self._first[:size], self._first[size:]
            return data
        return os.read(self._handle, size)


@contextlib.contextmanager
def opened_pipe(path: str | os.PathLike[str], wait: float = 5.0) -> Iterator[Pipe | None]:
    """Open a pipe: a named one, or ``/dev/fd/63`` of a process substitution.

    Args:
        path: its path.
        wait: for how many seconds a named pipe may have no writer. Who has opened it may take any
            time to write.

    Yields:
        The pipe; None if it is none, and then nothing has been opened.

    Raises:
        OSError: it cannot be opened or read, or nothing writes to it; the ``strerror`` says so.

    Example:
        >>> with opened_pipe("README.md") as pipe:
        ...     pipe is None
        True
    """
    if not stat.S_ISFIFO(os.stat(path).st_mode):
        yield None
        return
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        # Who has a pipe without a name has its writers too: no other can come.
        named = os.path.exists(os.path.realpath(path))
        first = _first(handle, wait if named else 0.0)
        if first == b"" and named:
            reason = "nothing writes to this named pipe"
            raise OSError(errno.EPIPE, reason, os.fspath(path))
        os.set_blocking(handle, True)
        yield Pipe(handle, first or b"")
    finally:
        close_quietly(handle)


def _first(handle: int, wait: float) -> bytes | None:
    """What comes first: nothing at the end; None if who writes has not written yet."""
    end = time.monotonic() + wait
    while True:
        try:
            data = os.read(handle, _FIRST_BYTES)
        except BlockingIOError:
            return None
        if data or time.monotonic() >= end:
            return data
        time.sleep(_STEP)
