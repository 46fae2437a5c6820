"""What the library warns of, as notices of the program."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from .console import say

_LOG = logging.getLogger("brevetti_sample")


class _Notices(logging.Handler):
    """Prints each message once, as `console.say` does."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._said: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Print a message, unless it has been printed."""
        message = record.getMessage()
        if message not in self._said:
            self._said.add(message)
            say(message)


@contextmanager
def warnings_as_notices() -> Iterator[None]:
    """Print what is logged meanwhile to ``brevetti_sample``, from warnings up, and nowhere else."""
    handler, propagate = _Notices(), _LOG.propagate
    _LOG.addHandler(handler)
    _LOG.propagate = False
    try:
        yield
    finally:
        _LOG.removeHandler(handler)
        _LOG.propagate = propagate
