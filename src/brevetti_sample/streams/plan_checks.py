"""What the groups of a plan must be, wherever the plan comes from."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import numpy as np

from brevetti_sample.arguments import as_text
from brevetti_sample.arrays.types import Int64Array
from brevetti_sample.errors import UsageError
from brevetti_sample.groups.keys import GroupKeys, Key
from brevetti_sample.groups.weighting import MAX_TOTAL
from brevetti_sample.manifests.manifest import MAX_ROWS
from brevetti_sample.messages import quoted

_QUICK = {str, bool, type(None)}


def as_texts(values: Any, parameter: str) -> tuple[str, ...]:
    """Read a list of different texts.

    Raises:
        UsageError: something else.

    Example:
        >>> as_texts(["a", "b"], "groupby")
        ('a', 'b')
    """
    if not isinstance(values, list | tuple):
        raise UsageError(f"must be a tuple of texts, not {_kind(values)}", parameter=parameter)
    for number, value in enumerate(values):
        as_text(value, parameter)
        if value in values[:number]:
            raise UsageError(f"has {quoted(value)} twice", parameter=parameter)
    return tuple(values)


def as_counts(values: Any, parameter: str) -> Int64Array:
    """Read a vector of integers.

    Returns:
        int64 [n]; the array itself if it is one.

    Raises:
        UsageError: something else.

    Example:
        >>> as_counts([1, 2], "sizes")
        array([1, 2])
    """
    try:
        array = np.asarray(values)
        fits = array.ndim == 1 and array.size > 0 and np.issubdtype(array.dtype, np.integer)
        if fits and (array.dtype != np.uint64 or int(array.max()) < 1 << 63):
            return array.astype(np.int64, copy=False)
    except (TypeError, ValueError, OverflowError):
        pass
    raise UsageError(
        f"must be whole numbers, one for each group, not {_kind(values)}", parameter=parameter
    )


def check_groups(
    columns: int, keys: Sequence[Key], sizes: Int64Array, weights: Int64Array
) -> GroupKeys:
    """Refuse groups that no manifest has.

    Args:
        columns: how many of them make the groups.
        keys: the groups' keys.
        sizes: int64 [groups].
        weights: int64 [groups].

    Returns:
        The keys.

    Raises:
        UsageError: lengths that do not agree, keys of other lengths, of other types, or twice;
            a size below 1, a weight below 0, or sums that are too large.
    """
    if not isinstance(keys, list | tuple) or not keys:
        raise UsageError(f"must be a tuple of tuples, not {_kind(keys)}", parameter="keys")
    for name, values in (("sizes", sizes), ("weights", weights)):
        if len(values) != len(keys):
            raise UsageError(
                f"must be one for each of the {len(keys)} groups, not {len(values)}", parameter=name
            )
    if not isinstance(keys, GroupKeys) or len(keys[0]) != columns:
        keys = _checked(columns, tuple(keys))
    if int(sizes.min()) < 1 or int(sizes.max()) > MAX_ROWS or _total(sizes) > MAX_ROWS:
        raise UsageError(
            f"must be rows of each group, at least 1 and together at most {MAX_ROWS}",
            parameter="sizes",
        )
    if int(weights.min()) < 0 or not 0 < _total(weights) <= MAX_TOTAL:
        raise UsageError(
            "must be weights from 0 up, together at least 1 and at most 2^31", parameter="weights"
        )
    return keys


def _total(values: Int64Array) -> int:
    """The sum of numbers from 0 up, which may be more than 64 bits hold."""
    return int((values >> 32).sum() << 32) + int((values & 0xFFFFFFFF).sum())


def _checked(columns: int, keys: tuple[Key, ...]) -> GroupKeys:
    # As few steps in Python as can be: there may be millions of keys.
    if set(map(type, keys)) != {tuple} or set(map(len, keys)) != {columns}:
        wrong = next(n for n, k in enumerate(keys) if type(k) is not tuple or len(k) != columns)
        raise UsageError(
            f"must have as many values as {columns} columns make, which that of group {wrong} "
            "has not",
            parameter="keys",
        )
    kinds = set(map(type, chain.from_iterable(keys)))
    plain = kinds <= _QUICK and _is_unicode(v for v in chain(*keys) if v.__class__ is str)
    if not plain and not all(map(_is_key_value, chain.from_iterable(keys))):
        wrong = next(n for n, key in enumerate(keys) if not all(map(_is_key_value, key)))
        raise UsageError(
            "must have texts, numbers of at most 64 bits, True, False, None and tuples of those, "
            f"which that of group {wrong} has not: {quoted(keys[wrong])}",
            parameter="keys",
        )
    if len(set(keys)) < len(keys):
        twice = next(key for key, count in Counter(keys).items() if count > 1)
        raise UsageError(f"must be different, and {quoted(twice)} is there twice", parameter="keys")
    return GroupKeys(keys)


def _is_key_value(value: Any) -> bool:
    kind = type(value)
    if kind is str:
        return _is_unicode([value])
    if kind is int:
        return bool(-(1 << 63) <= value < 1 << 64)
    if kind is float:
        return not math.isnan(value)
    if kind is tuple:
        return all(map(_is_key_value, value))
    return kind in _QUICK


def _is_unicode(texts: Iterable[str]) -> bool:
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        return False
    return True


def _kind(value: Any) -> str:
    return f"of type {type(value).__name__}"
