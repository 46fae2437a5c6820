"""Blocks of memory that are filled while those before are written.

What is read from a file is read to where it is written from: at 50 KB an image, a copy of each and
memory for it took half of the time of an export. Python lets a thread write beside its own.
"""

from __future__ import annotations

import contextlib
import mmap
import sys
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

BLOCK_BYTES = 1 << 22
ROOM_BYTES = 1 << 22
"""How many bytes in one piece there is always room for."""
_BUSY_BLOCKS = 2  # one is written, and one is ready for that


class Blocks:
    """Takes bytes in any pieces, and hands them on in blocks; to be closed.

    Args:
        write: called with each block in turn, which is only lent; all but the last have
            `BLOCK_BYTES` bytes, and begin on a page of memory.
        thread: whether a thread may write blocks. It is started once there is a full one.

    Example:
        >>> from io import BytesIO
        >>> with contextlib.closing(Blocks((stream := BytesIO()).write)) as blocks:
        ...     blocks.write(b"ab")
        ...     room = blocks.room(2)
        ...     room[:2] = b"cd"
        ...     blocks.keep(2)
        ...     blocks.finish()
        >>> stream.getvalue()
        b'abcd'
    """

    def __init__(self, write: Callable[[memoryview], object], *, thread: bool = True) -> None:
        self._write = write
        self._may_thread = thread
        self._thread: ThreadPoolExecutor | None = None
        self._block = _new_block()
        self._filled = 0
        self._busy: deque[tuple[memoryview, Future[object]]] = deque()

    def close(self) -> None:
        """Wait for the thread, also after an error: what it writes to may be closed only then."""
        if self._thread is not None:
            self._thread.shutdown(cancel_futures=True)

    def write(self, data: bytes | memoryview) -> None:
        """Take some bytes, by a copy.

        Raises:
            OSError: a block could not be written.
        """
        size, done = len(data), 0
        while self._filled + size - done >= BLOCK_BYTES:
            part = memoryview(data)[done : done + BLOCK_BYTES - self._filled]
            self._block[self._filled : BLOCK_BYTES] = part
            done += len(part)
            self._filled = BLOCK_BYTES
            self._send()
        end = self._filled + size - done
        self._block[self._filled : end] = data[done:] if done else data
        self._filled = end

    def room(self, size: int) -> memoryview:
        """Memory for the next bytes, to be filled.

        Args:
            size: how many there may be, at most `ROOM_BYTES`.
        """
        return self._block[self._filled : self._filled + size]

    def keep(self, size: int) -> None:
        """Take the first bytes of the room.

        Args:
            size: how many.

        Raises:
            OSError: a block could not be written.
        """
        self._filled += size
        if self._filled >= BLOCK_BYTES:
            self._send()

    def finish(self) -> None:
        """Hand on all that is left, and wait until all is written; nothing may come after it.

        Raises:
            OSError: a block could not be written.
        """
        while self._busy:
            self._wait()
        if self._filled:
            self._write(self._block[: self._filled])

    def _send(self) -> None:
        """Hand on a full block, and take another; what did not fit goes there."""
        block, rest = self._block, self._filled - BLOCK_BYTES
        if self._may_thread:
            self._thread = self._thread or ThreadPoolExecutor(1)
            self._busy.append((block, self._thread.submit(self._write, block[:BLOCK_BYTES])))
            self._block = self._wait() if len(self._busy) > _BUSY_BLOCKS else _new_block()
        else:
            self._write(block[:BLOCK_BYTES])
        self._block[:rest] = block[BLOCK_BYTES : BLOCK_BYTES + rest]
        self._filled = rest

    def _wait(self) -> memoryview:
        """Wait for the oldest block."""
        block, written = self._busy.popleft()
        written.result()
        return block


def _new_block() -> memoryview:
    """Memory that begins on a page; what is never touched of it takes little."""
    # Shared memory, as it would be without the flag, takes longer to get.
    private = {} if sys.platform == "win32" else {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS}
    memory = mmap.mmap(-1, BLOCK_BYTES + ROOM_BYTES, **private)
    if hasattr(mmap, "MADV_HUGEPAGE"):  # fewer pages are sooner written, past the page cache
        with contextlib.suppress(OSError):
            memory.madvise(mmap.MADV_HUGEPAGE)
    return memoryview(memory)
