"""The elements of a data set as NumPy and Python values, and how many have been taken."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import numpy as np

from brevetti_sample.errors import SampleFileError

_SAMPLE_ERROR = re.compile(r"SampleFileError: (.*)")


class TrackedIterator:
    """An iterator that knows how many draws it has handed out.

    Args:
        elements: what to iterate over.
        draws: draws an element.
        convert: applied to each element.

    Attributes:
        taken: draws handed out so far; after the last batch, which may be short, too many.

    Example:
        >>> iterator = TrackedIterator("ab", 32)
        >>> next(iterator), iterator.taken
        ('a', 32)
    """

    def __init__(
        self, elements: Any, draws: int, convert: Callable[[Any], Any] | None = None
    ) -> None:
        self._iterator = iter(elements)
        self._draws = draws
        self._convert = convert
        self.taken = 0

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            element = next(self._iterator)
        except Exception as error:
            # TensorFlow wraps what a function in Python raised.
            found = _SAMPLE_ERROR.search(str(error))
            if found is None:
                raise
            raise SampleFileError(found[1]) from error
        self.taken += self._draws
        return element if self._convert is None else self._convert(element)


class Position:
    """How many draws have been taken of a generator, as far as that is known.

    Example:
        >>> position = Position()
        >>> position.taken
        0
        >>> next(position.follow(TrackedIterator("ab", 32))), position.taken
        ('a', 32)
        >>> position.lose()
        >>> position.taken is None
        True
    """

    def __init__(self) -> None:
        self._iterator: TrackedIterator | None = None
        self._known = True

    @property
    def taken(self) -> int | None:
        """Draws that the newest iterator has handed out; None if that cannot be known."""
        if not self._known:
            return None
        return 0 if self._iterator is None else self._iterator.taken

    def follow(self, iterator: TrackedIterator) -> TrackedIterator:
        """Go by an iterator from now on, and return it."""
        self._iterator, self._known = iterator, True
        return iterator

    def lose(self) -> None:
        """Note that a data set is in use, of which TensorFlow reads ahead."""
        self._known = False


def to_numpy(element: Any, lists: Collection[str] = (), structure: Any = None) -> Any:
    """Convert an element of a data set.

    Args:
        element: nested tuples or dictionaries of tensors.
        lists: the keys whose values are lists.
        structure: the structure of keys that a part of the element stands for.

    Returns:
        The same structure: NumPy arrays and scalars; text as `str`, arrays of text with it; bytes
        that are not UTF-8 as they are; a list of values as a tuple, a batch of ragged lists as a
        list of tuples.
    """
    if isinstance(element, Mapping):
        keys = structure if isinstance(structure, Mapping) else {}
        return {key: to_numpy(element[key], lists, keys.get(key, key)) for key in element}
    if isinstance(element, tuple):
        parts = structure if isinstance(structure, tuple | list) else (None,) * len(element)
        return tuple(to_numpy(e, lists, part) for e, part in zip(element, parts, strict=True))
    is_list = isinstance(structure, str) and structure in lists
    if hasattr(element, "to_list"):
        rows = [_tupled(row) for row in element.to_list()]
        return tuple(rows) if is_list else rows
    value = element.numpy()
    if isinstance(value, bytes):
        return _text(value)
    if value.dtype == object:
        value = _texts(value)
    if is_list and np.ndim(value) == 1:
        return tuple(value.tolist())
    return value


def _tupled(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(map(_tupled, value))
    return _text(value) if isinstance(value, bytes) else value


def _text(value: bytes) -> str | bytes:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value


def _texts(values: Any) -> Any:
    """Decode an array of bytes; all of it or nothing."""
    try:
        decoded = [value.decode() for value in values.ravel().tolist()]
    except UnicodeDecodeError:
        return values
    # NumPy's own texts lose zero bytes at their ends.
    kind = object if any(text.endswith("\0") for text in decoded) else np.str_
    return np.array(decoded, dtype=kind).reshape(values.shape)
