"""The images that a manifest lists: read as they are, their headers checked, never decoded."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from dataclasses import dataclass
from typing import NamedTuple

from ..errors import SampleFileError, printable
from .image_header import HeaderError, ImageHeader, read_header
from .reader import MOST_BYTES

MAX_PIXELS = 100_000_000
"""Images of more pixels are refused by default: decoded, they would take 300 MB."""
# Not to wait for a writer if it is a named pipe.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Image(NamedTuple):
    """An image as its file has it.

    Attributes:
        path: as the manifest has it.
        data: the bytes of the file.
        header: what the bytes say of themselves.
        sha256: their hash, in hexadecimal digits; an empty text if it was not asked for.
    """

    path: str
    data: bytes
    header: ImageHeader
    sha256: str


@dataclass(frozen=True)
class ImageFolder:
    """Where images are, and what is asked of them.

    Attributes:
        root: the folder that relative paths start from.
        max_pixels: the most pixels that an image may have, in all its frames together.
        sha256: whether to hash each image.

    Example:
        >>> ImageFolder("/data").place("a/b.png")
        '/data/a/b.png'
    """

    root: str
    max_pixels: int = MAX_PIXELS
    sha256: bool = True

    def place(self, path: str | None) -> str:
        """Find the file of a path.

        Raises:
            SampleFileError: no path, or one that leads out of the root.
        """
        if not path:
            raise SampleFileError("there is no path; leave the row out of the manifest")
        if "\0" in path:
            raise SampleFileError(f"'{printable(path)}' has a zero byte in it; mend the manifest")
        if os.path.isabs(path):
            return path
        if os.pardir in path and os.path.normpath(path).split(os.sep)[0] == os.pardir:
            raise SampleFileError(
                f"'{printable(path)}' leads out of '{printable(self.root)}'; say another folder "
                "with --image-root, or write the whole path"
            )
        return f"{self.root}{os.sep}{path}"

    def read(self, path: str | None) -> Image:
        """Read one image.

        Args:
            path: as the manifest has it; None for a missing value.

        Raises:
            SampleFileError: it is not there, cannot be read, is no image, is cut short, or has
                too many pixels.
        """
        data = self._bytes(self.place(path))
        try:
            header = read_header(data)
        except HeaderError as error:
            raise SampleFileError(
                f"'{printable(path)}' cannot be used: {error}; mend it, or leave its row out"
            ) from None
        if header.pixels > self.max_pixels:
            raise SampleFileError(
                f"'{printable(path)}' has {header.size}, more than {self.max_pixels}; make it "
                "smaller, or say --max-pixels"
            )
        digest = hashlib.sha256(data).hexdigest() if self.sha256 else ""
        return Image(str(path), data, header, digest)

    def size(self, path: str | None) -> int:
        """The bytes of an image's file; 0 if it is not there."""
        try:
            return os.stat(self.place(path)).st_size
        except (OSError, SampleFileError):
            return 0

    def _bytes(self, place: str) -> bytes:
        try:
            handle = os.open(place, _FLAGS)
            try:
                status = os.fstat(handle)
                if not stat.S_ISREG(status.st_mode):
                    if stat.S_ISDIR(status.st_mode):
                        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
                    raise OSError(errno.EINVAL, "it is no regular file")
                if status.st_size > MOST_BYTES:
                    raise OSError(errno.EFBIG, "no record can hold so large a file")
                return _whole(handle, status.st_size)
            finally:
                os.close(handle)
        except OSError as error:
            raise SampleFileError(
                f"cannot read '{printable(place)}': {error.strerror}; mend it, or leave its row out"
            ) from None


def _whole(handle: int, size: int) -> bytes:
    """Read to the end of a file, most often in one call."""
    data = os.read(handle, size + 1)
    if len(data) == size:
        return data
    parts = [data]
    while data:
        data = os.read(handle, 1 << 20)
        parts.append(data)
    return b"".join(parts)
