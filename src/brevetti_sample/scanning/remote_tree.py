"""A folder tree in a store that Arrow knows by a URI: S3, Google Cloud Storage, Azure, HDFS."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import pyarrow as pa

from brevetti_sample.errors import SampleFileError, UsageError
from brevetti_sample.files import patience
from brevetti_sample.files.patience import open_store, patiently
from brevetti_sample.messages import printable, quoted

from .patterns import Patterns
from .tree import Facts, File, Miss, Pass

_STORES = ("s3", "gs", "gcs")
"""Where a URI begins with a bucket; without one they are asked for all buckets, or for none."""
_READ_BYTES = 1 << 22
_SAFE = "/!$&'()*+,;=:@~"  # what may stand in a URI's path beside letters, digits and -._
_GONE = "AWS Error NETWORK_CONNECTION"
_HINTS = {
    "NO_SUCH_BUCKET": "there is no such bucket; correct its name",
    "RESOURCE_NOT_FOUND": "there is no such bucket, or not in this region; correct its name, or "
    "set AWS_DEFAULT_REGION",
    "NETWORK_CONNECTION": "there is no connection; check the network, AWS_ENDPOINT_URL and "
    "AWS_DEFAULT_REGION",
}
_DENIED = (
    "access is denied; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, of one who "
    "may list and read it"
)
_DENIALS = {
    *("ACCESS_DENIED", "EXPIRED_TOKEN", "INVALID_ACCESS_KEY_ID", "INVALID_CLIENT_TOKEN_ID"),
    *("INVALID_SIGNATURE", "MISSING_AUTHENTICATION_TOKEN", "SIGNATURE_DOES_NOT_MATCH"),
    *("UNRECOGNIZED_CLIENT", "INVALID_TOKEN"),
}
# What the store's library could not look up, for a bucket in a region that it was not asked in.
_ELSEWHERE = re.compile(r"HTTP response code 301|PERMANENT_REDIRECT|AUTHORIZATION_HEADER_MALFORMED")


def open_uri(uri: str) -> tuple[Any, str, str]:
    """Open the store of a URI.

    Args:
        uri: such as ``s3://bucket/folder``. Options after a question mark are Arrow's, such as
            ``region`` and ``endpoint_override``.

    Returns:
        The file system, the path in it, and the URI without options and secrets, which the paths
        of samples begin with.

    Raises:
        UsageError: it names no bucket.
        SampleFileError: it is not known, or cannot be reached.

    Example:
        >>> _, path, base = open_uri("s3://key:secret@bucket/a folder?region=eu-west-1")
        >>> path, base
        ('bucket/a folder', 's3://bucket/a%20folder')
    """
    scheme, _, rest = uri.partition(":")
    uri = quote(f"{scheme.lower()}:{rest}", safe=f"{_SAFE}?%[]")
    parts = urlsplit(uri)
    # abfs://CONTAINER@ACCOUNT has a user that is none, and no password.
    host = parts.netloc.rpartition("@")[2] if ":" in parts.netloc.rpartition("@")[0] else None
    base = f"{parts.netloc if host is None else host}{parts.path}".rstrip("/")
    base = f"{parts.scheme}://{base}"
    if parts.scheme in _STORES and not parts.hostname:
        raise UsageError(
            f"{quoted(base)} has no bucket", advice=f"write {parts.scheme}://BUCKET/FOLDER"
        )
    try:
        system, path = open_store(uri)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise SampleFileError(f"cannot be listed: {explain(error)}", path=base) from error
    return system, path.rstrip("/"), base


class RemoteTree:
    """A folder tree of a file system of Arrow.

    The whole listing is asked for at once and is kept: some 1 KB an object.

    Args:
        system: the file system.
        root: the path of the folder in it.
        name: what to call it in messages: its URI.

    Example:
        >>> from pyarrow import fs
        >>> tree = RemoteTree(fs.LocalFileSystem(), "sample_manifests/digits/images/7", "file:///")
        >>> next(tree.files(Patterns(), print, print)).path
        '0007.png'
    """

    workers = 32  # one waits for answers
    is_afar = True

    def __init__(self, system: Any, root: str, name: str) -> None:
        self.name = f"'{printable(name)}'"
        self._system = system
        self._root = root
        self._base = name

    def sample_path(self, path: str) -> str:
        """How the manifest writes the path of a file: as a URI."""
        return f"{self._base}/{uri_path(path)}"

    def location(self, path: str) -> str:
        """Where a file is."""
        return f"{self._base}/{path}"

    def files(self, patterns: Patterns, miss: Miss, passed: Pass) -> Iterator[File]:
        """Yield the files that the patterns take, by the code points of their paths."""
        from pyarrow import fs

        selector = fs.FileSelector(self._root, recursive=True)
        try:
            self._try()
            infos = patiently(lambda: self._system.get_file_info(selector), self.name)
        except (OSError, ValueError, pa.ArrowException) as error:
            reason = explain(error)
            if isinstance(error, FileNotFoundError):
                reason = "there is nothing; correct the path, which has to be that of a folder"
            raise SampleFileError(
                f"cannot be listed: {reason}", source=self.name, path=self._base
            ) from error
        cut = len(self._root) + 1 if self._root else 0
        folders = {info.path for info in infos if info.type == fs.FileType.Directory}
        # A store without folders may hold an object of a folder's name, which marks it.
        found = {
            info.path[cut:]: info
            for info in infos
            if info.type == fs.FileType.File and info.path not in folders
        }
        del infos, folders
        for path in sorted(found):
            if not _taken(path, patterns):
                passed(path.rpartition("/")[2])
            elif "//" in path or path.startswith("/"):
                miss(self.location(path), "a part of its path is empty")
            else:
                info = found[path]
                yield File(path, Facts(info.size, info.mtime_ns, None))

    def _try(self) -> None:
        """Ask for next to nothing, as nobody sees whether a long listing gets on.

        Raises:
            OSError: there is no answer.
        """
        try:
            patiently(
                lambda: self._system.get_file_info(self._root), self.name, patience.WINDOW_SECONDS
            )
        except (OSError, ValueError, pa.ArrowException) as error:
            if isinstance(error, TimeoutError) or _GONE in str(error):
                raise  # all else the listing says better

    def facts(self, file: File, *, etag: bool) -> Facts | None:
        """Ask for a file's etag; where the store has none, hash the content.

        Raises:
            OSError: it cannot be read.
            SampleFileError: the store does not answer.
        """
        assert file.facts is not None
        if not etag:
            return file.facts
        try:
            path = f"{self._root}/{file.path}" if self._root else file.path
            with self._system.open_input_stream(path, compression=None) as stream:
                tag = _etag(stream.metadata())
                if tag is None:
                    digest = hashlib.md5(usedforsecurity=False)
                    while data := stream.read(_READ_BYTES):
                        digest.update(data)
                    tag = digest.hexdigest()
        except (OSError, ValueError, pa.ArrowException) as error:
            if _GONE in str(error):  # then others are not there either, and are not skipped
                raise SampleFileError(
                    f"cannot be listed: {explain(error)}", source=self.name, path=self._base
                ) from error
            raise OSError(explain(error)) from error
        return file.facts._replace(etag=tag)


def uri_path(path: str) -> str:
    """Write a path as it stands in a URI.

    Example:
        >>> uri_path("good/a b#1.png")
        'good/a%20b%231.png'
    """
    return quote(path, safe=_SAFE)


def explain(error: Exception) -> str:
    """Say in a few words what a store's library says in many.

    Example:
        >>> explain(OSError("When listing: AWS Error NO_SUCH_BUCKET during ListObjectsV2: ..."))
        'there is no such bucket; correct its name'
    """
    text = str(error)
    kinds = re.findall(r"AWS Error ([A-Z_]+)", text)
    if _ELSEWHERE.search(text):
        return "the bucket is in another region; set AWS_DEFAULT_REGION to it"
    if _GONE in text and "Timeout was reached" in text:
        return (
            "there is no answer, though it was asked several times; check the network and "
            "AWS_ENDPOINT_URL, or try later"
        )
    if kinds and kinds[0] in _HINTS:
        return _HINTS[kinds[0]]
    if (kinds and kinds[0] in _DENIALS) or "HTTP response code 403" in text:
        return _DENIED
    if "HTTP status 503" in text or "SLOW_DOWN" in kinds:
        return "the store is too busy; try later"
    if "OAuth2" in text or "authentication" in text.casefold():
        return "there are no credentials; set up those of the store's own tools"
    if "Unrecognized filesystem" in text:
        return "such a URI is not known; use one of s3, gs, abfs or hdfs"
    first = text.splitlines()[0] if text else type(error).__name__
    return printable(first if len(first) <= 200 else f"{first[:199]}…")


def _taken(path: str, patterns: Patterns) -> bool:
    """Whether the patterns take a file, going down from the root to it."""
    taken, above = False, ""
    for name in path.split("/"):
        above = f"{above}/{name}" if above else name
        if patterns.leaves_out(name, above):
            return False
        taken = taken or patterns.takes(name, above)
    return taken


def _etag(metadata: dict[str, bytes] | None) -> str | None:
    tags = {name.casefold(): value for name, value in (metadata or {}).items()}
    return tags["etag"].decode().strip('"') if "etag" in tags else None
