"""Write TFRecords: ours, and a loop over `tf.train.Example`; and images, against `cat`.

    python benchmarks/export.py rows --rows 200000
    python benchmarks/export.py images --files 20000 --size 50000
    python benchmarks/export.py start

`rows` is 8 columns of a table in memory, one core, to one file. `images` are JPEG files of random
bytes behind a header; all are drawn once. `start` is the whole process of exporting the digits.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
from timing import in_turn, process, report

import brevetti_sample as bs

_DIGITS = Path(__file__).parents[1] / "sample_manifests" / "digits" / "manifest.csv"
# A JPEG image of 1 by 1 pixels, up to its data: start, frame, start of scan.
_JPEG = bytes.fromhex("ffd8 ffc0000b080001000101011100 ffda0008010100003f00")


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


def rows(arguments: argparse.Namespace, work: Path) -> None:
    """Time rows of a table."""
    manifest = bs.read_manifest(table_of(arguments.rows))
    plan = bs.make_plan(manifest, shuffle=False, repeat=False)
    whole = manifest.read(manifest.columns)

    def ours(sha256: bool) -> None:
        options = bs.ExportOptions(sha256=sha256)
        bs.export_tfrecord(manifest, plan, work / "ours", options, overwrite=True)

    candidates = [
        ("brevetti-sample", lambda: ours(True)),
        ("brevetti-sample without SHA-256", lambda: ours(False)),
    ]
    if importlib.util.find_spec("tensorflow"):
        candidates.append(("loop over tf.train.Example", lambda: loop(whole, work / "loop")))
    report(f"{arguments.rows:,} rows of 8 columns", in_turn(candidates, arguments.repeats))


def loop(table: pa.Table, path: Path) -> None:
    """Write a table as the tutorials do."""
    import tensorflow as tf

    with tf.io.TFRecordWriter(str(path)) as writer:
        for row in table.to_pylist():
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
            example = tf.train.Example(features=tf.train.Features(feature=feature))
            writer.write(example.SerializeToString())


def images(arguments: argparse.Namespace, work: Path) -> None:
    """Time images, drawn once each."""
    random = np.random.default_rng(1)
    names = [f"{number % 100:02d}/{number:06d}.jpg" for number in range(arguments.files)]
    for number, name in enumerate(names):
        if number < 100:
            (work / name).parent.mkdir(exist_ok=True)
        size = int(random.integers(0.8 * arguments.size, 1.2 * arguments.size))
        (work / name).write_bytes(_JPEG + random.bytes(size - len(_JPEG) - 2) + b"\xff\xd9")
    manifest = work / "manifest.csv"
    manifest.write_text("path\n" + "".join(f"{name}\n" for name in names))
    out = work / "out"

    def clean() -> None:
        # Before the clock starts, as a disk that is told of freed blocks is busy for a while.
        (work / "copy").unlink(missing_ok=True)
        shutil.rmtree(out, ignore_errors=True)
        for path in work.glob("bare-*"):
            path.unlink()
        os.sync()

    def cat(synced: str) -> None:
        subprocess.run(
            f"tail -n +2 manifest.csv | xargs cat > copy{synced}", shell=True, check=True, cwd=work
        )

    def ours(*options: str) -> None:
        command = [
            *(sys.executable, "-m", "brevetti_sample", "export-tfrecord", str(manifest), "-q"),
            *("--image-column", "path", "--repeat", "1", "-o", str(out), *options),
        ]
        subprocess.run(command, check=True)

    candidates = [
        ("cat", lambda: cat("")),
        ("cat, then sync of the file", lambda: cat("; sync copy")),
        ("brevetti-sample", lambda: ours("--shards", "8")),
        ("hashing and writing alone", lambda: bare(names, work, sha256=True)),
        ("brevetti-sample --no-sha256", lambda: ours("--shards", "8", "--no-sha256")),
        ("reading and writing alone", lambda: bare(names, work, sha256=False)),
    ]
    title = f"{arguments.files:,} images of about {arguments.size:,} bytes"
    report(title, in_turn(candidates, arguments.repeats, clean))


_BARE = """
import hashlib, os, sys
whole, hashed = hashlib.sha256(), sys.argv[2] == "True"
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


def bare(names: list[str], work: Path, *, sha256: bool) -> None:
    """Read and write all images with two processes, and no more than hash each twice."""
    running = []
    for number in range(2):
        command = [sys.executable, "-c", _BARE, f"bare-{number}", str(sha256)]
        copier = subprocess.Popen(command, stdin=subprocess.PIPE, cwd=work)
        assert copier.stdin is not None
        copier.stdin.write("\n".join(names[number::2]).encode())
        copier.stdin.close()
        running.append(copier)
    if any(copier.wait() for copier in running):
        sys.exit("a process failed")


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
    parser.add_argument("what", choices=["rows", "images", "start"])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--size", type=int, default=50_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--folder", help="where to write; by default a temporary folder")
    arguments = parser.parse_args()
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    with tempfile.TemporaryDirectory(dir=arguments.folder) as work:
        {"rows": rows, "images": images, "start": start}[arguments.what](arguments, Path(work))


if __name__ == "__main__":
    main()
