"""Where a manifest comes from: paths, folders and patterns, and what kind of file each is."""

from __future__ import annotations

import glob
import os
import re
from pathlib import Path

from brevetti_sample.errors import ManifestError
from brevetti_sample.messages import close_match, quoted

_FORMATS = {
    ".parquet": ("parquet", None),
    ".pq": ("parquet", None),
    ".csv": ("csv", None),
    ".csv.gz": ("csv", "gzip"),
    ".csv.zst": ("csv", "zstd"),
}
_MAGIC = {
    b"PAR1": ("parquet", None),
    b"\x1f\x8b": ("csv", "gzip"),
    b"\x28\xb5\x2f\xfd": ("csv", "zstd"),
}

START_BYTES = 12
"""As many of the first bytes of a file tell what it is."""
_IMAGE = re.compile(
    rb"(?P<PNG>\x89PNG)|(?P<JPEG>\xff\xd8\xff)|(?P<GIF>GIF8[79]a)|(?P<BMP>BM.{4}\0{4})"
    rb"|(?P<WebP>RIFF.{4}WEBP)|(?P<TIFF>II[*]\0|MM\0[*])",
    re.DOTALL,
)


def expand(path: str) -> list[str]:
    """Find the files that a path, a folder or a pattern stands for.

    Args:
        path: a file; a folder, searched to the bottom for files with a known suffix; or a glob
            pattern, in which ``**`` is any number of folders.

    Returns:
        At least one path, sorted.

    Raises:
        ManifestError: nothing there.
    """
    if os.path.isdir(path):
        inside = Path(path).rglob("*")
        found = sorted(
            str(file)
            for file in inside
            if _by_suffix(str(file)) and file.name[0] not in "._" and file.is_file()
        )
        if not found:
            raise ManifestError(
                f"has no {', '.join(_FORMATS)} file in it",
                source=f"folder {quoted(path)}",
                path=path,
                advice="if these are the samples, make a manifest of them by brevetti-sample scan",
            )
        return found
    if os.path.exists(path):
        return [path]
    found = sorted(glob.glob(path, recursive=True)) if glob.has_magic(path) else []
    if not found:
        folder, name = os.path.split(path)
        try:
            neighbours = os.listdir(folder or ".")
        except OSError:
            neighbours = []
        hint = (
            close_match(name, neighbours) or "; give a CSV or Parquet file, a folder or a pattern"
        )
        raise ManifestError(
            "does not exist",
            source=f"file {quoted(path)}",
            path=path,
            advice=hint.removeprefix("; "),
        )
    return found


def kind_of(path: str | None, start: bytes, name: str = "it") -> tuple[str, str | None]:
    """Tell the format and the compression of a file by its first bytes, else by its suffix.

    Args:
        path: of the file, if it has one.
        start: its first bytes, `START_BYTES` of them.
        name: what to call it in a message.

    Raises:
        ManifestError: it is an image, a sample in place of a manifest of samples.

    Example:
        >>> kind_of("a.csv.gz", b""), kind_of(None, b"PAR1"), kind_of("a.txt", b"a,b")
        (('csv', 'gzip'), ('parquet', None), ('csv', None))
    """
    image = _IMAGE.match(start)
    if image:
        raise ManifestError(
            f"is a {image.lastgroup} image, not a manifest",
            source=name,
            path=path,
            advice="make a manifest of the folder of all images with brevetti-sample scan DIR",
        )
    by_magic = next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), None)
    return by_magic or (_by_suffix(path) if path else None) or ("csv", None)


def _by_suffix(path: str) -> tuple[str, str | None] | None:
    folded = path.casefold()
    return next((kind for suffix, kind in _FORMATS.items() if folded.endswith(suffix)), None)
