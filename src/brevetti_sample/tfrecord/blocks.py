"""A file that is written in large blocks, while the next ones are still being made.

The kernel's copy to the page cache takes most of the time of an export of images. A block that
begins and ends on a page goes to the disk without it, where the file system can do that: it is to
be synced anyway, and does not push out of memory what others need. Two threads, which Python lets
run beside its own, write the blocks and hash them.
"""

from __future__ import annotations

import errno
import mmap
import os
import sys
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from .digest import Digest

BLOCK_BYTES = 1 << 22
_BLOCKS = 3  # one is filled while one is written and one hashed


class BlockFile(Digest):
    """The length and the checksums of a file that is being written. A context manager.

    A file that is shorter than a block is written at the end, and no thread is started for it.

    Args:
        handle: of the open file, which must stay open until the context ends.
        sha256: whether to compute that too.

    Example:
        >>> with open(os.devnull, "wb") as stream, BlockFile(stream.fileno()) as file:
        ...     _ = file.write(b"abc")
        ...     file.finish()
        >>> file.crc32c, file.bytes
        ('364b3fb7', 3)
    """

    def __init__(self, handle: int, *, sha256: bool = False) -> None:
        super().__init__(sha256=sha256)
        self._handle = handle
        self._direct = False
        self._block = _new_block()
        self._filled = 0
        self._busy: deque[tuple[memoryview, list[Future[None]]]] = deque()
        self._threads: list[ThreadPoolExecutor] = []

    def __enter__(self) -> BlockFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # The file must not be closed, nor another get its number, while a thread writes to it.
        for thread in self._threads:
            thread.shutdown(cancel_futures=True)

    def finish(self) -> None:
        """Wait for all blocks, and write the last.

        Raises:
            OSError: one of them cannot be written.
        """
        while self._busy:
            self._wait()
        self._switch(direct=False)
        rest = self._block[: self._filled]
        if self._sha256 is not None:
            self._sha256.update(rest)
        self._put(rest)

    def _take(self, data: bytes | memoryview) -> None:
        size, done = len(data), 0
        while self._filled + size - done >= BLOCK_BYTES:
            part = memoryview(data)[done : done + BLOCK_BYTES - self._filled]
            self._block[self._filled :] = part
            done += len(part)
            self._send()
        end = self._filled + size - done
        self._block[self._filled : end] = data[done:] if done else data
        self._filled = end

    def _send(self) -> None:
        """Hand a full block to the threads, and take another."""
        block = self._block
        if not self._threads:
            self._switch(direct=True)
            self._threads = [ThreadPoolExecutor(1) for _ in range(2)]
        writer, hasher = self._threads
        futures = [writer.submit(self._put, block)]
        if self._sha256 is not None:
            futures.append(hasher.submit(self._sha256.update, block))
        self._busy.append((block, futures))
        self._block = self._wait() if len(self._busy) == _BLOCKS else _new_block()
        self._filled = 0

    def _wait(self) -> memoryview:
        """Wait for the oldest block."""
        block, futures = self._busy.popleft()
        for future in futures:
            future.result()
        return block

    def _put(self, block: memoryview) -> None:
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


def _new_block() -> memoryview:
    """Memory that begins on a page."""
    # Shared memory, as it would be without the flag, takes longer to get.
    private = {} if sys.platform == "win32" else {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS}
    return memoryview(mmap.mmap(-1, BLOCK_BYTES, **private))
