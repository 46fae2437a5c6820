"""Files that are complete or not there: written under another name, then renamed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import BinaryIO

from brevetti_sample.processes.unfinished import unless_finished


@contextlib.contextmanager
def atomic_file(path: str, *, part: str | None = None, synced: bool = False) -> Iterator[BinaryIO]:
    """Open a new file that takes its path, and replaces what is there, when it is complete.

    Args:
        path: the final path.
        part: the path until then, in the same folder; by default one that nobody can guess.
        synced: whether the contents must be on the disk before the file takes its path.

    Raises:
        OSError: it cannot be written; nothing has changed.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with atomic_file(f"{folder}/a.txt") as stream:
        ...         _ = stream.write(b"complete")
        ...     os.listdir(folder)
        ['a.txt']
    """
    folder, name = os.path.split(path)
    # Of a long name only the beginning, as the end of ours must fit behind it.
    part = part or os.path.join(folder, f".{name[:40]}.{os.urandom(8).hex()}.part")
    with unless_finished(lambda: _remove(part)):
        with part_file(part, synced=synced) as stream:
            yield stream
        try:
            os.replace(part, path)
        except BaseException:
            _remove(part)
            raise


@contextlib.contextmanager
def part_file(path: str, *, synced: bool) -> Iterator[BinaryIO]:
    """Open a new file that is to be renamed; after an error it is removed.

    Args:
        path: of the file. What is there already goes; if it is a link, not what that leads to.
        synced: whether the contents must be on the disk at the end.

    Raises:
        OSError: it cannot be written.

    Example:
        >>> with part_file("/tmp/a/b", synced=True): pass
        Traceback (most recent call last):
        FileNotFoundError: [Errno 2] No such file or directory: '/tmp/a/b'
    """
    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        with unless_finished(lambda: _remove(path)), open(path, "xb") as stream:
            yield stream
            stream.flush()
            if synced:
                os.fsync(stream.fileno())
    except BaseException:
        _remove(path)
        raise


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)
