"""From sizes to weights."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brevetti_sample.errors import WeightingError
from brevetti_sample.groups.weighting import MAX_TOTAL, weigh, weigh_exactly

BOTTLES = np.array([22, 146, 12])
NAMES = ["bad_cap", "good", "missing_cap"]
counts = st.lists(st.integers(1, 2**31 - 1), min_size=1, max_size=50).map(np.array)


@pytest.mark.parametrize(
    "rule, rate",
    [
        ("uniform", lambda n: n**0),
        ("count", lambda n: n),
        ("square root", np.sqrt),
        ("log", np.log),
        ("logx+1", lambda n: np.log(n) + 1),
        ("power:0.25", lambda n: n**0.25),
        ("power:-1", lambda n: 1 / n),
    ],
)
def test_a_preset_gives_shares_in_proportion_to_its_formula(rule, rate):
    weights = weigh(BOTTLES, rule)
    assert np.allclose(weights / weights.sum(), rate(BOTTLES) / rate(BOTTLES).sum(), atol=1e-9)


@given(counts)
def test_counts_are_exact_fractions_or_within_two_to_the_minus_31(sizes):
    weights = weigh(sizes, "count")
    total = sum(sizes.tolist())
    assert weights.sum() <= MAX_TOTAL
    for weight, size in zip(weights.tolist(), sizes.tolist(), strict=True):
        error = abs(Fraction(weight, int(weights.sum())) - Fraction(size, total))
        assert error <= Fraction(len(sizes) + 1, MAX_TOTAL)
        if total <= MAX_TOTAL:
            assert error == 0


@given(counts, st.sampled_from(["uniform", "square root", "logx+1", "power:2", "power:-3"]))
def test_weights_fit_and_none_becomes_zero(sizes, rule):
    weights = weigh(sizes, rule)
    assert weights.dtype == np.int64
    assert weights.min() >= 1
    assert weights.sum() <= MAX_TOTAL


def test_roots_of_squares_are_exact():
    assert weigh(np.array([4, 9, 16]), "square root").tolist() == [2, 3, 4]
    assert weigh(np.array([8, 8]), "square root").tolist() == [1, 1]


@pytest.mark.parametrize("weights", [{"a": 1, "b": "2.5"}, {"a": 0.4, "b": Fraction(1)}])
def test_explicit_weights_are_exact(weights):
    assert weigh(np.array([9, 9]), weights, ["a", "b"]).tolist() == [2, 5]


def test_a_float_is_the_decimal_that_it_is_written_as():
    assert weigh(np.array([1, 1]), {"0": 0.1, "1": 0.3}).tolist() == [1, 3]


def test_a_function_gets_the_count_or_the_count_and_the_key():
    assert weigh(BOTTLES, lambda count: count // 2).tolist() == [11, 73, 6]
    assert weigh(BOTTLES, lambda count, key: len(key), NAMES).tolist() == [7, 4, 11]
    assert np.array_equal(weigh(BOTTLES, np.sqrt) > 0, [True] * 3)


def test_a_weight_of_zero_excludes():
    assert weigh(BOTTLES, {"bad_cap": 0, "good": 3, "missing_cap": 1}, NAMES).tolist() == [0, 3, 1]


@pytest.mark.parametrize(
    "weighting, message",
    [
        ("sqare root", "no weighting 'sqare root'; did you mean 'square root'?"),
        (
            "entropy",
            "no weighting 'entropy'; use 'uniform', 'count', 'square root', 'log', 'logx+1', "
            "'power:A'",
        ),
        (
            "power:x",
            "weighting 'power:x' must have a number from -100 to 100 as its power; such as power:0.5",
        ),
        (
            {"bad_cap": -1, "good": "nan", "missing_cap": float("inf")},
            "weights must be numbers from 0 up, not 'bad_cap=-1', 'good=nan', 'missing_cap=inf'",
        ),
        (
            {"bad_cap": 0, "good": 0, "missing_cap": 0},
            "all weights are zero: there is nothing to draw; give some group a weight",
        ),
        (
            {"bad_cap": 1, "god": 2},
            "weights: no weight for the groups 'good', 'missing_cap'; no group 'god' to give a "
            "weight to; did you mean 'good'?",
        ),
        (
            lambda count: "heavy",
            "weights must be numbers from 0 up, not 'bad_cap=heavy', "
            "'good=heavy', 'missing_cap=heavy'",
        ),
        (
            lambda count: None,
            "weights must be numbers from 0 up, not 'bad_cap=None', "
            "'good=None', 'missing_cap=None'",
        ),
    ],
)
def test_a_weighting_that_cannot_be_used_is_refused_with_all_offenders(weighting, message):
    with pytest.raises(WeightingError) as caught:
        weigh(BOTTLES, weighting, NAMES)
    assert str(caught.value) == message
    assert caught.value.exit_code == 2


def test_a_name_of_several_groups_is_refused():
    with pytest.raises(WeightingError, match="^weights: 'a/b' could be several groups; use a file"):
        weigh(BOTTLES, {"a/b": 1, "c": 1}, ["a/b", "a/b", "c"], [("a/b",), ("a", "b"), "c"])


@pytest.mark.parametrize(
    "function, taken",
    [
        (lambda count, key, more: 1, "(count, key, more)"),
        (lambda: 1, "()"),
        (lambda count, *, key: 1, "(count, *, key)"),
        (lambda **more: 1, "(**more)"),
    ],
)
def test_a_function_of_other_arguments_is_refused(function, taken):
    with pytest.raises(WeightingError) as caught:
        weigh(BOTTLES, function)
    assert str(caught.value) == (
        f"a weighting function takes (count) or (count, key), but this one takes {taken}"
    )


def test_an_error_within_a_function_is_left_as_it_is():
    with pytest.raises(TypeError, match="unsupported operand"):
        weigh(BOTTLES, lambda count: count + "1")


@pytest.mark.parametrize("weight", ["1e999999999", "1e-999999999", "1/0", None, "1e400000"])
def test_numbers_that_no_fraction_can_hold_are_refused(weight):
    with pytest.raises(WeightingError, match="^weights must be numbers from 0 up, not "):
        weigh(np.array([1, 1]), {"0": weight, "1": 1})
    with pytest.raises(WeightingError, match="^a weighting is a rule, weights by group or a"):
        weigh(np.array([1, 1]), None)


def test_the_log_of_groups_of_one_row_leaves_nothing_to_draw():
    with pytest.raises(WeightingError, match="^all weights are zero"):
        weigh(np.array([1, 1]), "log")


@given(st.lists(st.fractions(0, 10**12), min_size=1, max_size=8).filter(any))
def test_a_weight_is_said_to_be_raised_if_it_is_below_the_smallest_share_and_by_what_factor(values):
    weights = {str(number): value for number, value in enumerate(values)}
    found = weigh_exactly(np.ones(len(values), dtype=np.int64), weights)
    total, stored = sum(values), int(found.weights.sum())
    for group, value in enumerate(values):
        share = value / total
        if group in found.raised:
            assert 0 < share < Fraction(1, 2**31)
            factor = Fraction(int(found.weights[group]), stored) / share
            assert math.isclose(found.raised[group], factor)
            assert factor > 0.99999
        elif value and share < Fraction(1, 2**31):
            assert Fraction(int(found.weights[group]), stored) == share  # it fits exactly


def test_a_weight_too_small_for_a_float_is_raised_all_the_same():
    found = weigh_exactly(np.array([1, 1]), {"0": "1e-900", "1": 1})
    assert found.weights.tolist() == [1, 2**31 - 2]
    assert found.raised == {0: 1e300}
