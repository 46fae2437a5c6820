"""Frequency tables."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from brevetti_sample.errors import UsageError
from brevetti_sample.manifests.manifest import bundled_manifest
from brevetti_sample.streams.planning import make_plan
from brevetti_sample.streams.stratified import Stream
from brevetti_sample.tables.frequency import COLUMNS, chi_square_tail, frequency_table
from support.plans import drawn, plan_of, plans


@given(plans(), st.integers(0, 3000), st.integers(1, 3000))
def test_the_drawn_counts_of_the_closed_form_are_those_of_a_replay(plan, start, count):
    frequency = frequency_table(plan, start, start + count)
    group, row = drawn(Stream(plan), start, start + count)
    size = len(plan.sizes)
    assert frequency.drawn.tolist() == np.bincount(group, minlength=size).tolist()
    rows = [len(set(row[group == number].tolist())) for number in range(size)]
    assert (frequency.rows - frequency.never_drawn).tolist() == rows


def test_the_bottles_by_square_root_have_these_figures():
    plan = make_plan(bundled_manifest(), "folder", "square root", seed=1, draws=180)
    frequency = frequency_table(plan)
    assert frequency.rows.tolist() == [22, 146, 12]
    assert frequency.expected.round(1).tolist() == [41.7, 107.5, 30.8]
    assert np.abs(frequency.difference).max() < 1
    assert frequency.row_share.tolist() == [22 / 180, 146 / 180, 12 / 180]
    roots = np.sqrt([22, 146, 12])
    assert np.allclose(frequency.share, roots / roots.sum())
    assert np.allclose(frequency.weight, roots / roots.min())
    assert np.allclose(frequency.draws_per_row, frequency.drawn / [22, 146, 12])
    assert frequency.never_drawn.tolist() == [0, 146 - 107, 0]
    assert frequency.imbalance_before == 146 / 12
    assert frequency.imbalance_after == 107 / 31
    before = np.array([22, 146, 12]) / 180
    assert math.isclose(frequency.effective_groups_before, math.exp(-sum(before * np.log(before))))
    after = frequency.drawn / 180
    assert math.isclose(frequency.effective_groups_after, math.exp(-sum(after * np.log(after))))
    assert math.isclose(frequency.total_variation, abs(after - frequency.share).sum() / 2)
    assert frequency.chi_square_p > 0.99


def test_equal_groups_are_as_many_effective_groups():
    frequency = frequency_table(plan_of([5] * 7, [1] * 7, draws=700))
    assert math.isclose(frequency.effective_groups_before, 7)
    assert math.isclose(frequency.effective_groups_after, 7)
    assert frequency.imbalance_after == 1


def test_a_group_of_weight_zero_is_never_drawn_and_no_part_of_the_imbalance():
    frequency = frequency_table(plan_of([5, 6, 7], [1, 0, 1], draws=100))
    assert frequency.drawn.tolist() == [50, 0, 50]
    assert frequency.never_drawn.tolist() == [0, 6, 0]
    assert frequency.weight.tolist() == [1, 0, 1]
    assert frequency.imbalance_after == 1


def test_a_group_that_is_not_drawn_though_it_should_makes_the_imbalance_infinite():
    assert frequency_table(plan_of([5, 5], [1, 10**6], draws=3)).imbalance_after == math.inf


def test_rows_and_draws_are_compared_over_the_groups_that_have_a_weight():
    frequency = frequency_table(plan_of([1000, 20, 10], [0, 1, 1], draws=100))
    assert (frequency.imbalance_before, frequency.imbalance_after) == (2, 1)
    assert math.isclose(frequency.effective_groups_before, 3 / 2 ** (2 / 3))
    assert math.isclose(frequency.effective_groups_after, 2)
    with_all = frequency_table(plan_of([20, 10], [1, 1], draws=100))
    assert with_all.effective_groups_before == frequency.effective_groups_before
    assert with_all.chi_square_p == frequency.chi_square_p


@pytest.mark.parametrize(
    "weights, draws, valid",
    [
        ([1] * 10, 50, True),
        ([1] * 10, 49, False),
        ([100, 100, 100, 100, 1], 1000, True),  # one of five below
        ([100, 100, 100, 1, 1], 1000, False),
        ([100, 100, 100, 100, 1, 0, 0, 0], 1000, True),  # of weight zero: do not count
        ([100, 100, 100, 1, 1, 0, 0, 0, 0, 0], 1000, False),
        ([1], 1000, False),
    ],
)
def test_there_is_no_chi_square_p_where_too_few_draws_are_expected(weights, draws, valid):
    frequency = frequency_table(plan_of([9] * len(weights), weights, draws=draws))
    assert (frequency.chi_square_p is not None) == valid
    assert frequency.chi_square_text().startswith("none: ") != valid


def test_the_end_of_a_finite_stream_ends_the_range():
    assert frequency_table(plan_of([5, 6], [1, 1], repeat=2, draws=10**6)).drawn.tolist() == [
        10,
        12,
    ]


def test_counting_a_million_million_draws_takes_no_longer():
    plan = plan_of([1000] * 1000, range(1, 1001), draws=10**12)
    frequency = frequency_table(plan)
    assert frequency.drawn.sum() == 10**12
    assert np.abs(frequency.difference).max() < 3


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 10, 11, 100, 1001, 100_000])
@pytest.mark.parametrize("scale", [0.01, 0.5, 0.9, 1.0, 1.1, 2.0, 20.0])
def test_the_chi_square_tail_is_that_of_scipy(freedom, scale):
    expected = chi2.sf(freedom * scale, freedom)
    assert math.isclose(
        chi_square_tail(freedom * scale, freedom), expected, rel_tol=1e-6, abs_tol=1e-9
    )


def test_without_a_degree_of_freedom_the_chance_is_one():
    assert chi_square_tail(3.0, 0) == chi_square_tail(0.0, 5) == 1


def test_an_empty_range_is_refused():
    with pytest.raises(UsageError, match="^there are no draws from 9 to before 9: "):
        frequency_table(plan_of([5], [1], draws=9), 9)


def test_as_arrow_it_has_the_groupby_columns_and_then_the_figures():
    rows = [{"rows": 1, "kind": ("a", "b")}, {"rows": 2, "kind": ("a",)}, {"rows": 2, "kind": None}]
    table = frequency_table(make_plan(rows, ["rows", "kind"], draws=8)).table()
    assert table.column_names == ["manifest.rows", "kind", *COLUMNS]
    assert table.column("manifest.rows").to_pylist() == [1, 2, 2]
    assert table.column("kind").to_pylist() == [["a", "b"], ["a"], None]
    assert table.schema.field("rows").type == pa.int64()
    assert table.schema.field("share").type == pa.float64()
    assert sum(table.column("drawn").to_pylist()) == 8


def test_as_arrow_without_a_groupby_it_has_figures_alone():
    assert frequency_table(make_plan([{"a": 1}])).table().column_names == list(COLUMNS)
