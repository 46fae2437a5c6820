"""Images decoded to arrays, once their header shows that they are complete and not too large."""

from __future__ import annotations

import numpy as np

from brevetti_sample.arrays.types import UInt8Array
from brevetti_sample.errors import SampleFileError, argument
from brevetti_sample.messages import printable

from .header import HeaderError, read_header


def decode_image(data: bytes, path: str, channels: int, max_pixels: int) -> UInt8Array:
    """Decode an image.

    Args:
        data: a PNG, JPEG, BMP or GIF; of an animated one the first frame is taken.
        path: what to call it in messages.
        channels: 1 grey, 3 red-green-blue, 4 with alpha, 0 as in the file.
        max_pixels: refuse to decode a larger image.

    Returns:
        uint8 [height, width, channels].

    Raises:
        SampleFileError: no image, a cut, damaged or too large one, or one that cannot have these
            channels.

    Example:
        >>> from .read_bytes import SampleFiles
        >>> path = "sample_manifests/digits/images/0/0000.png"
        >>> decode_image(SampleFiles().read(path), path, channels=1, max_pixels=100).shape
        (8, 8, 1)
    """
    import tensorflow as tf

    try:
        header = read_header(data)
        if header.pixels <= max_pixels:
            return np.asarray(tf.io.decode_image(data, channels, expand_animations=False))
        reason = f"its {header.size} are more than {argument('max_pixels')}, {max_pixels}"
    except HeaderError as error:
        reason = str(error)
    except tf.errors.InvalidArgumentError as error:
        reason = _first_line(error.message)
    raise SampleFileError(
        f"cannot be decoded: {reason}", path=path, advice="fix the file, or leave the sample out"
    )


def _first_line(reason: str) -> str:
    """TensorFlow's reason without the node that it adds."""
    line = reason.strip().splitlines()[0]
    return printable(line.rpartition("}} ")[2].partition(" [Op:")[0].rstrip("."))
