"""The classes of samples: a column's distinct values, numbered in their order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from brevetti_sample.arrays.types import Int64Array
from brevetti_sample.errors import UsageError
from brevetti_sample.groups.factorize import factorize
from brevetti_sample.groups.keys import value_text
from brevetti_sample.messages import listed, repeated

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


def make_labels(column: pa.ChunkedArray, name: str, offset: int = 0) -> Labels:
    """Number the values of a column, the smallest first.

    Args:
        column: the column.
        name: its name.
        offset: the number of the first class, 0 or 1.

    Raises:
        UsageError: a missing value, or a class whose name cannot be a line of a list of names.

    Example:
        >>> labels = make_labels(pa.chunked_array([["good", "bad", "good"]]), "folder")
        >>> labels.names, labels.codes
        (('bad', 'good'), array([1, 0, 1]))
    """
    factor = factorize(column, name)
    if factor.values and factor.values[-1] is None:
        missing = int(factor.counts()[-1])
        if missing:
            raise UsageError(
                f"has no class in {missing} of {len(column)} rows",
                parameter="label_column",
                column=name,
                advice="fill them in, or leave the rows out",
            )
    names = tuple(map(value_text, factor.values))
    odd = [text for text in names if text != text.strip() or not text or not text.isprintable()]
    if odd:
        raise UsageError(
            f"has classes that cannot be lines of a list of names: {listed(odd)}",
            parameter="label_column",
            column=name,
            advice="write them as printable text without spaces around it",
        )
    again = repeated(names)
    if again or (offset and BACKGROUND in names):
        twice = again or [BACKGROUND]
        raise UsageError(
            f"has more than one class {listed(twice)}",
            parameter="label_column",
            column=name,
            advice="rename one",
        )
    codes = np.concatenate([np.empty(0, np.int32), *factor.codes()]).astype(np.int64)
    return Labels(name, names, offset, codes + offset)
