"""What a command that ends early has written: what its last line says."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from brevetti_sample.messages import listed

CLEAR = "\r\x1b[K"
"""Clears the line of progress."""
_complete: list[str] = []
_begun: list[Callable[[], str]] = []
_line_shown: list[bool] = []


def outcome() -> str:
    """Say what is written.

    Example:
        >>> start_over()
        >>> outcome()
        'nothing was written'
        >>> with begun(lambda: "1 of 2 shards is finished"):
        ...     outcome()
        '1 of 2 shards is finished'
    """
    parts = [tell() for tell in _begun]
    if _complete:
        names = listed(_complete)
        parts.insert(0, f"{names} {'is' if len(_complete) == 1 else 'are'} written")
    return "; ".join(filter(None, parts)) or "nothing was written"


def start_over() -> None:
    """Forget what was written: a command begins."""
    _complete.clear()
    _begun.clear()
    _line_shown.clear()


@contextlib.contextmanager
def begun(tell: Callable[[], str]) -> Iterator[None]:
    """While something is written, say what is left of it if the program ends.

    Args:
        tell: says it; nothing if nothing is left. It may be called in any thread.
    """
    _begun.append(tell)
    try:
        yield
    finally:
        _begun.remove(tell)


def is_complete(output: str) -> None:
    """Say of a file that it is written, whatever comes then."""
    _complete.append(output)


def is_so(text: str) -> None:
    """Say of something else what is true of it, whatever comes then."""
    _begun.append(lambda: text)


def line_is_shown(shown: bool) -> None:
    """Say whether there is a line of progress on the terminal."""
    _line_shown[:] = [True] if shown else []


def clear_line() -> str:
    """What clears the line of progress, if there is one."""
    return CLEAR if _line_shown else ""
