"""Write TFRecords, and what others write: rows of a table, images, and a small export.

    python benchmarks/export.py rows --rows 200000
    python benchmarks/export.py images --files 20000 --size 50000
    python benchmarks/export.py start

`rows` is 8 columns of a table in memory, one core, to one file; without the time of imports.
`images` are JPEG files of random bytes behind a header, all drawn once, as whole processes; `cat`
copies them. `start` is the whole process of exporting the digits. The peers write what they are
made for: TensorFlow and `tfrecord` the same examples, `array_record` serialised examples or images,
`webdataset` JSON or images in a tar file. Only ours is synced, hashed, and in its place at once.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from timing import Candidate, apart, in_turn, installed, process, report

import brevetti_sample as bs

_DIGITS = Path(__file__).parents[1] / "sample_manifests" / "digits" / "manifest.csv"
# A JPEG image of 1 by 1 pixels, up to its data: start, frame, start of scan.
_JPEG = bytes.fromhex("ffd8 ffc0000b080001000101011100 ffda0008010100003f00")
_PEERS = {
    "loop over tf.train.Example": "tensorflow",
    "tfrecord": "tfrecord",
    "array_record": "array_record",
    "webdataset": "webdataset",
}


def table_of(rows: int) -> pa.Table:
    """Make a table of 8 columns: integers, floats, a boolean, text, some of it missing."""
    random = np.random.default_rng(1)
    return pa.table(
        {
            "id": pa.array(np.arange(rows)),
            "label": pa.array(random.integers(0, 10, rows)),
            "score": pa.array(random.random(rows)),
            "weight": pa.array(random.random(rows).astype(np.float32)),
            "checked": pa.array(random.random(rows) < 0.5),
            "path": pa.array([f"images/{i % 100:03d}/{i:08d}.png" for i in range(rows)]),
            "folder": pa.array([f"class_{i % 37}" for i in range(rows)]),
            "note": pa.array([None if i % 3 == 0 else "x" * (i % 90) for i in range(rows)]),
        }
    )


Write = Callable[[pa.Table, Path], object]


def rows(arguments: argparse.Namespace, work: Path) -> None:
    """Time rows of a table."""
    table = table_of(arguments.rows)
    writers: dict[str, Write] = {
        "loop over tf.train.Example": loop,
        "tfrecord": tfrecord_rows,
        "array_record": array_record_rows,
        "webdataset": webdataset_rows,
    }
    candidates: list[Candidate] = [
        ("brevetti-sample", on_one_core(ours, table, work / "ours")),
        ("brevetti-sample without SHA-256", on_one_core(ours_without, table, work / "ours")),
    ]
    for peer, write in writers.items():
        if peer in arguments.peers:
            call = on_one_core(write, table, work / "peer")
            candidates.append((peer, call if installed(_PEERS[peer]) else None))
    report(f"{arguments.rows:,} rows of 8 columns", in_turn(candidates, arguments.repeats))


def on_one_core(write: Write, table: pa.Table, path: Path) -> Callable[[], object]:
    """A candidate that writes a table; a short one first, which does not count."""

    def prepare() -> Callable[[], object]:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        write(table.slice(0, 10), path)
        return lambda: write(table, path)

    return apart(prepare)


def ours(table: pa.Table, path: Path, *, sha256: bool = True) -> None:
    """Export a table in its order."""
    manifest = bs.read_manifest(table)
    plan = bs.make_plan(manifest, shuffle=False, repeat=False)
    bs.export_tfrecord(manifest, plan, path, bs.ExportOptions(sha256=sha256), overwrite=True)


def ours_without(table: pa.Table, path: Path) -> None:
    """The same without SHA-256."""
    ours(table, path, sha256=False)


def loop(table: pa.Table, path: Path) -> None:
    """Write a table as the tutorials do."""
    import tensorflow as tf

    with tf.io.TFRecordWriter(str(path)) as writer:
        for row in table.to_pylist():
            writer.write(example(row, tf))


def example(row: dict[str, Any], tf: Any) -> bytes:
    """Serialise a row."""
    feature = {}
    for name, value in row.items():
        if isinstance(value, str):
            values = tf.train.BytesList(value=[value.encode()])
            feature[name] = tf.train.Feature(bytes_list=values)
        elif isinstance(value, float):
            values = tf.train.FloatList(value=[value])
            feature[name] = tf.train.Feature(float_list=values)
        elif value is not None:
            values = tf.train.Int64List(value=[int(value)])
            feature[name] = tf.train.Feature(int64_list=values)
    features = tf.train.Features(feature=feature)
    return tf.train.Example(features=features).SerializeToString()


def tfrecord_rows(table: pa.Table, path: Path) -> None:
    """Write a table with the package `tfrecord`."""
    from tfrecord.writer import TFRecordWriter

    writer = TFRecordWriter(str(path))
    for row in table.to_pylist():
        datum = {}
        for name, value in row.items():
            if isinstance(value, str):
                datum[name] = (value.encode(), "byte")
            elif isinstance(value, float):
                datum[name] = (value, "float")
            elif value is not None:
                datum[name] = (int(value), "int")
        writer.write(datum)
    writer.close()


def array_record_rows(table: pa.Table, path: Path) -> None:
    """Write a table as serialised examples in an ArrayRecord file."""
    import tensorflow as tf
    from array_record.python.array_record_module import ArrayRecordWriter

    writer = ArrayRecordWriter(str(path), "group_size:1")
    for row in table.to_pylist():
        writer.write(example(row, tf))
    writer.close()


def webdataset_rows(table: pa.Table, path: Path) -> None:
    """Write a table as JSON files in a tar file."""
    import webdataset

    with webdataset.TarWriter(str(path)) as writer:
        for number, row in enumerate(table.to_pylist()):
            writer.write({"__key__": f"{number:08d}", "json": row})


_BARE = """
import hashlib, os, sys
whole, hashed = hashlib.sha256(), sys.argv[2] == "hashed"
with open(sys.argv[1], "wb", buffering=0) as copy:
    for name in sys.stdin.read().split():
        handle = os.open(name, os.O_RDONLY)
        data = os.read(handle, os.fstat(handle).st_size)
        os.close(handle)
        if hashed:
            hashlib.sha256(data).hexdigest()
            whole.update(data)
        copy.write(data)
    os.fsync(copy.fileno())
"""
_NAMES_AND_DATA = """
import sys
def files():
    for name in open("list").read().split():
        with open(name, "rb") as stream:
            yield name, stream.read()
"""
_IMAGE_SCRIPTS = {
    "loop over tf.train.Example": """
import tensorflow as tf
def bytes_of(value):
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
with tf.io.TFRecordWriter("peer") as writer:
    for name, data in files():
        feature = {"image/encoded": bytes_of(data), "image/filename": bytes_of(name.encode())}
        example = tf.train.Example(features=tf.train.Features(feature=feature))
        writer.write(example.SerializeToString())
""",
    "tfrecord": """
from tfrecord.writer import TFRecordWriter
writer = TFRecordWriter("peer")
for name, data in files():
    writer.write({"image/encoded": (data, "byte"), "image/filename": (name.encode(), "byte")})
writer.close()
""",
    "array_record": """
from array_record.python.array_record_module import ArrayRecordWriter
writer = ArrayRecordWriter("peer", "group_size:1,uncompressed")
for name, data in files():
    writer.write(data)
writer.close()
""",
    "webdataset": """
import webdataset
with webdataset.TarWriter("peer") as writer:
    for name, data in files():
        writer.write({"__key__": name.removesuffix(".jpg"), "jpg": data})
""",
}


def images(arguments: argparse.Namespace, work: Path) -> None:
    """Time images, drawn once each."""
    os.chdir(work)
    random = np.random.default_rng(1)
    names = [f"{number % 100:02d}/{number:06d}.jpg" for number in range(arguments.files)]
    for number, name in enumerate(names):
        if number < 100:
            Path(name).parent.mkdir(exist_ok=True)
        size = int(random.integers(0.8 * arguments.size, 1.2 * arguments.size))
        Path(name).write_bytes(_JPEG + random.bytes(size - len(_JPEG) - 2) + b"\xff\xd9")
    Path("manifest.csv").write_text("\n".join(["path", *names, ""]))
    Path("list").write_text("\n".join([*names, ""]))
    for part in range(2):
        Path(f"list-{part}").write_text("\n".join([*names[part::2], ""]))

    def clean() -> None:
        # Before the clock starts, as a disk that is told of freed blocks is busy for a while.
        for name in ("copy", "peer", "bare-0", "bare-1"):
            Path(name).unlink(missing_ok=True)
        shutil.rmtree("out", ignore_errors=True)
        os.sync()

    command = [sys.executable, "-m", "brevetti_sample", "export-tfrecord", "manifest.csv", "-q"]
    command += ["--image-column", "path", "--repeat", "1", "--shards", "8", "-o", "out"]
    candidates: list[Candidate] = [
        ("brevetti-sample", process(command)),
        ("brevetti-sample --no-sha256", process([*command, "--no-sha256"])),
        ("cat", process(["sh", "-c", "xargs cat < list > copy"])),
        ("cat, then sync of the file", process(["sh", "-c", "xargs cat < list > copy; sync copy"])),
        ("reading, hashing, writing, syncing alone", bare("hashed")),
        ("reading, writing, syncing alone", bare("copied")),
    ]
    for peer, script in _IMAGE_SCRIPTS.items():
        if peer in arguments.peers:
            call = process([sys.executable, "-c", _NAMES_AND_DATA + script])
            candidates.append((peer, call if installed(_PEERS[peer]) else None))
    title = f"{arguments.files:,} images of about {arguments.size:,} bytes"
    report(title, in_turn(candidates, arguments.repeats, clean))


def bare(what: str) -> Callable[[], object]:
    """Read and write all images with two processes, and no more than hash each twice."""
    python = f"{shlex.quote(sys.executable)} -c {shlex.quote(_BARE)}"
    first, second = (f"{python} bare-{part} {what} < list-{part}" for part in range(2))
    return process(["sh", "-c", f"{first} & {second} && wait $!"])


def start(arguments: argparse.Namespace, work: Path) -> None:
    """Time the whole process of a small export."""
    options = "--image-column path --label-column label -g label --shards 4 -q -o out --overwrite"
    os.chdir(work)
    command = [sys.executable, "-m", "brevetti_sample", "export-tfrecord", str(_DIGITS)]
    candidates = [
        ("brevetti-sample export-tfrecord", process([*command, *options.split()])),
        ("import tensorflow", process([sys.executable, "-c", "import tensorflow"])),
    ]
    report("export of the digits, whole process", in_turn(candidates, arguments.repeats))


def main() -> None:
    """Parse the arguments, time, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", help="rows, images, start; all of them if not given")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--size", type=int, default=50_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument(
        "--peers", nargs="*", choices=_PEERS, default=list(_PEERS), help="only these"
    )
    parser.add_argument("--folder", help="where to write; by default a temporary folder")
    arguments = parser.parse_args()
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    questions = {"rows": rows, "images": images, "start": start}
    for what in arguments.what or questions:
        with tempfile.TemporaryDirectory(dir=arguments.folder) as work:
            questions[what](arguments, Path(work))


if __name__ == "__main__":
    main()
