"""Lines for people, on standard error."""

from __future__ import annotations

import sys

from brevetti_sample.messages import printable

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
        print(f"brevetti-sample: {printable(message)}", file=sys.stderr)


def error(message: str) -> None:
    """Print an error, always, on one line."""
    print(f"error: {printable(message)}", file=sys.stderr)
