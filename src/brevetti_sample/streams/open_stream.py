"""The stream that a plan asks for."""

from __future__ import annotations

from brevetti_sample.groups.row_index import RowIndex

from .plan import Plan
from .replay import ReplayStream
from .stratified import Stream


def open_stream(plan: Plan, index: RowIndex | None = None) -> Stream | ReplayStream:
    """Open the stream that a plan asks for.

    Example:
        >>> from brevetti_sample import bundled_manifest, make_plan
        >>> type(open_stream(make_plan(bundled_manifest()))).__name__
        'Stream'
    """
    return Stream(plan, index) if plan.stream == "stratified" else ReplayStream(plan, index)
