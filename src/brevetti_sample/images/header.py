"""The headers of images: format, height and width, and whether the end of the file is there.

The bytes of a file decide what it is, never its name. The pixels are not decoded; a cut file is
found because each format says, or marks, where it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from struct import Struct, error
from typing import NamedTuple

from brevetti_sample.limits import MAX_IMAGE_PARTS

_PNG_SIZE = Struct(">II")
_PNG_CHUNK = Struct(">I4s")
_JPEG_SEGMENT = Struct(">HBHH")
_GIF_SIZE = Struct("<HH")
_BMP_SIZE = Struct("<ii")
_UINT32 = Struct("<I")
_SHORT = "it ends too early"
# Start of frame: all of 0xC0 to 0xCF but tables (C4), extensions (C8) and conditioning (CC).
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_BARE = frozenset((0x01, *range(0xD0, 0xD8)))


class ImageHeader(NamedTuple):
    """What the header of an image says.

    Attributes:
        format: "png", "jpeg", "gif", "bmp" or "webp".
        height: in pixels, at least 1.
        width: in pixels, at least 1.
        pixels: of all frames together, where they move; what a decoder takes memory for.
    """

    format: str
    height: int
    width: int
    pixels: int

    @property
    def size(self) -> str:
        """How large it is, for people.

        Example:
            >>> ImageHeader("gif", 4, 8, 64).size
            '8 x 4 pixels, 64 in all frames'
        """
        size = f"{self.width} x {self.height} pixels"
        more = self.pixels > self.width * self.height
        return f"{size}, {self.pixels} in all frames" if more else size


class HeaderError(ValueError):
    """The bytes are no image of a known format, or are cut short."""


def read_header(data: bytes) -> ImageHeader:
    """Read the header of an image, and look for its end.

    Args:
        data: the whole file.

    Raises:
        HeaderError: no such image; the message says why, without a name.

    Example:
        >>> frame = b"," + bytes([0, 0, 0, 0, 8, 0, 4, 0, 0, 2, 0])
        >>> read_header(b"GIF89a" + bytes([8, 0, 4, 0, 0, 0, 0]) + frame + frame + b";")
        ImageHeader(format='gif', height=4, width=8, pixels=64)
    """
    name = check_start(data)
    try:
        height, width, *all_frames = _FORMATS[name][1](data)
    except (error, IndexError):
        raise HeaderError(f"{_SHORT} for {_article(name)}") from None
    if height < 1 or width < 1:
        raise HeaderError(f"it claims {width} x {height} pixels")
    return ImageHeader(name, height, width, max(height * width, *all_frames, 0))


def check_start(data: bytes) -> str:
    """Tell the format of an image from its first bytes.

    Raises:
        HeaderError: no image of a known format begins so.

    Example:
        >>> check_start(b"GIF89a")
        'gif'
    """
    if not data:
        raise HeaderError("it is empty")
    for name, (magic, _) in _FORMATS.items():
        if data.startswith(magic):
            return name
    raise HeaderError("it is no PNG, JPEG, GIF, BMP or WebP image")


def _parts(name: str) -> Iterator[int]:
    """Count the parts of an image that are passed on the way to its end, up to a limit."""
    yield from range(MAX_IMAGE_PARTS)
    raise HeaderError(f"it is {_article(name)} of more than {MAX_IMAGE_PARTS:,} parts")


def _article(name: str) -> str:
    return "a WebP image" if name == "webp" else f"a {name.upper()} image"


def _png(data: bytes) -> tuple[int, ...]:
    if data[12:16] != b"IHDR":
        raise HeaderError("it is a PNG image without a header")
    width, height = _PNG_SIZE.unpack_from(data, 16)
    offset, frames = 8, 0
    for _ in _parts("png"):
        length, kind = _PNG_CHUNK.unpack_from(data, offset)
        frames += kind == b"fcTL"
        offset += length + 12
        if kind == b"IEND":
            break
    if offset > len(data):
        raise IndexError
    return height, width, frames * height * width


def _jpeg(data: bytes) -> tuple[int, ...]:
    offset, size, parts = 2, None, _parts("jpeg")
    for _ in parts:
        if data[offset] != 0xFF:
            raise HeaderError("it is a JPEG image whose segments do not join")
        while data[offset] == 0xFF:  # fill bytes may stand before a marker
            next(parts)
            offset += 1
        marker = data[offset]
        offset += 1
        if marker in _JPEG_BARE:
            continue
        if marker == 0xD9:
            raise HeaderError("it is a JPEG image without pixels")
        if marker in _JPEG_FRAMES:
            _, _, height, width = _JPEG_SEGMENT.unpack_from(data, offset)
            size = height, width
        offset += data[offset] << 8 | data[offset + 1]
        if marker == 0xDA:
            break
    if size is None:
        raise HeaderError("it is a JPEG image without a frame")
    if data.rfind(b"\xff\xd9") < offset:
        raise IndexError
    return size


def _gif(data: bytes) -> tuple[int, ...]:
    width, height = _GIF_SIZE.unpack_from(data, 6)
    offset, frames, sides = 13 + _gif_colours(data[10]), 0, [(height, width)]
    parts = _parts("gif")
    while (kind := data[offset]) != 0x3B:
        next(parts)
        offset += 1
        if kind == 0x2C:  # a frame, which may be larger than the image
            frames += 1
            sides.append(_GIF_SIZE.unpack_from(data, offset + 4)[::-1])
            offset += 10 + _gif_colours(data[offset + 8])
        elif kind == 0x21:  # an extension
            offset += 1
        else:  # decoders pass over what they do not know
            continue
        while size := data[offset]:
            next(parts)
            offset += size + 1
        offset += 1
    if not frames:
        raise HeaderError("it is a GIF image without pixels")
    return height, width, frames * max(side[0] for side in sides) * max(side[1] for side in sides)


def _gif_colours(flags: int) -> int:
    """The bytes of the table of colours that follows."""
    return 6 << (flags & 7) if flags & 0x80 else 0


def _bmp(data: bytes) -> tuple[int, ...]:
    pixels, header = _UINT32.unpack_from(data, 10)[0], _UINT32.unpack_from(data, 14)[0]
    if header == 12:
        width, height = _GIF_SIZE.unpack_from(data, 18)
    else:
        width, height = _BMP_SIZE.unpack_from(data, 18)
        height = abs(height)  # negative where the rows go from top to bottom
        depth = data[28] | data[29] << 8
        stride = -(-width * depth // 32) * 4
        packed = _UINT32.unpack_from(data, 30)[0] in (1, 2)
        if not packed and pixels + stride * height > len(data):
            raise IndexError
    if pixels > len(data):
        raise IndexError
    return height, width


def _webp(data: bytes) -> tuple[int, ...]:
    kind = data[8:16]
    if not kind.startswith(b"WEBP"):
        raise HeaderError("it is a RIFF file, but no WebP image")
    end = _UINT32.unpack_from(data, 4)[0] + 8
    if end > len(data):
        raise IndexError
    frames = 0
    if kind == b"WEBPVP8X":
        width, height = (int.from_bytes(data[i : i + 3], "little") + 1 for i in (24, 27))
        offset, parts = 12, _parts("webp")
        while offset + 8 <= end:
            next(parts)
            frames += data.startswith(b"ANMF", offset)
            offset += 8 + (_UINT32.unpack_from(data, offset + 4)[0] + 1 & ~1)
    elif kind == b"WEBPVP8L":
        bits = _UINT32.unpack_from(data, 21)[0]
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"WEBPVP8 ":
        width, height = (side & 0x3FFF for side in _GIF_SIZE.unpack_from(data, 26))
    else:
        raise HeaderError("it is a WebP image of an unknown kind")
    return height, width, frames * height * width


_FORMATS: dict[str, tuple[bytes, Callable[[bytes], tuple[int, ...]]]] = {
    "png": (b"\x89PNG\r\n\x1a\n", _png),
    "jpeg": (b"\xff\xd8\xff", _jpeg),
    "gif": (b"GIF8", _gif),
    "bmp": (b"BM", _bmp),
    "webp": (b"RIFF", _webp),
}
