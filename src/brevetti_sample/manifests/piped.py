"""A manifest that can be read only once, from a pipe or a device, and so is kept in memory."""

from __future__ import annotations

import io
from typing import Protocol

from brevetti_sample.errors import ManifestError
from brevetti_sample.limits import MAX_LINE_BYTES, MAX_PIPED_BYTES, size_text

from .discovery import START_BYTES, kind_of

_BLOCK_BYTES = 1 << 20


class Readable(Protocol):
    """What can be read to its end."""

    def read(self, size: int, /) -> bytes:
        """Return at most that many bytes; none at the end."""


def read_piped(stream: Readable, name: str, path: str | None = None) -> bytes:
    """Read a stream to its end, unless it has none.

    Args:
        stream: from its first byte on.
        name: what to call it in messages.
        path: its path, if it has one.

    Raises:
        ManifestError: it is too long, or a line of it is.
        OSError: it cannot be read.

    Example:
        >>> read_piped(io.BytesIO(b"path"), "it")
        b'path'
    """
    kept = io.BytesIO()
    lines = False
    line_bytes = 0
    while block := stream.read(_BLOCK_BYTES):
        if not kept.tell():
            lines = kind_of(path, block[:START_BYTES], name) == ("csv", None)
        kept.write(block)
        end = max(block.rfind(b"\n"), block.rfind(b"\r"))
        line_bytes = line_bytes + len(block) if end < 0 else len(block) - end - 1
        if lines and line_bytes > MAX_LINE_BYTES:
            raise ManifestError(
                f"has a line longer than {size_text(MAX_LINE_BYTES)}",
                source=name,
                path=path,
                advice="give a CSV or Parquet file",
            )
        if kept.tell() > MAX_PIPED_BYTES:
            raise ManifestError(
                f"has more than {size_text(MAX_PIPED_BYTES)}, and must be kept in memory",
                source=name,
                path=path,
                advice="save it as a file, compressed or as Parquet, and name that",
            )
    return kept.getvalue()
