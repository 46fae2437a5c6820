"""Processes that write shards beside the first: when they start, what they do, and that they end."""

from __future__ import annotations

import errno
import os
import subprocess
from contextlib import closing

import pyarrow as pa
import pytest

from brevetti_sample import ExportOptions, export_tfrecord, make_plan, read_manifest
from brevetti_sample.cli.commands import export_tfrecord as jobs
from brevetti_sample.errors import OutputError, SampleFileError
from brevetti_sample.tfrecord.export.export import write_export
from brevetti_sample.tfrecord.export.planning import plan_export
from brevetti_sample.tfrecord.writing.workers import Workers
from support.exports import DIGITS, contents, picture


def digits(shards):
    manifest = read_manifest(DIGITS)
    options = ExportOptions(shards=shards, image_column="path", image_root=str(DIGITS.parent))
    return manifest, make_plan(manifest, groupby="label"), options


def planned(shards):
    manifest, plan, options = digits(shards)
    return plan_export(plan.bind(manifest), options)


def ids(workers):
    return [worker._process.pid for worker in workers.all]


def is_alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("shards, processes", [(1, 3), (2, 3), (7, 3)])
def test_any_number_of_processes_writes_the_same_bytes(tmp_path, shards, processes):
    manifest, plan, options = digits(shards)
    for count in (1, processes):
        export_tfrecord(manifest, plan, tmp_path / str(count), options, jobs=count)
    assert contents(tmp_path / "1") == contents(tmp_path / str(processes))


def test_processes_that_were_started_early_write_and_are_ended(tmp_path):
    export = planned(4)
    with closing(Workers()) as workers:
        workers.start(1)
        started = ids(workers)
        write_export(export, tmp_path, jobs=2, workers=workers)
        assert not any(map(is_alive, started))
        assert workers.all == []


def test_processes_that_are_not_needed_are_ended():
    with closing(Workers()) as workers:
        workers.start(2)
        started = ids(workers)
        assert all(map(is_alive, started))
    assert not any(map(is_alive, started))


def test_a_process_that_was_killed_ends_the_export_with_an_error(tmp_path):
    export = planned(4)
    with closing(Workers()) as workers:
        workers.start(1)
        workers.all[0]._process.kill()
        with pytest.raises(OutputError) as caught:
            write_export(export, tmp_path, jobs=2, workers=workers)
    assert str(caught.value) == (
        "a process that writes shards was killed, perhaps because memory ran out; run the same "
        "again, which goes on from here, best with a smaller jobs"
    )
    kept = write_export(export, tmp_path).kept
    assert 0 <= kept < 4


def test_an_image_that_cannot_be_used_is_the_same_error_in_whichever_process(tmp_path):
    picture(tmp_path / "good.png")
    names = ["good.png"] * 40
    names[-1] = "missing.png"
    manifest = read_manifest(pa.table({"path": names}))
    plan = make_plan(manifest, shuffle=False, repeat=False)
    options = ExportOptions(shards=2, image_column="path", image_root=str(tmp_path))
    messages = set()
    for processes in (1, 2):
        with pytest.raises(
            SampleFileError, match="row 39: '.*missing.png' cannot be read: "
        ) as caught:
            export_tfrecord(manifest, plan, tmp_path / "out", options, jobs=processes)
        messages.add(str(caught.value))
        assert not [name for name in contents(tmp_path / "out") if name.endswith(".part")]
    assert len(messages) == 1


def test_a_system_without_room_for_a_process_is_an_error(tmp_path, monkeypatch):
    def refuse(*args, **options):
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    before = os.listdir("/proc/self/fd")
    monkeypatch.setattr(subprocess, "Popen", refuse)
    with pytest.raises(OutputError) as caught:
        export_tfrecord(*digits(2)[:2], tmp_path, digits(2)[2], jobs=2)
    assert str(caught.value) == (
        "cannot start a process that writes shards: Resource temporarily unavailable; pass jobs=1"
    )
    assert os.listdir("/proc/self/fd") == before


@pytest.mark.parametrize(
    "rows, options, count",
    [
        (10_000, {"jobs": None, "images": True}, 1),
        (10_000, {"jobs": None, "images": False}, 0),
        (10_000, {"jobs": 1, "images": True}, 0),
        (10, {"jobs": None, "images": True}, 0),
        (10, {"jobs": 3, "images": False}, 2),
    ],
)
def test_processes_start_early_where_there_is_most_likely_much_to_do(
    tmp_path, monkeypatch, rows, options, count
):
    monkeypatch.setattr(jobs, "cores", lambda: 4)
    path = tmp_path / "m.csv"
    path.write_text("path\n" + "images/a.png\n" * rows)
    with closing(jobs.started([str(path)], **options)) as workers:
        assert len(workers.all) == count


@pytest.mark.parametrize("manifests", [None, [], ["-"], ["missing.csv"], ["zero\0"]])
def test_manifests_that_are_no_files_start_none_early(manifests):
    with closing(jobs.started(manifests, None, images=True)) as workers:
        assert workers.all == []


def test_a_process_that_cannot_be_started_early_is_no_error_yet(monkeypatch):
    def refuse(*args, **options):
        raise OSError(errno.EAGAIN, "no")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    with closing(jobs.started(["m.csv"], 2, images=True)) as workers:
        assert workers.all == []
