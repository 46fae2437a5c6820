"""The purposes that the samples of a manifest have already: they stay, and they count."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from brevetti_sample.arrays.types import Int32Array
from brevetti_sample.errors import ManifestError, UsageError, argument
from brevetti_sample.groups.factorize import factorize
from brevetti_sample.manifests.manifest import Manifest
from brevetti_sample.messages import listed, quoted

from .apportion import FREE
from .items import Items
from .shares import Shares

_SHOWN_CONFLICTS = 3
_WHOLE = re.compile(r"-?[0-9]{1,18}")


def purposes_of_rows(
    manifest: Manifest, column: str, shares: Shares, numbers: bool, reassign: bool
) -> tuple[Int32Array, list[str]]:
    """Read which purpose each row has already.

    Args:
        manifest: the manifest.
        column: the column of the purposes; it need not be there.
        shares: the purposes that have a share.
        numbers: whether they are numbers, as those of folds are.
        reassign: whether to forget the column.

    Returns:
        int32 [rows], the number of each row's purpose, or `FREE`; and the names of all purposes,
        those with shares first.

    Raises:
        UsageError: the column has values that are no purposes.
    """
    names = list(shares.names)
    free = np.full(manifest.rows, FREE, dtype=np.int32)
    if reassign or column not in manifest.columns:
        return free, names
    values = manifest.read([column], dictionary=[column]).column(column)
    if pa.types.is_null(values.type):
        return free, names
    factor = factorize(values, column)
    values_there = [_number_text(v) if numbers else v for v in factor.values]
    strange = [
        value
        for value, text in zip(factor.values, values_there, strict=True)
        if not isinstance(text, str | None)
    ]
    if strange:
        raise UsageError(
            f"has values that are not {'whole numbers' if numbers else 'text'}, such as "
            f"{listed(strange[:1])}",
            source=manifest.name,
            column=column,
            parameter="column",
            advice=f"choose another {argument('column')}, or pass {argument('reassign', True)}",
        )
    codes = {name: number for number, name in enumerate(names)}
    for value in filter(None, values_there):
        codes.setdefault(value, len(codes))
    renumber = np.array([codes.get(value, FREE) for value in values_there], dtype=np.int32)
    return np.concatenate(list(factor.codes(renumber))), list(codes)


def _number_text(value: Any) -> Any:
    """Write a whole number, or its text, as text; leave anything else as it is not text."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return str(int(value)) if _WHOLE.fullmatch(value) else 0
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else 0


def purposes_of_items(
    items: Items, codes: Int32Array, names: Sequence[str], manifest: Manifest, column: str
) -> Int32Array:
    """Say which purpose each item has already.

    Args:
        items: the items.
        codes: int32 [rows], and
        names: the names, both as `purposes_of_rows` returns them.
        manifest: the manifest, for messages.
        column: the column of the purposes, for messages.

    Returns:
        int32 [items], the purpose of each item that has one in some row, or `FREE`.

    Raises:
        ManifestError: an item has two.
    """
    highest = np.full(len(items.names), FREE, dtype=np.int32)
    np.maximum.at(highest, items.codes, codes)
    there = codes != FREE
    parted = items.codes[there & (codes != highest[items.codes])]
    if len(parted):
        twice = np.unique(parted)
        shown = []
        for item in twice[:_SHOWN_CONFLICTS].tolist():
            has = np.unique(codes[there & (items.codes == item)])
            shown.append(f"{quoted(items.names[item])} has {listed(names[i] for i in has)}")
        more = f" and {len(twice) - len(shown)} more" if len(twice) > len(shown) else ""
        raise ManifestError(
            f"gives an item more than one purpose: {'; '.join(shown)}{more}",
            source=manifest.name,
            column=column,
            advice=f"fix the column, or pass {argument('reassign', True)}",
        )
    return highest
