"""Whole numbers and switches among the arguments."""

from __future__ import annotations

import contextlib
import operator
from typing import Any

import numpy as np

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


def flag(value: Any, name: str) -> bool:
    """Read a switch: True, False, or what passes for them: integers and None.

    Args:
        value: the argument.
        name: what messages call it.

    Raises:
        UsageError: it is none.

    Example:
        >>> import numpy as np
        >>> flag(np.True_, "shuffle"), flag(0, "shuffle")
        (True, False)
    """
    if value is None or isinstance(value, int | np.bool_ | np.integer):
        return bool(value)
    raise UsageError(f"{name} must be True or False, not {value!r}")
