"""The state of a stream: where to go on, and of which plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from brevetti_sample.errors import PlanError

from .differences import field_differences
from .plan import PLAIN_FIELDS, Plan

FORMAT = "brevetti-sample state"
VERSION = 1


def make_state(
    plan: Plan, draw: int, manifest: str | None = None, graph_seed: int | None = None
) -> dict[str, Any]:
    """Describe a position of a stream.

    Args:
        plan: the plan of the stream.
        draw: the number of the next draw.
        manifest: the fingerprint of the samples.
        graph_seed: of the ``brevettiai`` stream, TensorFlow's seed.

    Returns:
        A dictionary that JSON can hold.

    Example:
        >>> from brevetti_sample import bundled_manifest, make_plan
        >>> plan = make_plan(bundled_manifest())
        >>> read_state(make_state(plan, 64), plan)
        64
    """
    return {
        "format": FORMAT,
        "version": VERSION,
        "draw": draw,
        "digest": plan.digest,
        "plan": _summary(plan, manifest, graph_seed),
    }


def read_state(
    state: Mapping[str, Any] | str | bytes,
    plan: Plan,
    manifest: str | None = None,
    graph_seed: int | None = None,
) -> int:
    """Read a position that `make_state` described.

    Args:
        state: the dictionary, or it as JSON.
        plan: the plan of the stream that is to go on.
        manifest: as in `make_state`.
        graph_seed: as in `make_state`.

    Returns:
        The number of the next draw.

    Raises:
        PlanError: no state, or that of another plan: with the difference.
    """
    from brevetti_sample.files.typed_json import JSONError, read_versioned

    from .saved_state import SavedState

    try:
        saved = read_versioned(state, SavedState, FORMAT, VERSION)
    except JSONError as error:
        raise PlanError(
            error.reason,
            source="the state",
            field=error.field,
            advice="take the state from the generator's state()",
        ) from error
    then = saved.plan.to_dict()
    differences = field_differences(_summary(plan, manifest, graph_seed), then, "the state")
    if not differences and saved.digest != plan.digest:
        differences = ["its groups have other keys, rows or weights"]
    if differences:
        raise PlanError(
            f"is of another plan: {'; '.join(differences)}",
            source="the state",
            advice="make the generator as it was when the state was taken",
        )
    return saved.draw


def _summary(plan: Plan, manifest: str | None, graph_seed: int | None) -> dict[str, Any]:
    """What people can tell plans apart by."""
    return {
        **{name: getattr(plan, name) for name in PLAIN_FIELDS if name != "draws"},
        "groupby": list(plan.groupby),
        "weighting": plan.weighting,
        "rows": plan.rows,
        "groups": len(plan.keys),
        **({} if manifest is None else {"samples_sha256": manifest}),
        **({} if graph_seed is None else {"graph_seed": graph_seed}),
    }
