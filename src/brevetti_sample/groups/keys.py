"""The keys of groups, and how they are shown."""

from __future__ import annotations

import sys
from typing import Any, TypeAlias

Key: TypeAlias = tuple[Any, ...]
"""The values of the groupby columns that a group stands for, as JSON has them: text, numbers,
booleans, tuples of those; None for a missing value. Dates, times and decimals are text."""


class GroupKeys(tuple[Key, ...]):
    """The keys of groups, of which it is known that they are `Key`s, different, and of one length.

    They are found so in a manifest; those of a plan from elsewhere have been looked at.
    """

    __slots__ = ()


MISSING = "(missing)"
"""How a missing value is shown."""


def label(key: Key) -> str:
    """Write a key as one text: its values, separated by slashes.

    Example:
        >>> label(("good", 7)), label((None,)), label(())
        ('good/7', '(missing)', '(all)')
    """
    return "/".join(value_text(value) for value in key) if key else "(all)"


def value_text(value: Any) -> str:
    """Write one value of a key as text.

    Example:
        >>> value_text(("a", "b")), value_text(True), value_text(None)
        ('a+b', 'true', '(missing)')
    """
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "+".join(map(value_text, value))
    return str(value)


def original_values(column: Any) -> list[Any]:
    """Turn values of an Arrow column into Python's, as a data frame's groups have them.

    Args:
        column: the Arrow array, chunked or not.

    Returns:
        Its values: lists and structs as tuples; missing ones, also NaN, None; times and
        durations those of pandas if it is in use.

    Example:
        >>> import pyarrow as pa
        >>> original_values(pa.array([["a"], None]))
        [('a',), None]
    """
    import pyarrow as pa

    kind = column.type
    values = [_hashable(value) for value in column.to_pylist()]
    pandas: Any = sys.modules.get("pandas")
    if pandas is None:
        return values
    own: Any = None
    if pa.types.is_timestamp(kind):
        own = pandas.Timestamp
    elif pa.types.is_duration(kind):
        own = pandas.Timedelta
    return [None if v is None else own(v) for v in values] if own else values


def _hashable(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple(_hashable(item) for item in value.values())
    if isinstance(value, list):
        return tuple(map(_hashable, value))
    return None if value != value else value  # NaN is the only value unlike itself
