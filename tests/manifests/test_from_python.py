"""Samples as users have them, as a manifest."""

from __future__ import annotations

import logging
from datetime import datetime
from decimal import Decimal
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from brevetti_sample.errors import ManifestError
from brevetti_sample.manifests.from_python import as_manifest
from brevetti_sample.training.tensor_columns import make_tensor_columns


def read(samples):
    manifest = as_manifest(samples)
    return manifest.read(manifest.columns).to_pydict()


def test_a_frame_keeps_its_values_whatever_its_index():
    frame = pd.DataFrame({"id": [1, 2], "name": ["a", None]}, index=[9, 3])
    assert read(frame) == {"id": [1, 2], "name": ["a", None]}


@pytest.mark.parametrize(
    "values, expected",
    [
        ([Path("a"), PurePosixPath("b/c")], ["a", "b/c"]),
        ([("a",), ("b", "c")], [["a"], ["b", "c"]]),
        ([["a"], None], [["a"], None]),
        ([np.array([1, 2]), np.array([], dtype=int)], [[1, 2], []]),
        ([{"b", "a"}, frozenset()], [["a", "b"], []]),
        ([((1, 2), (3,)), ()], [[[1, 2], [3]], []]),
        (["x", np.nan], ["x", None]),
        (["x", pd.NA], ["x", None]),
        ([b"x", b"\xff"], [b"x", b"\xff"]),
        ([True, None], [True, None]),
    ],
)
def test_columns_of_objects_are_understood(values, expected):
    column = pd.Series(values, dtype=object)
    assert read(pd.DataFrame({"c": column})) == {"c": expected}
    assert read([{"c": value} for value in values]) == {"c": expected}


@pytest.mark.parametrize(
    "categories",
    [["b", "a"], [("b",), ("a", "c")], [2, 1], [Path("b"), Path("a")]],
)
def test_categories_are_their_values(categories):
    index = pd.Index(categories, tupleize_cols=False)
    column = pd.Categorical.from_codes([0, 1, -1, 0], categories=index)
    plain = [
        str(c) if isinstance(c, Path) else list(c) if isinstance(c, tuple) else c
        for c in categories
    ]
    assert read(pd.DataFrame({"c": column})) == {"c": [plain[0], plain[1], None, plain[0]]}


def test_a_column_without_a_common_type_is_left_out_with_a_warning(caplog):
    frame = pd.DataFrame({"id": [1, 2], "mixed": pd.Series([1, "a"], dtype=object)})
    assert read(frame) == {"id": [1, 2]}
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith("column 'mixed' is left out, it cannot be a tensor: ")


@pytest.mark.parametrize(
    "column, reason",
    [
        (pa.array([datetime(2020, 1, 1)]), "it is timestamp[us]"),
        (pa.array([Decimal("1.5")]), "it is decimal128(2, 1)"),
        (pa.array([{"a": 1}]), "it is struct<a: int64>"),
        (pa.array([None]), "it is null"),
        (pa.array([[datetime(2020, 1, 1)]]), "it is timestamp[us]"),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_a_column_that_cannot_be_a_tensor_is_left_out_with_a_warning(column, reason, caplog):
    features = make_tensor_columns(pa.table({"odd": column, "id": [1]}))
    assert [feature.name for feature in features] == ["id"]
    assert [record.getMessage() for record in caplog.records] == [
        f"column 'odd' is left out, it cannot be a tensor: {reason}"
    ]


@pytest.mark.parametrize(
    "samples, message",
    [
        ([], "the list is empty: expected one dictionary per sample"),
        (pd.DataFrame(), "the samples have no column to use"),
        (pd.DataFrame({"a": []}), "the table is empty: it has a header, but no row"),
        (
            7,
            "samples must be a table, a list of dictionaries, a dictionary of lists or arrays, or a path, not of type int",
        ),
        ([1, 2], "a manifest must be a path, paths, bytes, a table or dictionaries"),
        ([{"a": object()}], "the samples have no column to use: 'a' cannot be tensors"),
    ],
)
def test_samples_that_are_none_are_refused(samples, message):
    with pytest.raises(ManifestError) as caught:
        as_manifest(samples).read([])
    assert str(caught.value) == message


def test_other_samples_are_read_as_manifests(listing):
    for samples in (str(listing), listing, pa.table({"a": [1]}), as_manifest([{"a": 1}])):
        assert as_manifest(samples).rows in (1, 180)
    assert as_manifest({"a": i} for i in range(3)).rows == 3
