"""Outputs by their paths: files, links, devices and descriptors."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import brevetti_sample as bs
from brevetti_sample.files.output import output_file

PLAN = ("plan", "-q", "-n", "3", "-c", "etag", "--format", "csv")


def test_a_link_stays_and_the_file_that_it_leads_to_is_replaced(tmp_path):
    (tmp_path / "in").mkdir()
    target, link = tmp_path / "in" / "a.txt", tmp_path / "link"
    link.symlink_to("in/a.txt")  # to nowhere, at first
    for content in (b"first", b"second"):
        with output_file(str(link)) as stream:
            stream.write(content)
        assert target.read_bytes() == content
        assert link.is_symlink()
    assert os.listdir(tmp_path / "in") == ["a.txt"]


def test_a_loop_of_links_is_an_error(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError), output_file(str(tmp_path / "a")):
        pass
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]


@pytest.mark.parametrize("name", ["", "folder", "new/", "none/a.txt"])
def test_what_cannot_be_a_file_is_refused_and_nothing_is_made(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    os.mkdir("folder")
    with pytest.raises(OSError), output_file(name):
        pass
    assert os.listdir() == ["folder"]
    assert not list(tmp_path.parent.glob(".*.part"))


def test_a_named_pipe_is_written_directly_and_stays(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    thread = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    thread.start()
    with output_file(str(pipe)) as stream:
        stream.write(b"through")
    thread.join()
    assert read == [b"through"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_device_stays_also_when_the_library_writes_to_it():
    manifest = bs.bundled_manifest()
    bs.write_draws(bs.make_plan(manifest).bind(manifest), os.devnull, format="csv", stop=2)
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["/dev/fd/1", "link"])
def test_descriptors_are_written_where_they_stand(tmp_path, monkeypatch, run_process, name):
    monkeypatch.chdir(tmp_path)
    os.symlink("/dev/stdout", "link")
    expected = run_process(*PLAN).out
    assert expected.count(b"\n") == 4
    command = [sys.executable, "-m", "brevetti_sample", *PLAN, "-o", name]
    with open("log", "wb") as out:
        out.write(b"before\n")
        out.flush()
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, check=True)
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, check=True)
    assert Path("log").read_bytes() == b"before\n" + 2 * expected
    assert run_process(*PLAN, "-o", name).out == expected


@pytest.mark.parametrize("name", ["n" * 250 + ".csv", "é" * 125 + ".csv"])
@pytest.mark.parametrize("command", [PLAN, ("stats", "-q"), ("split", "-q")])
def test_names_of_up_to_255_bytes_are_written(run, tmp_path, monkeypatch, name, command):
    monkeypatch.chdir(tmp_path)
    assert run(*command, "-o", name).code == 0
    assert os.listdir() == [name]


def test_class_names_go_to_a_file_of_a_long_name(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    column = "c" * 244
    Path("m.csv").write_text(f"{column},n\na,1\nb,2\n")
    result = run("export-tfrecord", "m.csv", "--label-column", column, "-o", "out", "-q")
    assert result.code == 0, result.err
    assert f"{column}.labels.txt" in os.listdir("out")


@pytest.mark.slow
@pytest.mark.parametrize("again", ["0", "1"])
def test_what_a_killed_run_left_is_gone_after_the_next(run_process, tmp_path, again):
    output = tmp_path / "o.csv"
    command = ("plan", "-q", "--draws", "100000000", "-o", output)
    process = subprocess.Popen([sys.executable, "-m", "brevetti_sample", *map(str, command)])
    while not os.listdir(tmp_path):
        time.sleep(0.02)
    # A living one keeps its file.
    assert run_process(*PLAN, "-o", output).code == 0
    assert len(os.listdir(tmp_path)) == 2
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(os.listdir(tmp_path)) == 2
    # Also where the next one fails.
    bad = ("split", "--only", "none", "-q", "-o", output)
    assert run_process(*(bad if again == "1" else PLAN), "-o", output).code in (0, 2)
    if again == "1":
        assert run_process(*PLAN, "-o", output).code == 0
    assert os.listdir(tmp_path) == ["o.csv"]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_close_that_fails_is_an_error_of_one_line(run, tmp_path, monkeypatch, number):
    """Of the file, of the folder that it is in, and of the lock: the last one that is closed."""
    output, calls = tmp_path / "o.csv", []
    close = os.close

    def fail(handle):
        name = os.readlink(f"/proc/self/fd/{handle}") if os.path.isdir("/proc/self/fd") else ""
        close(handle)
        if name.startswith(str(tmp_path)):
            calls.append(name)
            if len(calls) == number:
                raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "close", fail)
    result = run(*PLAN, "-o", output)
    if len(calls) < number:
        assert result.code == 0
    else:
        assert (result.code, result.err) == (
            5,
            f"error: cannot write {output}: Input/output error\n",
        )


def test_a_folder_of_an_export_that_cannot_be_closed_is_an_error_of_one_line(
    run, tmp_path, monkeypatch
):
    close = os.close

    def fail(handle):
        is_folder = stat.S_ISDIR(os.fstat(handle).st_mode)
        close(handle)
        if is_folder:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "close", fail)
    result = run("export-tfrecord", "-q", "-n", 3, "-o", tmp_path / "out")
    assert (result.code, result.err) == (
        5,
        f"error: '{tmp_path}/out' cannot be closed: Input/output error; verify the export\n",
    )
    monkeypatch.undo()
    assert run("verify", tmp_path / "out").code == 0
