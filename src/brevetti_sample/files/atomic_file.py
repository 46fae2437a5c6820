"""Files that are complete or not there: written under another name, synced, then renamed.

The temporary file of an output has one of a few names, and is locked while it is written. So the
next run finds what a killed one left, and takes it away, but never what a living one writes.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from typing import BinaryIO

from brevetti_sample.processes.unfinished import unless_finished

from .failures import close_quietly

_NAMES = 8  # as many runs may write a file of one name at once
# Some file systems cannot sync, or not folders.
_NO_SYNC = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_SAFE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@contextlib.contextmanager
def atomic_file(path: str) -> Iterator[BinaryIO]:
    """Open a new file that takes its path, and replaces what is there, when it is complete.

    It keeps the permissions of the file that it replaces. What killed runs left of a file of this
    name is removed.

    Args:
        path: the final path, which is no link.

    Raises:
        OSError: it cannot be written; nothing has changed, or all is written but the folder
            cannot be synced.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with atomic_file(f"{folder}/a.txt") as stream:
        ...         _ = stream.write(b"complete")
        ...     os.listdir(folder)
        ['a.txt']
    """
    mode = _mode(path)
    part, handle = _open_part(path, 0o666 if mode is None else mode)
    lock = -1
    try:
        with unless_finished(lambda: _remove(part)):
            with os.fdopen(handle, "wb") as stream:
                lock = os.dup(handle)  # it stays locked until it has its name
                if mode is not None:
                    _keep_mode(handle, mode)
                yield stream
                stream.flush()
                sync(handle)
            os.replace(part, path)
        part = ""
        sync_folder(os.path.dirname(path) or ".")
        locked, lock = lock, -1
        os.close(locked)
    finally:
        if part:
            _remove(part)
        if lock >= 0:
            close_quietly(lock)


def _mode(path: str) -> int | None:
    """The permissions of a file; None if there is none."""
    try:
        return stat.S_IMODE(os.stat(path).st_mode) & 0o777
    except FileNotFoundError:
        return None


def _keep_mode(handle: int, mode: int) -> None:
    """Give a file permissions; where those cannot be changed it keeps narrower ones."""
    try:
        os.chmod(handle, mode)
    except OSError as error:
        if error.errno not in (errno.EPERM, *_NO_SYNC):
            raise


def _open_part(path: str, mode: int) -> tuple[str, int]:
    """Make and lock the temporary file of an output, and remove those that are left.

    Returns:
        Its path and its descriptor.
    """
    folder, name = os.path.split(path)
    # Of a long name only the beginning, as the end of ours must fit behind it.
    start = os.path.join(folder, f".{name[:40]}.brevetti-sample-")
    parts = [f"{start}{number}.part" for number in range(_NAMES)]
    found: tuple[str, int] | None = None
    for part in parts:
        _sweep(part)
        found = found or _new_part(part, mode)
    if found is None:
        raise FileExistsError(errno.EEXIST, "too many others write it, or left parts of it")
    return found


def _new_part(part: str, mode: int) -> tuple[str, int] | None:
    try:
        handle = os.open(part, _NEW, mode)
    except FileExistsError:
        return None
    if _lock(handle, otherwise=True) and _is_at(handle, part):
        return part, handle
    os.close(handle)  # another run took it for one that was left
    return None


def _sweep(part: str) -> None:
    """Remove a temporary file that a killed run left: a regular one of ours, not locked."""
    try:
        handle = os.open(part, os.O_RDONLY | _SAFE)
    except OSError:
        return
    try:
        status = os.fstat(handle)
        ours = stat.S_ISREG(status.st_mode) and status.st_nlink == 1
        ours = ours and (not hasattr(os, "geteuid") or status.st_uid == os.geteuid())
        if ours and _lock(handle, otherwise=False) and _is_at(handle, part):
            _remove(part)
    except OSError:
        return
    finally:
        close_quietly(handle)


def _lock(handle: int, *, otherwise: bool) -> bool:
    """Lock a file, unless another process has; where files cannot be locked, say ``otherwise``."""
    try:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except (ImportError, OSError):
        return otherwise
    return True


def _is_at(handle: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), os.lstat(path))
    except FileNotFoundError:
        return False


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
                sync(stream.fileno())
    except BaseException:
        _remove(path)
        raise


def sync(handle: int) -> None:
    """Wait until a file or a folder is on the disk, where the file system can tell.

    Args:
        handle: the file descriptor.

    Raises:
        OSError: it cannot be written.
    """
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


def sync_folder(path: str) -> None:
    """Wait until the names in a folder are on the disk; one that cannot be read is left alone.

    Raises:
        OSError: it cannot be written.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    except PermissionError:
        return
    try:
        sync(handle)
    finally:
        os.close(handle)


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)
