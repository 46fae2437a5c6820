"""A file of large blocks, which go to the disk past the page cache, where it can do that.

The kernel's copy to the page cache takes most of the time of an export of images. What is to be
synced anyway need not go there, nor push out of memory what others need.
"""

from __future__ import annotations

import errno
import mmap
import os
import sys
from concurrent.futures import ThreadPoolExecutor

from .digest import Digest

_WORTH_BYTES = 1 << 20  # fewer are hashed sooner than a thread can start on them


class DirectFile(Digest):
    """The length and the checksums of a file that is being written; to be closed.

    Large blocks are hashed by a thread while they are written.

    Args:
        handle: of the open file, which is empty, and must stay open until this is closed.
        sha256: whether to compute that too.

    Example:
        >>> with open(os.devnull, "wb") as stream:
        ...     file = DirectFile(stream.fileno())
        ...     _ = file.write(b"abc")
        ...     file.close()
        >>> file.crc32c, file.bytes
        ('364b3fb7', 3)
    """

    def __init__(self, handle: int, *, sha256: bool = False) -> None:
        super().__init__(sha256=sha256)
        self._handle = handle
        self._direct = False
        self._hasher: ThreadPoolExecutor | None = None

    def close(self) -> None:
        """Write no more; the file itself stays open."""
        if self._hasher is not None:
            self._hasher.shutdown()
        self._handle = -1  # the number may soon be another file's

    def _take(self, data: bytes | memoryview) -> None:
        if self._sha256 is None or len(data) < _WORTH_BYTES:
            self._hash(data)
            self._put(data)
            return
        self._hasher = self._hasher or ThreadPoolExecutor(1)
        hashed = self._hasher.submit(self._hash, data)
        try:
            self._put(data)
        finally:  # the bytes are only lent
            hashed.result()

    def _put(self, data: bytes | memoryview) -> None:
        block = memoryview(data)
        on_pages = not (self.bytes | len(block)) % mmap.PAGESIZE
        self._switch(direct=on_pages and len(block) >= _WORTH_BYTES)
        while block:
            try:
                done = os.write(self._handle, block)
            except OSError as error:
                if not self._direct or error.errno != errno.EINVAL:
                    raise
                done = 0
            block = block[done:]
            if block:  # not all of it, so what is left may end on no page; or none at all
                self._switch(direct=False)

    def _switch(self, *, direct: bool) -> None:
        """Ask for writes past the page cache, or through it; some file systems know no other."""
        if sys.platform != "linux" or direct == self._direct:
            return
        import fcntl

        flags = fcntl.fcntl(self._handle, fcntl.F_GETFL)
        wanted = flags | os.O_DIRECT if direct else flags & ~os.O_DIRECT
        try:
            fcntl.fcntl(self._handle, fcntl.F_SETFL, wanted)
        except OSError:
            return
        self._direct = direct
