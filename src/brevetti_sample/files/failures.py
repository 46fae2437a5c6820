"""Why a file failed: the file itself, or a system that has no more to give.

A manifest that cannot be opened because too many files are open is not damaged: to fix the file,
or to leave its row out, would be the wrong advice.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from typing import Any, Protocol

from brevetti_sample.errors import OutputError
from brevetti_sample.messages import printable, quoted
from brevetti_sample.processes.headroom import no_more_threads

_FILES = (errno.EMFILE, errno.ENFILE)
_MEMORY = (errno.ENOMEM, errno.ENOBUFS)
_NO_THREAD = "Failed to launch worker thread"  # Arrow's words
_NO_ROOM = ("failed to map segment", "annot allocate memory")  # the linker's


class Closable(Protocol):
    """What can be closed."""

    def close(self) -> object:
        """Close it."""


def raise_if_exhausted(error: Exception) -> None:
    """Raise the error of a system that has no more open files, memory or threads, if this is one.

    Args:
        error: of an attempt to open or read a file.

    Raises:
        OutputError: too many files are open, or threads run.
        MemoryError: there is not enough memory.

    Example:
        >>> raise_if_exhausted(OSError(errno.EIO, "Input/output error"))
        >>> raise_if_exhausted(OSError(errno.EMFILE, "Too many open files"))
        Traceback (most recent call last):
        brevetti_sample.errors.OutputError: too many files are open at once; allow more, with \
ulimit -n, or run fewer programs
    """
    number = getattr(error, "errno", None)
    if number in _FILES:
        raise OutputError(
            "too many files are open at once",
            advice="allow more, with ulimit -n, or run fewer programs",
        ) from error
    if number in _MEMORY:
        raise MemoryError(os.strerror(errno.ENOMEM)) from error
    if _NO_THREAD in str(error):
        raise no_more_threads() from error


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error comes from a lack of memory, as where a library does not fit into it.

    Example:
        >>> is_out_of_memory(ImportError("libarrow.so: failed to map segment from shared object"))
        True
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, MemoryError):
            return True
        if isinstance(cause, ImportError) and any(text in str(cause) for text in _NO_ROOM):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def reason_of(error: OSError) -> str:
    """Why a file cannot be read or written, in a few words.

    Arrow's errors are long, and have the words of the system at their end.

    Raises:
        OutputError, MemoryError: as `raise_if_exhausted`.

    Example:
        >>> reason_of(OSError(errno.EIO, "Error reading bytes. Detail: [errno 5]"))
        'Input/output error'
    """
    raise_if_exhausted(error)
    # Some are ours, such as that of a file that is no regular one.
    if error.errno is not None and (not error.strerror or "[errno" in error.strerror):
        return os.strerror(error.errno)
    text = error.strerror or str(error)
    return printable(text.splitlines()[0]) if text else type(error).__name__


def system_error(error: OSError) -> str:
    """Describe an error that nobody expected: of standard output, unless it names a file.

    Example:
        >>> system_error(OSError(errno.ENOSPC, "No space left on device"))
        'cannot write standard output: No space left on device'
        >>> system_error(OSError(errno.EIO, "Input/output error", "lib.py"))
        "the system failed: Input/output error: 'lib.py'"
    """
    text = error.strerror or os.strerror(error.errno or errno.EIO)
    if error.filename is None:
        return f"cannot write standard output: {text}"
    return f"the system failed: {text}: {quoted(os.fspath(error.filename))}"


def is_of_system(error: BaseException) -> bool:
    """Whether an error is the system's answer to a call, and not what a library found in a file.

    Example:
        >>> is_of_system(OSError(errno.EIO, "")), is_of_system(OSError("not a Parquet file"))
        (True, False)
    """
    return isinstance(error, OSError) and error.errno is not None


@contextlib.contextmanager
def closed_quietly(stream: Closable) -> Iterator[Any]:
    """Close a stream at the end, as `close_quietly` does: Arrow's errors of that are no reason.

    Args:
        stream: one that is read.

    Example:
        >>> with open(os.devnull) as stream, closed_quietly(stream) as same:
        ...     same.read()
        ''
    """
    try:
        yield stream
    finally:
        with contextlib.suppress(OSError):
            stream.close()


def close_quietly(handle: int) -> None:
    """Close a file that has been read: what closing it says is of no consequence.

    Args:
        handle: the file descriptor.
    """
    try:
        os.close(handle)
    except OSError:
        return
