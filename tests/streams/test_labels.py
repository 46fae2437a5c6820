"""Labels of every kind that Python programs hold make groups, as a column of them would."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from brevetti_sample import make_plan, read_manifest
from brevetti_sample.errors import ManifestError, UsageError
from brevetti_sample.manifests.from_python import as_manifest
from brevetti_sample.streams.labels import bind_samples

TEXTS = ["b", "a", "b"]


@pytest.mark.parametrize(
    "labels",
    [
        TEXTS,
        tuple(TEXTS),
        iter(TEXTS),
        np.array(TEXTS),
        np.array(TEXTS, dtype=object),
        np.array(TEXTS, dtype="S"),
        pd.Series(TEXTS),
        pd.Series(TEXTS, dtype="category"),
        pd.Categorical(TEXTS),
        pd.Index(TEXTS),
        pa.array(TEXTS),
        pa.chunked_array([TEXTS[:1], TEXTS[1:]]),
        pa.array(TEXTS).dictionary_encode(),
    ],
    ids=lambda labels: f"{type(labels).__name__} {getattr(labels, 'dtype', '')}",
)
def test_texts_make_the_groups_of_a_column_of_them(labels):
    bound = bind_samples(labels, weighting="count", seed=3, batch_size=2)
    of_column = make_plan(read_manifest([{"label": x} for x in TEXTS]), "label", "count", seed=3)
    assert bound.plan.labels == of_column.labels == ("a", "b")
    assert bound.plan.sizes.tolist() == of_column.sizes.tolist() == [1, 2]
    assert bound.index.rows.tolist() == [1, 0, 2]


@pytest.mark.parametrize(
    ("labels", "keys"),
    [
        (np.array([3, 1, 3], dtype=np.uint8), [(1,), (3,)]),
        ([np.int64(3), 1, 3], [(1,), (3,)]),
        (range(2), [(0,), (1,)]),
        ([True, False, True], [(False,), (True,)]),
        ([0.5, None], [(0.5,), (None,)]),
        (["a", None], [("a",), (None,)]),
        (np.array(["2020-01-02", "2020-01-01"], dtype="M8[D]"), [("2020-01-01",), ("2020-01-02",)]),
    ],
)
def test_other_labels_keep_their_type(labels, keys):
    assert list(bind_samples(labels).plan.keys) == keys


@pytest.mark.parametrize(
    "samples",
    [
        [{"id": 1, "side": "l"}, {"id": 2, "side": "r"}],
        {"id": [1, 2], "side": np.array(["l", "r"])},
        pd.DataFrame({"id": [1, 2], "side": ["l", "r"]}),
        pa.table({"id": [1, 2], "side": ["l", "r"]}),
    ],
    ids=lambda samples: type(samples).__name__,
)
def test_samples_are_grouped_by_their_columns(samples):
    bound = bind_samples(samples, "side", batch_size=4, draws=10)
    assert bound.plan.labels == ("l", "r")
    assert (bound.plan.batch_size, bound.plan.draws) == (4, 10)
    assert bind_samples(bound) is bound


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        (
            (np.zeros((2, 2)),),
            UsageError,
            "samples_or_labels must be labels of one dimension, or samples with columns, not of "
            "shape (2, 2); pass one label per item",
        ),
        (
            (["a"], "side"),
            UsageError,
            "groupby is for samples with columns, and these are labels; leave it out, or pass a "
            "table",
        ),
        ((5,), ManifestError, "samples_or_labels must be labels, or a table, not of type int"),
        (([],), ManifestError, "the labels are empty"),
        (
            (["a", 1],),
            ManifestError,
            "the samples, column 'label' cannot be a tensor, nor make groups: Expected bytes, got "
            "a 'int' object; make them of one type, or group by another column",
        ),
    ],
)
def test_what_is_neither_labels_nor_samples_is_refused(arguments, kind, message):
    with pytest.raises(kind) as caught:
        bind_samples(*arguments)
    assert str(caught.value) == message


@pytest.mark.parametrize("dtype", ["M8[D]", "M8[s]", "U", "S"])
def test_arrays_of_a_dictionary_of_columns_become_columns(dtype):
    values = np.array(["2020-01-02", "2020-01-01"], dtype=dtype)
    table = as_manifest({"day": values}).read(["day"])
    assert table.column("day").to_pylist() == values.tolist()
