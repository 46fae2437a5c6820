"""Whole numbers among the arguments."""

from __future__ import annotations

import contextlib
import operator
from typing import Any

from .errors import UsageError


def whole(value: Any, name: str) -> int:
    """Read an integer of any type, such as NumPy's, as Python's.

    Args:
        value: the argument.
        name: what messages call it.

    Raises:
        UsageError: it is none.

    Example:
        >>> import numpy as np
        >>> whole(np.int8(4), "the batch size")
        4
    """
    if not isinstance(value, bool) and hasattr(value, "__index__"):
        with contextlib.suppress(TypeError):  # arrays of several
            return operator.index(value)
    raise UsageError(f"{name} must be a whole number, not {value!r}")
