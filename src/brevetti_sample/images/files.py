"""Where the file of a sample is, and how it is opened: below its root, regular, of a size."""

from __future__ import annotations

import errno
import os
import re
import stat
from urllib.parse import unquote

from brevetti_sample.errors import SampleFileError, argument
from brevetti_sample.limits import MAX_IMAGE_BYTES, size_text
from brevetti_sample.messages import quoted

REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://")
"""How a URI begins, and no path."""
# Not to wait for a writer if it is a named pipe.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def resolve_below(path: str, root: str, parameter: str) -> str:
    """Find the file of a local path: a relative one starts from a root, and stays below it.

    Links are followed, wherever they lead, and an absolute path is taken as it is.

    Args:
        path: as the manifest has it.
        root: a folder.
        parameter: what the root is called.

    Raises:
        SampleFileError: the path leads out of the root.

    Example:
        >>> resolve_below("a/b.png", "/data", "root"), resolve_below("/b.png", "/data", "root")
        ('/data/a/b.png', '/b.png')
    """
    if "\0" in path:
        raise SampleFileError("has a zero byte in it", path=path, advice="fix the manifest")
    if os.path.isabs(path):
        return path
    if leads_out(path):
        raise SampleFileError(
            f"leads out of {quoted(root)}",
            path=path,
            advice=f"pass another {argument(parameter)}, or write absolute paths",
        )
    return f"{root}{os.sep}{path}"


def leads_out(path: str) -> bool:
    """Whether a relative path leads out of where it starts, by its dots.

    Example:
        >>> leads_out("a/../b"), leads_out("a/../../b"), leads_out("%2e%2E/b")
        (False, True, False)
    """
    return os.pardir in path and os.path.normpath(path).split(os.sep)[0] == os.pardir


def climbs(path: str) -> bool:
    """Whether a part of a URI's path is two dots, however they are written.

    Example:
        >>> climbs("a/b..c"), climbs("a/../b"), climbs("%2e%2E/b")
        (False, True, True)
    """
    decoded = path
    while (unquoted := unquote(decoded)) != decoded:
        decoded = unquoted
    return ".." in re.split(r"[/\\?#]", decoded)


def open_file(path: str) -> tuple[int, int]:
    """Open a regular file to be read.

    Returns:
        The file descriptor, which whoever has it closes, and the bytes of the file.

    Raises:
        OSError: it is not there, no regular file, too large, or cannot be opened.
    """
    handle = os.open(path, _FLAGS)
    try:
        return handle, _size(os.fstat(handle))
    except BaseException:
        os.close(handle)
        raise


def _size(status: os.stat_result) -> int:
    if not stat.S_ISREG(status.st_mode):
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        raise OSError(errno.EINVAL, "it is not a regular file")
    if status.st_size > MAX_IMAGE_BYTES:
        raise too_large()
    return status.st_size


def too_large() -> OSError:
    """The error of a file that has too many bytes."""
    return OSError(errno.EFBIG, f"it is larger than {size_text(MAX_IMAGE_BYTES)}")


def read_to_end(handle: int, size: int, data: bytes | None = None) -> bytes:
    """Read a file to its end.

    Args:
        handle: of the file.
        size: how many bytes it has, by what the system said.
        data: what has been read of it, if anything has.

    Raises:
        OSError: it cannot be read, or has grown too large.

    Example:
        >>> with open(__file__, "rb") as file:
        ...     len(read_to_end(file.fileno(), 7)) == os.path.getsize(__file__)
        True
    """
    if data is None:
        data = os.read(handle, size + 1)
    if len(data) == size:  # one more was asked for, so this is the end
        return data
    parts, count = [data], len(data)
    while data:
        if count > MAX_IMAGE_BYTES:
            raise too_large()
        data = os.read(handle, 1 << 20)
        parts.append(data)
        count += len(data)
    return b"".join(parts)
