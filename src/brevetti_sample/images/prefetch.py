"""Images that are opened ahead: a disk or a store is asked for the next ones in time."""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Generator, Iterable
from typing import TypeAlias

from brevetti_sample.errors import OutputError, SampleFileError
from brevetti_sample.files.failures import close_quietly

from .folder import ImageFolder, OpenImage

_IMAGES = 32
_BYTES = 8 << 20
_BYTE = [bytearray(1)]

Found: TypeAlias = OpenImage | SampleFileError


def open_ahead(folder: ImageFolder, paths: Iterable[str | None]) -> Generator[Found, None, None]:
    """Open images before they are asked for: a few, of a few megabytes.

    Args:
        folder: where they are.
        paths: as the manifest has them.

    Yields:
        Each image, to be closed by who takes it, or why it cannot be used; in the order of the
        paths.

    Raises:
        OutputError: not even one can be opened, as too many files are.

    Example:
        >>> [str(one) for one in open_ahead(ImageFolder("."), [None])]
        ['there is no path; leave the row out of the manifest']
    """
    pending: deque[Found] = deque()
    ahead = 0
    try:
        for path in paths:
            while (found := _open(folder, path, alone=not pending)) is None:
                ahead -= _size(pending[0])
                yield pending.popleft()
            pending.append(found)
            ahead += _size(found)
            while len(pending) > _IMAGES or ahead > _BYTES:
                ahead -= _size(pending[0])
                yield pending.popleft()
        while pending:
            yield pending.popleft()
    finally:
        for found in pending:
            if not isinstance(found, SampleFileError):
                close_quietly(found.handle)


def _open(folder: ImageFolder, path: str | None, *, alone: bool) -> Found | None:
    """Open an image; None if too many files are open, unless none of them is ours."""
    try:
        image = folder.open(path)
    except SampleFileError as error:
        return error
    except OutputError:
        if alone:
            raise
        return None
    _ask(image)
    return image


def _size(found: Found) -> int:
    return 0 if isinstance(found, SampleFileError) else found.size


def _ask(image: OpenImage) -> None:
    """Let the kernel read a file while others are worked on, unless it has done so."""
    try:
        # Tells at once whether the file is in memory; to ask for it takes much longer.
        os.preadv(image.handle, _BYTE, 0, os.RWF_NOWAIT)
    except (OSError, AttributeError):
        if hasattr(os, "posix_fadvise"):
            with contextlib.suppress(OSError):
                os.posix_fadvise(image.handle, 0, image.size, os.POSIX_FADV_WILLNEED)
