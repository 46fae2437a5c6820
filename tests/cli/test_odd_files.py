"""Files that are no files: pipes, sockets, devices, folders and links, in the place of every input."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time

import pytest

from brevetti_sample import export_tfrecord, make_plan, read_manifest
from brevetti_sample.errors import SampleFileError
from brevetti_sample.files import piped
from brevetti_sample.images.read_bytes import SampleFiles
from brevetti_sample.tfrecord.writing.folder import PROGRESS
from support.program import ROOT

PICTURE = ROOT / "sample_manifests" / "digits" / "images" / "0" / "0000.png"
CSV = "path,folder\na.png,x\nb.png,y\nc.png,x\n"
KINDS = (
    "fifo",
    "socket",
    "folder",
    "zero",
    "full",
    "tty",
    "loop",
    "large",
    "binary",
    "named\udcff",
)
NO_FILES = KINDS[:7]
SHARD = "samples-train.tfrecord-00000-of-00001"


def put(path, kind):
    """Put something odd in the place of a file."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        with (
            contextlib.closing(socket.socket(socket.AF_UNIX)) as one,
            contextlib.chdir(path.parent),
        ):
            one.bind(path.name)
    elif kind == "folder":
        path.mkdir()
    elif kind in ("zero", "full", "tty"):
        path.symlink_to(f"/dev/{kind}")
    elif kind == "loop":
        path.symlink_to(path.name)
    elif kind == "large":  # takes no room, but to read it
        path.touch()
        os.truncate(path, 3 << 30)
    elif kind == "binary":
        path.write_bytes(b"\0\xff" * 1000)
    else:
        fifo = path.with_name(kind)
        os.mkfifo(fifo)
        path.symlink_to(fifo.name)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(piped.opened_pipe.__wrapped__, "__defaults__", (0.1,))
    (tmp_path / "m.csv").write_text(CSV)
    for name in ("a.png", "b.png", "c.png"):
        shutil.copy(PICTURE, tmp_path / name)
    return tmp_path


@pytest.fixture
def export(folder):
    manifest = read_manifest("m.csv")
    export_tfrecord(manifest, make_plan(manifest), "e")
    return folder / "e"


@contextlib.contextmanager
def quick():
    """Fail what takes long; what hangs is ended by an alarm."""
    import signal

    def late(*_):
        raise TimeoutError

    old = signal.signal(signal.SIGALRM, late)
    signal.alarm(10)
    begin = time.monotonic()
    try:
        yield
        assert time.monotonic() - begin < 9
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, old)


def is_one_line(result, *codes):
    assert result.code in codes, result.err
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    assert result.err[:-1].isprintable()
    assert "this is a bug" not in result.err
    return True


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "large"])
@pytest.mark.parametrize("command", ["plan", "stats", "split", "report", "export-tfrecord"])
def test_a_manifest(run, folder, command, kind):
    put(folder / "odd", kind)
    with quick():
        assert is_one_line(run(command, "odd", "-q"), 3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("command", ["plan", "stats", "report", "export-tfrecord"])
def test_a_plan(run, folder, command, kind):
    put(folder / "odd", kind)
    with quick():
        result = run(command, "m.csv", "--plan", "odd", "-q")
    assert is_one_line(result, 3)
    assert "odd" in result.err


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("command", ["plan", "stats", "export-tfrecord"])
def test_a_file_of_weights(run, folder, command, kind):
    put(folder / "odd", kind)
    with quick():
        assert is_one_line(run(command, "m.csv", "-g", "folder", "--weights", "odd", "-q"), 2, 3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", ["named", "brevetti-sample.toml", "pyproject.toml"])
def test_a_configuration(run, folder, monkeypatch, how, kind):
    place = folder / ("odd" if how == "named" else how)
    put(place, kind)
    if how == "named":
        monkeypatch.setenv("BREVETTI_SAMPLE_CONFIG", "odd")
    with quick():
        results = [run("config"), run("stats", "m.csv", "-q")]
    for result in results:
        if how == "pyproject.toml" or (kind == "loop" and how != "named"):  # that of someone else
            assert result.code == 0
        else:
            assert is_one_line(result, 2)
            assert place.name in result.err


def test_the_null_device_is_an_empty_configuration(run, folder, monkeypatch):
    monkeypatch.setenv("BREVETTI_SAMPLE_CONFIG", os.devnull)
    assert run("stats", "m.csv", "-q").code == 0


@pytest.mark.parametrize("kind", KINDS)
def test_an_export_json(run, folder, export, kind):
    put(export / "export.json", kind)
    with quick():
        assert is_one_line(run("verify", "e", "-q"), 7)
        assert is_one_line(run("export-tfrecord", "m.csv", "-q", "-o", "e"), 5)
        assert is_one_line(run("export-tfrecord", "m.csv", "-q", "-o", "e", "--dry-run"), 5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_progress_file(run, folder, export, kind):
    put(export / PROGRESS, kind)
    with quick():
        assert run("export-tfrecord", "m.csv", "-q", "-o", "e", "--dry-run").code in (0, 5)
        assert run("export-tfrecord", "m.csv", "-q", "-o", "e").code in (0, 5)
        assert run("verify", "e", "-q").code in (0, 7)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["features.json", "dataset_info.json", SHARD])
def test_another_file_of_an_export(run, folder, export, name, kind):
    put(export / name, kind)
    with quick():
        result = run("verify", "e", "-q", "--deep")
        assert result.code == 7
        assert result.text.startswith(f"{name}: it ")
        again = run("export-tfrecord", "m.csv", "-q", "-o", "e")
        assert again.code == (5 if kind == "folder" else 0), again.err
        if not again.code:
            assert run("verify", "e", "-q", "--deep").code == 0


@pytest.mark.parametrize("kind", KINDS)
def test_an_image(run, folder, kind):
    put(folder / "c.png", kind)
    options = ("m.csv", "-g", "folder", "--image-column", "path", "-q")
    with quick():
        assert is_one_line(run("export-tfrecord", *options, "-o", "o"), 4)
        assert run("export-tfrecord", *options, "-o", "o", "--on-error", "skip").code == 6
        assert run("report", *options, "-o", "r.html").code == 0
        if kind != "binary":
            with pytest.raises(SampleFileError, match="c.png' cannot be read: "):
                SampleFiles().read("c.png")
            with pytest.raises(SampleFileError, match="cannot be read: "):
                SampleFiles(schemes=("file",)).read(f"file://{folder}/c.png")


@pytest.mark.parametrize("kind", NO_FILES)
def test_a_file_in_a_folder(run, folder, kind):
    (folder / "s").mkdir()
    shutil.copy(PICTURE, folder / "s" / "a.png")
    put(folder / "s" / "b.csv", kind)
    with quick():
        assert run("scan", "s", "-q", "--on-error", "skip").code in (0, 6)
        assert is_one_line(run("stats", "s", "-q"), 3)
        assert run("scan", "s/b.csv", "-q").code in (3, 4)
        assert is_one_line(run("verify", "s/b.csv", "-q"), 2, 7)


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/full", "/dev/null"])
def test_standard_input_that_is_a_device(run_process, folder, device):
    with open(device, "rb") as stream:
        result = run_process("stats", "-", "-q", stdin=stream, timeout=10)
    assert is_one_line(result, 3)
    expected = "is empty" if device == os.devnull else "is a device; pipe a file in"
    assert f"standard input {expected}" in result.err


def test_a_named_pipe_is_read_once_someone_writes_to_it(run, folder, monkeypatch):
    monkeypatch.setattr(piped.opened_pipe.__wrapped__, "__defaults__", (5.0,))
    os.mkfifo("pipe")

    def write():
        time.sleep(0.2)
        with open("pipe", "w") as stream:
            time.sleep(0.2)
            stream.write(CSV[:20])
            stream.flush()
            time.sleep(0.2)
            stream.write(CSV[20:])

    writer = threading.Thread(target=write)
    writer.start()
    result = run("stats", "pipe", "-q")
    writer.join()
    assert (result.code, result.out) == (0, run("stats", "m.csv", "-q").out)


@pytest.mark.parametrize(
    "command", ["stats <(cat m.csv)", "stats <(sleep 1; cat m.csv)", "stats /dev/stdin < m.csv"]
)
def test_a_process_substitution_is_a_manifest(run, folder, command):
    done = subprocess.run(
        ["bash", "-c", f"exec {sys.executable} -m brevetti_sample {command} -q"],
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, run("stats", "m.csv", "-q").out)


def test_nothing_from_a_pipe_is_an_empty_manifest(folder):
    done = subprocess.run(
        ["bash", "-c", f"exec {sys.executable} -m brevetti_sample stats <(true) -q"],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 3
    assert b"is empty" in done.stderr
