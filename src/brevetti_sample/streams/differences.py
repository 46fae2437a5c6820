"""What differs between a plan and that with which it is used, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from brevetti_sample.groups.keys import Key, label
from brevetti_sample.messages import quoted, shortened


def group_differences(
    now: Mapping[Key, int], then: Mapping[Key, int], where: str, most: int = 3
) -> list[str]:
    """Tell in which groups two manifests differ.

    Args:
        now: rows by key.
        then: rows by key, of the other.
        where: what the other is called.
        most: how many groups to name; of the rest, how many there are.

    Returns:
        A phrase a group; none if the groups are alike.

    Example:
        >>> group_differences({("a",): 1}, {("a",): 2}, "the plan")
        ["group 'a' has 1 rows, 2 in the plan"]
    """
    different = [key for key in dict.fromkeys((*then, *now)) if now.get(key) != then.get(key)]
    phrases = [
        f"group {quoted(label(key))} has {now.get(key, 0)} rows, {then.get(key, 0)} in {where}"
        for key in different[:most]
    ]
    more = len(different) - most
    return [*phrases, f"{more} more groups differ"] if more > 0 else phrases


def field_differences(now: Mapping[str, Any], then: Mapping[str, Any], where: str) -> list[str]:
    """Tell in which settings two plans differ.

    Example:
        >>> field_differences({"seed": 1, "batch_size": 4}, {"seed": 2}, "the state")
        ['seed is 1, 2 in the state']
    """
    return [
        f"{name.replace('_', ' ')} is {shortened(value)}, {shortened(then[name])} in {where}"
        for name, value in now.items()
        if name in then and then[name] != value
    ]
