"""Names of classes, of which each stands on a line of a file and has the number of that line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from brevetti_sample.errors import UsageError
from brevetti_sample.messages import listed, repeated


def as_class_names(value: Any, parameter: str) -> tuple[str, ...]:
    """Read a list of classes from any sequence of texts.

    Raises:
        UsageError: something else, such as a text, whose letters would be classes; or what
            `check_class_names` refuses.

    Example:
        >>> as_class_names(["bad", "good"], "class_names")
        ('bad', 'good')
    """
    names = None if isinstance(value, str) or not isinstance(value, Iterable) else list(value)
    if names is None or not all(isinstance(name, str) for name in names):
        raise UsageError(f"must be a list of texts, not {value!r}", parameter=parameter)
    result = tuple(map(str, names))
    check_class_names(result, parameter)
    return result


def is_class_name(name: str) -> bool:
    r"""Whether a name can be a line: printable, and with nothing that a reader would strip.

    Example:
        >>> [is_class_name(name) for name in ("good", "", " good", "go\nod")]
        [True, False, False, False]
    """
    return bool(name) and name == name.strip() and name.isprintable()


def check_class_names(names: Sequence[str], parameter: str) -> None:
    """Refuse what cannot be a list of classes.

    Raises:
        UsageError: no names, one that cannot be a line, or one that comes twice.

    Example:
        >>> check_class_names(["bad", "good"], "labels")
    """
    if not names:
        raise UsageError("must name at least one class", parameter=parameter)
    odd = [name for name in names if not is_class_name(name)]
    if odd:
        raise UsageError(
            f"has names that cannot be lines of a list of classes: {listed(odd)}",
            parameter=parameter,
            advice="write them as printable text without spaces around it",
        )
    twice = repeated(names)
    if twice:
        raise UsageError(
            f"names {listed(twice)} more than once", parameter=parameter, advice="name each once"
        )
