"""Lines for people, on standard error."""

from __future__ import annotations

import contextlib
import sys

from brevetti_sample.messages import printable

_LONGEST = 4000  # characters of a line
_silenced: list[str] = []


def be_quiet(quiet: bool) -> None:
    """Say nothing but errors from now on, or everything."""
    _silenced[:] = ["notices"] if quiet else []


def is_quiet() -> bool:
    """Whether nothing but errors is to be said."""
    return bool(_silenced)


def quantity(count: int, noun: str) -> str:
    """Write how many there are of something.

    Example:
        >>> quantity(1, "shard"), quantity(1200, "record")
        ('1 shard', '1,200 records')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def say(message: str) -> None:
    """Print a notice, unless it was asked to be quiet."""
    if not _silenced:
        write(f"brevetti-sample: {_line(message)}\n")


def error(message: str) -> None:
    """Print an error, always, on one line."""
    write(f"error: {_line(message)}\n")


def _line(message: str) -> str:
    """A message on one line: of one without end, as a value in it may be, the begin and the end."""
    text = printable(message)
    half = _LONGEST // 2
    return text if len(text) <= _LONGEST else f"{text[:half]}…{text[-half:]}"


def traceback(error: BaseException) -> None:
    """Print where an error comes from."""
    import traceback

    write("".join(traceback.format_exception(error)))


def write(text: str) -> None:
    """Write to standard error, if that can be written; what a command does never depends on it."""
    with contextlib.suppress(AttributeError, OSError, ValueError):  # closed, or full
        sys.stderr.write(text)
        sys.stderr.flush()
