"""How many processor cores there are for this process."""

from __future__ import annotations

import os


def cores() -> int:
    """Count them, as far as the system lets this process use them; at least 1.

    Example:
        >>> cores() >= 1
        True
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
