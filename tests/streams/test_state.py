"""States: where to go on, and the refusal of those of other plans."""

from __future__ import annotations

import json

import pytest

from brevetti_sample import make_plan, read_manifest
from brevetti_sample.errors import PlanError
from brevetti_sample.streams.state import make_state, read_state

MANIFEST = read_manifest([{"g": name, "h": "x"} for name in "aab"])
PLAN = make_plan(MANIFEST, "g", "count", seed=1)


@pytest.mark.parametrize("convert", [dict, json.dumps, lambda s: json.dumps(s).encode()])
def test_a_state_gives_its_draw_number_back(convert):
    assert read_state(convert(make_state(PLAN, 77)), PLAN) == 77


@pytest.mark.parametrize(
    "settings, difference",
    [
        ({"seed": 2}, "seed is 1, 2 in the state"),
        ({"shuffle": False}, "shuffle is True, False in the state"),
        ({"repeat": 3}, "repeat is True, 3 in the state"),
        ({"batch_size": 8}, "batch size is 32, 8 in the state"),
        ({"stream": "brevettiai"}, "stream is stratified, brevettiai in the state"),
        ({"weighting": "uniform"}, "weighting is count, uniform in the state"),
        ({"groupby": "h"}, "groupby is ['g'], ['h'] in the state; groups is 2, 1 in the state"),
        ({"seed": 2, "repeat": 3}, "seed is 1, 2 in the state; repeat is True, 3 in the state"),
    ],
    ids=str,
)
def test_a_foreign_state_is_refused_with_the_difference(settings, difference):
    other = make_plan(MANIFEST, **({"groupby": "g", "weighting": "count", "seed": 1} | settings))
    with pytest.raises(PlanError) as caught:
        read_state(make_state(other, 5), PLAN)
    assert str(caught.value) == (
        f"the state is of another plan: {difference}; "
        "make the generator as it was when the state was taken"
    )


def test_a_state_of_other_groups_is_refused():
    other = make_plan(read_manifest([{"g": name} for name in "abb"]), "g", "count", seed=1)
    with pytest.raises(PlanError, match="of another plan: its groups have other keys, rows or wei"):
        read_state(make_state(other, 5), PLAN)


def test_a_state_under_another_seed_of_tensorflow_is_refused():
    with pytest.raises(PlanError, match="graph seed is 7, 9 in the state"):
        read_state(make_state(PLAN, 5, "a", 9), PLAN, "a", 7)


def test_a_state_of_other_samples_is_refused():
    with pytest.raises(PlanError, match="of another plan: samples sha256 is b, a in the state"):
        read_state(make_state(PLAN, 5, "a"), PLAN, "b")


@pytest.mark.parametrize(
    "state, message",
    [
        ("{", "the state is not JSON (it ends too early)"),
        (
            "[]",
            "the state is not a state of brevetti-sample; take the state from the generator's state()",
        ),
        ({"format": "brevetti-sample plan"}, "the state is not a state of brevetti-sample; take"),
        (make_state(PLAN, 1) | {"version": 9}, "the state is of version 9, not 1; take the state"),
        (
            make_state(PLAN, -1),
            "the state, field draw must be at least 0; take the state from the generator's state()",
        ),
        (make_state(PLAN, 1) | {"draw": True}, "the state, field draw must be a whole number, not"),
        (
            make_state(PLAN, 1) | {"draw": "1"},
            "the state, field draw must be a whole number, not t",
        ),
        (make_state(PLAN, 1) | {"plan": None}, "the state, field plan must be an object, not null"),
    ],
    ids=str,
)
def test_what_is_no_state_is_refused(state, message):
    with pytest.raises(PlanError) as caught:
        read_state(state, PLAN)
    assert str(caught.value).startswith(message)
