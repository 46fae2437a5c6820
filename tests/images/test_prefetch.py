"""Images that are opened ahead: in order, errors in their places, not too far, and all closed."""

from __future__ import annotations

import os

import pytest

from brevetti_sample.errors import SampleFileError
from brevetti_sample.images.folder import ImageFolder
from brevetti_sample.images.prefetch import open_ahead
from support.exports import picture


def open_files():
    return set(os.listdir("/proc/self/fd"))


def test_images_and_errors_come_in_the_order_of_the_paths(tmp_path):
    for number in range(200):
        picture(tmp_path / f"{number}.png", size=(number % 7 + 1, number // 7 + 1))
    paths = [None if number % 13 == 5 else f"{number % 211}.png" for number in range(400)]
    folder = ImageFolder(str(tmp_path))
    for path, found in zip(paths, open_ahead(folder, paths), strict=True):
        if isinstance(found, SampleFileError):
            with pytest.raises(SampleFileError) as caught:
                folder.open(path)
            assert str(found) == str(caught.value)
        else:
            data = os.read(found.handle, found.size + 1)
            assert (found.path, found.size) == (path, len(data))
            assert data == (tmp_path / path).read_bytes()
            os.close(found.handle)


@pytest.mark.parametrize("sizes", [[100] * 300 + [1 << 20] * 30, [30_000] * 100, [9 << 20] * 3])
def test_only_some_megabytes_or_images_are_opened_ahead_and_all_are_closed(tmp_path, sizes):
    before = open_files()
    for number, size in enumerate(sizes):
        with open(tmp_path / str(number), "wb") as stream:
            stream.truncate(size)
    paths = list(map(str, range(len(sizes))))
    images = open_ahead(ImageFolder(str(tmp_path)), paths)
    for number, image in enumerate(images):
        os.close(image.handle)
        ahead = len(open_files() - before)
        assert ahead <= 33
        assert ahead * min(sizes[number + 1 :], default=0) <= 17 << 20
    assert open_files() == before


def test_who_stops_early_leaves_no_file_open(tmp_path):
    before = open_files()
    for number in range(100):
        (tmp_path / str(number)).write_bytes(b"abc")
    images = open_ahead(ImageFolder(str(tmp_path)), map(str, range(100)))
    for _ in range(10):
        os.close(next(images).handle)
    assert len(open_files() - before) > 10
    images.close()
    assert open_files() == before


@pytest.mark.skipif(not hasattr(os, "posix_fadvise"), reason="this system takes no advice")
@pytest.mark.parametrize("in_memory", [True, False])
def test_the_kernel_is_asked_for_what_is_not_in_memory(tmp_path, monkeypatch, in_memory):
    (tmp_path / "a").write_bytes(bytes(50_000))
    asked = []

    def answer(handle, buffers, offset, flags):
        assert flags == os.RWF_NOWAIT
        if not in_memory:
            raise BlockingIOError
        return 1

    monkeypatch.setattr(os, "preadv", answer)
    monkeypatch.setattr(os, "posix_fadvise", lambda handle, *rest: asked.append(rest))
    [image] = open_ahead(ImageFolder(str(tmp_path)), ["a"])
    os.close(image.handle)
    assert asked == ([] if in_memory else [(0, 50_000, os.POSIX_FADV_WILLNEED)])
