"""Exports that fail, or have next to no room: nothing is written elsewhere, and nothing is lost."""

from __future__ import annotations

import gc
import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import closing

import pyarrow as pa
import pytest

from brevetti_sample import ExportOptions, export_tfrecord, make_plan, read_manifest
from brevetti_sample.cli.main import main
from brevetti_sample.errors import OutputError, SampleFileError
from brevetti_sample.images.folder import ImageFolder
from brevetti_sample.images.prefetch import open_ahead
from brevetti_sample.tfrecord.export.planning import plan_export
from brevetti_sample.tfrecord.writing import records as samples
from brevetti_sample.tfrecord.writing.blocks import Blocks
from support.exports import DIGITS, contents, manifest_of, picture

PROGRAM = [sys.executable, "-m", "brevetti_sample", "export-tfrecord"]


def test_a_compressed_export_that_fails_writes_nothing_to_files_that_are_opened_later(tmp_path):
    picture(tmp_path / "good.png")
    manifest = read_manifest(pa.table({"path": ["good.png"] * 50 + ["missing.png"]}))
    plan = make_plan(manifest, shuffle=False, repeat=False)
    options = ExportOptions(image_column="path", image_root=str(tmp_path), compression="gzip")
    files = []
    try:
        export_tfrecord(manifest, plan, tmp_path / "out", options)
    except SampleFileError:
        # The exception still holds all that was in use.
        files = [(tmp_path / f"file-{number}").open("wb") for number in range(9)]
    assert len(files) == 9
    gc.collect()
    for file in files:
        file.close()
        assert os.path.getsize(file.name) == 0


@pytest.mark.parametrize("compression", ["none", "gzip"])
@pytest.mark.parametrize("sent, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stream_that_nobody_reads_can_be_interrupted(tmp_path, compression, sent, code):
    picture(tmp_path / "a.png")
    with open(tmp_path / "a.png", "ab") as image:
        image.write(os.urandom(3 << 20))
    manifest = manifest_of(tmp_path / "m.parquet", ["a.png"] * 9)
    options = ["--image-column", "path", "-o", "-", "--compression", compression, "-q"]
    with subprocess.Popen(
        [*PROGRAM, str(manifest), *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.read(1)  # it has begun; and now waits for who reads on
        time.sleep(0.3)
        process.send_signal(sent)
        try:
            assert process.wait(2) == code
        finally:
            process.kill()


def limited(limit, arguments):
    """Run the program with a limit of open files."""
    return subprocess.run(
        [*PROGRAM, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)),
    )


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2])
def test_few_files_that_may_be_open_lose_no_image(tmp_path, processes):
    options = ["--image-column", "path", "--shards", "3", "--on-error", "skip"]
    whole, few = tmp_path / "whole", tmp_path / "few"
    subprocess.run([*PROGRAM, str(DIGITS), *options, "-q", "-o", str(whole)], check=True)
    done = limited(30, [DIGITS, *options, "-q", "-o", few, "-j", processes])
    assert (done.returncode, done.stderr) == (0, "")
    assert contents(few) == contents(whole)


def test_images_are_opened_less_far_ahead_where_few_may_be_open(tmp_path, monkeypatch):
    for number in range(100):
        (tmp_path / str(number)).write_bytes(b"abc")
    real, before = os.open, len(os.listdir("/proc/self/fd"))

    def refuse(path, flags):
        if len(os.listdir("/proc/self/fd")) >= before + allowed:
            raise OSError(24, "Too many open files")
        return real(path, flags)

    monkeypatch.setattr(os, "open", refuse)
    folder, paths = ImageFolder(str(tmp_path)), list(map(str, range(100)))
    allowed, found = 5, []
    for image in open_ahead(folder, paths):
        found.append(image.path)
        os.close(image.handle)
    assert found == paths
    allowed = 0
    with pytest.raises(OutputError) as caught:
        next(open_ahead(folder, paths))
    assert str(caught.value) == (
        "too many files are open at once; allow more, with ulimit -n, or run fewer programs"
    )


def test_the_progress_is_told_every_few_megabytes_however_large_the_images_are(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(samples, "_BATCH_BYTES", 1000)
    picture(tmp_path / "a.png")
    with open(tmp_path / "a.png", "ab") as image:
        image.write(bytes(400))
    names = ["a.png", "a.png", "b.png", "a.png", "b.png", "a.png", "a.png"]
    manifest = read_manifest(pa.table({"path": names, "kind": list("xyxyxyx")}))
    plan = make_plan(manifest, groupby="kind", shuffle=False, repeat=False)
    options = ExportOptions(image_column="path", image_root=str(tmp_path), on_error="skip")
    export = plan_export(plan.bind(manifest), options)
    taken = []
    with closing(Blocks(lambda block: taken.append(len(block)))) as blocks:
        batches = list(export.samples.write(0, 7, blocks))
        blocks.finish()
    assert [len(batch.groups) for batch in batches] == [2, 2, 1]
    assert [[one.draw for one in batch.skipped] for batch in batches] == [[], [2, 4], []]
    assert sum(batch.bytes for batch in batches) == sum(taken)


@pytest.mark.parametrize(
    "error, message",
    [
        (MemoryError(), "there is not enough memory; free some, or ask for less at once"),
        (
            RuntimeError("can't start new thread"),
            "the system allows no more threads; allow more, with ulimit -u, or run fewer programs",
        ),
        (
            OSError(12, "Cannot allocate memory"),
            "there is not enough memory; free some, or ask for less at once",
        ),
    ],
)
def test_a_system_that_gives_no_more_is_told_and_ends_with_5(
    tmp_path, monkeypatch, capsys, error, message
):
    def fail(*args):
        raise error

    monkeypatch.setattr("brevetti_sample.tfrecord.writing.pool.write_shard", fail)
    assert main(["export-tfrecord", str(DIGITS), "-q", "-o", str(tmp_path / "out")]) == 5
    assert capsys.readouterr().err == f"error: {message}\n"
