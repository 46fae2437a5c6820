"""An output by its path: a file that is complete or not there, or a device as it comes."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from collections.abc import Iterator
from typing import BinaryIO

from .atomic_file import atomic_file

_STANDARD = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}
_DESCRIPTOR = re.compile(r"/(?:dev|proc/(?:self|thread-self|[0-9]+))/fd/([0-9]{1,9})")
_MOST_LINKS = 40


@contextlib.contextmanager
def output_file(path: str) -> Iterator[BinaryIO]:
    """Open an output.

    Args:
        path: of a file, written as `atomic_file` does; of a link, which stays, while the file
            that it leads to is written so. A device, a named pipe and ``/dev/fd/N`` are written
            directly.

    Raises:
        OSError: it cannot be written.

    Example:
        >>> with output_file(os.devnull) as stream:
        ...     _ = stream.write(b"nothing")
    """
    if not path:  # which would stand for the working directory
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    number = descriptor_of(path)
    if number is not None:
        with os.fdopen(os.dup(number), "wb") as stream:
            yield stream
        return
    target = os.path.realpath(path)
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        mode = stat.S_IFDIR if path.endswith(os.sep) else stat.S_IFREG
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder; name a file in it")
    with atomic_file(target) if stat.S_ISREG(mode) else open(target, "wb") as stream:
        yield stream


def descriptor_of(path: str) -> int | None:
    """The descriptor of an open file of this process that a path stands for, if it does.

    Example:
        >>> descriptor_of("/dev/stdout"), descriptor_of("/dev/fd/7"), descriptor_of("a.csv")
        (1, 7, None)
    """
    path = os.path.abspath(path)
    for _ in range(_MOST_LINKS):
        found = _DESCRIPTOR.fullmatch(path)
        if path in _STANDARD or found:
            return int(found[1]) if found else _STANDARD[path]
        try:
            path = os.path.abspath(os.path.join(os.path.dirname(path), os.readlink(path)))
        except OSError:
            return None
    return None
