"""Manifests with images, and exports of them, for tests."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from brevetti_sample.errors import SampleError

ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "sample_manifests" / "digits" / "manifest.csv"
DIGIT_OPTIONS = [
    *("--image-column", "path", "--label-column", "label", "-g", "label"),
    *("-w", "square root", "--shards", "4"),
]


def picture(path, size=(5, 3), mode="RGB", **options):
    """Save an image with Pillow."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, 7).save(path, **options)
    return path


def manifest_of(path, names, **columns):
    """Write a manifest of images as Parquet, which holds any text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"path": names, **columns}), path)
    return path


def contents(folder):
    return {
        path.name: path.read_bytes() for path in sorted(Path(folder).iterdir()) if path.is_file()
    }


def message_of(call):
    try:
        call()
    except SampleError as error:
        return f"{error.exit_code} {error}"
    return None
