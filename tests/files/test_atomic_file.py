"""Files that are complete or not there."""

from __future__ import annotations

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
