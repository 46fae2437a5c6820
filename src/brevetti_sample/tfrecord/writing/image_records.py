"""Records of images: one after the other, each image read to where its record is written from."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache

import google_crc32c
import numpy as np
import pyarrow as pa

from brevetti_sample.images.folder import ImageFolder, OpenImage, read_to_end
from brevetti_sample.images.header import ImageHeader
from brevetti_sample.tfrecord.format.example import encode_between
from brevetti_sample.tfrecord.format.features import Kind
from brevetti_sample.tfrecord.format.framing import (
    FOOTER_BYTES,
    HEADER_BYTES,
    frame_header,
    masked_bytes,
)
from brevetti_sample.tfrecord.format.wire import entry_header, example_header, varint

from .blocks import ROOM_BYTES, Blocks

IMAGE = "image/encoded"
_FILENAME = "image/filename"
_FORMAT = "image/format"
_HEIGHT = "image/height"
_SHA256 = "image/key/sha256"
_WIDTH = "image/width"
_NAMES = (IMAGE, _FILENAME, _FORMAT, _HEIGHT, _SHA256, _WIDTH)
_HASH_BYTES = 64  # in hexadecimal digits
_MOST_LATE_BYTES = 512  # of what an image says, with its hash and a footer
_header_of_image = entry_header(IMAGE, "bytes", repeated=False)


def image_features(*, sha256: bool) -> dict[str, pa.DataType]:
    """The features of an image, and what they are made from.

    Example:
        >>> list(image_features(sha256=False))
        ['image/encoded', 'image/filename', 'image/format', 'image/height', 'image/width']
    """
    kinds = (pa.large_binary(), pa.string(), pa.string(), pa.int64(), pa.string(), pa.int64())
    pairs = zip(_NAMES, kinds, strict=True)
    return {name: kind for name, kind in pairs if sha256 or name != _SHA256}


class ImageRecords:
    """The records of some rows, for which only the images are still to be read.

    Args:
        table: the other columns of these rows, as `encode_between` takes them.
        paths: the paths of their images.
        folder: where those are.
        blocks: what the records go to.
        sha256: whether the hash of an image is a feature of it.

    Attributes:
        paths: the paths of their images.

    Example:
        >>> import tempfile
        >>> frame = b"," + bytes([0, 0, 0, 0, 8, 0, 4, 0, 0, 2, 0])
        >>> written = []
        >>> with tempfile.TemporaryDirectory() as root:
        ...     blocks = Blocks(written.append)
        ...     with open(f"{root}/a.gif", "wb") as file:
        ...         _ = file.write(b"GIF89a" + bytes([8, 0, 4, 0, 0, 0, 0]) + frame + b";")
        ...     folder, paths = ImageFolder(root), pa.array(["a.gif"])
        ...     table = pa.table({"label": [7]})
        ...     records = ImageRecords(table, paths, folder, blocks, sha256=False)
        ...     size = records.add(0, folder.open("a.gif"))
        ...     blocks.finish()
        >>> size, len(written[0])
        (183, 183)
    """

    def __init__(
        self, table: pa.Table, paths: pa.Array, folder: ImageFolder, blocks: Blocks, *, sha256: bool
    ) -> None:
        self.paths = paths
        self._folder, self._blocks, self._sha256 = folder, blocks, sha256
        late = [name for name in _NAMES if name != _FILENAME and (sha256 or name != _SHA256)]
        columns = dict(zip(table.column_names, table.columns, strict=True))
        encoded = encode_between(pa.table(columns | {_FILENAME: paths}), late)
        self._before, self._after_image, *gaps, self._last = (one.to_pylist() for one in encoded)
        # Mostly no column is called so that it comes between the later features of an image.
        rows = list(zip(*gaps, strict=True)) if any(map(any, gaps)) else None
        self._gaps: list[tuple[bytes, ...]] | None = rows
        self._usual_bytes = 0  # of the late features and the gaps: those of the last image

    def add(self, row: int, image: OpenImage) -> int:
        """Read an image, which is closed, and write the record of its row.

        Args:
            row: which of the rows.
            image: its image.

        Returns:
            The bytes of the record, with its frame.

        Raises:
            SampleFileError: it cannot be read, or is no image to use; nothing has been written.
            OSError: what was written before could not be written.
        """
        path, handle, size = image
        before = self._before[row] + _header_of_image(size)
        between, last = self._after_image[row], self._last[row]
        # How long the header of the example is depends on what the image says, but hardly ever.
        about = len(before) + size + len(between) + self._usual_bytes + len(last)
        opening = example_header(about)
        start = HEADER_BYTES + len(opening) + len(before)
        end = start + size
        most = end + len(between) + len(last) + _MOST_LATE_BYTES
        gaps = None if self._gaps is None else self._gaps[row]
        if gaps is not None:
            most += sum(map(len, gaps))
        try:
            if most > ROOM_BYTES:
                data = read_to_end(handle, size)
            else:
                room = self._blocks.room(most)
                count = _read_into(handle, room[start : end + 1])
                data = bytes(room[start : start + count])
                if count != size:
                    data = read_to_end(handle, size, data)
        except OSError as error:
            raise self._folder.unreadable(path, error) from None
        finally:
            os.close(handle)
        header = self._folder.check(path, data)
        features, late = _late_features(header, self._sha256)
        hash_at = len(between) + len(late) - len(features[-1]) - _HASH_BYTES
        if gaps is not None:
            pairs = zip(features, (*gaps, b""), strict=True)
            late = b"".join(part for pair in pairs for part in pair)
            hash_at += sum(map(len, gaps[:-1]))
        self._usual_bytes = len(late)
        after = b"".join((between, late, last))
        if most > ROOM_BYTES or count != size:
            return self._write(self._before[row], data, after, hash_at)
        whole = len(before) + size + len(after)
        if whole != about:
            opening = example_header(whole)
        front = b"".join((frame_header(len(opening) + whole), opening, before))
        if len(front) != start:
            room[len(front) : len(front) + size] = room[start:end]
            start, end = len(front), len(front) + size
        room[:start] = front
        stop = end + len(after)
        room[end:stop] = after
        record = room[: stop + FOOTER_BYTES]
        hash_at += end
        if self._sha256:
            record[hash_at : hash_at + _HASH_BYTES] = _hash(record[start:end])
        body = np.frombuffer(record[HEADER_BYTES:-FOOTER_BYTES], np.uint8)
        record[-FOOTER_BYTES:] = masked_bytes(google_crc32c.value(body))
        self._blocks.keep(len(record))
        return len(record)

    def _write(self, before: bytes, data: bytes, after: bytes, hash_at: int) -> int:
        """Write a record whose image is large, or has not the size that was told."""
        if self._sha256:
            after = after[:hash_at] + _hash(data) + after[hash_at + _HASH_BYTES :]
        before += _header_of_image(len(data))
        size = len(before) + len(data) + len(after)
        before = example_header(size) + before
        size += len(example_header(size))
        extend = google_crc32c.extend
        checksum = extend(extend(google_crc32c.value(before), data), after)
        for part in (frame_header(size), before, data, after, masked_bytes(checksum)):
            self._blocks.write(part)
        return HEADER_BYTES + size + FOOTER_BYTES


if hasattr(os, "readv"):

    def _read_into(handle: int, room: memoryview) -> int:
        """Read as much as there is room for, most often in one call."""
        return os.readv(handle, [room])

else:

    def _read_into(handle: int, room: memoryview) -> int:
        """Read as much as there is room for, by a copy."""
        data = os.read(handle, len(room))
        room[: len(data)] = data
        return len(data)


def _hash(data: bytes | memoryview) -> bytes:
    return hashlib.sha256(data).hexdigest().encode()


@lru_cache(4096)
def _late_features(header: ImageHeader, sha256: bool) -> tuple[list[bytes], bytes]:
    """The features of an image that say what it is, with room for its hash; and them as one."""
    features = [
        _entry(_FORMAT, "bytes", header.format.encode()),
        _entry(_HEIGHT, "int64", varint(header.height)),
    ]
    if sha256:
        features.append(_entry(_SHA256, "bytes", bytes(_HASH_BYTES)))
    features.append(_entry(_WIDTH, "int64", varint(header.width)))
    return features, b"".join(features)


def _entry(name: str, kind: Kind, data: bytes) -> bytes:
    return entry_header(name, kind, repeated=False)(len(data)) + data
