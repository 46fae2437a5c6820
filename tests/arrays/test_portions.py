"""Portions of the elements of runs."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from brevetti_sample.arrays.portions import portions


@given(st.lists(st.one_of(st.integers(0, 5), st.integers(0, 300_000)), max_size=20))
def test_portions_are_all_elements_once_in_order(lengths):
    owner = np.repeat(np.arange(len(lengths)), lengths)
    end = 0
    for part in portions(np.array(lengths, dtype=np.int64)):
        assert part.low == end
        end = part.high
        runs = np.arange(len(lengths))[part.runs]
        assert np.array_equal(np.repeat(runs, part.lengths), owner[part.low : part.high])
        assert len(owner) < 1 << 17 or 1 << 16 <= part.high - part.low < 1 << 17
    assert end == len(owner)
