"""Records of images: one after the other, each as soon as its file has been read."""

from __future__ import annotations

from functools import lru_cache

import google_crc32c
import pyarrow as pa

from .example import encode_between
from .framing import HEADER_BYTES, frame_header, masked_bytes
from .image_header import ImageHeader
from .images import Image
from .wire import entry_header, example_header, varint

IMAGE = "image/encoded"
_FILENAME = "image/filename"
_FORMAT = "image/format"
_HEIGHT = "image/height"
_SHA256 = "image/key/sha256"
_WIDTH = "image/width"
_NAMES = (IMAGE, _FILENAME, _FORMAT, _HEIGHT, _SHA256, _WIDTH)
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
        rows: how many there are.
        sha256: whether the hash of an image is a feature of it.

    Example:
        >>> records = ImageRecords(pa.table({"label": [7]}), 1, sha256=False)
        >>> image = Image("a.png", b"...", ImageHeader("png", 2, 3, 6), "")
        >>> parts = records.record(0, image)
        >>> parts[1]
        b'...'
    """

    def __init__(self, table: pa.Table, rows: int, *, sha256: bool) -> None:
        self._sha256 = sha256
        names = [name for name in _NAMES if sha256 or name != _SHA256]
        arrays = encode_between(table, names) if table.num_columns else []
        between = [array.to_pylist() for array in arrays] or [[b""] * rows] * (len(names) + 1)
        self._before, *gaps = between
        # Mostly no column is called so that it comes between the features of an image.
        self._gaps = [] if not any(map(any, gaps)) else list(zip(*gaps, strict=True))

    def record(self, row: int, image: Image) -> tuple[bytes, bytes, bytes]:
        """Make the record of a row, with its frame, in three parts; the second is the image."""
        data = image.data
        kind, height, width = _entries(image.header)
        features = [_text(_FILENAME, image.path), kind, height]
        if self._sha256:
            features.append(_text(_SHA256, image.sha256))
        features.append(width)
        if self._gaps:
            pairs = zip(self._gaps[row], [*features, b""], strict=True)
            features = [part for pair in pairs for part in pair]
        after = b"".join(features)
        before = self._before[row] + _header_of_image(len(data))
        size = len(before) + len(data) + len(after)
        start = example_header(size)
        front = b"".join((frame_header(len(start) + size), start, before))
        extend = google_crc32c.extend
        checksum = extend(extend(google_crc32c.value(front[HEADER_BYTES:]), data), after)
        return front, data, after + masked_bytes(checksum)


@lru_cache(4096)
def _entries(header: ImageHeader) -> tuple[bytes, bytes, bytes]:
    """The features of an image's format, height and width."""
    sides = zip((_HEIGHT, _WIDTH), (varint(header.height), varint(header.width)), strict=True)
    height, width = (
        entry_header(name, "int64", repeated=False)(len(side)) + side for name, side in sides
    )
    return _text(_FORMAT, header.format), height, width


def _text(name: str, text: str) -> bytes:
    data = text.encode()
    return entry_header(name, "bytes", repeated=False)(len(data)) + data
