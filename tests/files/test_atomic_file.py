"""Files that are complete or not there."""

from __future__ import annotations

import contextlib
import errno
import os
import stat

import pytest

from brevetti_sample.files.atomic_file import atomic_file, part_file


def test_the_file_takes_its_path_when_it_is_complete(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    with atomic_file(str(path)) as stream:
        stream.write(b"new")
        stream.flush()
        assert path.read_bytes() == b"old"
        [part] = {*os.listdir(tmp_path)} - {"a.txt"}
        assert part.startswith(".a.txt.")
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_after_an_error_the_folder_is_as_it_was(tmp_path, error):
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    with pytest.raises(error), atomic_file(str(path)) as stream:
        stream.write(b"new")
        raise error
    assert os.listdir(tmp_path) == ["a.txt"]
    assert path.read_bytes() == b"old"


def test_a_folder_of_that_name_stays_and_leaves_no_temporary_file(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(IsADirectoryError), atomic_file(str(tmp_path / "a")) as stream:
        stream.write(b"new")
    assert os.listdir(tmp_path) == ["a"]


def test_the_permissions_are_those_of_any_new_file(tmp_path):
    before = os.umask(0o027)
    try:
        with atomic_file(str(tmp_path / "a")):
            pass
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


@pytest.mark.parametrize("name", ["n" * 255, "é" * 127, "✓" * 85])
def test_the_longest_names_are_written(tmp_path, name):
    with atomic_file(str(tmp_path / name)) as stream:
        stream.write(b"new")
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("synced", [False, True])
def test_a_temporary_file_of_a_known_name_replaces_what_is_there(tmp_path, monkeypatch, synced):
    (tmp_path / "victim").write_bytes(b"kept")
    part = tmp_path / "part"
    part.symlink_to(tmp_path / "victim")
    calls = []
    monkeypatch.setattr(os, "fsync", calls.append)
    with part_file(str(part), synced=synced) as stream:
        stream.write(b"new")
    assert (tmp_path / "victim").read_bytes() == b"kept"
    assert part.read_bytes() == b"new"
    assert not part.is_symlink()
    assert len(calls) == synced


def part_of(path, number=0):
    return path.with_name(f".{path.name[:40]}.brevetti-sample-{number}.part")


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o444, 0o755])
def test_the_permissions_of_a_file_that_is_replaced_are_kept(tmp_path, mode):
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    path.chmod(mode)
    with atomic_file(str(path)) as stream:
        stream.write(b"new")
        assert stat.S_IMODE(part_of(path).stat().st_mode) == mode
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", mode)


def test_contents_are_synced_before_the_rename_and_the_folder_after_it(tmp_path, monkeypatch):
    calls = []
    sync, rename = os.fsync, os.replace

    def synced(handle):
        kind = "folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file"
        calls.append((kind, os.fstat(handle).st_size if kind == "file" else None))
        sync(handle)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", lambda *paths: (calls.append("rename"), rename(*paths)))
    with atomic_file(str(tmp_path / "a.txt")) as stream:
        stream.write(b"new")
    assert calls == [("file", 3), "rename", ("folder", None)]


def test_what_killed_runs_left_is_swept_but_no_file_of_others(tmp_path):
    path = tmp_path / "a.txt"
    others = [tmp_path / ".a.txt.part", tmp_path / ".b.txt.brevetti-sample-0.part"]
    for other in others:
        other.write_bytes(b"other")
    (tmp_path / "victim").write_bytes(b"kept")
    part_of(path, 2).symlink_to(tmp_path / "victim")
    os.link(tmp_path / "victim", part_of(path, 3))
    for number in (0, 1, 5):
        part_of(path, number).write_bytes(b"half")
    with atomic_file(str(path)) as stream:
        stream.write(b"new")
    left = {part_of(path, 2).name, part_of(path, 3).name, "a.txt", "victim"}
    assert set(os.listdir(tmp_path)) == left | {other.name for other in others}
    assert (tmp_path / "victim").read_bytes() == b"kept"


def test_two_that_write_one_file_at_once_both_complete_it(tmp_path):
    path = tmp_path / "a.txt"
    with atomic_file(str(path)) as first:
        first.write(b"first")
        with atomic_file(str(path)) as second:
            second.write(b"second")
        assert path.read_bytes() == b"second"
        assert part_of(path).exists()
    assert path.read_bytes() == b"first"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_more_than_are_sensible_are_refused_and_change_nothing(tmp_path):
    path = str(tmp_path / "a.txt")
    with contextlib.ExitStack() as open_files:
        for _ in range(8):
            open_files.enter_context(atomic_file(path))
        with pytest.raises(FileExistsError), atomic_file(path):
            pass
    assert os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failing_call_leaves_what_was_there(tmp_path, monkeypatch, call):
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")

    def fail(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match="Input/output"), atomic_file(str(path)) as stream:
        stream.write(b"new")
    assert (os.listdir(tmp_path), path.read_bytes()) == (["a.txt"], b"old")


@pytest.mark.parametrize("error", [errno.EINVAL, errno.ENOSYS, errno.ENOTSUP])
def test_a_file_system_that_cannot_sync_is_written_all_the_same(tmp_path, monkeypatch, error):
    def fail(*_):
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, "fsync", fail)
    with atomic_file(str(tmp_path / "a.txt")) as stream:
        stream.write(b"new")
    assert (tmp_path / "a.txt").read_bytes() == b"new"
