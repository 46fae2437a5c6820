"""Where a manifest comes from: paths, folders and patterns, and what kind of file each is."""

from __future__ import annotations

import glob
import os
import re
import stat
from pathlib import Path

from brevetti_sample.errors import ManifestError
from brevetti_sample.files.failures import reason_of
from brevetti_sample.files.local_path import local_path
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


def expand(source: str | os.PathLike[str]) -> list[str]:
    """Find the files that a path, a folder or a pattern stands for.

    Args:
        source: a file; a folder, searched to the bottom for files with a known suffix; or a glob
            pattern, in which ``**`` is any number of folders.

    Returns:
        At least one path, sorted.

    Raises:
        UsageError: a URI.
        ManifestError: nothing there, or it cannot be listed.
    """
    path = local_path(source, "source")
    try:
        is_folder = stat.S_ISDIR(os.stat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        is_folder = None
    except OSError as error:
        raise _unlisted(error, path) from error
    if is_folder:
        found = _inside(path)
        if not found:
            raise ManifestError(
                f"has no {', '.join(_FORMATS)} file in it",
                source=f"folder {quoted(path)}",
                path=path,
                advice="if these are the samples, make a manifest of them by brevetti-sample scan",
            )
        return found
    if is_folder is not None:
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


def _inside(folder: str) -> list[str]:
    """The files of a folder with a known suffix, to the bottom, sorted."""

    def fail(error: OSError) -> None:
        raise error

    found = []
    try:
        for above, _, names in os.walk(folder, onerror=fail):
            for name in names:
                path = os.path.join(above, name)
                if _by_suffix(name) and name[0] not in "._" and _is_file(path):
                    found.append(str(Path(path)))
    except OSError as error:
        raise _unlisted(error, error.filename or folder) from error
    return sorted(found)


def _is_file(path: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except FileNotFoundError:  # a link to nowhere
        return False


def _unlisted(error: OSError, path: str) -> ManifestError:
    return ManifestError(f"cannot be read: {reason_of(error)}", path=path)


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
