"""The library's parameters, as the command line spells them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from brevetti_sample.errors import Spelling

from .declaration import Option


def as_option(name: str, value: str | None = None) -> str:
    """Spell a parameter as an option, by the rule that almost all follow.

    Args:
        name: of the parameter.
        value: as Python source, if there is one.

    Example:
        >>> as_option("batch_size", "4"), as_option("overwrite", "True"), as_option("etag", "False")
        ('--batch-size 4', '--overwrite', '--no-etag')
    """
    return _spelled(Option(field=name), value)


def spelling_of(options: Iterable[Option], given: Mapping[str, Any]) -> Spelling:
    """Make the spelling of the parameters for a command.

    Args:
        options: those that it takes.
        given: their values, by field.

    Example:
        >>> from .sampling import Sampling
        >>> from .declaration import options_of
        >>> spell = spelling_of(options_of(Sampling), {"weights": "a=x"})
        >>> spell("weighting", None), spell("seed", "3")
        ('--weights', '--seed 3')
    """
    declared = sorted(options, key=lambda one: given.get(one.field) is None)  # the given first
    names = [(one.parameter or one.field, one) for one in declared]
    names += [(one.field, one) for one in declared]

    def spell(name: str, value: str | None = None) -> str:
        option = next((one for known, one in names if known == name), None)
        return _spelled(option or Option(field=name), value)

    return spell


def _spelled(option: Option, value: str | None) -> str:
    if option.is_argument:
        return option.value_name.strip("[].")
    if value is None or value == "True":
        return option.flag
    if value == "False":
        return f"--no-{option.name}"
    import ast
    import shlex

    return f"{option.flag} {shlex.quote(str(ast.literal_eval(value)))}"
