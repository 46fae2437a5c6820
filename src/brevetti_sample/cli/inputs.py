"""From the options of a command to the manifest, its groups and the plan."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from brevetti_sample.cli.options.declaration import filled
from brevetti_sample.cli.options.sampling import Range, Sampling
from brevetti_sample.errors import UsageError, argument
from brevetti_sample.files.failures import reason_of
from brevetti_sample.messages import listed, quoted

from .screen import console
from .screen.standard_input import is_pipe_or_file, is_piped, opened_input

if TYPE_CHECKING:
    from brevetti_sample.groups.grouping import Grouping
    from brevetti_sample.manifests.manifest import Manifest
    from brevetti_sample.streams.plan import BoundPlan, Plan

_PIPED = "standard input"


def open_manifest(sources: list[str] | None) -> Manifest:
    """Open the manifest that was named, or is piped in, or is bundled."""
    from brevetti_sample.manifests.manifest import bundled_manifest, read_manifest

    if sources == ["-"]:
        return _piped_manifest()
    if sources:
        if "-" in sources:
            raise UsageError("standard input (-) cannot be read together with files")
        return read_manifest(sources)
    if is_piped():
        return _piped_manifest()
    empty = "; standard input is empty" if is_pipe_or_file() else ""
    console.say(f"no manifest given{empty}: this is the bundled listing of 180 bottle images")
    return bundled_manifest()


def _piped_manifest() -> Manifest:
    from brevetti_sample.manifests.manifest import from_bytes
    from brevetti_sample.manifests.piped import read_piped

    with opened_input() as stream:
        data = read_piped(stream, _PIPED)
    return from_bytes(data, _PIPED)


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
        plan = _plan(sampling.plan)
        _check_split(sampling, plan)
        if plan.where is not None and sampling.split_column is None:
            column, value = map(quoted, plan.where)
            console.say(f"the plan draws from the rows whose {column} is {value} alone")
        manifest = open_manifest(sources)
        stop = span.stop(plan.draws, plan.rows, plan.batch_size)
        return replace(plan, draws=stop).bind(manifest, sizes_only=sizes_only)
    manifest = open_manifest(sources)
    groupby = None if sampling.groupby == [""] else sampling.groupby  # to undo what is configured

    from brevetti_sample.groups.grouping import count_rows, group_rows, missing_rows
    from brevetti_sample.streams.plan import BoundPlan
    from brevetti_sample.streams.planning import make_plan

    chosen = filled(sampling)
    where = None
    if sampling.split_column is not None:
        where = (sampling.split_column, chosen["train"])
    grouping = (count_rows if sizes_only else group_rows)(manifest, groupby, where)
    missing = missing_rows(grouping)
    if missing:
        console.say(
            f"no value in {listed(grouping.columns)}: {missing} of {int(grouping.sizes.sum())} "
            "rows, a group of their own"
        )
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
    if sampling.seed is not None and sampling.seed < 0:
        console.say(f"the seed is {plan.seed}")
    return BoundPlan(plan, manifest, grouping)


def _check_split(sampling: Sampling, plan: Plan) -> None:
    """Refuse to draw from other rows than a plan does."""
    column, value = plan.where or (None, None)
    train = value if sampling.train is None else sampling.train
    if (sampling.split_column or column, train) == (column, value):
        return
    if plan.where is None:
        raise UsageError(
            f"the plan {quoted(sampling.plan)} draws from all rows",
            concerns="split_column",
            advice=f"save one with plan {argument('split_column')}",
        )
    raise UsageError(
        f"the plan {quoted(sampling.plan)} draws from the rows whose {quoted(column)} is "
        f"{quoted(value)}",
        concerns="split_column",
        advice=f"leave out {argument('split_column')} and {argument('train')}, or make a new plan",
    )


def _weighting(sampling: Sampling, grouping: Grouping) -> Any:
    if sampling.weights is None:
        return filled(sampling)["weighting"]
    from brevetti_sample.cli.options.weights import read_weights

    return read_weights(sampling.weights, grouping)


def _plan(path: str) -> Plan:
    from brevetti_sample.errors import PlanError
    from brevetti_sample.files.regular import read_regular
    from brevetti_sample.streams.plan import MOST_BYTES, Plan

    try:
        content = read_regular(path, MOST_BYTES)
    except OSError as error:
        raise PlanError(
            f"cannot read the plan {quoted(path)}: {reason_of(error)}; "
            "save one with plan --save-plan"
        ) from error
    plan = Plan.from_json(content, quoted(path))
    if plan.length == 0:
        raise PlanError(
            "is 0, so there is nothing to draw",
            source=quoted(path),
            field="repeat",
            advice="save one with plan --repeat 1 or more",
        )
    return plan
