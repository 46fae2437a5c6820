"""The keys of groups, and how they are shown."""

from __future__ import annotations

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
