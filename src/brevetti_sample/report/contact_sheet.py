"""A contact sheet: the images of the first batches, small, inside of the page."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from brevetti_sample.errors import SampleFileError
from brevetti_sample.images.folder import Image, ImageFolder, image_paths
from brevetti_sample.messages import printable
from brevetti_sample.streams.plan import BoundPlan
from brevetti_sample.tables.batches import Batches

from .strips import MOST_BATCHES

MOST_IMAGES = 64
"""How many images are on the sheet."""
MOST_BYTES = 8 << 20
"""How many bytes all images may take, as the page holds them."""
SMALL_BYTES = 48 << 10
"""Images of at most so many bytes are taken as they are."""
PLAIN_BYTES = 1 << 20
"""Without Pillow, which scales them down, so are images of so many bytes."""
LARGEST_FILE_BYTES = 64 << 20
"""Larger files are not read."""
THUMBNAIL = 256
"""Pixels of the longer side of an image that is scaled down."""


@dataclass(frozen=True)
class Picture:
    """A draw with its image.

    Attributes:
        draw: the number of the draw.
        batch: the number of its batch.
        group: the group's label.
        path: as the manifest has it; empty if it is missing.
        uri: the image, as a data URI; empty if there is none.
        width: in pixels, of the whole image; 0 if there is none.
        height: likewise.
        reason: why there is no image; empty if there is one.
    """

    draw: int
    batch: int
    group: str
    path: str
    uri: str = ""
    width: int = 0
    height: int = 0
    reason: str = ""


def contact_sheet(
    bound_plan: BoundPlan,
    column: str,
    root: str,
    start: int,
    stop: int,
) -> list[Picture]:
    """Read the images of the first batches.

    At most `MOST_IMAGES` images and `MOST_BYTES` bytes; whole batches, as far as that goes.

    Args:
        bound_plan: the plan, bound to its manifest.
        column: the column with the images' paths.
        root: the folder that relative paths start from; those that lead out of it are not read.
        start: first draw number.
        stop: draw number to stop before.

    Raises:
        ColumnError: no such column.
        UsageError: a column that is not text.
    """
    size = bound_plan.plan.batch_size
    batches = max(1, min(MOST_IMAGES // size, MOST_BATCHES))
    stop = min(stop, (start // size + batches) * size, start + MOST_IMAGES)
    draws: list[tuple[int, int, str, str | None]] = []
    for table in Batches(bound_plan, [column]).tables(start, stop):
        paths = image_paths(table.column(4), column).to_pylist()
        numbers, numbers_of_batches, _, groups = (c.to_pylist() for c in table.columns[:4])
        draws += zip(numbers, numbers_of_batches, groups, paths, strict=True)
    return list(_pictures(draws, ImageFolder(root)))


def _pictures(
    draws: Sequence[tuple[int, int, str, str | None]], folder: ImageFolder
) -> Iterator[Picture]:
    used = 0
    for draw, batch, group, path in draws:
        text = printable(path or "")
        caption = (draw, batch, printable(group), text)
        try:
            uri, image = _read(path, folder)
        except SampleFileError as error:
            yield Picture(*caption, reason=str(error))
            continue
        if used + len(uri) > MOST_BYTES:
            reason = f"left out: the images before it fill the {MOST_BYTES >> 20} MiB of this page"
            yield Picture(*caption, reason=reason)
            continue
        used += len(uri)
        yield Picture(*caption, uri, image.header.width, image.header.height)


def _read(path: str | None, folder: ImageFolder) -> tuple[str, Image]:
    """An image as a data URI.

    Raises:
        SampleFileError: it cannot be read, is none, or is too large.
    """
    if folder.size(path) > LARGEST_FILE_BYTES:
        most = LARGEST_FILE_BYTES >> 20
        raise SampleFileError(f"the file is larger than {most} MiB, and was not read")
    image = folder.read(path)
    kind, data = image.header.format, image.data
    if len(data) > SMALL_BYTES:
        kind, data = _smaller(image)
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}", image


def _smaller(image: Image) -> tuple[str, bytes]:
    """Scale an image down with Pillow; without it take the bytes as they are, if they are few.

    Returns:
        The format and the bytes.

    Raises:
        SampleFileError: Pillow cannot decode it, or is not there and the image is large.
    """
    try:
        from PIL import Image as Pillow
    except ImportError:
        if len(image.data) <= PLAIN_BYTES:
            return image.header.format, image.data
        raise SampleFileError(
            f"the file has {len(image.data):,} bytes; with Pillow it would be shown small: "
            "pip install pillow"
        ) from None
    try:
        with Pillow.open(io.BytesIO(image.data), formats=[image.header.format]) as opened:
            opened.draft("RGB", (THUMBNAIL, THUMBNAIL))
            opened.thumbnail((THUMBNAIL, THUMBNAIL))
            sink = io.BytesIO()
            opened.convert("RGB").save(sink, "JPEG", quality=80)
    except Exception as error:  # whatever a decoder says of damaged bytes
        raise SampleFileError(f"it cannot be decoded: {printable(error)}") from error
    return "jpeg", sink.getvalue()
