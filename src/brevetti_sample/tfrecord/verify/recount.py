"""The groups of records by their own features, where those hold the columns that groups are of."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from brevetti_sample.groups.keys import Key, label, value_text
from brevetti_sample.messages import printable
from brevetti_sample.tfrecord.format.parsing import Values

if TYPE_CHECKING:
    from brevetti_sample.tfrecord.writing.saved_export import SavedExport

Cell: TypeAlias = bytes | int | None
Example: TypeAlias = Mapping[str, Values | None]
_TEXTS = ("string", "large_string", "string_view")
_INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32")


@dataclass(frozen=True)
class Recount:
    """How to tell the group of a record. Made by `make_recount`.

    Attributes:
        features: the feature of each groupby column.
        groups: the number of the group by the values of those.
        labels: the groups' labels by number.
    """

    features: tuple[str, ...]
    groups: Mapping[tuple[Cell, ...], int]
    labels: Mapping[int, str]

    def group(self, example: Example) -> int | None:
        """The number of a record's group; None for none of the plan."""
        return self.groups.get(tuple(_cell(example.get(name)) for name in self.features))

    def difference(self, expected: tuple[int, ...], found: Mapping[int, int]) -> str:
        """How the counts of a shard's groups differ; an empty text if they do not.

        Example:
            >>> Recount(("a",), {}, {0: "x", 1: "y"}).difference((1, 1), {0: 2})
            "its records are 2 of 'x' for 1, 0 of 'y' for 1"
        """
        wrong = [
            f"{found.get(group, 0)} of '{printable(self.labels.get(group, ''))}' for {count}"
            for group, count in enumerate(expected)
            if found.get(group, 0) != count
        ]
        return f"its records are {', '.join(wrong[:3])}" if wrong else ""


def make_recount(
    groupby: Sequence[str], keys: Mapping[int, Key], saved: SavedExport
) -> Recount | None:
    """Find the features that tell groups.

    Args:
        groupby: the columns that the groups are of.
        keys: the keys by number of the groups that records can be of.
        saved: the `export.json`.

    Returns:
        None where records do not have them, or not exactly, as with floats.
    """
    names, encoders = [], []
    for column in groupby:
        found = _feature(column, saved)
        if found is None:
            return None
        names.append(found[0])
        encoders.append(found[1])
    groups: dict[tuple[Cell, ...], int] = {}
    for number, key in keys.items():
        try:
            cells = tuple(
                None if value is None else encode(value)
                for encode, value in zip(encoders, key, strict=True)
            )
        except (AttributeError, TypeError, ValueError):  # a key that such a column cannot have
            return None
        if groups.setdefault(cells, number) != number:
            return None
    labels = {number: label(key) for number, key in keys.items()}
    return Recount(tuple(names), groups, labels)


def _feature(column: str, saved: SavedExport) -> tuple[str, Callable[[Any], Cell]] | None:
    """The feature that has a column's values, and what it has for each; None for none."""
    if column == saved.label_column and saved.label_feature is not None:
        numbers = {name: number for number, name in enumerate(saved.class_names)}
        return saved.label_feature, lambda value: numbers.get(value_text(value))
    for feature in saved.features:
        if feature.name == column:
            source = feature.source.removeprefix("dictionary<values=").partition(",")[0]
            if source in _TEXTS:
                return column, lambda value: bytes(value.encode())
            if source in _INTEGERS or source == "bool":
                return column, operator.index
    return None


def _cell(values: Values | None) -> Cell:
    if values is None or values.count != 1:
        return None
    return values.data[0] if values.kind == "bytes" else values.integers()[0]
