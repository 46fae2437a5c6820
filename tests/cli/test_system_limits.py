"""A system that gives no more memory, files or threads: exit code 5 and a line, and nothing hangs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from support.program import ROOT

DIGITS = ROOT / "sample_manifests" / "digits"
_EXPORT = "export-tfrecord m.csv --image-column path --label-column label -g label -n 24 --shards 2"
COMMANDS = (
    "plan m.csv -g label -o o.csv",
    "stats m.csv -g label -o o.csv",
    "report m.csv -g label --image-column path -o o.html",
    "split m.csv -g label -o o.csv",
    "scan images -o o.csv",
    f"{_EXPORT} -j 1 -o out",
    f"{_EXPORT} -j 2 -o out",
    "verify done",
)
COUNTS = "trace=clone,clone3,fork,vfork"


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("limits")
    shutil.copy(DIGITS / "manifest.csv", folder / "m.csv")
    shutil.copytree(DIGITS / "images", folder / "images")
    assert run(folder, f"{_EXPORT} -o done").returncode == 0
    return folder


def run(folder, line, before=""):
    return subprocess.run(
        ["bash", "-c", f"{before} exec {sys.executable} -m brevetti_sample {line}"],
        cwd=folder,
        env=os.environ | {"BREVETTI_SAMPLE_CONFIG": os.devnull},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def check_refused(folder, done, reason):
    assert (done.returncode, done.stdout) == (5, ""), done.stderr
    # A library may say something of its own before.
    *_, error = done.stderr.splitlines()
    assert error.startswith("error: ")
    assert reason in error
    assert not [path for path in folder.rglob("o*") if path.is_file()]
    assert not list(folder.rglob("out/[!.]*"))


def clean(folder):
    for path in folder.iterdir():
        if path.name.startswith("o"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("kib", [200_000, 300_000, 1_000_000])
def test_a_limit_of_memory_that_is_too_low_is_told_at_once(inputs, command, kib):
    done = run(inputs, command, f"ulimit -v {kib};")
    mib = kib // 1024
    check_refused(inputs, done, f"this process may have {mib} MiB of memory, and needs 1024 MiB")


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_memory_that_suffices_for_the_libraries_suffices_for_a_small_manifest(inputs, command):
    done = run(inputs, command, f"ulimit -v {1 << 20};")
    if command.startswith("report"):  # that draws charts, which take more
        assert done.returncode in (0, 5)
    else:
        assert done.returncode == 0, done.stderr
    assert len(done.stderr.splitlines()) <= 1 or command.startswith("split")
    clean(inputs)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("count", [5, 6, 7, 8, 9, 10, 12])
def test_too_few_files_are_told(inputs, command, count):
    done = run(inputs, command, f"ulimit -n {count};")
    if done.returncode:
        check_refused(inputs, done, "oo many")
    clean(inputs)


def test_a_configuration_is_shown_in_little_memory(inputs):
    done = run(inputs, "config", "ulimit -v 200000;")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("strace"), reason="strace makes threads fail")
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("first", [1, 2, 3, 7, 11])
def test_too_few_threads_are_told(inputs, tmp_path, command, first):
    log = tmp_path / "log"
    fail = f"inject={COUNTS.removeprefix('trace=')}:error=EAGAIN:when={first}+"
    before = f"exec strace -f -qq --seccomp-bpf -o {log} -e {COUNTS} -e {fail}"
    done = subprocess.run(
        ["bash", "-c", f"{before} {sys.executable} -m brevetti_sample {command}"],
        cwd=inputs,
        env=os.environ | {"BREVETTI_SAMPLE_CONFIG": os.devnull},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert "INJECTED" in log.read_text() or done.returncode == 0
    if done.returncode:
        check_refused(inputs, done, "the system allows no more threads")
    clean(inputs)
