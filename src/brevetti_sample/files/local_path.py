"""Local paths, and what is none: a URI, which would name a strange folder here.

`s3://bucket/a` as a path is the folder `s3:` with `bucket` in it. Nothing but `scan` reads from
stores, so everything else refuses what begins like a URI, whatever its scheme.
"""

from __future__ import annotations

import os
import re

from brevetti_sample.errors import UsageError
from brevetti_sample.messages import quoted

_URI = re.compile(r"[^/\\]{2,}://")
# `Path("s3://bucket/a")` has one slash less.
_URI_IN_PATH = re.compile(r"(s3|gs|gcs|az|abfss?|hdfs|https?|file):/", re.IGNORECASE)
_FILE = re.compile(r"file://(localhost)?(?=/)", re.IGNORECASE)
_SECRET = re.compile(r"(?<=://)[^/@]*:[^/@]*@")


def is_uri(path: str) -> bool:
    """Whether a text begins as a URI does, with any scheme.

    Example:
        >>> is_uri("S3://bucket/a"), is_uri("s3:/bucket/a"), is_uri("./s3://bucket/a")
        (True, False, False)
    """
    return bool(_URI.match(path))


def local_path(path: str | os.PathLike[str], parameter: str, *, source: str | None = None) -> str:
    """Read an argument as a path of this machine.

    Args:
        path: the argument.
        parameter: its name.
        source: what to call it in messages instead.

    Raises:
        UsageError: it is a URI, or no path that any system takes.

    Example:
        >>> local_path("s3://bucket/out", "folder")
        Traceback (most recent call last):
        brevetti_sample.errors.UsageError: folder 's3://bucket/out' is a URI; name a local path
    """
    text = os.fspath(path)
    if is_uri(text) or (not isinstance(path, str) and _URI_IN_PATH.match(text)):
        local = _FILE.sub("", text, count=1)
        advice = "name a local path" if local == text else f"write the path, {quoted(local)}"
        shown = _SECRET.sub("...@", text)
        raise _refused(f"{quoted(shown)} is a URI", parameter, source, advice)
    if "\0" in text:
        raise _refused(f"{quoted(text)} has a zero byte in it", parameter, source, "correct it")
    return text


def _refused(reason: str, parameter: str, source: str | None, advice: str) -> UsageError:
    if source is None:
        return UsageError(reason, parameter=parameter, advice=advice)
    return UsageError(f"{source}: {reason}", concerns=parameter, advice=advice)
