"""Plans for samples, or for labels alone: one label per item of a data set that lies elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from brevetti_sample.arguments import BATCH_SIZE
from brevetti_sample.errors import ManifestError, UsageError
from brevetti_sample.groups.grouping import group_rows
from brevetti_sample.groups.weighting import Weighting
from brevetti_sample.manifests.from_python import as_manifest
from brevetti_sample.manifests.manifest import Manifest

from .plan import BoundPlan
from .planning import make_plan

LABEL = "label"
"""The column that labels become."""


def bind_samples(
    samples_or_labels: Any,
    groupby: str | Sequence[str] | None = None,
    weighting: Weighting = "uniform",
    *,
    seed: int | None = 0,
    shuffle: bool = True,
    repeat: bool | int = True,
    batch_size: int = BATCH_SIZE,
    draws: int | None = None,
) -> BoundPlan:
    """Make a plan for samples or labels, and bind it to them.

    Args:
        samples_or_labels: samples as `DataGenerator` takes them: a data frame, an Arrow table, a
            `Manifest`, dictionaries, a path; or labels [rows]: a list, an array or tensor, a
            series, which make the groups. A `BoundPlan` is returned as it is.
        groupby: the column or columns that make the groups; None for labels, and for one group.
        weighting: as of `make_plan`.
        seed: as of `make_plan`.
        shuffle: as of `make_plan`.
        repeat: as of `make_plan`.
        batch_size: draws per batch.
        draws: draws per epoch; by default as many as there are rows.

    Raises:
        UsageError: labels of more than one dimension, or with a ``groupby``; or as `make_plan`.
        ManifestError: no rows, or labels that have no common type.

    Example:
        >>> bind_samples(["good", "good", "bad"]).plan.labels
        ('bad', 'good')
        >>> bind_samples({"id": [1, 2], "side": ["a", "b"]}, "side").plan.groupby
        ('side',)
    """
    if isinstance(samples_or_labels, BoundPlan):
        return samples_or_labels
    labels = _labels(samples_or_labels)
    if labels is None:
        manifest = as_manifest(samples_or_labels, _columns(groupby))
    else:
        if groupby is not None:
            raise UsageError(
                "is for samples with columns, and these are labels",
                parameter="groupby",
                advice="leave it out, or pass a table",
            )
        if not len(labels):
            raise ManifestError("are empty", source="the labels")
        groupby = LABEL
        manifest = as_manifest({LABEL: labels}, [LABEL])
    grouping = group_rows(manifest, groupby)
    plan = make_plan(
        grouping,
        weighting=weighting,
        seed=seed,
        shuffle=shuffle,
        repeat=repeat,
        batch_size=batch_size,
        draws=draws,
    )
    return BoundPlan(plan, manifest, grouping)


def _columns(groupby: str | Sequence[str] | None) -> Sequence[str]:
    return [groupby] if isinstance(groupby, str) else list(groupby or ())


def _labels(value: Any) -> Any:
    """The labels as a list, array or series; None for samples with columns."""
    if isinstance(value, str | bytes | os.PathLike | Manifest | pa.Table | Mapping):
        return None
    if isinstance(value, pa.Array | pa.ChunkedArray):
        return value.to_pylist()
    if hasattr(value, "columns"):  # a frame
        return None
    if not hasattr(value, "iloc") and hasattr(value, "__array__"):  # arrays, tensors, series
        value = np.asarray(value)
    shape = getattr(value, "shape", None)
    if shape is not None:
        if len(shape) != 1:
            raise UsageError(
                f"must be labels of one dimension, or samples with columns, not of shape {shape}",
                parameter="samples_or_labels",
                advice="pass one label per item",
            )
        return value
    if not isinstance(value, Iterable):
        kind = type(value).__name__
        raise ManifestError(
            f"must be labels, or a table, not of type {kind}", source="samples_or_labels"
        )
    items = list(value)
    return None if items and all(isinstance(item, Mapping) for item in items) else items
