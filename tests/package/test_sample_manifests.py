"""The manifests that come with the project."""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq

import brevetti_sample
from brevetti_sample.manifests.manifest import bundled_manifest, read_manifest

DIGITS = Path(__file__).parents[2] / "sample_manifests" / "digits"


def content(source):
    manifest = read_manifest(source)
    return manifest.read(manifest.columns)


def test_the_listing_is_the_same_as_csv_as_parquet_and_in_the_package(listing):
    table = content(listing)
    assert table.equals(content(listing.with_suffix(".parquet")))
    assert table.equals(content(bundled_manifest()))
    inside = (
        Path(brevetti_sample.__file__).parent
        / "manifests"
        / "data"
        / "neurips_2018_reduced.parquet"
    )
    assert inside.read_bytes() == listing.with_suffix(".parquet").read_bytes()


def test_the_listing_is_what_its_readme_says(listing):
    table = content(listing)
    assert Counter(table.column("folder").to_pylist()) == {
        "bad_cap": 22,
        "good": 146,
        "missing_cap": 12,
    }
    paths = table.column("path").to_pylist()
    assert paths == sorted(paths)
    assert table.column("etag").to_pylist() == [
        hashlib.md5(path.encode(), usedforsecurity=False).hexdigest() for path in paths
    ]
    assert set(table.column("purpose").to_pylist()) == {"train", "devel"}
    assert pq.ParquetFile(listing.with_suffix(".parquet")).metadata.num_rows == 180


def test_the_digits_are_300_images_of_unequal_classes():
    table = content(DIGITS / "manifest.csv")
    sizes = Counter(table.column("label").to_pylist())
    assert sizes == dict(enumerate([90, 60, 42, 30, 22, 17, 13, 11, 9, 6]))
    on_disk = {str(path.relative_to(DIGITS)) for path in DIGITS.rglob("*.png")}
    assert on_disk == {path.replace("/", os.sep) for path in table.column("path").to_pylist()}
    assert set(table.column("split").to_pylist()) == {"train", "devel"}


def test_each_digit_is_a_sound_grey_png_of_8_by_8_pixels_in_the_folder_of_its_label():
    table = content(DIGITS / "manifest.csv")
    for row in table.to_pylist():
        assert row["path"].startswith(f"images/{row['label']}/")
        data = (DIGITS / row["path"]).read_bytes()
        assert data[:8] == b"\x89PNG\r\n\x1a\n"
        assert data[12:16] == b"IHDR"
        assert struct.unpack(">IIBB", data[16:26]) == (8, 8, 8, 0)
        assert zlib.crc32(data[12:29]) == struct.unpack(">I", data[29:33])[0]
