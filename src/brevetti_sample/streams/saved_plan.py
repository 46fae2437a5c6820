"""A saved plan, field by field as its JSON has it, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import chain
from typing import Annotated, Any, Literal, TypeAlias

from msgspec import Meta, Struct

from brevetti_sample.groups.keys import Key

_DEEPEST = 16  # lists within lists, in a value of a key


class Infinity(Struct, frozen=True, forbid_unknown_fields=True):
    """An infinite number of a key, for which JSON has no word."""

    float: Literal["inf", "-inf"]


_Single: TypeAlias = bool | int | float | str | Infinity | None
_Value: Any = _Single
for _ in range(_DEEPEST):
    _Value = _Single | tuple[_Value, ...]


class SavedGroup(Struct, gc=False, forbid_unknown_fields=True):
    """A group of a plan: its key, and int64 numbers."""

    key: tuple[_Value, ...]
    rows: Annotated[int, Meta(ge=1, lt=1 << 31)]
    weight: Annotated[int, Meta(ge=0, le=1 << 31)]


class SavedRows(Struct, gc=False, forbid_unknown_fields=True):
    """A group of a split that is not drawn."""

    key: tuple[_Value, ...]
    rows: Annotated[int, Meta(ge=1, lt=1 << 31)]


class SavedWhere(Struct, forbid_unknown_fields=True):
    """The rows that a plan draws from."""

    column: str
    value: str


class SavedPlan(Struct, forbid_unknown_fields=True):
    """All fields of a saved plan; those of a `Plan` as that describes them."""

    format: str
    version: int
    stream: str
    seed: int
    shuffle: bool
    repeat: bool | int
    batch_size: int
    draws: int
    groupby: list[str]
    weighting: str
    manifest_rows: int
    manifest_sha256: str | None
    digest: str
    groups: Annotated[list[SavedGroup], Meta(min_length=1)]
    where: SavedWhere | None = None
    class_names: list[str] | None = None

    def keys(self) -> tuple[Key, ...]:
        """The groups' keys."""
        return opened_keys(self.groups)


def opened_keys(groups: Iterable[SavedGroup | SavedRows]) -> tuple[Key, ...]:
    """The keys of groups, as they were before `with_infinities`."""
    keys = tuple(group.key for group in groups)
    kinds = set(map(type, chain.from_iterable(keys)))
    return tuple(map(_opened, keys)) if kinds & {tuple, Infinity} else keys


def with_infinities(key: Iterable[Any]) -> list[Any]:
    """Write a key as JSON has it.

    Example:
        >>> with_infinities(("a", float("inf")))
        ['a', {'float': 'inf'}]
    """
    return [
        {"float": str(value)}
        if isinstance(value, float) and math.isinf(value)
        else with_infinities(value)
        if isinstance(value, tuple)
        else value
        for value in key
    ]


def _opened(key: tuple[Any, ...]) -> Key:
    """A key as it was before `with_infinities`."""
    return tuple(
        _opened(value)
        if isinstance(value, tuple)
        else float(value.float)
        if isinstance(value, Infinity)
        else value
        for value in key
    )
