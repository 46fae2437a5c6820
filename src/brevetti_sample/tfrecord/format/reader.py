"""Records from a TFRecord file, none of whose lengths is trusted.

A record's length is compared with what the file has left before anything is read, so a file of a
few bytes cannot ask for gigabytes; both checksums of each record are compared with its bytes.
"""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator
from typing import Any, Protocol

import google_crc32c

from brevetti_sample.errors import DamageError
from brevetti_sample.limits import MAX_RECORD_BYTES, size_text
from brevetti_sample.messages import printable

from .framing import FOOTER_BYTES, FRAME_BYTES, HEADER_BYTES, LENGTH_BYTES, masked

_BLOCK_BYTES = 1 << 20
_ADVICE = "export it again, or copy it again from an intact copy"


class Readable(Protocol):
    """What records are read from."""

    def read(self, size: int, /) -> bytes:
        """Return at most that many bytes; none at the end."""


def read_records(path: str | os.PathLike[str], compression: str | None = None) -> Iterator[bytes]:
    """Read the records of a file.

    Args:
        path: the file.
        compression: "gzip", or None.

    Yields:
        The data of each record.

    Raises:
        DamageError: with the file, the number of the record (from 0), and the byte where it
            begins, of the uncompressed data; all records before it have been yielded.
        OSError: the file cannot be opened or read.

    Example:
        >>> list(read_records("/dev/null"))
        []
    """
    with open(path, "rb") as stream:
        if compression is None:
            size = os.fstat(stream.fileno()).st_size if stream.seekable() else None
            yield from _records(stream, size, path=path)
        else:
            with gzip.GzipFile(fileobj=stream) as unpacked:
                yield from _records(unpacked, None, path=path)


def records_of(stream: Readable, name: str, size: int | None = None) -> Iterator[bytes]:
    """Read the records of an open stream; memory is at most twice the longest record and a block.

    Args:
        stream: from its first byte on.
        name: what to call it in messages.
        size: how many bytes it has, if that is known.

    Yields:
        The data of each record.

    Raises:
        DamageError: as `read_records`.

    Example:
        >>> import io
        >>> from .framing import frame
        >>> list(records_of(io.BytesIO(frame([b"one", b"two"])), "the stream"))
        [b'one', b'two']
    """
    return _records(stream, size, source=name)


def _records(stream: Readable, size: int | None, **facts: Any) -> Iterator[bytes]:
    """Read the records of a stream; errors have these facts of where it comes from."""
    data, start, offset, number = b"", 0, 0, 0  # where the record begins: in data, in the stream
    value, int_of = google_crc32c.value, int.from_bytes

    def damage(reason: str) -> DamageError:
        return DamageError(reason, record=number, offset=offset, advice=_ADVICE, **facts)

    while True:
        if len(data) - start < HEADER_BYTES:
            data, start = _more(stream, data, start, HEADER_BYTES, damage), 0
            if not data:
                return
            if len(data) < HEADER_BYTES:
                raise damage(f"it ends after {len(data)} of the {HEADER_BYTES} bytes of a header")
        content = start + HEADER_BYTES
        head = data[start : start + LENGTH_BYTES]
        if int_of(data[start + LENGTH_BYTES : content], "little") != masked(value(head)):
            raise damage("the length does not match its checksum")
        length = int_of(head, "little")
        left = MAX_RECORD_BYTES if size is None else size - offset - FRAME_BYTES
        if length > MAX_RECORD_BYTES:
            most = size_text(MAX_RECORD_BYTES)
            raise damage(f"it claims {length} bytes, and a record has at most {most}")
        if length > left:
            raise damage(f"it claims {length} bytes, but {max(left, 0)} are left")
        end = content + length + FOOTER_BYTES
        if len(data) < end:
            data, start = _more(stream, data, start, end - start, damage), 0
            content, end = HEADER_BYTES, HEADER_BYTES + length + FOOTER_BYTES
            if len(data) < end:
                raise damage(f"it ends after {len(data)} of its {end} bytes")
        record = data[content : end - FOOTER_BYTES]
        if int_of(data[end - FOOTER_BYTES : end], "little") != masked(value(record)):
            raise damage("the data does not match its checksum")
        yield record
        offset += end - start
        start = end
        number += 1


class _Damage(Protocol):
    def __call__(self, reason: str) -> DamageError: ...


def _more(stream: Readable, data: bytes, start: int, wanted: int, damage: _Damage) -> bytes:
    """What is left of ``data``, and more of the stream until there are ``wanted`` bytes."""
    parts = [data[start:]]
    count = len(parts[0])
    while count < wanted:
        try:
            block = stream.read(_BLOCK_BYTES)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise damage(f"it cannot be unpacked ({printable(error)})") from error
        if not block:
            break
        parts.append(block)
        count += len(block)
    return b"".join(parts)
