"""From the options of a command to the manifest, its groups and the plan."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

from brevetti_sample.cli.options.declaration import filled
from brevetti_sample.cli.options.sampling import Range, Sampling
from brevetti_sample.errors import ManifestError, UsageError
from brevetti_sample.messages import listed

from .screen import console
from .screen.standard_input import is_pipe_or_file, is_piped

if TYPE_CHECKING:
    from brevetti_sample.groups.grouping import Grouping
    from brevetti_sample.manifests.manifest import Manifest
    from brevetti_sample.streams.plan import BoundPlan

_PIPED = "standard input"


def open_manifest(sources: list[str] | None) -> Manifest:
    """Open the manifest that was named, or is piped in, or is bundled."""
    from brevetti_sample.manifests.manifest import bundled_manifest, read_manifest

    if sources == ["-"]:
        if sys.stdin is None:
            raise ManifestError("standard input is closed; name a file, or pipe one in")
        return _piped_manifest(sys.stdin.buffer)
    if sources:
        if "-" in sources:
            raise UsageError("standard input (-) cannot be read together with files")
        return read_manifest(sources)
    if is_piped():
        return _piped_manifest(sys.stdin.buffer)
    empty = "; standard input is empty" if is_pipe_or_file() else ""
    console.say(f"no manifest given{empty}: this is the bundled listing of 180 bottle images")
    return bundled_manifest()


def _piped_manifest(stream: BinaryIO) -> Manifest:
    from brevetti_sample.manifests.manifest import from_bytes
    from brevetti_sample.manifests.piped import read_piped

    return from_bytes(read_piped(stream, _PIPED), _PIPED)


def load(
    sources: list[str] | None,
    sampling: Sampling,
    span: Range,
    *,
    fingerprint: bool = False,
    sizes_only: bool = False,
) -> BoundPlan:
    """Open the manifest, group it, and make the plan or load it.

    Args:
        sources: as `open_manifest`.
        sampling: the sampling options.
        span: the range options.
        fingerprint: whether the plan is to have that of the manifest.
        sizes_only: whether the sizes of the groups are enough, without the rows of each.

    Returns:
        The plan, whose ``draws`` is where the range ends, bound to the manifest.
    """
    if sampling.plan is not None:
        from brevetti_sample.streams.plan import Plan

        plan = Plan.from_json(_read(sampling.plan), f"'{sampling.plan}'")
        manifest = open_manifest(sources)
        stop = span.stop(plan.draws, plan.rows, plan.batch_size)
        return replace(plan, draws=stop).bind(manifest, sizes_only=sizes_only)
    manifest = open_manifest(sources)
    groupby = None if sampling.groupby == [""] else sampling.groupby  # to undo what is configured

    from brevetti_sample.groups.grouping import count_rows, group_rows, missing_rows
    from brevetti_sample.streams.plan import BoundPlan
    from brevetti_sample.streams.planning import make_plan

    grouping = (count_rows if sizes_only else group_rows)(manifest, groupby)
    chosen = filled(sampling)
    rows, batch_size = int(grouping.sizes.sum()), chosen["batch_size"]
    plan = make_plan(
        grouping,
        weighting=_weighting(sampling, grouping),
        seed=chosen["seed"],
        stream=chosen["stream"],
        shuffle=chosen["shuffle"],
        repeat=chosen["repeat"],
        batch_size=batch_size,
        draws=span.stop(rows, rows, batch_size),
        fingerprint=manifest.fingerprint() if fingerprint else None,
    )
    missing = missing_rows(grouping)
    if missing:
        console.say(
            f"no value in {listed(grouping.columns)}: {missing} of {rows} rows, "
            "a group of their own"
        )
    if plan.excluded:
        console.say(f"the weight of {listed(plan.excluded)} is zero: never drawn")
    if sampling.seed is not None and sampling.seed < 0:
        console.say(f"the seed is {plan.seed}")
    return BoundPlan(plan, manifest, grouping)


def _weighting(sampling: Sampling, grouping: Grouping) -> Any:
    if sampling.weights is None:
        return filled(sampling)["weighting"]
    from brevetti_sample.cli.options.weights import read_weights

    return read_weights(sampling.weights, grouping)


def _read(path: str) -> bytes:
    from brevetti_sample.errors import PlanError

    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError as error:
        raise PlanError(
            f"cannot read the plan '{path}': {error.strerror}; save one with plan --save-plan"
        ) from error
