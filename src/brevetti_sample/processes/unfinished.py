"""What is to be undone if this process ends at once, in the middle of anything.

A program that is interrupted does so; see `brevetti_sample.cli.signals`. In Python an exception
undoes the same, on its way.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

_actions: dict[object, Callable[[], object]] = {}


@contextlib.contextmanager
def unless_finished(action: Callable[[], object]) -> Iterator[None]:
    """Have something done if the process ends at once before the block does.

    Args:
        action: removes or ends what the block makes; it may be called in any thread, and where
            there is nothing to remove yet, or any more.

    Example:
        >>> with unless_finished(lambda: print("removed")):
        ...     undo_all()
        removed
        >>> undo_all()
    """
    key = object()
    _actions[key] = action
    try:
        yield
    finally:
        del _actions[key]


def undo_all() -> None:
    """Undo what is unfinished, in the order in which it was begun."""
    for action in list(_actions.values()):
        with contextlib.suppress(Exception):
            action()
