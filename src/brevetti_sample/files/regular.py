"""Regular files, never more of them than a limit.

A named pipe would be waited for, and a device may never end: both are refused but the null device,
which is an empty file. Nothing is read past the limit, whatever the system says of the size.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
from collections.abc import Iterator
from typing import NamedTuple

from .failures import close_quietly, closed_quietly

# Not to wait for a writer if it is a named pipe.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_BLOCK_BYTES = 1 << 20


class OpenFile(NamedTuple):
    """A regular file that is open to be read.

    Attributes:
        handle: the file descriptor, which whoever has it closes.
        size: the bytes of the file, by what the system says.
    """

    handle: int
    size: int


def open_regular(path: str | os.PathLike[str], most: int | None = None) -> OpenFile:
    """Open a regular file.

    Args:
        path: its path.
        most: how many bytes it may have; None for any number.

    Raises:
        OSError: it cannot be opened, is no regular file, or has more bytes; the ``strerror`` says
            so for people, also of a name that no file can have.

    Example:
        >>> file = open_regular("README.md")
        >>> os.close(file.handle)
        >>> file.size > 1000
        True
    """
    try:
        handle = os.open(path, _FLAGS)
    except ValueError as error:  # a zero byte, or half of a surrogate pair
        raise OSError(errno.EINVAL, "no file can have such a name") from error
    except OSError as error:
        if error.errno == errno.ENXIO:  # a socket, or a device that is not there
            raise _irregular(path) from error
        raise
    try:
        return OpenFile(handle, _size(os.fstat(handle), path, most))
    except BaseException:
        close_quietly(handle)
        raise


@contextlib.contextmanager
def opened_regular(
    path: str | os.PathLike[str], most: int | None = None
) -> Iterator[io.BufferedReader]:
    r"""Open a regular file as a stream, which is closed at the end.

    Args:
        path: its path.
        most: as of `open_regular`.

    Raises:
        OSError: as `open_regular`.

    Example:
        >>> with opened_regular("README.md") as stream:
        ...     stream.readline()
        b'# brevetti-sample\n'
    """
    with closed_quietly(os.fdopen(open_regular(path, most).handle, "rb")) as stream:
        yield stream


def read_regular(path: str | os.PathLike[str], most: int) -> bytes:
    """Read a regular file.

    Args:
        path: its path.
        most: how many bytes it may have.

    Raises:
        OSError: as `open_regular`, or it cannot be read.

    Example:
        >>> read_regular("README.md", 1 << 20)[:9]
        b'# brevett'
    """
    handle, size = open_regular(path, most)
    try:
        return read_to_end(handle, size, most=most)
    finally:
        close_quietly(handle)


def read_to_end(
    handle: int, size: int, data: bytes | None = None, most: int | None = None
) -> bytes:
    """Read a file to its end.

    Args:
        handle: of the file.
        size: how many bytes it has, by what the system said.
        data: what has been read of it, if anything has.
        most: how many bytes it may have, whatever the system said; None for any number.

    Raises:
        OSError: it cannot be read, or has more bytes.

    Example:
        >>> with open(__file__, "rb") as file:
        ...     len(read_to_end(file.fileno(), 7)) == os.path.getsize(__file__)
        True
    """
    if data is None:
        data = os.read(handle, size + 1)
    if len(data) == size and size:  # one more was asked for, so this is the end
        return data
    parts, count = [data], len(data)
    while data:
        if most is not None and count > most:
            raise too_large(most)
        data = os.read(handle, _BLOCK_BYTES)
        parts.append(data)
        count += len(data)
    return b"".join(parts)


def _size(status: os.stat_result, path: str | os.PathLike[str], most: int | None) -> int:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    if not stat.S_ISREG(status.st_mode) and not _is_null(status):
        raise _irregular(path)
    if most is not None and status.st_size > most:
        raise too_large(most, path)
    return status.st_size


def _is_null(status: os.stat_result) -> bool:
    return stat.S_ISCHR(status.st_mode) and os.path.samestat(status, os.stat(os.devnull))


def _irregular(path: str | os.PathLike[str]) -> OSError:
    return OSError(errno.EINVAL, "it is not a regular file", os.fspath(path))


def too_large(most: int, path: str | os.PathLike[str] | None = None) -> OSError:
    """The error of a file that has more bytes than a limit."""
    size = f"{most >> 20} MiB" if most >> 20 else f"{most} bytes"
    return OSError(errno.EFBIG, f"it has more than {size}", path and os.fspath(path))
