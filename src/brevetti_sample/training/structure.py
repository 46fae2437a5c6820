"""The structure of a data set's elements: nested tuples or dictionaries of keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from brevetti_sample.errors import UsageError, argument
from brevetti_sample.messages import close_match, listed

_NO_STRUCTURE = f"{argument('structure')}=None"


def map_output_structure(x: Mapping[str, Any], structure: Any) -> Any:
    """Arrange the values of a dictionary.

    Args:
        x: values by key.
        structure: a key, or nested tuples, lists or dictionaries of keys.

    Returns:
        The same structure with the values instead of their keys.

    Raises:
        UsageError: a key that is not there.

    Example:
        >>> map_output_structure({"a": 1, "b": 2}, ("b", {"x": "a"}))
        (2, {'x': 1})
    """
    check_structure(x, structure)
    return _arranged(x, structure)


def check_structure(elements: Any, structure: Any) -> None:
    """Refuse a structure that a data set's elements cannot be arranged in.

    Args:
        elements: an element, or the specification of one.
        structure: the structure that is asked for.

    Raises:
        UsageError: the elements are no dictionaries; a key that is not there, or is no text;
            names of several types.
    """
    if not isinstance(elements, Mapping):
        kind = type(elements).__name__
        raise UsageError(
            f"a structure of keys needs a dictionary, but the last map returns a {kind}",
            concerns="structure",
            advice=f"let it return a dictionary, or ask for no structure: {_NO_STRUCTURE}",
        )
    try:
        wanted = keys_of(structure)
    except TypeError:  # they cannot be sorted
        raise UsageError(
            "the names in a structure must all be texts", concerns="structure"
        ) from None
    if not wanted:
        raise UsageError(
            "the structure has no key",
            concerns="structure",
            advice=f"name some, or ask for none: {_NO_STRUCTURE}",
        )
    missing = [key for key in wanted if not isinstance(key, str) or key not in elements]
    if missing:
        hint = close_match(str(missing[0]), elements) if len(missing) == 1 else ""
        raise UsageError(
            f"the structure has the key {listed(missing)}, the samples do not",
            concerns="structure",
            advice=hint.removeprefix("; ") or f"the keys are {listed(elements)}",
        )


def value_of(x: Mapping[str, Any], key: str) -> Any:
    """Look up a column of samples.

    Raises:
        UsageError: it is not there; with the close match, or those that are.

    Example:
        >>> value_of({"path": 1}, "path")
        1
    """
    if key not in x:
        hint = close_match(key, x).removeprefix("; ") or f"the keys are {listed(x)}"
        raise UsageError(f"the samples have no {listed([key])}", advice=hint)
    return x[key]


def keys_of(structure: Any) -> list[Any]:
    """List the keys of a structure, in the order in which TensorFlow flattens it.

    Example:
        >>> keys_of(("b", {"y": "c", "x": "a"}))
        ['b', 'a', 'c']
    """
    if isinstance(structure, Mapping):
        return [key for name in sorted(structure) for key in keys_of(structure[name])]
    if isinstance(structure, tuple | list):
        return [key for part in structure for key in keys_of(part)]
    return [structure]


def _arranged(x: Mapping[str, Any], structure: Any) -> Any:
    if isinstance(structure, Mapping):
        return {name: _arranged(x, part) for name, part in structure.items()}
    if isinstance(structure, tuple | list):
        parts = [_arranged(x, part) for part in structure]
        # A list would be made one tensor.
        if hasattr(structure, "_fields"):
            return type(structure)(*parts)
        return tuple(parts)
    return x[structure]
