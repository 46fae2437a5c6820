"""Images that are read ahead: in order, errors in their places, and not too far."""

from __future__ import annotations

import threading

import pytest
from exports import picture

from brevetti_sample.errors import SampleFileError
from brevetti_sample.tfrecord.images import ImageFolder
from brevetti_sample.tfrecord.images_ahead import read_ahead


def test_images_and_errors_come_in_the_order_of_the_paths(tmp_path):
    for number in range(200):
        picture(tmp_path / f"{number}.png", size=(number % 7 + 1, number // 7 + 1))
    paths = [None if number % 13 == 5 else f"{number % 211}.png" for number in range(400)]
    folder = ImageFolder(str(tmp_path))
    expected = []
    for path in paths:
        try:
            expected.append(folder.read(path))
        except SampleFileError as error:
            expected.append(str(error))
    assert [
        str(one) if isinstance(one, SampleFileError) else one for one in read_ahead(folder, paths)
    ] == expected


class Counted:
    """Stands for a folder: images of some size, and how many have been read."""

    def __init__(self, sizes):
        self.sizes, self.read_bytes, self.lock = sizes, 0, threading.Lock()

    def read(self, path):
        from brevetti_sample.tfrecord.image_header import ImageHeader
        from brevetti_sample.tfrecord.images import Image

        size = self.sizes[int(path)]
        with self.lock:
            self.read_bytes += size
        return Image(path, bytes(size), ImageHeader("png", 1, 1, 1), "")


@pytest.mark.parametrize("sizes", [[100] * 300 + [1 << 20] * 100, [30_000] * 400])
def test_only_some_megabytes_or_images_are_read_ahead(sizes):
    folder = Counted(sizes)
    taken = 0
    for number, one in enumerate(read_ahead(folder, list(map(str, range(len(sizes)))))):
        taken += len(one.data)
        assert one.path == str(number)
        with folder.lock:
            assert folder.read_bytes - taken <= 8 << 20
    assert folder.read_bytes == sum(sizes)


class Slow(Counted):
    """Stands for a slow store: from the 500th image on, it waits to be told to go on."""

    def __init__(self, sizes):
        super().__init__(sizes)
        self.go_on = threading.Event()

    def read(self, path):
        if int(path) >= 500:
            assert self.go_on.wait(20)
        return super().read(path)


def test_who_stops_early_waits_for_no_image_and_no_more_are_read():
    folder = Slow([1000] * 1000)
    images = read_ahead(folder, list(map(str, range(1000))))
    assert [next(images).path for _ in range(400)][-1] == "399"
    images.close()
    assert folder.read_bytes <= 500_000
    folder.go_on.set()
    for thread in threading.enumerate():
        if "ThreadPool" in thread.name:
            thread.join(20)
    assert folder.read_bytes <= 502_000
