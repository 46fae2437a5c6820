"""The state of a stream: where to go on, and of which plan."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from brevetti_sample.arguments import MAX_DRAW
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
    refuse = partial(
        PlanError, source="the state", advice="take the state from the generator's state()"
    )
    try:
        found = json.loads(state) if isinstance(state, str | bytes) else state
    except (ValueError, RecursionError) as error:
        raise refuse(f"is not JSON ({error})") from error
    if not isinstance(found, Mapping) or found.get("format") != FORMAT:
        raise refuse("is not a state of brevetti-sample")
    if found.get("version") != VERSION:
        raise refuse(f"is of version {found.get('version')}, not {VERSION}")
    draw, then = found.get("draw"), found.get("plan")
    if type(draw) is not int or not isinstance(then, Mapping) or not 0 <= draw <= MAX_DRAW:
        raise refuse("is damaged")
    differences = field_differences(_summary(plan, manifest, graph_seed), then, "the state")
    if not differences and found.get("digest") != plan.digest:
        differences = ["its groups have other keys, rows or weights"]
    if differences:
        raise PlanError(
            f"is of another plan: {'; '.join(differences)}",
            source="the state",
            advice="make the generator as it was when the state was taken",
        )
    return draw


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
