"""The sort that puts draws and rows in order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brevetti_sample.arrays.sorting import stable_order


@pytest.mark.parametrize("kind", [np.int32, np.int64])
@given(data=st.data())
def test_the_order_is_that_of_a_stable_sort(kind, data):
    bound = data.draw(st.integers(1, min(np.iinfo(kind).max, 1 << 62)))
    near = st.sampled_from([v for v in (0, 1, 65535, 65536, 65537, bound - 1) if v < bound])
    values = data.draw(st.lists(st.one_of(st.integers(0, bound - 1), near)))
    expected = sorted(range(len(values)), key=values.__getitem__)
    assert stable_order(np.array(values, dtype=kind), bound).tolist() == expected
