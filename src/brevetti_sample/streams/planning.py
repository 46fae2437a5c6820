"""Plans made for manifests."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from brevetti_sample.arguments import BATCH_SIZE, SEED_BITS, as_integer, as_stream
from brevetti_sample.arrays.types import Int64Array
from brevetti_sample.errors import UsageError
from brevetti_sample.groups.grouping import Grouping, count_rows
from brevetti_sample.groups.keys import label
from brevetti_sample.groups.weighting import Weighting, weigh
from brevetti_sample.manifests.manifest import read_manifest
from brevetti_sample.messages import listed

from .plan import Plan


def make_plan(
    manifest: Any,
    groupby: str | Sequence[str] | None = None,
    weighting: Weighting = "uniform",
    *,
    seed: int | None = 0,
    stream: str = "stratified",
    shuffle: bool = True,
    repeat: bool | int = True,
    batch_size: int = BATCH_SIZE,
    draws: int | None = None,
    fingerprint: str | None = None,
) -> Plan:
    """Make a plan for a manifest.

    Args:
        manifest: the manifest, as `read_manifest` takes it; or its rows already grouped, and
            then no ``groupby``.
        groupby: the column or columns that make the groups; None for one group of all rows.
        weighting: see `brevetti_sample.groups.weighting.weigh`.
        seed: as that of `Plan`; None or negative: drawn from the system, and in the plan.
        stream: one of `arguments.STREAMS`.
        shuffle: False for an even interleave in manifest order.
        repeat: True endless, k each group k times, False once.
        batch_size: draws a batch.
        draws: how many draws to make; by default an epoch, as many as the manifest has rows.
        fingerprint: the manifest's, to save it with the plan.

    Raises:
        ColumnError: no such column.
        WeightingError: the weighting cannot be applied.
        UsageError: another value that makes no sense.
        ManifestError: the manifest is damaged or empty.

    Example:
        >>> from brevetti_sample import bundled_manifest
        >>> plan = make_plan(bundled_manifest(), groupby="folder", weighting="count")
        >>> plan.labels, plan.weights
        (('bad_cap', 'good', 'missing_cap'), array([11, 73,  6]))
    """
    if isinstance(manifest, Grouping):
        if groupby is not None:
            raise UsageError(
                "is that of the groups already",
                parameter="groupby",
                advice="leave it out, or pass the manifest instead of its groups",
            )
        grouping = manifest
    else:
        grouping = count_rows(read_manifest(manifest), groupby)
    bits = SEED_BITS[as_stream(stream)]
    seed = -1 if seed is None else as_integer(seed, "seed")
    if seed < 0:
        seed = int.from_bytes(os.urandom(8)) >> max(1, 64 - bits)
    rule = "function" if callable(weighting) else "explicit"
    return Plan(
        groupby=grouping.columns,
        weighting=weighting if isinstance(weighting, str) else rule,
        keys=grouping.keys,
        sizes=grouping.sizes,
        weights=_weights(grouping, weighting, stream),
        seed=seed,
        stream=stream,
        shuffle=shuffle,
        repeat=repeat,
        batch_size=as_integer(batch_size, "batch_size"),
        draws=as_integer(grouping.sizes.sum() if draws is None else draws, "draws"),
        fingerprint=fingerprint,
    )


def _weights(grouping: Grouping, weighting: Weighting, stream: str) -> Int64Array:
    """Weigh the groups; brevettiai left out rows without a value in a groupby column."""
    drawn = [g for g, key in enumerate(grouping.keys) if stream == "stratified" or None not in key]
    if not drawn:
        raise UsageError(
            f"no row has a value in {listed(grouping.columns)}: nothing to draw", concerns="groupby"
        )
    keys = [grouping.keys[group] for group in drawn]
    if callable(weighting):
        found = grouping.original_keys()
        single = [found[group] for group in drawn]
    else:
        single = [key[0] if len(key) == 1 else key for key in keys]
    weights = np.zeros(len(grouping.keys), dtype=np.int64)
    weights[drawn] = weigh(grouping.sizes[drawn], weighting, list(map(label, keys)), single)
    return weights
