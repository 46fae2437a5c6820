"""Samples as users have them in Python, as a manifest."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from brevetti_sample.errors import ManifestError
from brevetti_sample.messages import listed, printable, repeated

from .manifest import Manifest, read_manifest

_LOG = logging.getLogger("brevetti_sample")
_ARROW_ERRORS = (
    pa.ArrowInvalid,
    pa.ArrowTypeError,
    pa.ArrowNotImplementedError,
    OverflowError,
    UnicodeError,
)


def as_manifest(samples: Any, needed: Sequence[str] = ()) -> Manifest:
    """Make a manifest of samples.

    Args:
        samples: a pandas data frame (categorical columns, and columns of paths, tuples or lists
            too); an iterable of dictionaries; a dictionary of lists or arrays, in which a value
            alone stands for all rows; or anything that `read_manifest` takes: a manifest, an
            Arrow table, a path.
        needed: columns that cannot be left out.

    Returns:
        The manifest. A column of values that have no common type is left out, and a warning
        logged that names it.

    Raises:
        ManifestError: nothing there, or no table; or a needed column would be left out.

    Example:
        >>> import pandas
        >>> from pathlib import Path
        >>> frame = pandas.DataFrame({"path": [Path("a.png")], "category": [("good", "new")]})
        >>> as_manifest(frame).read(["path", "category"]).to_pylist()
        [{'path': 'a.png', 'category': ['good', 'new']}]
    """
    if _is_frame(samples):
        names = [str(name) for name in samples.columns]
        if twice := repeated(names):
            raise ManifestError(
                f"have column {listed(twice)} twice",
                source="the samples",
                advice="rename one",
            )
        return _table({str(name): _series(samples[name]) for name in samples.columns}, needed)
    known = (str, bytes, os.PathLike, Manifest, pa.Table)
    if isinstance(samples, known) or hasattr(samples, "__arrow_c_stream__"):
        try:
            return read_manifest(samples)
        except _ARROW_ERRORS as error:
            raise ManifestError(
                f"are not a table: {printable(error)}", source="the samples"
            ) from error
    if isinstance(samples, Mapping) and any(map(_is_column, samples.values())):
        return _table(_columns(samples), needed)
    if not isinstance(samples, Iterable) or isinstance(samples, Mapping):
        kind = type(samples).__name__
        forms = "a table, a list of dictionaries, a dictionary of lists or arrays, or a path"
        raise ManifestError(f"must be {forms}, not of type {kind}", source="samples")
    items = list(samples)
    if not items or not all(isinstance(item, dict) for item in items):
        return read_manifest(items)
    keys = dict.fromkeys(name for item in items for name in item)
    return _table({str(key): _array([item.get(key) for item in items]) for key in keys}, needed)


def _is_frame(samples: Any) -> bool:
    return hasattr(samples, "iloc") and hasattr(samples, "columns")


def _is_column(value: Any) -> bool:
    """Whether a value of a dictionary is a column: a list, array, range, series, index, ..."""
    alone = isinstance(value, str | bytes | Mapping | set | frozenset)
    return not alone and hasattr(value, "__len__") and getattr(value, "shape", None) != ()


def _columns(samples: Mapping[Any, Any]) -> dict[str, pa.Array | str]:
    """The columns of a dictionary; what is no column itself is the value of all rows."""
    rows = max(len(value) for value in samples.values() if _is_column(value))
    columns = {}
    for name, value in samples.items():
        if not _is_column(value):
            columns[str(name)] = _array([value] * rows)
        elif hasattr(value, "iloc"):
            columns[str(name)] = _series(value)
        elif isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind in "biufmMUS":
            columns[str(name)] = _flat(value)
        else:
            columns[str(name)] = _array(list(value))
    return columns


def _flat(values: np.ndarray[Any, Any]) -> pa.Array | str:
    """A NumPy array of one dimension that holds no Python objects, without a step per value."""
    try:
        return pa.array(values.tolist() if values.dtype.kind in "US" else values)
    except _ARROW_ERRORS as error:
        return printable(error)


def _table(columns: dict[str, pa.Array | str], needed: Sequence[str] = ()) -> Manifest:
    for name, column in columns.items():
        if isinstance(column, str) and name in needed:
            raise ManifestError(
                f"cannot be a tensor, nor make groups: {column}",
                source="the samples",
                column=name,
                advice="make them of one type, or group by another column",
            )
        if isinstance(column, str):
            warn_dropped(name, column)
    kept = {name: column for name, column in columns.items() if not isinstance(column, str)}
    if not kept:
        reason = f": {listed(columns)} cannot be tensors" if columns else ""
        raise ManifestError(f"have no column to use{reason}", source="the samples")
    try:
        return read_manifest(pa.table(kept))
    except _ARROW_ERRORS as error:
        raise ManifestError(f"are not a table: {printable(error)}", source="the samples") from error


def warn_dropped(name: str, reason: str) -> None:
    """Log that a column is left out."""
    _LOG.warning("column '%s' is left out, it cannot be a tensor: %s", printable(name), reason)


def _series(series: Any) -> pa.Array | str:
    """One column of a frame; as text, why it cannot be one."""
    if series.dtype.name == "category":
        values = _array(series.cat.categories.tolist())
        codes = series.cat.codes.to_numpy().astype(np.int64)
        return values if isinstance(values, str) else values.take(pa.array(codes, mask=codes < 0))
    if series.dtype == object:
        return _array(series.tolist())
    try:
        return pa.array(series, from_pandas=True)
    except _ARROW_ERRORS as error:
        return printable(error)


def _array(values: list[Any]) -> pa.Array | str:
    """An array of Python values; as text, why they cannot be one."""
    try:
        return pa.array([_plain(value) for value in values], from_pandas=True)
    except _ARROW_ERRORS as error:
        return printable(error)


def _plain(value: Any) -> Any:
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, tuple | list | np.ndarray):
        return [_plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(_plain(item) for item in value)
    return value
