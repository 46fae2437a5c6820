"""Plans for tests: made by hand, and drawn by Hypothesis."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from brevetti_sample.streams.plan import Plan
from brevetti_sample.streams.stratified import Stream


def plan_of(sizes, weights, **options) -> Plan:
    """A plan of groups 0, 1, 2, ... without a manifest."""
    return Plan(
        groupby=("group",),
        weighting="explicit",
        keys=tuple((number,) for number in range(len(sizes))),
        sizes=np.array(sizes, dtype=np.int64),
        weights=np.array(weights, dtype=np.int64),
        **options,
    )


def drawn(stream: Stream, start: int, stop: int):
    """The groups and rows of a range of a stream, as two arrays."""
    parts = list(stream.draws(start, stop))
    numbers = [number for part in parts for number in range(part.start, part.start + len(part))]
    assert numbers == list(range(start, start + len(numbers))), "chunks must join"
    empty = [np.empty(0, dtype=np.int32)]
    return (
        np.concatenate([part.group for part in parts] or empty),
        np.concatenate([part.row for part in parts] or empty),
    )


@st.composite
def plans(draw, max_groups=12, repeat=st.just(True), max_weight=None):
    """Plans of groups of all sizes and weights, some of weight zero."""
    count = draw(st.integers(1, max_groups))
    size = st.one_of(st.integers(1, 5), st.integers(1, 64), st.integers(65, 500))
    weight = st.one_of(
        st.integers(0, 4),
        st.integers(1, 100),
        st.integers(1, max_weight or ((1 << 31) // max_groups)),
    )
    sizes = draw(st.lists(size, min_size=count, max_size=count))
    weights = draw(st.lists(weight, min_size=count, max_size=count).filter(any))
    return plan_of(
        sizes,
        weights,
        seed=draw(st.integers(0, (1 << 64) - 1)),
        shuffle=draw(st.booleans()),
        repeat=draw(repeat),
    )
