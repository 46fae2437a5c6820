"""Arguments that functions and commands share: defaults, bounds, and how values are checked.

The command line reads this module for its help, so it imports nothing that takes time.
"""

from __future__ import annotations

import contextlib
import operator
from typing import Any

from .errors import UsageError
from .messages import close_match, listed, quoted

BATCH_SIZE = 32
"""Draws per batch by default."""
MAX_DRAW = 1 << 60
"""Draw numbers stay below this."""
SEED_BITS = {"stratified": 64, "brevettiai": 32}
STREAMS = tuple(SEED_BITS)
"""The names of the streams that a plan can ask for, the default first."""
WEIGHTINGS = ("uniform", "count", "square root", "log", "logx+1", "power:A")
"""The names of the weightings, the default first; A is any decimal number."""
MAX_PIXELS = 100_000_000
"""Images of more pixels are refused by default: decoded, they would take 300 MB."""
SHARES = "train=0.7,devel=0.15,test=0.15"
"""The shares of a split by default."""
PURPOSE, FOLD, PATH = "purpose", "fold", "path"
"""The columns of a split by default."""
TRAIN = "train"
"""The split that is drawn by default."""


def as_integer(
    value: Any, parameter: str, least: int | None = None, most: int | None = None
) -> int:
    """Read an integer of any type, such as NumPy's, as Python's.

    Args:
        value: the argument.
        parameter: its name.
        least: the smallest that is allowed.
        most: the largest that is allowed; only with ``least``.

    Raises:
        UsageError: not an integer, or out of bounds.

    Example:
        >>> import numpy as np
        >>> as_integer(np.int8(4), "batch_size", least=1)
        4
    """
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise UsageError(f"must be a whole number, not {value!r}", parameter=parameter)
    with contextlib.suppress(TypeError):  # arrays of several
        integer = operator.index(value)
        if least is not None and integer < least:
            bounds = f"at least {least}" if most is None else f"from {least} to {_power(most)}"
            raise UsageError(f"must be {bounds}, not {_shown(integer)}", parameter=parameter)
        if least is not None and most is not None and integer > most:
            raise UsageError(
                f"must be from {least} to {_power(most)}, not {_shown(integer)}",
                parameter=parameter,
            )
        return integer
    raise UsageError(f"must be a whole number, not {value!r}", parameter=parameter)


def as_seed(value: Any, bits: int = 64) -> int:
    """Read a seed, in [0, 2^bits).

    Raises:
        UsageError: not an integer, or out of bounds.

    Example:
        >>> as_seed(7)
        7
    """
    seed = as_integer(value, "seed")
    if not 0 <= seed < 1 << bits:
        raise UsageError(
            f"the seed must be from 0 to 2^{bits} - 1, not {_shown(seed)}", concerns="seed"
        )
    return seed


def as_stream(value: str) -> str:
    """Refuse what is not the name of a stream.

    Raises:
        UsageError: with the close match, or all names.

    Example:
        >>> as_stream("stratified")
        'stratified'
    """
    if isinstance(value, str) and value in STREAMS:
        return value
    hint = close_match(str(value), STREAMS).removeprefix("; ") or f"use {listed(STREAMS)}"
    raise UsageError(f"no stream {quoted(value)}", concerns="stream", advice=hint)


def as_flag(value: Any, parameter: str) -> bool:
    """Read a switch: True, False, or what passes for them: integers and None.

    Args:
        value: the argument.
        parameter: its name.

    Raises:
        UsageError: another value.

    Example:
        >>> import numpy as np
        >>> as_flag(np.True_, "shuffle"), as_flag(0, "shuffle")
        (True, False)
    """
    if value is None or isinstance(value, int):
        return bool(value)
    import numpy as np

    if isinstance(value, np.bool_ | np.integer):
        return bool(value)
    raise UsageError(f"must be True or False, not {value!r}", parameter=parameter)


def as_text(value: Any, parameter: str) -> str:
    """Read a text that UTF-8 can hold.

    Raises:
        UsageError: another value, or a text with bytes that are not UTF-8.

    Example:
        >>> as_text("count", "weighting")
        'count'
    """
    if not isinstance(value, str):
        raise UsageError(f"must be text, not of type {type(value).__name__}", parameter=parameter)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise UsageError(f"must be UTF-8, not {quoted(value)}", parameter=parameter) from None
    return value


def as_times(value: Any, parameter: str = "repeat") -> bool | int:
    """Read how often something is repeated: True, False, or an integer from 0 up.

    Raises:
        UsageError: another value.

    Example:
        >>> as_times(True), as_times(2)
        (True, 2)
    """
    return value if isinstance(value, bool) else as_integer(value, parameter, 0)


def _shown(integer: int) -> str:
    """Write an integer; of one that fills lines, how long it is. Python writes no longer ones."""
    return str(integer) if integer.bit_length() <= 256 else f"one of {integer.bit_length()} bits"


def _power(number: int) -> str:
    """Write powers of two, and what is one less, as such."""
    if number > 1 << 16 and number & (number - 1) == 0:
        return f"2^{number.bit_length() - 1}"
    if number > 1 << 16 and number & (number + 1) == 0:
        return f"2^{number.bit_length()} - 1"
    return str(number)
