"""The classes of groups with like shares."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from brevetti_sample.streams.share_classes import classes
from support import reference

weights = st.lists(
    st.one_of(st.integers(0, 3), st.integers(1, 1 << 20)), min_size=1, max_size=60
).filter(any)


@given(weights)
def test_every_group_with_a_weight_is_in_one_class(values):
    found = sorted(group for members in classes(np.array(values)) for group in members.tolist())
    assert found == [group for group, weight in enumerate(values) if weight]


@given(weights)
def test_in_a_class_of_m_groups_none_has_more_than_one_over_the_root_of_m_less_one(values):
    for members in classes(np.array(values)):
        inside = [values[group] for group in members.tolist()]
        assert max(inside) ** 2 * (len(inside) - 1) <= sum(inside) ** 2


@given(weights)
def test_the_classes_are_those_of_the_definition(values):
    assert [members.tolist() for members in classes(np.array(values))] == reference.classes(values)


def test_there_are_never_more_than_seventeen():
    assert len(classes(np.array([2**k for k in range(31)]))) <= 17


def test_groups_of_equal_weight_are_one_class():
    assert [members.tolist() for members in classes(np.array([3] * 5))] == [[0, 1, 2, 3, 4]]
