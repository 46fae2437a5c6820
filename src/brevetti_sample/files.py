"""Files of samples: their bytes, from a local path or from afar."""

from __future__ import annotations

import re

from .errors import SampleFileError, printable

_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+://")
REMOTE_PATTERN = _REMOTE.pattern + ".*"
"""What a path matches as a whole if it is a URI."""
ABSOLUTE_PATTERN = f"(/|{_REMOTE.pattern}).*"
"""What a path matches as a whole if it is a URI, or begins at the root."""
_TIMEOUT = 60.0  # seconds without an answer


def read_bytes(path: str) -> bytes:
    """Read a file.

    Args:
        path: a local path, or a URI: ``http``, ``https``, ``file``, and what Arrow knows (``s3``,
            ``gs``, ``abfs``, ``hdfs``), with the credentials that these find in the environment.

    Raises:
        SampleFileError: there is no such file, or it cannot be read; with the path.

    Example:
        >>> read_bytes("sample_manifests/digits/images/0/0000.png")[1:4]
        b'PNG'
    """
    try:
        if not _REMOTE.match(path):
            with open(path, "rb") as stream:
                return stream.read()
        if path.startswith(("http://", "https://")):
            from urllib.request import urlopen

            with urlopen(path, timeout=_TIMEOUT) as answer:
                return bytes(answer.read())
        from pyarrow import fs

        system, place = fs.FileSystem.from_uri(path)
        with system.open_input_stream(place, compression=None) as stream:
            return bytes(stream.read())
    except (OSError, ValueError) as error:  # Arrow's errors and those of urllib are these
        reason = getattr(error, "strerror", None) or printable(error)
        raise SampleFileError(
            f"cannot read the sample '{printable(path)}': {reason}; "
            "mend the path, or leave the sample out"
        ) from error
