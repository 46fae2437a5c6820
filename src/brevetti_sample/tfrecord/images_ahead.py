"""Images that are read ahead: while one is written, threads read, check and hash the next ones.

Python lets threads run beside each other while they read and hash, so one process keeps two cores
busy, and a store that answers late is asked in time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import TypeAlias

from ..errors import SampleFileError
from .images import Image, ImageFolder

_THREADS = 2
_LIST_BYTES = 1 << 20  # a thread is handed several images at once, as handing over takes time too
_LIST_IMAGES = 64

Found: TypeAlias = Image | SampleFileError


def read_ahead(folder: ImageFolder, paths: Sequence[str | None]) -> Generator[Found, None, None]:
    """Read images, some of them before they are asked for: a few megabytes, or a few images.

    Args:
        folder: where they are.
        paths: as the manifest has them.

    Yields:
        Each image, or why it cannot be used, in the order of the paths.

    Example:
        >>> [str(one) for one in read_ahead(ImageFolder("."), [None])]
        ['there is no path; leave the row out of the manifest']
    """
    pending: deque[tuple[Sequence[str | None], Future[list[Found]]]] = deque()
    at, count = 0, 1
    stopped = Event()
    pool = ThreadPoolExecutor(_THREADS)
    try:
        while at < len(paths) or pending:
            while at < len(paths) and len(pending) <= _THREADS:
                some = paths[at : at + count]
                pending.append((some, pool.submit(_read_some, folder, some, stopped)))
                at += len(some)
            some, future = pending.popleft()
            found = future.result()
            size = sum(len(one.data) for one in found if isinstance(one, Image))
            count = max(1, min(_LIST_IMAGES, _LIST_BYTES * len(found) // (size + 1)))
            yield from found
            for path in some[len(found) :]:
                yield _read(folder, path)
    finally:
        stopped.set()  # and nobody waits for an image that a slow store has not yet sent
        pool.shutdown(wait=False, cancel_futures=True)


def _read_some(folder: ImageFolder, paths: Sequence[str | None], stopped: Event) -> list[Found]:
    """Read images from the first on, fewer than all if they are large."""
    found: list[Found] = []
    size = 0
    for path in paths:
        one = _read(folder, path)
        found.append(one)
        if isinstance(one, Image):
            size += len(one.data)
        if size >= _LIST_BYTES or stopped.is_set():
            break
    return found


def _read(folder: ImageFolder, path: str | None) -> Found:
    try:
        return folder.read(path)
    except SampleFileError as error:
        return error
