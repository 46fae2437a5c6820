"""The classes of samples: a column's distinct values, numbered in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from brevetti_sample.arrays.types import BoolArray, Int64Array
from brevetti_sample.errors import UsageError, argument
from brevetti_sample.groups.class_names import check_class_names, is_class_name
from brevetti_sample.groups.factorize import factorize
from brevetti_sample.groups.keys import value_text
from brevetti_sample.messages import close_match, listed, quoted, repeated

BACKGROUND = "background"
"""The class 0 of a data set whose classes count from 1."""


@dataclass(frozen=True)
class Labels:
    """The classes of a manifest's rows.

    Attributes:
        column: the manifest's column.
        names: the classes' names, in the order of their values; the first has number ``offset``.
        offset: 0 or 1.
        codes: int64 [rows], the number of each row's class, from the offset on.
    """

    column: str
    names: tuple[str, ...]
    offset: int
    codes: Int64Array

    @property
    def all_names(self) -> tuple[str, ...]:
        """A name for every number from 0 on."""
        return (BACKGROUND,) * self.offset + self.names


def make_labels(
    column: pa.ChunkedArray,
    name: str,
    offset: int = 0,
    *,
    names: Sequence[str] | None = None,
    drawable: BoolArray | None = None,
    source: str | None = None,
) -> Labels:
    """Number the values of a column, the smallest first, or as they stand in a list.

    Args:
        column: the column.
        name: its name.
        offset: the number of the first class, 0 or 1.
        names: all classes, in the order of their numbers; None for those of the column.
        drawable: bool [rows], the rows that can come into the export; None for all. What the
            others hold does not become a class.
        source: what to call the manifest in messages.

    Raises:
        UsageError: a missing value, a class that is not in the list, or one whose name cannot be
            a line of a list of names.

    Example:
        >>> labels = make_labels(pa.chunked_array([["good", "bad", "good"]]), "folder")
        >>> labels.names, labels.codes
        (('bad', 'good'), array([1, 0, 1]))
        >>> make_labels(pa.chunked_array([["b", "c"]]), "folder", names=["c", "b"]).codes
        array([1, 0])
    """
    factor = factorize(column, name)
    codes = np.concatenate([np.empty(0, np.int32), *factor.codes()])
    used = np.bincount(codes if drawable is None else codes[drawable], minlength=len(factor.values))
    if factor.values and factor.values[-1] is None and used[-1]:
        raise UsageError(
            f"has no class in {used[-1]} of {used.sum()} rows",
            parameter="label_column",
            column=name,
            advice="fill them in, or leave the rows out",
        )
    texts = tuple(map(value_text, factor.values))
    if names is None:
        # Of a dictionary, also values that no row has are classes.
        kept = (used > 0) | (np.bincount(codes, minlength=len(used)) == 0)
        if factor.values and factor.values[-1] is None:
            kept[-1] = False
        listing = tuple(text for text, keep in zip(texts, kept.tolist(), strict=True) if keep)
        _check_names(listing, name, offset)
        numbers = np.cumsum(kept) - 1
    else:
        listing = tuple(names)
        _check_list(listing, offset)
        known = {text: number for number, text in enumerate(listing)}
        numbers = np.array([known.get(text, -1) for text in texts], dtype=np.int64)
        unknown = np.flatnonzero((numbers < 0) & (used > 0))
        if len(unknown):
            found = codes == unknown[0] if drawable is None else (codes == unknown[0]) & drawable
            wrong = [texts[i] for i in unknown.tolist()]
            raise _unknown(wrong, listing, source=source, column=name, row=int(found.argmax()))
    # Rows that cannot be drawn may have any number; no record has it.
    return Labels(name, listing, offset, np.maximum(numbers, 0).take(codes) + offset)


def _check_names(names: Sequence[str], column: str, offset: int) -> None:
    """Refuse classes of a column that no list can hold."""
    odd = [text for text in names if not is_class_name(text)]
    if odd:
        raise UsageError(
            f"has classes that cannot be lines of a list of names: {listed(odd)}",
            parameter="label_column",
            column=column,
            advice="write them as printable text without spaces around it",
        )
    twice = repeated([*names, BACKGROUND] if offset else names)
    if twice:
        raise UsageError(
            f"has more than one class {listed(twice)}",
            parameter="label_column",
            column=column,
            advice="rename one",
        )


def _check_list(names: Sequence[str], offset: int) -> None:
    check_class_names(names, "labels")
    if offset and BACKGROUND in names:
        raise UsageError(
            f"must have {quoted(BACKGROUND)} first or not at all with "
            f"{argument('label_offset', 1)}, which gives it the number 0",
            parameter="labels",
        )


def _unknown(unknown: Sequence[str], names: Sequence[str], **place: Any) -> UsageError:
    first, *rest = unknown
    others = f", nor are {listed(rest, 3)} of other rows" if rest else ""
    hint = close_match(first, names).removeprefix("; ")
    return UsageError(
        f"has the class {quoted(first)}, which is not in the list of classes{others}",
        concerns="labels",
        **place,
        advice=hint or f"the list has {listed(names)}",
    )
