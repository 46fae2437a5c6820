"""Thrift's compact protocol, in which Parquet's footers and headers of pages are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 11, 12
_INTEGERS = (4, 5, 6)


@dataclass
class Node:
    """A value, and its type as the protocol numbers them.

    The value of a structure is a dictionary of nodes by the number of the field, that of a list
    one of nodes, and its `inner` the type of its elements.
    """

    kind: int
    value: Any
    inner: int = _STRUCT

    def __getitem__(self, key):
        return self.value[key]

    @property
    def nodes(self):
        """This node and all below it."""
        below = self.value.values() if isinstance(self.value, dict) else self.value
        inside = [node for one in below for node in one.nodes] if self._holds else []
        return [self, *inside]

    @property
    def _holds(self):
        return isinstance(self.value, dict | list)


def read(data, at=0):
    """Read a structure; it, and where it ends."""
    return _read(data, at, _STRUCT)


def _read(data, at, kind):
    if kind in _INTEGERS:
        number, at = _varint(data, at)
        return Node(kind, (number >> 1) ^ -(number & 1)), at
    if kind in (_TRUE, _FALSE):
        return Node(kind, kind == _TRUE), at
    if kind in (_BYTE, _DOUBLE):
        end = at + (1 if kind == _BYTE else 8)
        return Node(kind, bytes(data[at:end])), end
    if kind == _BINARY:
        length, at = _varint(data, at)
        return Node(kind, bytes(data[at : at + length])), at + length
    if kind in (_LIST, _SET):
        head, at = data[at], at + 1
        count, inner = head >> 4, head & 15
        if count == 15:
            count, at = _varint(data, at)
        found = []
        for _ in range(count):
            if inner in (_TRUE, _FALSE):
                node, at = Node(_BYTE, bytes(data[at : at + 1])), at + 1
            else:
                node, at = _read(data, at, inner)
            found.append(node)
        return Node(kind, found, inner), at
    if kind != _STRUCT:
        raise ValueError(f"no type {kind} in Parquet")
    fields, number = {}, 0
    while head := data[at]:
        at += 1
        if head >> 4:
            number += head >> 4
        else:
            coded, at = _varint(data, at)
            number = (coded >> 1) ^ -(coded & 1)
        fields[number], at = _read(data, at, head & 15)
    return Node(kind, fields), at + 1


def write(node):
    """Write a node, without its type."""
    if node.kind in _INTEGERS:
        number = (node.value << 1) ^ (node.value >> 63)
        return _written(number & (1 << 64) - 1)
    if node.kind in (_TRUE, _FALSE):
        return b""
    if node.kind == _BINARY:
        return _written(len(node.value)) + node.value
    if node.kind in (_LIST, _SET):
        count = len(node.value)
        head = bytes([count << 4 | node.inner] if count < 15 else [0xF0 | node.inner])
        head += _written(count) if count >= 15 else b""
        return head + b"".join(map(write, node.value))
    if node.kind != _STRUCT:
        return node.value
    # The long form: the number of each field, not how far it is from that of the last.
    fields = (
        bytes([field.kind]) + _written(number << 1) + write(field)
        for number, field in node.value.items()
    )
    return b"".join(fields) + b"\0"


def change(random, tree, numbers, change_bytes):
    """Change a node of a tree in place: its number, its bytes, its elements or its fields."""
    node = random.choice(tree.nodes)
    match node.value:
        case bool():
            node.kind, node.value = (_FALSE, False) if node.value else (_TRUE, True)
        case int():
            step = random.choice([-1, 1, 2, 64, -64, 1000])
            node.value = random.choice([node.value + step, random.choice(numbers), -1, 0])
            node.value = (node.value + 2**63) % 2**64 - 2**63
        case bytes():
            node.value = change_bytes(random, node.value)[:100_000]
        case list() | dict() if not node.value:
            pass
        case list():
            at = random.randrange(len(node.value))
            node.value[at : at + 1] = node.value[at : at + 1] * random.choice([0, 2, 2, 20])
        case dict():
            name = random.choice(list(node.value))
            if random.random() < 0.5:
                del node.value[name]
            else:
                node.value[random.randrange(1, 15)] = node.value[name]


def _varint(data, at):
    number = shift = 0
    while True:
        byte, at = data[at], at + 1
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return number, at


def _written(number):
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])
