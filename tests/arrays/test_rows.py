"""Rows that are drawn are taken in parts of limited size, whatever the columns hold."""

from __future__ import annotations

import io
from itertools import pairwise

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given

from brevetti_sample import (
    ExportOptions,
    export_tfrecord,
    make_plan,
    read_manifest,
    split_manifest,
    write_draws,
)
from brevetti_sample.arrays import rows as module
from brevetti_sample.arrays.rows import Rows, in_one_piece, wide_type
from brevetti_sample.splitting import split
from brevetti_sample.tables import writers
from support.exports import contents

VALUES = [
    (pa.string(), "x"),
    (pa.binary(), b"x"),
    (pa.list_(pa.string()), ["x"]),
    (pa.large_list(pa.string()), ["x"]),
    (pa.list_(pa.string(), 1), ["x"]),
    (pa.struct({"a": pa.string(), "b": pa.list_(pa.binary())}), {"a": "x", "b": [b"y"]}),
    (pa.map_(pa.string(), pa.string()), [("x", "y")]),
]


@given(
    sizes=st.lists(st.integers(0, 30), min_size=1),
    drawn=st.lists(st.integers(0, 10**6)),
    most=st.integers(1, 100),
    encoded=st.booleans(),
)
def test_runs_are_all_rows_in_order_and_no_larger_than_they_may_be(sizes, drawn, most, encoded):
    texts = pa.array(["x" * size if size else None for size in sizes], pa.string())
    rows = Rows(pa.table({"a": texts.dictionary_encode() if encoded else texts}))
    drawn = np.array(drawn, dtype=np.int32) % np.int32(len(sizes))
    runs = list(rows.runs(drawn, most))
    assert [i for run in runs for i in range(run.start, run.stop)] == list(range(len(drawn)))
    lengths = np.array(sizes)
    for run in runs:
        assert run.stop - run.start == 1 or lengths[drawn[run]].sum() <= most
    for run, after in pairwise(runs):
        assert lengths[drawn[run]].sum() + lengths[drawn[after.start]] > most
    taken = [rows.take(drawn[run]).column("a").to_pylist() for run in runs]
    assert [value for part in taken for value in part] == [texts[row].as_py() for row in drawn]


@pytest.mark.parametrize("kind, value", VALUES, ids=str)
def test_what_narrow_offsets_do_not_reach_gets_wide_ones(monkeypatch, kind, value):
    monkeypatch.setattr(module, "NARROW_BYTES", 100)
    column = pa.chunked_array([pa.array([value, None], kind)] * 100)
    joined = in_one_piece(pa.table({"a": column})).column("a")
    assert (joined.num_chunks, joined.type) == (1, wide_type(kind))
    assert "string" not in str(joined.type).replace("large_string", "")
    assert joined.to_pylist() == column.to_pylist()


def outputs(table, folder):
    """All that is written of a table, drawn and split: the rows of each file, or its bytes."""
    plan = make_plan(read_manifest(table), "text", seed=3, draws=300).bind(read_manifest(table))
    written = {}
    for kind in ("csv", "jsonl", "parquet"):
        stream = io.BytesIO()
        write_draws(plan, stream, format=kind)
        parquet = kind == "parquet"
        written[kind] = pq.read_table(stream).to_pylist() if parquet else stream.getvalue()
    export_tfrecord(plan, folder=folder, options=ExportOptions(label_column="text"))
    written |= {name: data for name, data in contents(folder).items() if ".tfrecord-" in name}
    parts = split_manifest(read_manifest(table), groupby="text", unique=["text"])
    return written, parts.table().to_pylist()


def test_large_rows_and_long_columns_change_nothing_that_is_written(tmp_path, monkeypatch):
    sizes = np.random.default_rng(0).integers(1, 30, 40).tolist()
    chunks = [pa.array([chr(97 + size % 7) * size] * 2) for size in sizes]
    table = pa.table({"text": pa.chunked_array(chunks), "list": [[size] for size in sizes * 2]})
    usual = outputs(table, tmp_path / "usual")
    for name in (module, split):
        monkeypatch.setattr(name, "NARROW_BYTES", 100)
    monkeypatch.setattr(module, "TAKEN_BYTES", 64)
    monkeypatch.setattr(writers, "_ROW_GROUP_BYTES", 1000)
    assert outputs(table, tmp_path / "other") == usual
