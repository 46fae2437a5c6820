"""Records of images that are read in place: the bytes that a table of the images gives."""

from __future__ import annotations

import hashlib
import os
from contextlib import closing
from struct import pack

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brevetti_sample.errors import SampleFileError
from brevetti_sample.images.folder import ImageFolder
from brevetti_sample.tfrecord.format.framing import framed_examples
from brevetti_sample.tfrecord.writing import image_records
from brevetti_sample.tfrecord.writing.blocks import Blocks
from brevetti_sample.tfrecord.writing.image_records import ImageRecords


def jpeg(size, height, width):
    """The smallest JPEG with such a header, and more behind it up to a size."""
    front = b"\xff\xd8\xff\xc0\x00\x0b\x08" + pack(">HH", height, width)
    front += bytes.fromhex("01011100 ffda0008010100003f00")
    return front + b"x" * max(0, size - len(front) - 2) + b"\xff\xd9"


def bmp(size, height, width):
    """A bitmap with so many bytes, said to be packed."""
    head = b"BM" + pack("<IIIIiiHHI", 0, 0, 20, 40, width, height, 1, 8, 1)
    return head + b"x" * max(0, size - len(head))


def written(folder, rows, columns, *, sha256):
    """What is written for some images, and what each call said of it."""
    paths = [name for name, _ in rows]
    taken = []
    table = pa.table(columns)
    with closing(Blocks(lambda block: taken.append(bytes(block)))) as blocks:
        records = ImageRecords(
            table, pa.array(paths, pa.large_string()), folder, blocks, sha256=sha256
        )
        sizes = [records.add(row, folder.open(path)) for row, path in enumerate(paths)]
        blocks.finish()
    return b"".join(taken), sizes


def expected(rows, sides, columns, *, sha256):
    names = [name for name, _ in rows]
    data = [content for _, content in rows]
    own = {
        "image/encoded": pa.array(data, pa.large_binary()),
        "image/filename": pa.array(names),
        "image/format": pa.array(["jpeg" if d.startswith(b"\xff") else "bmp" for d in data]),
        "image/height": pa.array([height for height, _ in sides]),
        "image/width": pa.array([width for _, width in sides]),
    }
    if sha256:
        own["image/key/sha256"] = pa.array([hashlib.sha256(one).hexdigest() for one in data])
    framed, sizes = framed_examples(pa.table(columns | own))
    return bytes(framed), sizes.tolist()


_SIDES = st.sampled_from([1, 127, 128, 16383, 16384, 32767])
# Around where the length of an example or of an image takes one byte more to write.
_SIZES = st.one_of(
    st.integers(0, 200),
    st.integers(16000, 16500),
    st.sampled_from([(1 << 21) - n for n in range(3)]),
)
_IMAGES = st.lists(st.tuples(st.sampled_from([jpeg, bmp]), _SIZES, _SIDES, _SIDES), max_size=6)
_COLUMNS = st.sets(
    st.sampled_from(["a", "image/encoded2", "image/format2", "image/hz", "image/l", "z"]),
    max_size=6,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("images")


@settings(max_examples=150, deadline=None)
@given(_IMAGES, _COLUMNS, st.booleans(), st.data())
def test_the_records_are_those_of_a_table_of_the_images(folder, images, names, sha256, data):
    rows = []
    for number, (make, size, height, width) in enumerate(images):
        content = make(size, height, width)
        (folder / f"{number}").write_bytes(content)
        rows.append((str(number), content))
    texts = st.lists(st.text(max_size=5), min_size=len(rows), max_size=len(rows))
    columns = {name: pa.array(data.draw(texts), pa.string()) for name in sorted(names)}
    options = ImageFolder(str(folder), max_pixels=1 << 40)
    sides = [(height, width) for _, _, height, width in images]
    assert written(options, rows, columns, sha256=sha256) == expected(
        rows, sides, columns, sha256=sha256
    )


@pytest.mark.parametrize("sha256", [True, False])
def test_an_image_larger_than_the_room_is_written_too(tmp_path, monkeypatch, sha256):
    monkeypatch.setattr(image_records, "ROOM_BYTES", 1000)
    rows = [("small", jpeg(100, 5, 6)), ("large", jpeg(100_000, 7, 8)), ("last", jpeg(90, 5, 6))]
    for name, content in rows:
        (tmp_path / name).write_bytes(content)
    found = written(ImageFolder(str(tmp_path)), rows, {"label": pa.array([1, 2, 3])}, sha256=sha256)
    sides = [(5, 6), (7, 8), (5, 6)]
    assert found == expected(rows, sides, {"label": pa.array([1, 2, 3])}, sha256=sha256)


@pytest.mark.parametrize("size", [0, 50, 1999, 2001, 5000])
def test_a_file_of_another_size_than_the_system_reports_is_written_in_full(tmp_path, size):
    content = jpeg(2000, 5, 6)
    (tmp_path / "a").write_bytes(content)

    class Wrong(ImageFolder):
        def open(self, path):
            return super().open(path)._replace(size=size)

    rows = [("a", content)]
    assert written(Wrong(str(tmp_path)), rows, {}, sha256=True) == expected(
        rows, [(5, 6)], {}, sha256=True
    )


def test_what_cannot_be_read_or_used_leaves_nothing_behind_and_is_closed(tmp_path, monkeypatch):
    (tmp_path / "text").write_text("no image")
    (tmp_path / "a").write_bytes(jpeg(100, 5, 6))
    folder, taken = ImageFolder(str(tmp_path)), []
    before = os.listdir("/proc/self/fd")
    with closing(Blocks(lambda block: taken.append(bytes(block)))) as blocks:
        paths = pa.array(["text", "a", "a"])
        records = ImageRecords(pa.table({}), paths, folder, blocks, sha256=False)
        with pytest.raises(SampleFileError, match="'text' cannot be used: it is no PNG"):
            records.add(0, folder.open("text"))
        with monkeypatch.context() as patch:

            def fail(handle, room):
                raise OSError(5, "Input/output error")

            patch.setattr(image_records, "_read_into", fail)
            with pytest.raises(SampleFileError, match="/a' cannot be read: Input/output error"):
                records.add(1, folder.open("a"))
        records.add(2, folder.open("a"))
        blocks.finish()
    assert os.listdir("/proc/self/fd") == before
    rows = [("a", jpeg(100, 5, 6))]
    assert b"".join(taken) == expected(rows, [(5, 6)], {}, sha256=False)[0]
