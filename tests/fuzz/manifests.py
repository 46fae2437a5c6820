"""Manifests as inputs: CSV, plain and packed, and Parquet."""

from __future__ import annotations

import gzip
import io
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

from brevetti_sample.manifests.readers import csv_parallel

from . import thrift
from .mutations import NUMBERS, change_bytes
from .running import BrokenError, Target, call, choices

_CSV = [
    b"path,folder,n\na.png,good,1\nb.png,good,2\nc.png,bad,3\n",
    b'path,folder\r\n"a,1",good\r\n"b ""q""",bad\r\n,""\r\n',
    b"path;folder\n1;2\n",
    "\ufeffpath\tfolder\né.png\tgood\n".encode(),
    "path,folder\na,b\n".encode("utf-16"),
    b"folder\n" + b"a\n" * 500 + b"b\n" * 3,
    b'folder,x\n"a\nb",1\n"c",2\n' * 20,
    b"path,folder,purpose,w\n" + b"".join(b"%d.png,g%d,,%d\n" % (i, i % 7, -i) for i in range(90)),
    b"path,folder,purpose\na,b,train\nc,d,\n\ne,f,test\n",
    b"folder,n\n007,9223372036854775807\nNA,-9223372036854775808\n,9223372036854775808\n",
]
_CSV_WORDS = [
    *(b",", b'"', b'""', b"\n", b"\r", b"\r\n", b"\n\n", b"\0", b"\xff", b"\xef\xbb\xbf"),
    *(b"NA", b"007", b";", b"\t", b"=1+1", b"\x1b[31m", b"\xed\xa0\x80", "\u2028é".encode()),
    *(b"9" * 400, b"path", b"folder", b"purpose", b"_path", b"draw", b"weight", b"a" * 70_000),
]


def _make_csv(random):
    data = change_bytes(random, random.choice(_CSV), _CSV_WORDS)
    if random.random() < 0.15:
        import pyarrow as pa

        pack = random.choice([lambda d: gzip.compress(d, 1), pa.Codec("zstd").compress])
        data = bytes(pack(data))
        data = data if random.random() < 0.3 else change_bytes(random, data)
    return data


def _csv_name(data):
    ends = {b"\x1f\x8b": "m.csv.gz", b"\x28\xb5": "m.csv.zst"}
    return ends.get(data[:2], "m.csv")


def _run_csv(data):
    name, random = _csv_name(data), choices(data)
    Path(name).write_bytes(data)
    column = random.choice(["folder", "folder", "path", "n", ""])
    drawn = call(f"plan {name} -g {column!r} -n 20 --format jsonl")
    with _small_parts():
        if call(f"plan {name} -g {column!r} -n 20 --format jsonl") != drawn:
            raise BrokenError("cut in parts, the file is read otherwise")
    call("stats - --format csv -g", column, given=data)
    runs = [
        f"stats {name} -g {column!r} --format table",
        f"plan {name} -g {column!r} --spreadsheet-safe",
        f"split {name} -g {column!r} --format csv",
        f"split {name} --folds 2 --path-column path --format jsonl",
        f"plan --weights {name} -g folder -n 9",
        f"plan {name} -g {column!r} -n 9 -o o.parquet",
        f"stats {name} m.csv -g {column!r}",
        f"stats {name} -g {column!r} --split-column purpose",
    ]
    for run in random.sample(runs, 2):
        call(run)
    call(f"export-tfrecord {name} -g {column!r} -n 20 -o o --overwrite -q -j 1")


@contextmanager
def _small_parts():
    """Have files of a few bytes read in parts, and in blocks, as those of gigabytes are."""
    kept = csv_parallel._SMALLEST_PART_BYTES, csv_parallel._BLOCK_BYTES
    csv_parallel._SMALLEST_PART_BYTES, csv_parallel._BLOCK_BYTES = 16, 64
    try:
        yield
    finally:
        csv_parallel._SMALLEST_PART_BYTES, csv_parallel._BLOCK_BYTES = kept


# -- Parquet -----------------------------------------------------------------------------------

_COLUMNS = ["folder", "x", "n", "t", "d", "b"]


@cache
def _parquets():
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = pa.array(["good", "bad", None, "good", "odd"] * 40)
    days = [date(2020, 1, 1), None, date(1900, 1, 1), date(9999, 12, 31)] * 50
    now = [datetime(2020, 1, 1, tzinfo=UTC), None] * 100
    nested = [{"a": 1, "b": ["x", None]}, None, {"a": None, "b": []}, {"a": 2, "b": None}] * 50
    tables = [
        pa.table({"folder": folder, "n": range(200)}),
        pa.table({"folder": folder.dictionary_encode(), "x": [[1, 2], []] * 100}),
        pa.table({"folder": pa.array([1, 2, 3, None] * 50), "b": [b"\xff\0"] * 200}),
        pa.table({"folder": pa.array([1.5, float("nan")] * 100), "t": [True, None] * 100}),
        pa.table({"folder": pa.array(days), "t": pa.array(now, pa.timestamp("ns", "UTC"))}),
        pa.table({"folder": folder.cast(pa.large_string()), "x": pa.array(nested)}),
        pa.table({"folder": pa.array([Decimal("1.50"), None] * 100), "n": pa.nulls(200)}),
        pa.table({"folder": pa.array([b"ab"] * 200, pa.binary(2)), "d": pa.array(days)}),
        pa.table({"folder": pa.array([2**63, 0] * 100, pa.uint64()), "n": pa.array([-1] * 200, pa.int8())}),
        pa.table({"folder": pa.array([time(1, 2), None] * 100), "d": pa.array([timedelta(1)] * 200)}),
        pa.table({"folder": [["a", None], None, []] * 60, "x": [{"é": 1}] * 180}),
        pa.table({"folder": pa.array([0.5, None] * 100, pa.float16()), "x": pa.array([[("k", 1)], None] * 100, pa.map_(pa.string(), pa.int64()))}),
        pa.table({"folder": pa.array([], pa.string())}),
        pa.table({"folder": pa.array(["a"] * 4000), "path": [f"{n}.png" for n in range(4000)]}),
    ]  # fmt: skip
    ways = [
        {"compression": "none"},
        {"compression": "none", "use_dictionary": False},
        {"compression": "none", "use_dictionary": False, "data_page_version": "2.0"},
        *({"compression": name} for name in ("snappy", "zstd", "gzip", "brotli", "lz4")),
        {"compression": "snappy", "write_page_checksum": True, "write_page_index": True},
        {"compression": "none", "store_schema": False, "data_page_size": 64},
    ]
    found = []
    for table in tables:
        for way in ways:
            sink = io.BytesIO()
            pq.write_table(table, sink, row_group_size=64, **way)
            found.append(sink.getvalue())
    texts = pa.table({"folder": ["good", "bad", "bader"] * 60, "n": range(180)})
    for text, number in [
        ("DELTA_BYTE_ARRAY", "DELTA_BINARY_PACKED"),
        ("DELTA_LENGTH_BYTE_ARRAY", "BYTE_STREAM_SPLIT"),
    ]:
        sink = io.BytesIO()
        encodings = {"folder": text, "n": number}
        pq.write_table(texts, sink, use_dictionary=False, column_encoding=encodings)
        found.append(sink.getvalue())
    return found


def _make_parquet(random):
    data = random.choice(_parquets())
    length = int.from_bytes(data[-8:-4], "little") + 8
    body, footer = data[:-length], data[-length:-8]
    match random.randrange(10):
        case 0:
            return change_bytes(random, data)
        case 1:
            return body + change_bytes(random, data[-length:])
        case 2 | 3 | 4:  # pages
            return body[:4] + change_bytes(random, body[4:]) + data[-length:]
        case 5 | 6:
            tree, _ = thrift.read(footer)
            body = _other_page(random, body, tree)
        case _:
            tree, _ = thrift.read(footer)
            for _ in range(random.choice([1, 1, 2, 3])):
                thrift.change(random, tree, NUMBERS, change_bytes)
    footer = thrift.write(tree)
    return body + footer + len(footer).to_bytes(4, "little") + b"PAR1"


def _other_page(random, body, tree):
    """A column chunk with another header of its first page, at the end of the others."""
    chunks = [column for group in tree[4].value for column in group[1].value if column[3][5].value]
    if not chunks:
        return body
    chunk = random.choice(chunks)[3]
    places = [chunk[number] for number in (11, 9) if number in chunk.value]
    start = min(place.value for place in places)
    page = random.choice(places).value
    head, end = thrift.read(body, page)
    for _ in range(random.choice([1, 1, 2])):
        thrift.change(random, head, NUMBERS, change_bytes)
    head = thrift.write(head)
    moved = len(body) - start
    content = body[start:page] + head + body[end : start + chunk[7].value]
    for place in places:
        place.value += moved + (len(head) - (end - page) if place.value > page else 0)
    chunk[7].value = len(content)
    return body + content


def _run_parquet(data):
    Path("m.parquet").write_bytes(data)
    random = choices(data)
    column = random.choice(["folder", "folder", *_COLUMNS])
    call(f"stats m.parquet -g {column} --format csv")
    runs = [
        f"plan m.parquet -g {column} -n 20 --format jsonl",
        f"plan m.parquet -g {column} -n 20 --format csv",
        f"plan m.parquet -g {column} -n 20 --format table",
        f"split m.parquet -g {column} --path-column folder --format parquet -o s.parquet -q",
        f"split m.parquet --folds 3 --unique {column} --format csv",
        f"plan m.parquet -n 20 --split-column {column}",
        f"plan m.parquet -g folder -g {column} -o o.parquet -w log",
    ]
    for run in random.sample(runs, 2):
        call(run)
    label = random.choice(["", f"--label-column {column}"])
    call(f"export-tfrecord m.parquet {label} -n 20 -o o --overwrite -q -j 1")


TARGETS = {"csv": Target(_make_csv, _run_csv), "parquet": Target(_make_parquet, _run_parquet)}
