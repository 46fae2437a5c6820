"""Records of images: one after the other, each image read to where its record is written from."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache

import google_crc32c
import numpy as np
import pyarrow as pa

from brevetti_sample.errors import SampleFileError
from brevetti_sample.files.failures import close_quietly
from brevetti_sample.files.regular import read_to_end
from brevetti_sample.images.folder import ImageFolder, OpenImage
from brevetti_sample.images.header import ImageHeader
from brevetti_sample.limits import MAX_IMAGE_BYTES, MAX_RECORD_BYTES, size_text
from brevetti_sample.tfrecord.format.example import binary_lengths, encode_between
from brevetti_sample.tfrecord.format.features import Kind
from brevetti_sample.tfrecord.format.framing import masked_bytes
from brevetti_sample.tfrecord.format.layout import EXAMPLE, Layout, layout
from brevetti_sample.tfrecord.format.wire import entry_header, varint

from .blocks import ROOM_BYTES, Blocks

IMAGE = "image/encoded"
_FILENAME = "image/filename"
_FORMAT = "image/format"
_HEIGHT = "image/height"
_SHA256 = "image/key/sha256"
_WIDTH = "image/width"
_NAMES = (IMAGE, _FILENAME, _FORMAT, _HEIGHT, _SHA256, _WIDTH)
_USUAL = ImageHeader("jpeg", 1000, 1000, 1_000_000)  # its sizes take two bytes each, as most do
_MOST_LATE_BYTES = 64  # that what an image says may take more than the usual
_HASH_BYTES = 64  # in hexadecimal digits
_header_of_image = entry_header(IMAGE, "bytes", repeated=False)
_header_of_hash = entry_header(_SHA256, "bytes", repeated=False)(_HASH_BYTES)
_HASH_FEATURE_BYTES = len(_header_of_hash) + _HASH_BYTES


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
        late = [name for name in _NAMES if name != _FILENAME]
        columns = dict(zip(table.column_names, table.columns, strict=True))
        before, *gaps = encode_between(pa.table(columns | {_FILENAME: paths}), late)
        self._before: list[bytes] = before.to_pylist()
        # What comes before each of the late features, and after the last of them.
        self._gaps = list(zip(*(gap.to_pylist() for gap in gaps), strict=True))
        usual = sum(map(len, _features_of(_USUAL))) + (_HASH_FEATURE_BYTES if sha256 else 0)
        sizes = np.sum([binary_lengths(gap) for gap in gaps], axis=0) + usual
        self._after_bytes: list[int] = sizes.tolist()

    def add(self, row: int, image: OpenImage) -> int:
        """Read an image, which is closed, and write the record of its row.

        The image is read to where it will stand if what its header says takes as many bytes as
        usual. It nearly always does, or makes no difference; if not, the record is copied.

        Args:
            row: which of the rows.
            image: its image.

        Returns:
            The bytes of the record, with its frame.

        Raises:
            SampleFileError: it cannot be read, or is no image to use; nothing has been written.
            OSError: what was written before could not be written.
        """
        before = self._before[row] + _header_of_image(image.size)
        expected = layout(len(before), image.size, self._after_bytes[row])
        most = expected.end + _MOST_LATE_BYTES
        room = self._blocks.room(most) if most <= ROOM_BYTES else None
        target = None if room is None else room[expected.image : expected.after + 1]
        data = self._read(image, target)
        header = self._folder.check(image.path, data)
        after = self._after(row, header, data)
        if len(before) + len(data) + len(after) > MAX_RECORD_BYTES:
            raise SampleFileError(
                f"is too large for a record: it has at most {size_text(MAX_RECORD_BYTES)}",
                path=image.path,
                advice="leave its row out, or columns beside it",
            )
        found = expected
        if len(data) != image.size:
            room, before = None, self._before[row] + _header_of_image(len(data))
        if room is None or len(after) != self._after_bytes[row]:
            found = layout(len(before), len(data), len(after))
        if room is None or found.image != expected.image:
            self._copy(found, before, data, after)
        else:
            _fill(room[: found.end], found, before, after)
            self._blocks.keep(found.end)
        return found.end

    def _read(self, image: OpenImage, room: memoryview | None) -> bytes:
        """Read an image, and close it.

        Args:
            image: the open image.
            room: where to read it to, with a byte more than it should have, so that one call
                finds its end; None for nowhere. It is filled only if the size is right.

        Returns:
            All its bytes.
        """
        try:
            self._folder.look(image)
            if room is None:
                return read_to_end(image.handle, image.size, most=MAX_IMAGE_BYTES)
            count = _read_into(image.handle, room)
            data = bytes(room[:count])
            if count == image.size:
                return data
            return read_to_end(image.handle, image.size, data, MAX_IMAGE_BYTES)
        except OSError as error:
            raise self._folder.unreadable(image.path, error) from None
        finally:
            close_quietly(image.handle)

    def _after(self, row: int, header: ImageHeader, data: bytes) -> bytes:
        """The features after the image."""
        of_format, height, width = _features_of(header)
        of_hash = b""
        if self._sha256:
            of_hash = _header_of_hash + hashlib.sha256(data).hexdigest().encode()
        first, second, third, fourth, last = self._gaps[row]
        return b"".join((first, of_format, second, height, third, of_hash, fourth, width, last))

    def _copy(self, found: Layout, before: bytes, data: bytes, after: bytes) -> None:
        """Write a record whose image does not stand in the room where it belongs."""
        opening = found.opening()
        checksum = google_crc32c.value(opening[EXAMPLE:])
        for part in (before, data, after):
            checksum = google_crc32c.extend(checksum, part)
        for part in (opening, before, data, after, masked_bytes(checksum)):
            self._blocks.write(part)


def _fill(record: memoryview, found: Layout, before: bytes, after: bytes) -> None:
    """Fill a record around its image, which stands there already."""
    record[: found.image] = found.opening() + before
    record[found.after : found.footer] = after
    example = np.frombuffer(record[EXAMPLE : found.footer], np.uint8)
    record[found.footer :] = masked_bytes(google_crc32c.value(example))


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


@lru_cache(4096)
def _features_of(header: ImageHeader) -> tuple[bytes, bytes, bytes]:
    """The features that tell the format, the height and the width of an image."""
    return (
        _entry(_FORMAT, "bytes", header.format.encode()),
        _entry(_HEIGHT, "int64", varint(header.height)),
        _entry(_WIDTH, "int64", varint(header.width)),
    )


def _entry(name: str, kind: Kind, data: bytes) -> bytes:
    return entry_header(name, kind, repeated=False)(len(data)) + data
