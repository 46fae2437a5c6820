"""Serialised `tf.train.Example`s, taken apart without TensorFlow: strictly, to check them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .features import Kind

_KINDS: dict[int, Kind] = {1: "bytes", 2: "float", 3: "int64"}
_LENGTH, _FIXED32, _VARINT = 2, 5, 0


class ExampleError(ValueError):
    """The bytes are no `tf.train.Example`; the message says why."""


@dataclass(frozen=True)
class Values:
    """The values of one feature.

    Attributes:
        kind: "int64", "float" or "bytes".
        count: how many.
        data: of byte strings the strings themselves, of integers the bytes that they are packed
            in, of floats nothing.
    """

    kind: Kind
    count: int
    data: tuple[bytes, ...]

    def integers(self) -> list[int]:
        r"""The values of a feature of integers.

        Example:
            >>> Values("int64", 2, (b"\x05\xac\x02",)).integers()
            [5, 300]
        """
        result = []
        for packed in self.data:
            offset = 0
            while offset < len(packed):
                value, offset = _varint(packed, offset)
                value &= (1 << 64) - 1
                result.append(value - (1 << 64) if value >> 63 else value)
        return result


def parse_example(data: bytes) -> dict[str, Values | None]:
    r"""Take an example apart.

    Args:
        data: the serialised example.

    Returns:
        The values of each feature; None for a feature that says no kind.

    Raises:
        ExampleError: the bytes are something else.

    Example:
        >>> parse_example(b"\n\x0c\n\x0a\n\x01a\x12\x05\n\x03\n\x01x")
        {'a': Values(kind='bytes', count=1, data=(b'x',))}
    """
    result: dict[str, Values | None] = {}
    for number, features in _fields(memoryview(data)):
        if number != 1:
            raise ExampleError(f"field {number} in an example")
        for inner, entry in _fields(features):
            if inner != 1:
                raise ExampleError(f"field {inner} among the features")
            parts = dict(_fields(entry))
            if set(parts) - {1, 2}:
                raise ExampleError("a feature with other fields than a name and values")
            try:
                name = bytes(parts.get(1, b"")).decode()
            except UnicodeDecodeError:
                raise ExampleError("a feature's name is not UTF-8") from None
            result[name] = _values(parts.get(2, memoryview(b"")))
    return result


def _values(feature: memoryview) -> Values | None:
    result = None
    for number, content in _fields(feature):
        kind = _KINDS.get(number)
        if kind is None:
            raise ExampleError(f"field {number} in a feature")
        lists = list(_fields(content, packed=kind != "bytes"))
        if any(number != 1 for number, _ in lists):
            raise ExampleError("a list of values with other fields than values")
        if kind == "bytes":
            result = Values(kind, len(lists), tuple(bytes(value) for _, value in lists))
        elif kind == "float":
            if any(len(value) % 4 for _, value in lists):
                raise ExampleError("a part of a float")
            result = Values(kind, sum(len(value) // 4 for _, value in lists), ())
        else:
            packed = tuple(bytes(value) for _, value in lists)
            result = Values(kind, sum(map(_count_varints, packed)), packed)
    return result


def _fields(data: memoryview, *, packed: bool = False) -> Iterator[tuple[int, memoryview]]:
    """Yield the fields of a message; numbers that are not packed as the bytes that they are."""
    offset, end = 0, len(data)
    while offset < end:
        tag, offset = _varint(data, offset)
        number, wire = tag >> 3, tag & 7
        start = offset
        if wire == _LENGTH:
            length, start = _varint(data, offset)
            offset = start + length
        elif wire == _FIXED32 and packed:
            offset += 4
        elif wire == _VARINT and packed:
            _, offset = _varint(data, offset)
        else:
            raise ExampleError(f"a field of wire type {wire}")
        if offset > end:
            raise ExampleError("a length that goes beyond the end")
        yield number, data[start:offset]


def _varint(data: bytes | memoryview, offset: int) -> tuple[int, int]:
    value = shift = 0
    for at in range(offset, min(offset + 10, len(data))):
        byte = data[at]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at + 1
        shift += 7
    raise ExampleError("a number that does not end")


def _count_varints(data: bytes) -> int:
    if data and data[-1] > 0x7F:
        raise ExampleError("a number that does not end")
    return sum(byte < 0x80 for byte in data)
