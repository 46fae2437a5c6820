"""Small changes of bytes and of JSON documents, chosen by a `random.Random`."""

from __future__ import annotations

import json
import struct

NUMBERS = [
    *(0, 1, -1, 2, 7, 127, 128, 255, 256, 32767, 65535, 65536, 10**6),
    *(2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**53 + 1, 2**60, 2**63 - 1, 2**63, 2**64, 10**30),
]
TEXTS = ["", "0", "a", "\u0000", "é", "\U0001f600", "=1+1", "../x", "x" * 300, "\u202e", "\ud800"]


class Raw(str):
    """JSON that Python's encoder would not write."""

    __slots__ = ()


RAW = [
    *map(Raw, ["NaN", "Infinity", "-Infinity", "1e400", "-0.0", "1.0", "01", "tru", "'a'"]),
    Raw('"\\ud800"'),
    Raw('{"a":1,"a":2}'),
    Raw("[" * 100_000 + "]" * 100_000),
    Raw("[" * 200 + "]" * 200),
    Raw("9" * 5000),
]


def change_bytes(random, data, words=()):
    """Change some bytes: flipped, cut, doubled, moved, or replaced by numbers and words."""
    data = bytearray(data)
    for _ in range(random.choice([1, 1, 1, 2, 3, 8])):
        start = random.randrange(len(data) + 1)
        end = min(len(data), start + random.choice([1, 1, 2, 4, 8, 30, 400]))
        match random.randrange(9):
            case 0:
                for at in range(start, end):
                    data[at] ^= 1 << random.randrange(8)
            case 1:
                data[start:end] = random.randbytes(end - start)
            case 2:
                del data[start:end]
            case 3:
                data[start:start] = data[start:end] * random.choice([1, 2, 50, 2000])
            case 4:
                del data[start if random.random() < 0.5 else max(0, len(data) - 9) :]
            case 5:
                number = random.choice(NUMBERS) + random.choice([-1, 0, 0, 1])
                form = random.choice(["<I", ">I", "<Q", ">Q", "<H", ">H"])
                number %= 1 << (8 * struct.calcsize(form))
                data[start : start + struct.calcsize(form)] = struct.pack(form, number)
            case 6:
                data[start:end] = str(random.choice(NUMBERS)).encode()
            case 7 if words:
                data[start:end] = random.choice(words)
            case _:
                other = random.randrange(len(data) + 1)
                data[start:end] = data[other : other + end - start]
    return bytes(data)


def change_json(random, document):
    """Change one to three values of a document: replaced, removed, doubled or added."""
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        document = _changed(random, document)
    return document


def _changed(random, node):
    if isinstance(node, dict) and node and random.random() < 0.9:
        name = random.choice(list(node))
        result = dict(node)
        match random.randrange(12):
            case 0:
                del result[name]
            case 1:
                result[random.choice(TEXTS[:-1])] = _value(random)
            case 2:
                result[name] = node[random.choice(list(node))]
            case _:
                result[name] = _changed(random, node[name])
        return result
    if isinstance(node, list) and node and random.random() < 0.9:
        at = random.randrange(len(node))
        match random.randrange(8):
            case 0:
                return node[:at] + node[at + 1 :]
            case 1:
                return [*node, node[at]]
            case 2:
                return [*node[:at], _value(random), *node[at:]]
            case 3:
                return node[::-1]
            case _:
                return [*node[:at], _changed(random, node[at]), *node[at + 1 :]]
    if type(node) is int and random.random() < 0.4:
        return node + random.choice([-1, 1, 0.5, 2**31, -(2**63)])
    if isinstance(node, str) and random.random() < 0.3:
        return node + random.choice(TEXTS)
    return _value(random)


def _value(random):
    return random.choice(
        [
            *(None, True, False, 1.5, -0.0, 1e308, [], {}, [None], [[]], {"a": []}),
            *(random.choice(NUMBERS), -random.choice(NUMBERS), random.choice(TEXTS)),
            *(random.choice(RAW), random.choice(RAW), [random.choice(TEXTS)] * 3),
        ]
    )


def write_json(node):
    """Write a document that may contain `Raw`."""
    if isinstance(node, Raw):
        return str(node)
    if isinstance(node, dict):
        return "{" + ",".join(f"{json.dumps(k)}:{write_json(v)}" for k, v in node.items()) + "}"
    if isinstance(node, list):
        return "[" + ",".join(map(write_json, node)) + "]"
    return json.dumps(node)
