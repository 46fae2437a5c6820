"""The headers of images, against what Pillow writes."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from brevetti_sample.images.header import HeaderError, ImageHeader, read_header


def saved(format, size=(37, 21), mode="RGB", **options):
    stream = io.BytesIO()
    Image.new(mode, size, 3).save(stream, format, **options)
    return stream.getvalue()


IMAGES = {
    "png": saved("PNG"),
    "grey png": saved("PNG", mode="L"),
    "jpeg": saved("JPEG"),
    "progressive jpeg": saved("JPEG", progressive=True, exif=b"Exif\0\0" + b"\xff\xd9" * 40),
    "gif": saved("GIF", mode="P"),
    "animated gif": saved("GIF", save_all=True, append_images=[Image.new("RGB", (37, 21), 90)]),
    "animated png": saved("PNG", save_all=True, append_images=[Image.new("RGB", (37, 21), 90)]),
    "animated webp": saved("WEBP", save_all=True, append_images=[Image.new("RGB", (37, 21), 90)]),
    "bmp": saved("BMP"),
    "palette bmp": saved("BMP", mode="P"),
    "lossy webp": saved("WEBP", lossless=False),
    "lossless webp": saved("WEBP", lossless=True),
    "extended webp": saved("WEBP", mode="RGBA", exif=b"Exif\0\0MM\0*"),
}


@pytest.mark.parametrize("name", IMAGES)
def test_format_height_and_width_are_those_of_the_image(name):
    frames = 2 if "animated" in name else 1
    kind = name.split()[-1]
    assert read_header(IMAGES[name]) == ImageHeader(kind, 21, 37, frames * 21 * 37)


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_that_was_cut_anywhere_is_refused(name):
    data = IMAGES[name]
    for end in range(len(data)):
        with pytest.raises(HeaderError):
            read_header(data[:end])


@pytest.mark.parametrize("name", ["png", "jpeg", "gif", "lossy webp"])
def test_bytes_after_the_end_do_no_harm(name):
    assert read_header(IMAGES[name] + b"\0\0") == read_header(IMAGES[name])


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"", "it is empty"),
        (b"P6 1 1 255 abc", "it is no PNG, JPEG, GIF, BMP or WebP image"),
        (b"path,label\na.png,1\n", "it is no PNG, JPEG, GIF, BMP or WebP image"),
        (b"RIFF\x04\0\0\0WAVE", "it is a RIFF file, but no WebP image"),
        (b"\xff\xd8\xff\xd9", "it is a JPEG image without pixels"),
        (b"\xff\xd8\xff\xe0\0\x02\x12\x34", "it is a JPEG image whose segments do not join"),
        (b"GIF89a" + bytes(7) + b"," + bytes(11) + b";", "it claims 0 x 0 pixels"),
        (b"GIF89a\1\0\1\0\0\0\0;", "it is a GIF image without pixels"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\0IEND1234", "it is a PNG image without a header"),
    ],
)
def test_what_is_no_image_is_refused_with_the_reason(data, reason):
    with pytest.raises(HeaderError) as caught:
        read_header(data)
    assert str(caught.value) == reason


def test_a_frame_that_is_larger_than_its_image_counts_as_large_as_it_is():
    data = bytearray(IMAGES["animated gif"])
    frame = data.index(b",\0\0\0\0" + bytes([37, 0, 21, 0]))
    data[frame + 5 : frame + 9] = bytes([0, 1, 0, 2])
    assert read_header(bytes(data)) == ImageHeader("gif", 21, 37, 2 * 256 * 512)
