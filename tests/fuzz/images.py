"""Images as inputs: what their headers say, and what an export makes of them."""

from __future__ import annotations

import io
import struct
import time
import zlib
from functools import cache
from pathlib import Path

from brevetti_sample.images.header import HeaderError, read_header

from .mutations import change_bytes
from .running import BrokenError, Target, call, choices

_MOST_SECONDS = 5


@cache
def _images():
    from PIL import Image

    found = []
    picture = Image.effect_noise((40, 30), 90)
    for form, mode, way in [
        *(("PNG", mode, {}) for mode in ("L", "RGB", "P", "RGBA", "I;16")),
        *(("JPEG", mode, {}) for mode in ("L", "RGB", "CMYK")),
        ("JPEG", "RGB", {"progressive": True, "exif": b"Exif\0\0" + b"\xff" * 90}),
        *(("GIF", mode, {}) for mode in ("L", "P")),
        ("GIF", "P", {"save_all": True, "append_images": [picture.rotate(9)] * 3}),
        ("PNG", "RGB", {"save_all": True, "append_images": [picture.rotate(9).convert("RGB")] * 3}),
        *(("BMP", mode, {}) for mode in ("1", "L", "RGB", "P", "RGBA")),
        ("WEBP", "RGB", {}),
        ("WEBP", "RGBA", {"lossless": True}),
        ("WEBP", "RGB", {"save_all": True, "append_images": [picture.rotate(9).convert("RGB")] * 3}),
        ("WEBP", "RGB", {"exif": b"Exif\0\0" + b"\0" * 9}),
        ("TIFF", "RGB", {}),
    ]:  # fmt: skip
        sink = io.BytesIO()
        picture.convert(mode).save(sink, form, **way)
        found.append(sink.getvalue())
    old = struct.pack("<2sIHHIIHHHH", b"BM", 26 + 8, 0, 0, 26, 12, 2, 2, 1, 24) + bytes(16)
    return [*found, old]


def _make_image(random):
    data = random.choice(_images())
    head = random.choice([24, 34, 64, 400])
    match random.randrange(8):
        case 0 | 1 | 2 | 3:
            return change_bytes(random, data[:head]) + data[head:]
        case 4:  # the end, which each format marks
            return data[:-40] + change_bytes(random, data[-40:])
        case 5 if data.startswith(b"\x89PNG"):
            kind = random.choice([b"IEND", b"fcTL", b"tEXt", b"IHDR", b"acTL"])
            return (
                data[:33]
                + _chunk(kind, random.randbytes(8)) * random.choice([1, 9, 9000])
                + data[33:]
            )
        case 6:
            other = random.choice(_images())
            return data[: random.randrange(len(data))] + other[random.randrange(len(other)) :]
        case _:
            return change_bytes(random, data)


def _chunk(kind, content):
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )


def _run_image(data):
    start = time.monotonic()
    try:
        header = read_header(data)
    except HeaderError as error:
        if not str(error).isprintable() or len(str(error)) > 500:
            raise BrokenError("said what a terminal would act on, or much") from None
    else:
        sides = header.height, header.width, header.pixels
        if not all(type(side) is int and side > 0 for side in sides):
            raise BrokenError(f"claims {header}")
    if time.monotonic() - start > _MOST_SECONDS:
        raise BrokenError(f"took {time.monotonic() - start:.1f} s to read a header")
    random = choices(data)
    if random.random() > 0.15:
        return
    Path("a.png").write_bytes(data)
    Path("m.csv").write_text("path\na.png\n")
    options = "m.csv --image-column path -n 1 -q -j 1 -o o --overwrite"
    call(f"export-tfrecord {options}", ends=(0, 4))
    call(f"export-tfrecord {options} --on-error skip", ends=(0, 4, 6))
    call("verify o --deep", ends=(0, 7))
    if random.random() < 0.2:
        call("report m.csv --image-column path -n 1 -q -o report.html")


TARGETS = {"image": Target(_make_image, _run_image)}
