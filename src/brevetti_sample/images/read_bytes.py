"""Files of samples: their bytes, from a local path or from afar."""

from __future__ import annotations

import re

from brevetti_sample.errors import SampleFileError
from brevetti_sample.files.failures import raise_if_exhausted
from brevetti_sample.files.regular import read_regular
from brevetti_sample.messages import printable

REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+://")
"""How a URI begins, and no path."""
MAX_FILE_BYTES = (1 << 31) - 1
"""Larger files are refused: protocol buffers, and so records, end there."""
_TIMEOUT = 60.0  # seconds without an answer


def resolve_path(path: str, root: str) -> str:
    """Find the file of a path: a relative one starts from a root, a folder or URI.

    Example:
        >>> resolve_path("a.png", "s3://bucket/"), resolve_path("a.png", "")
        ('s3://bucket/a.png', 'a.png')
    """
    if not root or not path or path.startswith("/") or REMOTE.match(path):
        return path
    return f"{root.rstrip('/')}/{path}"


def read_bytes(path: str) -> bytes:
    """Read a file.

    Args:
        path: a local path, or a URI: ``http``, ``https``, ``file``, and what Arrow knows (``s3``,
            ``gs``, ``abfs``, ``hdfs``), with the credentials that these find in the environment.

    Raises:
        SampleFileError: there is no such file, or it cannot be read; with the path.
        OutputError: too many files are open.

    Example:
        >>> read_bytes("sample_manifests/digits/images/0/0000.png")[1:4]
        b'PNG'
    """
    if not path:
        raise SampleFileError(
            "a sample has no path", advice="fix the column of paths, or leave the sample out"
        )
    try:
        if not REMOTE.match(path):
            return read_regular(path, MAX_FILE_BYTES)
        if path.startswith(("http://", "https://")):
            from urllib.request import urlopen

            with urlopen(path, timeout=_TIMEOUT) as answer:
                return bytes(answer.read())
        from pyarrow import fs

        system, key = fs.FileSystem.from_uri(path)
        if system.type_name == "local":
            return read_regular(key, MAX_FILE_BYTES)
        with system.open_input_stream(key, compression=None) as stream:
            return bytes(stream.read())
    except (OSError, ValueError) as error:  # Arrow's errors and those of urllib are these
        if isinstance(error, OSError):
            raise_if_exhausted(error)
        reason = getattr(error, "strerror", None) or printable(error)
        raise SampleFileError(
            f"cannot be read: {reason}", path=path, advice="fix the path, or leave the sample out"
        ) from error
