"""The images that a manifest lists: read as they are, their headers checked, never decoded."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import pyarrow as pa

from brevetti_sample.arguments import MAX_PIXELS
from brevetti_sample.errors import SampleFileError, UsageError, argument
from brevetti_sample.files.failures import close_quietly, reason_of
from brevetti_sample.files.local_path import is_uri
from brevetti_sample.files.regular import open_regular, read_to_end
from brevetti_sample.limits import MAX_IMAGE_BYTES

from .below import resolve_below
from .header import HeaderError, ImageHeader, check_start, read_header

_LOOK_BYTES = 1 << 20  # of a larger file the beginning is looked at before all of it is read
_START_BYTES = 16


class Image(NamedTuple):
    """An image as its file has it.

    Attributes:
        data: the bytes of the file.
        header: what they begin with.
    """

    data: bytes
    header: ImageHeader


class OpenImage(NamedTuple):
    """A file that is open to be read.

    Attributes:
        path: as the manifest has it.
        handle: the file descriptor, which whoever has it closes.
        size: the bytes of the file.
    """

    path: str
    handle: int
    size: int


@dataclass(frozen=True)
class ImageFolder:
    """Where images are, and what is asked of them.

    Attributes:
        root: the folder that relative paths start from.
        max_pixels: the most pixels that an image may have, in all its frames together.

    Example:
        >>> ImageFolder("/data").resolve("a/b.png")
        '/data/a/b.png'
    """

    root: str
    max_pixels: int = MAX_PIXELS

    def resolve(self, path: str | None) -> str:
        """Find the file of a path.

        Raises:
            SampleFileError: no path, a URI, or one that leads out of the root.
        """
        if not path:
            raise SampleFileError("there is no path", advice="leave the row out of the manifest")
        if is_uri(path):
            raise SampleFileError(
                "is a URI, and images must be local files",
                path=path,
                advice="copy them here, and name the copies in the manifest",
            )
        return resolve_below(path, self.root, "image_root")

    def open(self, path: str | None) -> OpenImage:
        """Open the file of an image.

        Args:
            path: as the manifest has it; None for a missing value.

        Raises:
            SampleFileError: it is not there, no file, or cannot be opened.
            OutputError: no file can be opened, as too many are.
            MemoryError: there is not enough memory.
        """
        file = self.resolve(path)
        try:
            handle, size = open_regular(file, MAX_IMAGE_BYTES)
        except OSError as error:
            raise self.unreadable(path, error) from None
        return OpenImage(str(path), handle, size)

    def check(self, path: str | None, data: bytes) -> ImageHeader:
        """Read the header of an image.

        Args:
            path: as the manifest has it.
            data: the bytes of the file.

        Raises:
            SampleFileError: it is no image, is cut short, or has too many pixels.
        """
        try:
            header = read_header(data)
        except HeaderError as error:
            raise _unusable(path, error) from None
        if header.pixels > self.max_pixels:
            raise SampleFileError(
                f"has {header.size}, more than {self.max_pixels}",
                path=path,
                advice=f"make it smaller, or pass a larger {argument('max_pixels')}",
            )
        return header

    def read(self, path: str | None) -> Image:
        """Read one image.

        Args:
            path: as the manifest has it; None for a missing value.

        Raises:
            SampleFileError: as `open` and `check` do, or it cannot be read.
        """
        image = self.open(path)
        try:
            self.look(image)
            data = read_to_end(image.handle, image.size, most=MAX_IMAGE_BYTES)
        except OSError as error:
            raise self.unreadable(path, error) from None
        finally:
            close_quietly(image.handle)
        return Image(data, self.check(path, data))

    def files(self, paths: pa.Array) -> Iterator[str]:
        """The files of paths, but of those that cannot be any.

        Example:
            >>> list(ImageFolder("/data").files(pa.array(["a.png", None])))
            ['/data/a.png']
        """
        for path in paths.to_pylist():
            with contextlib.suppress(SampleFileError):
                yield self.resolve(path)

    def look(self, image: OpenImage) -> None:
        """Look at the beginning of a large file, so that it is not read if it is no image.

        Raises:
            SampleFileError: it is no image.
            OSError: it cannot be read.
        """
        if image.size <= _LOOK_BYTES:
            return
        start = os.read(image.handle, _START_BYTES)
        os.lseek(image.handle, 0, os.SEEK_SET)
        try:
            check_start(start)
        except HeaderError as error:
            raise _unusable(image.path, error) from None

    def size(self, path: str | None) -> int:
        """The bytes of an image's file; 0 if it is not there."""
        try:
            return os.stat(self.resolve(path)).st_size
        except (OSError, SampleFileError):
            return 0

    def unreadable(self, path: str | None, error: OSError) -> SampleFileError:
        """The error of a file that cannot be opened or read.

        Raises:
            OutputError, MemoryError: not the file is at fault, as `failures.reason_of` tells.
        """
        return SampleFileError(
            f"cannot be read: {reason_of(error)}",
            path=self.resolve(path),
            advice="fix it, or leave its row out",
        )


def _unusable(path: str | None, error: HeaderError) -> SampleFileError:
    return SampleFileError(
        f"cannot be used: {error}", path=path, advice="fix it, or leave its row out"
    )


def image_paths(column: pa.ChunkedArray, name: str) -> pa.Array:
    """Take a column of texts as the paths of images.

    Args:
        column: the column.
        name: its name.

    Raises:
        UsageError: it is not text.

    Example:
        >>> image_paths(pa.chunked_array([["a.png"], ["b.png"]]), "path").to_pylist()
        ['a.png', 'b.png']
    """
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = column.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or kind == pa.string_view()):
        raise UsageError(
            f"is {kind}, not text",
            parameter="image_column",
            column=name,
            advice="choose the column with the paths",
        )
    column = column.cast(pa.large_string())
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
