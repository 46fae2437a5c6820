"""The library's draws are the literals of `support.golden`."""

from __future__ import annotations

import numpy as np
import pytest

from brevetti_sample import bundled_manifest, draw, frequency_table, make_plan
from brevetti_sample.groups.weighting import weigh
from brevetti_sample.streams.hashing import JITTER, keys
from brevetti_sample.streams.permutation import permute
from brevetti_sample.streams.share_classes import classes
from brevetti_sample.streams.stratified import Stream
from support import golden
from support.plans import drawn, plan_of


def bottles():
    return make_plan(bundled_manifest(), groupby="folder", weighting="square root", seed=1)


def test_the_plan_of_the_bottles_has_these_weights_and_this_digest():
    plan = bottles()
    assert plan.sizes.tolist() == golden.BOTTLES_SIZES
    assert plan.weights.tolist() == golden.BOTTLES_WEIGHTS
    assert plan.digest == golden.BOTTLES_DIGEST


def test_the_bottles_are_drawn_in_this_order():
    [draws] = draw(bottles(), bundled_manifest(), 0, 16)
    assert draws.group.tolist() == golden.BOTTLES_GROUPS
    assert draws.row.tolist() == golden.BOTTLES_ROWS
    assert frequency_table(bottles()).drawn.tolist() == golden.BOTTLES_EPOCH


@pytest.mark.parametrize("name", golden.EXCERPTS)
def test_excerpts_are_drawn_in_this_order(name):
    case = golden.EXCERPTS[name]
    stream = Stream(plan_of(case.sizes, case.weights, **case.options))
    group, row = drawn(stream, case.start, case.start + len(case.groups))
    assert group.tolist() == case.groups
    assert row[: len(case.positions)].tolist() == case.positions


def test_the_keys_and_permutations_are_these():
    assert keys(1, JITTER, 2).tolist() == golden.KEYS
    for size, first in golden.PERMUTATIONS.items():
        key = np.array([golden.CYCLE_KEY], np.uint64)
        found = permute(np.array([size]), key, np.array([0]), np.array([len(first)]))
        assert found.tolist() == first


def test_the_endless_streams_of_many_groups_have_so_many_classes():
    for name, count in golden.CLASSES.items():
        case = golden.LONG_RANGES[name]
        assert len(classes(weigh(np.array(case.sizes), case.rule))) == count


@pytest.mark.parametrize("name", golden.LONG_RANGES)
def test_long_ranges_of_streams_of_many_groups_have_these_digests(name):
    case = golden.LONG_RANGES[name]
    plan = plan_of(case.sizes, weigh(np.array(case.sizes), case.rule), **case.options)
    assert golden.digest(*drawn(Stream(plan), case.start, case.start + case.count)) == case.digest
