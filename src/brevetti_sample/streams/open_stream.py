"""The stream that a plan asks for."""

from __future__ import annotations

from brevetti_sample.groups.row_index import RowIndex

from .plan import BoundPlan, Plan
from .replay import ReplayStream
from .stratified import Stream


def open_stream(plan: Plan | BoundPlan, index: RowIndex | None = None) -> Stream | ReplayStream:
    """Open the stream that a plan asks for.

    Args:
        plan: the plan. Bound to its manifest, the draws give rows of that.
        index: the manifest's rows by group, for a plan that is not bound; without it the draws
            give positions among the rows of a group, and no manifest is needed.

    Example:
        >>> from brevetti_sample import bundled_manifest, make_plan
        >>> type(open_stream(make_plan(bundled_manifest()))).__name__
        'Stream'
    """
    if isinstance(plan, BoundPlan):
        return open_stream(plan.plan, plan.index)
    return Stream(plan, index) if plan.stream == "stratified" else ReplayStream(plan, index)
