"""Images: decoded inside of TensorFlow, once their header says that they are not too large."""

from __future__ import annotations

from typing import Any

_PNG = b"\x89PNG\r\n\x1a\n"
_HEADER_BYTES = 26  # all but JPEG say within these how large they are


def decode_image(data: Any, path: Any, channels: int, max_pixels: int) -> Any:
    """Decode an image.

    Args:
        data: string tensor [], a PNG, JPEG, GIF or BMP.
        path: string tensor [], for messages.
        channels: 1 grey, 3 red-green-blue, 4 with alpha, 0 as in the file.
        max_pixels: refuse to decode a larger image.

    Returns:
        uint8 tensor [height, width, channels].

    Raises:
        tf.errors.InvalidArgumentError: in the iteration; no image, or too large a one, with the
            path; or a damaged one.
    """
    import tensorflow as tf

    height, width = image_size(data)
    with tf.control_dependencies(
        [
            tf.debugging.Assert(height > 0, ["no PNG, JPEG, GIF or BMP image:", path]),
            tf.debugging.Assert(
                height * width <= max_pixels,
                ["image of", height, "x", width, "pixels, more than", max_pixels, ":", path],
            ),
        ]
    ):
        return tf.io.decode_image(tf.identity(data), channels, expand_animations=False)


def image_size(data: Any) -> tuple[Any, Any]:
    """Read from an image's header how large it is.

    Args:
        data: string tensor [].

    Returns:
        int64 tensors []: height and width in pixels; 0 and 0 if this is no image.

    Example:
        >>> from brevetti_sample.files import read_bytes
        >>> height, width = image_size(read_bytes("sample_manifests/digits/images/0/0000.png"))
        >>> int(height), int(width)
        (8, 8)
    """
    import tensorflow as tf

    data = tf.convert_to_tensor(data)
    padded = tf.strings.join([tf.strings.substr(data, 0, _HEADER_BYTES), b"\0" * _HEADER_BYTES])
    header = tf.io.decode_raw(tf.strings.substr(padded, 0, _HEADER_BYTES), tf.uint8)
    header = tf.cast(tf.ensure_shape(header, [_HEADER_BYTES]), tf.int64)

    def number(first: int, count: int, *, big: bool = False) -> Any:
        places = [256 ** (count - 1 - i if big else i) for i in range(count)]
        return tf.reduce_sum(header[first : first + count] * tf.constant(places, tf.int64))

    def jpeg() -> Any:
        shape = tf.io.extract_jpeg_shape(data, tf.int64)
        return shape[0], shape[1]

    def bitmap() -> Any:
        height = number(22, 4)  # negative if the rows go from top to bottom
        return tf.minimum(height, (1 << 32) - height), number(18, 4)

    def starts(with_: bytes) -> Any:
        return tf.equal(tf.strings.substr(data, 0, len(with_)), with_)

    zero = tf.constant(0, tf.int64)
    size = tf.case(
        [
            (starts(_PNG), lambda: (number(20, 4, big=True), number(16, 4, big=True))),
            (starts(b"\xff\xd8\xff"), jpeg),
            (starts(b"GIF8"), lambda: (number(8, 2), number(6, 2))),
            (starts(b"BM"), bitmap),
        ],
        default=lambda: (zero, zero),
    )
    return size[0], size[1]
