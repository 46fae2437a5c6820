"""Files of samples: their bytes, from a local path, or from afar if that is allowed."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from brevetti_sample.errors import SampleFileError, argument
from brevetti_sample.files import patience
from brevetti_sample.files.failures import close_quietly, raise_if_exhausted
from brevetti_sample.files.local_path import is_uri
from brevetti_sample.files.patience import PatientSocket, open_store, patiently, server_name
from brevetti_sample.files.regular import open_regular, read_to_end, too_large
from brevetti_sample.limits import MAX_IMAGE_BYTES
from brevetti_sample.messages import printable, quoted

from .below import climbs, resolve_below

_LOOK_BYTES = 1 << 20  # of a larger file the beginning is looked at before all of it is read
_START_BYTES = 16
_WEB = ("http", "https")


@dataclass(frozen=True)
class SampleFiles:
    """Where the files of samples are, and which of them may be read.

    Attributes:
        root: the folder or URI from which relative paths start, and which they do not leave; empty
            for the working directory, which they may.
        schemes: the schemes of URIs that may be read beside those below the root.

    Example:
        >>> SampleFiles("s3://bucket/").resolve("a.png"), SampleFiles().resolve("a.png")
        ('s3://bucket/a.png', 'a.png')
    """

    root: str = ""
    schemes: tuple[str, ...] = ()

    def resolve(self, path: str) -> str:
        """Find the file of a path.

        Raises:
            SampleFileError: no path, one that leads out of the root, or a URI of a scheme that is
                not allowed.
        """
        if not path:
            raise SampleFileError(
                "a sample has no path", advice="fix the column of paths, or leave the sample out"
            )
        if is_uri(path):
            self._check_uri(path)
            return path
        if is_uri(self.root) and not os.path.isabs(path):
            if climbs(path):
                raise SampleFileError(
                    f"leads out of {quoted(self.root)}",
                    path=path,
                    advice=f"pass another {argument('root')}",
                )
            return self._below + path
        return resolve_below(path, self.root, "root") if self.root else path

    def read(self, path: str, check: Callable[[bytes], object] | None = None) -> bytes:
        """Read a file.

        Args:
            path: as the manifest has it: local, or a URI: ``http``, ``https``, ``file``, and what
                Arrow knows (``s3``, ``gs``, ``abfs``, ``hdfs``), with the credentials that these
                find in the environment.
            check: called with the beginning of a large local file, before the rest is read.

        Raises:
            SampleFileError: as `resolve`; there is no such file, it is too large, or cannot be
                read; with the path.

        Example:
            >>> SampleFiles("sample_manifests/digits").read("images/0/0000.png")[1:4]
            b'PNG'
        """
        file = self.resolve(path)
        try:
            return self._read_remote(file) if is_uri(file) else _read_local(file, check)
        except (OSError, ValueError) as error:  # Arrow's errors and those of urllib are these
            if isinstance(error, OSError):
                raise_if_exhausted(error)
            reason = getattr(error, "strerror", None) or printable(error)
            raise SampleFileError(
                f"cannot be read: {reason}",
                path=file,
                advice="fix the path, or leave the sample out",
            ) from error

    @property
    def _below(self) -> str:
        return f"{self.root.rstrip('/')}/"

    def _allows(self, uri: str) -> bool:
        return urlsplit(uri).scheme.lower() in {scheme.lower() for scheme in self.schemes}

    def _check_uri(self, uri: str) -> None:
        below = is_uri(self.root) and uri.startswith(self._below)
        if (below and not climbs(uri[len(self._below) :])) or self._allows(uri):
            return
        scheme = uri.partition("://")[0].lower()
        raise SampleFileError(
            f"is a URI, and {quoted(scheme)} is not among the schemes to read",
            path=uri,
            advice=f"copy the file here, or pass {argument('schemes', (scheme,))}",
        )

    def _read_remote(self, uri: str) -> bytes:
        if urlsplit(uri).scheme.lower() in _WEB:
            return patiently(lambda: self._read_web(uri), server_name(uri))
        system, key = open_store(uri)
        if system.type_name == "local":
            return _read_local(key, None)

        def read() -> bytes:
            with system.open_input_stream(key, compression=None) as stream:
                return _bounded(stream)

        return patiently(read, server_name(uri))

    def _read_web(self, uri: str) -> bytes:
        from urllib.error import HTTPError

        try:
            with self._opener().open(uri, timeout=patience.CONNECT_SECONDS) as answer:
                return _bounded(answer)
        except HTTPError as error:
            error.close()
            raise

    def _opener(self) -> Any:
        """What opens an address of the web, and is led on only to where it may read, or to TLS."""
        from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
        from io import BufferedReader
        from urllib.error import HTTPError
        from urllib.request import (
            HTTPHandler,
            HTTPRedirectHandler,
            HTTPSHandler,
            build_opener,
        )

        files = self

        class Answer(HTTPResponse):
            def __init__(self, sock: Any, *args: Any, **settings: Any) -> None:
                super().__init__(sock, *args, **settings)
                self.fp = BufferedReader(PatientSocket(sock, self.fp))

        class Plain(HTTPConnection):
            response_class = Answer

        class Secure(HTTPSConnection):
            response_class = Answer

        class Web(HTTPHandler):
            def http_open(self, req: Any) -> Any:
                return self.do_open(Plain, req)

        class SecureWeb(HTTPSHandler):
            def https_open(self, req: Any) -> Any:
                return self.do_open(Secure, req)

        class Redirects(HTTPRedirectHandler):
            def redirect_request(
                self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
            ) -> Any:
                scheme = urlsplit(newurl).scheme.lower()
                below = newurl.startswith(files._below) if files.root else False
                if not (below or files._allows(newurl) or (scheme == "https" != req.type)):
                    reason = f"it leads to {quoted(newurl)}, which is not to be read"
                    raise HTTPError(req.full_url, code, reason, headers, fp)
                return super().redirect_request(req, fp, code, msg, headers, newurl)

        return build_opener(Web, SecureWeb, Redirects)


def _read_local(file: str, check: Callable[[bytes], object] | None) -> bytes:
    handle, size = open_regular(file, MAX_IMAGE_BYTES)
    try:
        if check is not None and size > _LOOK_BYTES:
            check(os.read(handle, _START_BYTES))
            os.lseek(handle, 0, os.SEEK_SET)
        return read_to_end(handle, size, most=MAX_IMAGE_BYTES)
    finally:
        close_quietly(handle)


def _bounded(stream: Any) -> bytes:
    data = bytes(stream.read(MAX_IMAGE_BYTES + 1))
    if len(data) > MAX_IMAGE_BYTES:
        raise too_large(MAX_IMAGE_BYTES)
    return data


def as_schemes(schemes: Sequence[str]) -> tuple[str, ...]:
    """Take schemes as users write them, with or without what comes after them.

    Example:
        >>> as_schemes(["S3", "https://"])
        ('s3', 'https')
    """
    several = (schemes,) if isinstance(schemes, str) else schemes
    return tuple(str(scheme).lower().removesuffix("://") for scheme in several)
