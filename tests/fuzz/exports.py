"""Exports as inputs: `export.json`, progress files, and shards; with checksums that fit."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
from pathlib import Path

import google_crc32c

from brevetti_sample.tfrecord.format.framing import frame
from brevetti_sample.tfrecord.writing.folder import PROGRESS, with_checksum

from .mutations import change_bytes, change_json, write_json
from .plans import fitting
from .running import BOTTLES, DIGITS, Target, call, choices

_DIGITS = f"{DIGITS} --image-column path -g label --label-column label -n 30 --shards 2 -q -j 1"
_EXPORTS = {
    "images": _DIGITS,
    "packed": f"{_DIGITS} --compression gzip --no-sha256",
    "rows": f"{BOTTLES} -g folder -n 30 --shards 2 -q -j 1",
    "splits": f"{BOTTLES} -g folder --split-column category --train good --shards 2 -q -j 1",
}
_NO_EXPORT = (0, 2, 3, 4, 5, 6)


def _prepare_exports():
    for name, options in _EXPORTS.items():
        call(f"export-tfrecord {options} -o {name}", ends=(0,))


def _copy(folder):
    shutil.rmtree("e", ignore_errors=True)
    shutil.copytree(folder, "e", copy_function=os.link)


def _put(name, data):
    Path("e", name).unlink(missing_ok=True)
    Path("e", name).write_bytes(data)


def _packed(kind, folder, data):
    return f"{kind} {folder}\n".encode() + data


def _unpacked(data):
    head, _, data = data.partition(b"\n")
    return *head.decode().split(), data


def _make_export(random):
    folder = random.choice(list(_EXPORTS))
    data = Path(folder, "export.json").read_bytes()
    if random.random() < 0.2:
        return _packed("progress", folder, _make_progress(random, json.loads(data)))
    if random.random() < 0.1:
        return _packed("export.json", folder, change_bytes(random, data))
    document = json.loads(data)
    document.pop("sha256_above")
    if random.random() < 0.4:
        document["plan"] = change_json(random, document["plan"])
        if isinstance(document["plan"], dict):
            document["plan"] = fitting(document["plan"])
    else:
        document = change_json(random, document)
    text = write_json(document).encode("utf-8", "surrogatepass")
    if isinstance(document, dict) and document:
        text = with_checksum(text[:-1] + b",\n")
    return _packed("export.json", folder, text)


def _make_progress(random, export):
    """What an interrupted export leaves: which it is, and a line for each finished shard."""
    head = {"digest": export["digest"], "names": list(export["files"]), "replaced": ["a"]}
    lines = [head, *export["shards"]]
    if random.random() < 0.2:
        data = "".join(json.dumps(line) + "\n" for line in lines).encode()
        return change_bytes(random, data)
    at = random.randrange(len(lines))
    lines[at] = change_json(random, lines[at])
    text = "".join(write_json(line) + "\n" for line in lines)
    return text.encode("utf-8", "surrogatepass")


def _run_export(data):
    kind, folder, data = _unpacked(data)
    _copy(folder)
    options = _EXPORTS[folder]
    if kind == "progress":
        Path("e/export.json").unlink()
        _put(PROGRESS, data)
        call("verify e -q", ends=(2, 7))
        call(f"export-tfrecord {options} -o e --dry-run", ends=_NO_EXPORT)
        call(f"export-tfrecord {options} -o e --overwrite", ends=(0,))
        return
    _put("export.json", data)
    call("verify e", ends=(0, 7))
    call("verify e --deep -q", ends=(0, 7))
    random = choices(data)
    runs = [
        f"export-tfrecord {options} -o e",
        f"export-tfrecord {options} -o e --dry-run",
        f"export-tfrecord {options} --labels e -o o --overwrite",
        f"plan {BOTTLES} -g folder --labels e --save-plan y.json -o d.csv",
    ]
    call(random.choice(runs), ends=_NO_EXPORT)
    # It takes the place of whatever stands there; only `--overwrite` may.
    call(f"export-tfrecord {options} -o e --overwrite", ends=(0, 5))


# -- shards ------------------------------------------------------------------------------------


def _records(data):
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 8], "little")
        yield data[at + 12 : at + 12 + length]
        at += 16 + length


def _make_shard(random):
    folder = random.choice(list(_EXPORTS))
    name = random.choice(sorted(name for name in os.listdir(folder) if "tfrecord-" in name))
    data = Path(folder, name).read_bytes()
    packed = folder == "packed"
    if random.random() < 0.7:  # records that are framed right
        records = list(_records(gzip.decompress(data) if packed else data))
        at = random.randrange(len(records))
        if random.random() < 0.4:
            records[at] = _other_example(random, records[at])
        else:
            records[at] = change_bytes(random, records[at])
        data = frame(records)
        if packed and random.random() < 0.3:
            data = change_bytes(random, data)
        data = gzip.compress(data, 1) if packed else data
    if random.random() < 0.4:
        data = change_bytes(random, data)
    if packed and random.random() < 0.2:  # several members, and one of nothing
        data += gzip.compress(b"" if random.random() < 0.5 else frame([b"a"]))
    return _packed(name, folder, data)


def _other_example(random, record):
    """The fields of an example in another order, some of them twice or with another number."""
    fields = list(_fields(_value(record)))
    for _ in range(random.choice([1, 1, 2, 5])):
        at = random.randrange(len(fields))
        number, value = fields[at]
        match random.randrange(5):
            case 0:
                fields[at] = random.choice([0, 2, 3, 2**29 - 1]), value
            case 1:
                fields[at:at] = [fields[at]] * random.choice([1, 1, 3000])
            case 2:
                del fields[at:]
                fields.append((number, value))
            case _:
                fields[at] = number, change_bytes(random, value)
    features = b"".join(_field(number, value) for number, value in fields)
    return _field(1, features)


def _value(message):
    [(_, value)] = _fields(message)
    return value


def _fields(message):
    """The fields of a message all of whose fields are messages or bytes."""
    at = 0
    while at < len(message):
        number, at = _varint(message, at)
        length, at = _varint(message, at)
        yield number >> 3, message[at : at + length]
        at += length


def _varint(data, at):
    number = shift = 0
    while True:
        byte, at = data[at], at + 1
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return number, at


def _field(number, value):
    return _written(number << 3 | 2) + _written(len(value)) + value


def _written(number):
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


def _run_shard(data):
    name, folder, data = _unpacked(data)
    _copy(folder)
    _put(name, data)
    call("verify e", ends=(0, 7))
    document = json.loads(Path("e/export.json").read_bytes())
    document.pop("sha256_above")
    [shard] = [shard for shard in document["shards"] if shard["name"] == name]
    shard |= {"bytes": len(data), "crc32c": f"{google_crc32c.value(data):08x}"}
    shard["sha256"] = shard["sha256"] and hashlib.sha256(data).hexdigest()
    _put("export.json", with_checksum(json.dumps(document).encode()[:-1] + b",\n"))
    call("verify e --deep -q", ends=(0, 7))
    if choices(data).random() < 0.2:
        call(f"export-tfrecord {_EXPORTS[folder]} -o e", ends=_NO_EXPORT)


TARGETS = {
    "export": Target(_make_export, _run_export, _prepare_exports),
    "shard": Target(_make_shard, _run_shard, _prepare_exports),
}
