"""Rows of one value of a column: the groups they make, and which rows of the manifest they are."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brevetti_sample import draw, group_rows, make_plan, read_manifest
from brevetti_sample.errors import ColumnError, UsageError
from brevetti_sample.groups.grouping import count_rows
from support.exports import message_of

ROWS = st.lists(
    st.tuples(st.sampled_from(["train", "test", None]), st.sampled_from("abc"), st.booleans()),
    min_size=1,
    max_size=40,
).filter(lambda rows: any(row[0] == "train" for row in rows))


@given(ROWS, st.sampled_from([(), ("g",), ("g", "b"), ("p",), ("g", "p")]))
def test_the_groups_are_those_of_a_manifest_of_these_rows_alone(rows, groupby):
    table = pa.table(dict(zip("pgb", map(list, zip(*rows, strict=True)), strict=True)))
    numbers = np.flatnonzero([row[0] == "train" for row in rows])
    alone = group_rows(read_manifest(table.take(numbers)), groupby)
    for group in (group_rows, count_rows):
        found = group(read_manifest(table), groupby, ("p", "train"))
        assert found.keys == alone.keys
        assert found.sizes.tolist() == alone.sizes.tolist()
        assert found.index().rows.tolist() == numbers[alone.index().rows].tolist()
        assert found.index().first.tolist() == alone.index().first.tolist()


def test_a_plan_draws_as_from_a_manifest_of_these_rows_but_gives_rows_of_the_whole():
    table = pa.table({"g": list("xyxyxxyx") * 5, "p": (["train", "test"] * 20)})
    numbers = np.arange(0, 40, 2)
    manifest, alone = read_manifest(table), read_manifest(table.take(numbers))
    plan = make_plan(manifest, "g", where=("p", "train"), seed=3)
    other = make_plan(alone, "g", seed=3)
    assert (plan.rows, plan.draws, plan.keys) == (20, 20, other.keys)
    [found], [expected] = draw(plan, manifest), draw(other, alone)
    assert found.row.tolist() == numbers[expected.row].tolist()
    assert found.group.tolist() == expected.group.tolist()


@pytest.mark.parametrize(
    "values, value, rows",
    [
        ([0, 1, 0], "0", [0, 2]),
        ([True, False, None], "true", [0]),
        ([1.5, 2.5, 1.5], "1.5", [0, 2]),
        (pa.DictionaryArray.from_arrays([1, None, 1], ["x", "y"]), "y", [0, 2]),
        (["(missing)", None, "x"], "(missing)", [0]),
    ],
)
def test_values_of_any_type_are_found_by_their_text(values, value, rows):
    manifest = read_manifest(pa.table({"p": values}))
    assert group_rows(manifest, None, ("p", value)).index().rows.tolist() == rows


@pytest.mark.parametrize(
    "value, hint",
    [
        ("trian", "; did you mean 'train'?"),
        ("unused", "; its values are 'devel', 'train'"),
        ("", "; its values are 'devel', 'train'"),
        ("(missing)", "; its values are 'devel', 'train'"),
    ],
)
def test_a_value_that_no_row_has_is_refused(value, hint):
    values = pa.DictionaryArray.from_arrays([0, 1, None], ["train", "devel", "unused"])
    manifest = read_manifest(pa.table({"p": values}))
    for group in (group_rows, count_rows):
        with pytest.raises(UsageError) as caught:
            group(manifest, None, ("p", value))
        assert str(caught.value) == f"the table, column 'p' has no value '{value}'{hint}"


def test_a_column_without_any_value_and_one_that_is_not_there_are_refused():
    manifest = read_manifest(pa.table({"p": pa.nulls(2)}))
    with pytest.raises(UsageError, match="^the table, column 'p' has no value 'x'$"):
        make_plan(manifest, where=("p", "x"))
    with pytest.raises(ColumnError, match="has no column 'q'"):
        make_plan(manifest, where=("q", "x"))


def test_a_manifest_without_the_rows_of_a_plan_is_another():
    table = pa.table({"p": ["x", "y"]})
    plan = make_plan(table, where=("p", "x"))
    assert message_of(lambda: plan.bind(table.slice(1))) == (
        "3 the table is not the manifest of the plan: column 'p' has no value 'x'; use the manifest "
        "that the plan was made for, or make a new plan"
    )
    more = pa.table({"p": ["x", "x", "y"]})
    assert "group '(all)' has 2 rows, 1 in the plan" in message_of(lambda: plan.bind(more))


@pytest.mark.parametrize("where", ["ab", ("p",), ("p", 1), 7, {"p": "x"}])
def test_what_is_no_column_and_value_is_refused(where):
    manifest = read_manifest(pa.table({"p": ["x"]}))
    with pytest.raises(UsageError, match="^where must be a column and a value as text, not"):
        make_plan(manifest, where=where)


def test_groups_of_other_rows_are_refused():
    manifest = read_manifest(pa.table({"p": ["x", "y"]}))
    grouping = group_rows(manifest, None, ("p", "x"))
    assert make_plan(grouping).where == ("p", "x")
    with pytest.raises(UsageError, match="^where is that of the groups already"):
        make_plan(grouping, where=("p", "y"))
