"""Make the digits sample: 300 small images of handwritten digits and their manifest.

The images are cut from scikit-learn's copy of the UCI data set "Optical Recognition of
Handwritten Digits" (Alpaydin and Kaynak, 1998, https://doi.org/10.24432/C50P49, CC BY 4.0).
Nothing is random: of each digit, the first images in the order of ``load_digits`` are taken.

Run it from any folder; it needs scikit-learn and pillow::

    python sample_manifests/digits/make_digits.py

It writes ``images/`` and ``manifest.csv`` beside itself. Run again, it writes the same bytes,
so it is also a check: it says how many files it had to change, and git shows no difference
when that number is zero.
"""

from __future__ import annotations

import csv
import io
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

if TYPE_CHECKING:
    from numpy.typing import NDArray

HERE = Path(__file__).resolve().parent

CLASS_SIZES = (90, 60, 42, 30, 22, 17, 13, 11, 9, 6)
"""How many images to take of the digits 0 to 9: 300 in all, fewer of each next digit."""

DEVEL_EVERY = 5
"""Every fifth image of a class goes to the split ``devel``, the others to ``train``."""

MAX_VALUE = 16
"""The largest value of a pixel in the source, which holds whole numbers from 0 to 16."""


@dataclass(frozen=True, order=True)
class Row:
    """One line of the manifest; the fields are its columns."""

    path: str
    label: int
    split: str
    index: int


def choose_rows(labels: NDArray[np.integer]) -> list[Row]:
    """Choose the first images of each digit, and return their rows sorted by path.

    ``labels`` are the digits shown by the images of ``load_digits``, in order.
    """
    rows = []
    for label, size in enumerate(CLASS_SIZES):
        indices = np.flatnonzero(labels == label)[:size].tolist()
        if len(indices) != size:
            message = f"digit {label}: {size} images wanted, {len(indices)} found"
            raise ValueError(message)
        for number, index in enumerate(indices, start=1):
            split = "train" if number % DEVEL_EVERY else "devel"
            rows.append(Row(f"images/{label}/{index:04d}.png", label, split, index))
    return sorted(rows)


def encode_png(values: NDArray[np.floating]) -> bytes:
    """Return an image with values from 0 to 16 as a grayscale PNG with values from 0 to 255.

    The pixels are stored, not compressed: compressed bytes would depend on the version of zlib
    that pillow was built with, and 64 pixels have little to gain.
    """
    pixels = np.rint(values * 255 / MAX_VALUE).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG", optimize=False, compress_level=0)
    return buffer.getvalue()


def encode_manifest(rows: list[Row]) -> bytes:
    """Return the manifest as CSV, in UTF-8 and with LF line ends."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(field.name for field in fields(Row))
    writer.writerows(astuple(row) for row in rows)
    return buffer.getvalue().encode("utf-8")


def make_files() -> dict[Path, bytes]:
    """Return the path and the bytes of each image and of the manifest."""
    digits = load_digits()
    rows = choose_rows(digits.target)
    files = {HERE / row.path: encode_png(digits.images[row.index]) for row in rows}
    files[HERE / "manifest.csv"] = encode_manifest(rows)
    return files


def write_files(files: dict[Path, bytes]) -> int:
    """Write the files that are missing or differ, remove other images, and count the changes."""
    changed = 0
    for path, data in files.items():
        if not path.is_file() or path.read_bytes() != data:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            changed += 1
    for path in sorted((HERE / "images").glob("*/*.png")):
        if path not in files:
            path.unlink()
            changed += 1
    return changed


def main() -> None:
    """Make the images and the manifest, and say how many files changed."""
    files = make_files()
    changed = write_files(files)
    size = sum(len(data) for data in files.values())
    print(f"{len(files)} files, {size} bytes, {changed} changed")


if __name__ == "__main__":
    main()
