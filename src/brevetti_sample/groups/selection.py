"""Rows that have one value in a column, such as those whose purpose is `train`."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from brevetti_sample.arrays.types import BoolArray
from brevetti_sample.errors import UsageError
from brevetti_sample.messages import close_match, listed, quoted

from .factorize import factorize
from .keys import value_text

Where: TypeAlias = tuple[str, str]
"""A column, and the value that the rows have in it, as text."""


def as_where(value: Any) -> Where | None:
    """Read a column and a value, of any sequence of two texts; None stays None.

    Raises:
        UsageError: something else.

    Example:
        >>> as_where(["purpose", "train"])
        ('purpose', 'train')
    """
    if value is None:
        return None
    if isinstance(value, tuple | list) and len(value) == 2:
        column, text = value
        if isinstance(column, str) and isinstance(text, str):
            return column, text
    raise UsageError(f"must be a column and a value as text, not {value!r}", parameter="where")


def select(column: pa.ChunkedArray, where: Where, source: str | None = None) -> BoolArray:
    """Find the rows that have a value.

    Args:
        column: the column that ``where`` names.
        where: the column's name, and the value as text: 1 is "1", true is "true".
        source: what to call the manifest in messages.

    Returns:
        bool [rows], True for at least one of them.

    Raises:
        UsageError: no row has it, or values that have no order.

    Example:
        >>> select(pa.chunked_array([["train", None, "test"]]), ("purpose", "train"))
        array([ True, False, False])
    """
    name, value = where
    factor = factorize(column, name)
    counts = factor.counts()
    texts = [None if one is None else value_text(one) for one in factor.values]
    wanted = np.array([text == value for text in texts], dtype=np.int32)
    if not counts[wanted == 1].any():
        there = [text for text, n in zip(texts, counts.tolist(), strict=True) if text and n]
        hint = close_match(value, there).removeprefix("; ") or f"its values are {listed(there)}"
        raise UsageError(
            f"has no value {quoted(value)}",
            source=source,
            column=name,
            concerns="where",
            advice=hint if there else "",
        )
    found: BoolArray = np.concatenate(list(factor.codes(wanted))) == 1
    return found
