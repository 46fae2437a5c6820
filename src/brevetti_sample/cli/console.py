"""Lines for people, on standard error."""

from __future__ import annotations

import sys

from ..errors import printable

_quiet = False


def be_quiet(quiet: bool) -> None:
    """Say nothing but errors from now on."""
    global _quiet
    _quiet = quiet


def say(message: str) -> None:
    """Print a notice, unless it was asked to be quiet."""
    if not _quiet:
        print(f"brevetti-sample: {printable(message)}", file=sys.stderr)


def error(message: str) -> None:
    """Print an error, always, on one line."""
    print(f"error: {printable(message)}", file=sys.stderr)
