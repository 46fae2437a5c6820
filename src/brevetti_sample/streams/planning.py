"""Plans made for manifests, and bound to them."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any

import numpy as np

from brevetti_sample.arguments import BATCH_SIZE, SEED_BITS, as_integer, as_stream
from brevetti_sample.arrays.types import Int64Array
from brevetti_sample.errors import UsageError, argument
from brevetti_sample.groups.class_names import as_class_names
from brevetti_sample.groups.grouping import Grouping, count_rows
from brevetti_sample.groups.keys import label
from brevetti_sample.groups.selection import Where, as_where
from brevetti_sample.groups.weighting import Weighting, Weights, weigh_exactly
from brevetti_sample.manifests.manifest import read_manifest
from brevetti_sample.messages import listed, quoted

from .plan import BoundPlan, Plan

_LOG = logging.getLogger("brevetti_sample")
_MOST_NAMED = 10


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
    where: Where | None = None,
    class_names: Sequence[str] | None = None,
) -> Plan:
    """Make a plan for a manifest.

    A warning to the logger ``brevetti_sample`` names the groups that are never drawn, their weight
    being zero, and those whose weight was raised to 2^-31 of the sum.

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
        where: a column and the text of a value, such as ``("purpose", "train")``: draw from the
            rows that have it; by default from all, or from those that were grouped.
        class_names: the classes of the samples in the order of their numbers, for exports.

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
        if where is not None and where != manifest.where:
            raise UsageError(
                "is that of the groups already",
                parameter="where",
                advice="leave it out, or pass the manifest instead of its groups",
            )
        grouping = manifest
    else:
        grouping = count_rows(read_manifest(manifest), groupby, as_where(where))
    bits = SEED_BITS[as_stream(stream)]
    seed = -1 if seed is None else as_integer(seed, "seed")
    if seed < 0:
        seed = int.from_bytes(os.urandom(8)) >> max(1, 64 - bits)
    rule = "function" if callable(weighting) else "explicit"
    weights, raised = _weights(grouping, weighting, stream)
    plan = Plan(
        groupby=grouping.columns,
        weighting=weighting if isinstance(weighting, str) else rule,
        keys=grouping.keys,
        sizes=grouping.sizes,
        weights=weights,
        seed=seed,
        stream=stream,
        shuffle=shuffle,
        repeat=repeat,
        batch_size=as_integer(batch_size, "batch_size"),
        draws=as_integer(grouping.sizes.sum() if draws is None else draws, "draws"),
        fingerprint=fingerprint,
        where=grouping.where,
        class_names=(None if class_names is None else as_class_names(class_names, "class_names")),
    )
    if plan.excluded:
        _LOG.warning("the weight of %s is zero: never drawn", listed(plan.excluded))
    if raised:
        _LOG.warning("%s", _raised_text([(plan.labels[g], times) for g, times in raised.items()]))
    return plan


def _weights(
    grouping: Grouping, weighting: Weighting, stream: str
) -> tuple[Int64Array, dict[int, float]]:
    """Weigh the groups; brevettiai left out rows without a value in a groupby column.

    Returns:
        The weights, and by what factor some were raised, by group.
    """
    drawn = [g for g, key in enumerate(grouping.keys) if stream == "stratified" or None not in key]
    if not drawn:
        raise UsageError(
            f"no row has a value in {listed(grouping.columns)}: nothing to draw", concerns="groupby"
        )
    keys = [grouping.keys[group] for group in drawn]
    if callable(weighting):
        originals = grouping.original_keys()
        single = [originals[group] for group in drawn]
    else:
        single = [key[0] if len(key) == 1 else key for key in keys]
    found: Weights = weigh_exactly(grouping.sizes[drawn], weighting, list(map(label, keys)), single)
    weights = np.zeros(len(grouping.keys), dtype=np.int64)
    weights[drawn] = found.weights
    return weights, {drawn[group]: times for group, times in found.raised.items()}


def _raised_text(raised: Sequence[tuple[str, float]]) -> str:
    """Name groups and by what factor their weights were raised, the largest first."""
    largest = sorted(raised, key=lambda pair: -pair[1])[:_MOST_NAMED]
    named = ", ".join(f"{quoted(name)} ({times:.3g} times)" for name, times in largest)
    more = len(raised) - len(largest)
    rest = f" and {more} more" if more else ""
    return (
        "weights below 2^-31 of the sum are raised to that, so these groups are drawn more often "
        f"than asked for: {named}{rest}"
    )


def with_class_names(plan: Plan, names: Sequence[str]) -> Plan:
    """The plan with a list of classes, which must be its own if it has one.

    Args:
        plan: the plan.
        names: the classes in the order of their numbers.

    Raises:
        UsageError: the plan has another list.

    Example:
        >>> from brevetti_sample import bundled_manifest
        >>> with_class_names(make_plan(bundled_manifest()), ["bad", "good"]).class_names
        ('bad', 'good')
    """
    if plan.class_names is None:
        return replace(plan, class_names=tuple(names))
    for name, planned in zip_longest(names, plan.class_names):
        if name != planned:
            here, there = ("nothing" if one is None else quoted(one) for one in (name, planned))
            raise UsageError(
                f"has {here} where the list of classes of the plan has {there}",
                parameter="labels",
                advice="leave it out, or make a plan with this list",
            )
    return plan


def as_bound(plan: Plan | BoundPlan, manifest: Any = None) -> BoundPlan:
    """Bind a plan that is not bound yet.

    Args:
        plan: the plan; one that is bound stays as it is.
        manifest: its manifest, as `read_manifest` takes it; None for a plan that is bound.

    Raises:
        UsageError: no manifest, or one too many.
        PlanError: another manifest.

    Example:
        >>> from brevetti_sample import bundled_manifest
        >>> bound = as_bound(make_plan(bundled_manifest()), bundled_manifest())
        >>> as_bound(bound) is bound
        True
    """
    if isinstance(plan, BoundPlan):
        if manifest is not None:
            raise UsageError(
                "is bound to its manifest already",
                parameter="plan",
                advice=f"leave out {argument('manifest')}",
            )
        return plan
    if manifest is None:
        raise UsageError(
            "needs the manifest that it was made for",
            parameter="plan",
            advice="pass it too, or bind the plan: plan.bind(manifest)",
        )
    return plan.bind(manifest)
