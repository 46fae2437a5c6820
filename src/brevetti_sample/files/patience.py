"""Servers that may not answer: who waits for one is told, and gives up after a while."""

from __future__ import annotations

import io
import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar
from urllib.parse import urlsplit

from brevetti_sample.messages import quoted

Value = TypeVar("Value")

CONNECT_SECONDS = 5.0
"""For a connection to a store."""
REQUEST_SECONDS = 10.0
"""Without a byte, until a store is asked again; some seconds more where bytes came before."""
ATTEMPTS = 3
"""How often it is asked: with pauses, which grow, for less than the window."""
WINDOW_SECONDS = 60.0
"""Without an answer, or with next to none, until a server is given up: the retry window."""
WINDOW_BYTES = 1 << 16
"""What a server has to send in each window."""
TELL_SECONDS = 5.0
"""Until it is said that a server is waited for."""

_GOOGLE = ("gs", "gcs")
_LOG = logging.getLogger("brevetti_sample")


def open_store(uri: str) -> tuple[Any, str]:
    """Open the store of a URI, which is then asked as often, and for as long, as the window allows.

    Args:
        uri: one that Arrow knows. `AWS_MAX_ATTEMPTS` and ``retry_limit_seconds`` are heeded.

    Returns:
        The file system of Arrow, and the path in it.

    Raises:
        OSError, ValueError, pa.ArrowException: it is not known, or cannot be reached.

    Example:
        >>> store, path = open_store("s3://bucket/a?region=eu-west-1")
        >>> store.type_name, path
        ('s3', 'bucket/a')
    """
    from pyarrow import fs

    parts = urlsplit(uri)
    if parts.scheme in _GOOGLE and "retry_limit_seconds" not in parts.query:
        limit = f"retry_limit_seconds={WINDOW_SECONDS:.0f}"  # a quarter of an hour by itself
        uri += f"{'&' if parts.query else '?'}{limit}"
    store, path = patiently(lambda: fs.FileSystem.from_uri(uri), server_name(uri), WINDOW_SECONDS)
    if store.type_name == "s3" and "tls_" not in parts.query:  # whose settings it does not tell
        store = _patient_store(store)
    return store, path


_patient_stores: dict[str, Any] = {}  # by their settings; it takes half a millisecond to make one


def _patient_store(store: Any) -> Any:
    """Make an S3 store like another, but for its patience."""
    from pyarrow import fs

    _, (settings,) = store.__reduce__()
    asked = os.environ.get("AWS_MAX_ATTEMPTS", "")
    attempts = int(asked) if asked.isdecimal() else ATTEMPTS
    settings |= {"connect_timeout": CONNECT_SECONDS, "request_timeout": REQUEST_SECONDS}
    key = f"{settings} {attempts}"
    if key not in _patient_stores:
        _patient_stores.clear()
        _patient_stores[key] = fs.S3FileSystem(
            **settings, retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=attempts)
        )
    return _patient_stores[key]


def server_name(uri: str) -> str:
    """Write a URI as messages may have it: without the credentials that it may hold.

    Example:
        >>> server_name("s3://key:secret@bucket/a?region=eu-west-1")
        "'s3://bucket/a'"
    """
    parts = urlsplit(uri)
    return quoted(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}")


def say_waiting(name: str) -> None:
    """Warn that a server is waited for.

    Args:
        name: what to call it.
    """
    _LOG.warning(
        "waiting for %s, for %g seconds so far; without an answer it is given up after %g",
        *(name, TELL_SECONDS, WINDOW_SECONDS),
    )


def patiently(call: Callable[[], Value], name: str, seconds: float | None = None) -> Value:
    """Make a call that waits for a server, in a thread, and warn if it takes long.

    Args:
        call: what to do.
        name: what to call the server.
        seconds: after which it is given up; the call itself may go on, to no effect.

    Raises:
        TimeoutError: it has been given up; and what the call raises.

    Example:
        >>> patiently(lambda: 42, "the server")
        42
    """
    answer: Future[Value] = Future()

    def work() -> None:
        try:
            answer.set_result(call())
        except BaseException as error:
            answer.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    try:
        return answer.result(TELL_SECONDS)
    except TimeoutError:
        if answer.done():
            return answer.result()
    say_waiting(name)
    try:
        return answer.result(None if seconds is None else seconds - TELL_SECONDS)
    except TimeoutError:
        if answer.done():
            return answer.result()
        raise TimeoutError(f"there was no answer for {seconds:g} seconds") from None


class PatientSocket(io.RawIOBase):
    """A socket to read from, given up if too little comes from it.

    Args:
        socket: it; its time limit is set again and again.
        stream: what it was read by so far, to be closed with this.
    """

    def __init__(self, socket: Any, stream: io.IOBase) -> None:
        self._socket = socket
        self._stream = stream
        self._until = time.monotonic() + WINDOW_SECONDS
        self._wanted = WINDOW_BYTES

    def readable(self) -> bool:
        """Whether it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what comes next.

        Raises:
            TimeoutError: nothing comes, or too little.
        """
        left = self._until - time.monotonic()
        slow = TimeoutError(
            f"it sent less than {WINDOW_BYTES // 1024} KiB in {WINDOW_SECONDS:g} seconds"
        )
        if left <= 0:
            raise slow
        self._socket.settimeout(left)
        try:
            count: int = self._socket.recv_into(buffer)
        except TimeoutError:
            raise slow from None
        self._wanted -= count
        if self._wanted <= 0:
            self._until, self._wanted = time.monotonic() + WINDOW_SECONDS, WINDOW_BYTES
        return count

    def close(self) -> None:
        """Close it."""
        self._stream.close()
        super().close()
