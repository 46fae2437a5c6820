"""The footer of a Parquet file, before Arrow makes objects of it: it may claim millions of them.

Arrow keeps some 700 bytes for a part that takes 3 in the file. Each part ends in a zero byte, so
there are at most as many as that, and hardly ever must they be counted one by one.
"""

from __future__ import annotations

import contextlib
from typing import Protocol

from brevetti_sample.limits import MAX_FOOTER_BYTES, MAX_FOOTER_PARTS, size_text

_MAGIC = b"PAR1"
_TAIL = 8
_DEEPEST = 64
_MOST_FIELDS = 1 << 23


class FooterError(ValueError):
    """The footer is too large; the message says how."""


class File(Protocol):
    """What can be read at a position."""

    def seek(self, position: int, /) -> object:
        """Go to a position."""

    def read(self, size: int, /) -> bytes:
        """Read bytes."""


def check_footer(file: File, size: int) -> None:
    """Refuse a footer that takes too much memory; what is damaged, Arrow will tell.

    Args:
        file: the Parquet file.
        size: its bytes.

    Raises:
        FooterError: it is too large.

    Example:
        >>> import io
        >>> check_footer(io.BytesIO(b"PAR1" + bytes(4) + b"PAR1"), 12)
    """
    file.seek(max(size - _TAIL, 0))
    tail = file.read(_TAIL)
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] != _MAGIC or length > size - _TAIL:
        return
    if length > MAX_FOOTER_BYTES:
        raise FooterError(f"has a footer of {size_text(length)}, more than {_MOST_TEXT}")
    if length <= MAX_FOOTER_PARTS:
        return
    file.seek(size - _TAIL - length)
    data = file.read(length)
    if data.count(0) > MAX_FOOTER_PARTS:
        with contextlib.suppress(IndexError):
            _Count(data).struct(0)


_MOST_TEXT = size_text(MAX_FOOTER_BYTES)


class _Count:
    """Counts the structures of Thrift's compact protocol."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._parts = 0
        self._fields = 0

    def struct(self, depth: int) -> None:
        self._parts += 1
        if self._parts > MAX_FOOTER_PARTS or depth > _DEEPEST:
            raise FooterError(f"has a footer of more than {MAX_FOOTER_PARTS:,} parts")
        data = self._data
        while True:
            head = data[self._at]
            self._at += 1
            kind = head & 15
            if not kind:
                return
            if head < 16:
                self._varint()
            if kind > 2:  # true and false have no bytes of their own
                self._value(kind, depth)

    def _value(self, kind: int, depth: int) -> None:
        self._fields += 1
        if self._fields > _MOST_FIELDS:
            raise FooterError(f"has a footer of more than {_MOST_FIELDS:,} values")
        if kind in (4, 5, 6):
            data, at = self._data, self._at
            while data[at] > 127:
                at += 1
            self._at = at + 1
        elif kind == 8:
            length = self._varint()
            self._at += length
        elif kind == 12:
            self.struct(depth + 1)
        elif kind in (9, 10):
            head = self._data[self._at]
            self._at += 1
            count = head >> 4 if head < 0xF0 else self._varint()
            inner = head & 15
            if inner in (1, 2, 3):
                self._at += count
            else:
                for _ in range(count):
                    self._value(inner, depth + 1)
        elif kind == 3:
            self._at += 1
        elif kind == 7:
            self._at += 8
        else:  # nothing else is in a footer
            raise IndexError

    def _varint(self) -> int:
        result = shift = 0
        while True:
            byte = self._data[self._at]
            self._at += 1
            result |= (byte & 0x7F) << shift
            if byte < 0x80:
                return result
            shift += 7
