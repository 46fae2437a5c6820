"""The length and the checksums of what is written, or has been."""

from __future__ import annotations

import hashlib
import os
from typing import BinaryIO

import google_crc32c
import numpy as np

from brevetti_sample.files.failures import closed_quietly
from brevetti_sample.files.regular import open_regular

_BLOCK_BYTES = 1 << 22


class Digest:
    """The length and the checksums of what goes through, and it goes on to a stream.

    Args:
        stream: where to; None for nowhere.
        sha256: whether to compute that too.

    Example:
        >>> digest = Digest()
        >>> digest.write(b"abc")
        3
        >>> digest.crc32c
        '364b3fb7'
    """

    def __init__(self, stream: BinaryIO | None = None, *, sha256: bool = False) -> None:
        self._stream = stream
        self._sha256 = hashlib.sha256() if sha256 else None
        self._crc = 0
        self.bytes = 0

    def write(self, data: bytes | memoryview) -> int:
        """Take some bytes."""
        size = len(data)
        if size:
            buffer = data if isinstance(data, bytes) else np.frombuffer(data, dtype=np.uint8)
            self._crc = google_crc32c.extend(self._crc, buffer)
            self._take(data)
            self.bytes += size
        return size

    def flush(self) -> None:
        """Nothing waits here."""

    def _take(self, data: bytes | memoryview) -> None:
        self._hash(data)
        if self._stream is not None:
            self._stream.write(data)

    def _hash(self, data: bytes | memoryview) -> None:
        if self._sha256 is not None:
            self._sha256.update(data)

    @property
    def crc32c(self) -> str:
        """Eight hexadecimal digits."""
        return f"{self._crc:08x}"

    @property
    def sha256(self) -> str:
        """Hexadecimal digits, once it is finished; an empty text if it was not asked for."""
        return "" if self._sha256 is None else self._sha256.hexdigest()


def digest_file(path: str | os.PathLike[str], *, sha256: bool = False) -> Digest:
    """Compute the checksums of a regular file, a block at a time.

    Raises:
        OSError: it is not regular, or cannot be read.
    """
    digest = Digest(sha256=sha256)
    with closed_quietly(os.fdopen(open_regular(path).handle, "rb", buffering=0)) as stream:
        while block := stream.read(_BLOCK_BYTES):
            digest.write(block)
    return digest
