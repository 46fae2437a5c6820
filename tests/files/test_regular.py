"""Regular files of limited size, and JSON that is decoded by type."""

from __future__ import annotations

import errno
import os

import pytest

from brevetti_sample.files.regular import open_regular, opened_regular, read_regular


def test_a_file_is_read_up_to_its_limit(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    assert read_regular(path, 3) == b"abc"
    assert read_regular(str(path), 4) == b"abc"
    with pytest.raises(OSError, match="it has more than 2 bytes") as caught:
        read_regular(path, 2)
    assert (caught.value.errno, caught.value.filename) == (errno.EFBIG, str(path))
    path.write_bytes(b"")
    assert read_regular(path, 0) == b""


def test_a_file_whose_size_the_system_does_not_know_is_read_up_to_its_limit():
    assert os.stat("/proc/self/status").st_size == 0
    assert read_regular("/proc/self/status", 1 << 20).startswith(b"Name:")
    with pytest.raises(OSError, match="it has more than 10 bytes"):
        read_regular("/proc/self/status", 10)


def test_a_file_that_grows_is_read_up_to_its_limit(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    status = os.stat(path)
    path.write_bytes(b"abcdef" * 10)
    monkeypatch.setattr(os, "fstat", lambda _: status)
    assert read_regular(path, 60) == b"abcdef" * 10
    with pytest.raises(OSError, match="it has more than 5 bytes"):
        read_regular(path, 5)


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_a_name_that_no_file_has_is_an_error_of_the_system(name):
    with pytest.raises(OSError, match="no file can have such a name"):
        open_regular(name)


def test_no_handle_is_left_open(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "a").write_bytes(b"abc")
    before = os.listdir("/proc/self/fd")
    for path in ("pipe", "none", ".", "a"):
        with pytest.raises(OSError):
            read_regular(tmp_path / path, 2)
    with opened_regular(tmp_path / "a") as stream:
        assert stream.read() == b"abc"
    assert os.listdir("/proc/self/fd") == before
