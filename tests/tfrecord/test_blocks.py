"""Bytes that go through blocks to a file: the same, whatever the pieces, the threads and the disk."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
from contextlib import closing

import google_crc32c
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brevetti_sample.tfrecord.writing import blocks, direct_file
from brevetti_sample.tfrecord.writing.blocks import BLOCK_BYTES, ROOM_BYTES, Blocks
from brevetti_sample.tfrecord.writing.direct_file import DirectFile


def written(path, pieces, *, sha256=True, thread=True):
    with (
        open(path, "wb") as stream,
        closing(DirectFile(stream.fileno(), sha256=sha256)) as file,
        closing(Blocks(file.write, thread=thread)) as through,
    ):
        for piece in pieces:
            through.write(piece)
        through.finish()
    return file


def check(path, pieces, **options):
    file = written(path, pieces, **options)
    expected = b"".join(pieces)
    assert path.read_bytes() == expected
    assert file.bytes == len(expected)
    assert file.crc32c == f"{google_crc32c.value(expected):08x}"
    assert file.sha256 == hashlib.sha256(expected).hexdigest()


@pytest.mark.parametrize("thread", [True, False])
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
def test_the_file_is_what_was_written(tmp_path, sizes, thread):
    random = os.urandom(max([0, *sizes]) + len(sizes))
    check(tmp_path / "file", [random[i : i + s] for i, s in enumerate(sizes)], thread=thread)
    pieces = [memoryview(random)[i : i + size] for i, size in enumerate(sizes)]
    written(tmp_path / "views", pieces, sha256=False, thread=thread)
    assert (tmp_path / "views").read_bytes() == (tmp_path / "file").read_bytes()


# For each piece its size, and None to write it, or how much more room to ask for.
_PIECES = st.lists(st.tuples(st.integers(0, 40), st.none() | st.integers(0, 20)), max_size=40)


@settings(max_examples=300)
@given(_PIECES, st.booleans())
def test_what_is_put_into_the_room_or_written_comes_out_in_order_and_in_whole_blocks(
    pieces, thread
):
    taken, expected = [], []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK_BYTES", 64)
        with closing(Blocks(lambda block: taken.append(bytes(block)), thread=thread)) as through:
            for number, (size, more) in enumerate(pieces):
                data = bytes([number + 1]) * size
                expected.append(data)
                if more is None:
                    through.write(data)
                else:
                    room = through.room(size + more)
                    assert len(room) == size + more
                    room[:] = data + bytes(more)
                    through.keep(size)
            through.finish()
    assert b"".join(taken) == b"".join(expected)
    assert all(len(block) == 64 for block in taken[:-1])


def test_there_is_room_for_the_most_even_in_a_block_that_is_nearly_full(tmp_path):
    data = os.urandom(ROOM_BYTES)
    with open(tmp_path / "file", "wb") as stream, closing(Blocks(stream.write)) as through:
        through.write(bytes(BLOCK_BYTES - 1))
        through.room(ROOM_BYTES)[:] = data
        through.keep(ROOM_BYTES)
        through.finish()
    assert (tmp_path / "file").read_bytes() == bytes(BLOCK_BYTES - 1) + data


def test_less_than_a_block_starts_no_thread(tmp_path):
    before = threading.active_count()
    with open(tmp_path / "file", "wb") as stream, closing(Blocks(stream.write)) as through:
        through.write(b"a" * (BLOCK_BYTES - 1))
        assert threading.active_count() == before
        through.write(b"a")
        assert threading.active_count() == before + 1
        through.finish()
    assert threading.active_count() == before


@pytest.mark.parametrize("count", [BLOCK_BYTES // 2, 5000, 1])
def test_a_write_that_takes_a_part_is_followed_by_the_rest(tmp_path, monkeypatch, count):
    real, calls = os.write, []

    def write(handle, data):
        calls.append(len(data))
        return real(handle, data[:count] if len(calls) % 2 and len(data) > count else data)

    monkeypatch.setattr(direct_file.os, "write", write)
    check(tmp_path / "file", [os.urandom(BLOCK_BYTES)] * 3 + [b"rest"])
    assert len(calls) > 4


def test_a_disk_that_takes_blocks_through_the_cache_only_gets_them_so(tmp_path, monkeypatch):
    real = os.write

    def write(handle, data):
        import fcntl

        if fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_DIRECT:
            raise OSError(errno.EINVAL, "not direct")
        return real(handle, data)

    monkeypatch.setattr(direct_file.os, "write", write)
    check(tmp_path / "file", [os.urandom(BLOCK_BYTES)] * 2 + [b"rest"])


def test_a_file_system_that_knows_no_direct_writes_is_written_to(tmp_path, monkeypatch):
    import fcntl

    def refuse(handle, command, flags=0):
        if command == fcntl.F_SETFL:
            raise OSError(errno.EINVAL, "unknown")
        return 0

    monkeypatch.setattr(fcntl, "fcntl", refuse)
    check(tmp_path / "file", [os.urandom(BLOCK_BYTES)] * 2 + [b"rest"])


@pytest.mark.parametrize("sizes", [[BLOCK_BYTES + 5, BLOCK_BYTES], [5, BLOCK_BYTES], [3 << 20, 7]])
def test_what_lies_on_no_pages_is_written_too(tmp_path, sizes):
    pieces = [os.urandom(size) for size in sizes]
    with (
        open(tmp_path / "file", "wb") as stream,
        closing(DirectFile(stream.fileno(), sha256=True)) as file,
    ):
        for piece in pieces:
            assert file.write(piece) == len(piece)
    assert (tmp_path / "file").read_bytes() == b"".join(pieces)
    assert file.sha256 == hashlib.sha256(b"".join(pieces)).hexdigest()


@pytest.mark.parametrize("thread", [True, False])
def test_an_error_of_a_write_is_told_to_who_makes_the_bytes(tmp_path, monkeypatch, thread):
    def write(handle, data):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(direct_file.os, "write", write)
    for blocks_written in (1, 9):
        with pytest.raises(OSError, match="full"):
            written(tmp_path / "file", [bytes(BLOCK_BYTES)] * blocks_written, thread=thread)
