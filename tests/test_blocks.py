"""Files written in blocks: the same bytes and checksums, whatever the pieces and the disk."""

from __future__ import annotations

import errno
import hashlib
import os

import google_crc32c
import pytest

from brevetti_sample.tfrecord import blocks
from brevetti_sample.tfrecord.blocks import BLOCK_BYTES, BlockFile


def written(path, pieces, sha256=True):
    with open(path, "wb") as stream, BlockFile(stream.fileno(), sha256=sha256) as file:
        for piece in pieces:
            assert file.write(piece) == len(piece)
        file.finish()
    return file


def check(path, pieces):
    file = written(path, pieces)
    whole = b"".join(pieces)
    assert path.read_bytes() == whole
    assert file.bytes == len(whole)
    assert file.crc32c == f"{google_crc32c.value(whole):08x}"
    assert file.sha256 == hashlib.sha256(whole).hexdigest()


@pytest.mark.parametrize(
    "sizes",
    [
        [],
        [0, 5, 0],
        [BLOCK_BYTES],
        [BLOCK_BYTES - 1, 1, 1],
        [7, 3 * BLOCK_BYTES, 9],
        [BLOCK_BYTES // 3] * 17,
        [5 * BLOCK_BYTES + 1],
    ],
)
def test_the_file_is_what_was_written(tmp_path, sizes):
    random = os.urandom(max([0, *sizes]) + len(sizes))
    check(tmp_path / "file", [random[i : i + size] for i, size in enumerate(sizes)])
    pieces = [memoryview(random)[i : i + size] for i, size in enumerate(sizes)]
    written(tmp_path / "views", pieces, sha256=False)
    assert (tmp_path / "views").read_bytes() == (tmp_path / "file").read_bytes()


@pytest.mark.parametrize("count", [BLOCK_BYTES // 2, 5000, 1])
def test_a_write_that_takes_a_part_is_followed_by_the_rest(tmp_path, monkeypatch, count):
    real, calls = os.write, []

    def write(handle, data):
        calls.append(len(data))
        return real(handle, data[:count] if len(calls) % 2 and len(data) > count else data)

    monkeypatch.setattr(blocks.os, "write", write)
    check(tmp_path / "file", [os.urandom(BLOCK_BYTES)] * 3 + [b"rest"])
    assert len(calls) > 4


def test_a_disk_that_takes_blocks_through_the_cache_only_gets_them_so(tmp_path, monkeypatch):
    real = os.write

    def write(handle, data):
        import fcntl

        if fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_DIRECT:
            raise OSError(errno.EINVAL, "not direct")
        return real(handle, data)

    monkeypatch.setattr(blocks.os, "write", write)
    check(tmp_path / "file", [os.urandom(BLOCK_BYTES)] * 2 + [b"rest"])


def test_a_file_system_that_knows_no_direct_writes_is_written_to(tmp_path, monkeypatch):
    import fcntl

    def refuse(handle, command, flags=0):
        if command == fcntl.F_SETFL:
            raise OSError(errno.EINVAL, "unknown")
        return 0

    monkeypatch.setattr(fcntl, "fcntl", refuse)
    check(tmp_path / "file", [os.urandom(BLOCK_BYTES)] * 2 + [b"rest"])


def test_an_error_of_a_write_is_told_by_the_thread_that_makes_the_bytes(tmp_path, monkeypatch):
    def write(handle, data):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(blocks.os, "write", write)
    for blocks_written in (1, 9):
        with pytest.raises(OSError, match="full"):
            written(tmp_path / "file", [bytes(BLOCK_BYTES)] * blocks_written)
