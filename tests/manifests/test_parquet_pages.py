"""What Parquet columns take in memory is told before they are read, whatever they hold."""

from __future__ import annotations

import datetime
import decimal

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given

from brevetti_sample import read_manifest
from brevetti_sample.errors import ManifestError
from brevetti_sample.manifests.readers import parquet_pages, parquet_texts

ROWS = 600
_NUMBERS = np.arange(ROWS) % 7
COLUMNS = {
    **{
        kind: pa.array(_NUMBERS.astype(kind))
        for kind in ("int8", "uint16", "int32", "int64", "uint64", "float16", "float32", "float64")
    },
    "bool": pa.array((_NUMBERS > 3).tolist()),
    "date": pa.array([datetime.date(2020, 1, 1 + n) for n in _NUMBERS.tolist()]),
    "time": pa.array(_NUMBERS).cast(pa.timestamp("us")),
    "decimal": pa.array([decimal.Decimal(n) for n in _NUMBERS.tolist()], pa.decimal128(30, 2)),
    "fixed": pa.array([bytes([65 + n]) * 5 for n in _NUMBERS.tolist()], pa.binary(5)),
    "binary": pa.array([b"\xff" * (1 + n) for n in _NUMBERS.tolist()]),
    "text": pa.array(["a" * (1 + n) for n in _NUMBERS.tolist()]),
    "large text": pa.array(["a" * (1 + n) for n in _NUMBERS.tolist()], pa.large_string()),
    "view": pa.array(["a" * (10 + n) for n in _NUMBERS.tolist()], pa.string_view()),
    "own texts": pa.array([f"text {n}" for n in range(ROWS)]),
    "categories": pa.array(["a" * (1 + n) for n in _NUMBERS.tolist()]).dictionary_encode(),
    "missing": pa.nulls(ROWS, pa.string()),
    "none": pa.nulls(ROWS),
    "some missing": pa.array([None if n else "a" for n in _NUMBERS.tolist()]),
    "lists": pa.array([[n] * n for n in _NUMBERS.tolist()]),
    "lists of texts": pa.array([["ab"] * n for n in _NUMBERS.tolist()]),
    "structs": pa.array([{"n": n, "t": "a" * n} for n in _NUMBERS.tolist()]),
    "maps": pa.array([[("k", n)] for n in _NUMBERS.tolist()], pa.map_(pa.string(), pa.int64())),
}
WRITTEN = st.fixed_dictionaries(
    {
        "compression": st.sampled_from(["none", "snappy", "zstd", "gzip", "brotli", "lz4"]),
        "data_page_version": st.sampled_from(["1.0", "2.0"]),
        "row_group_size": st.sampled_from([50, 100, ROWS]),
        "data_page_size": st.sampled_from([16, 1 << 20]),
        "use_dictionary": st.booleans(),
        "dictionary_pagesize_limit": st.sampled_from([16, 1 << 20]),
    }
)


def patched(monkeypatch, values, expansion):
    """Set the limits: of values in bytes, and how many times the packed bytes they may be."""
    for module in (parquet_pages, parquet_texts):
        monkeypatch.setattr(module, "MAX_VALUES_BYTES", values)
        monkeypatch.setattr(module, "MAX_EXPANSION", expansion)


@pytest.mark.slow
@pytest.mark.parametrize("name", COLUMNS)
@given(options=WRITTEN, small=st.sampled_from([1, 2_000, 1 << 29]), data=st.data())
def test_columns_of_all_types_are_measured_and_read(tmp_path_factory, name, options, small, data):
    path = tmp_path_factory.mktemp("m") / "m.parquet"
    table = pa.table({name: COLUMNS[name], "other": COLUMNS["int64"], "third": COLUMNS["text"]})
    pq.write_table(table, path, **options)
    columns = data.draw(st.permutations([name, "other", "third"]))
    with pytest.MonkeyPatch.context() as monkeypatch:
        patched(monkeypatch, small, 1 << 40)
        manifest = read_manifest(path)
        read = manifest.read(columns, data.draw(st.sampled_from([(), columns])))
        counts = manifest.tally(columns)[1]
    for column in columns:
        assert read.column(column).to_pylist() == table.column(column).to_pylist()
    assert counts.sum() == ROWS


@pytest.mark.parametrize("name", ["text", "large text", "own texts", "binary", "lists of texts"])
@pytest.mark.parametrize(
    "encoding", ["PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY", "dictionary"]
)
def test_texts_are_refused_by_what_they_take_in_whatever_encoding(
    tmp_path, monkeypatch, name, encoding
):
    path = tmp_path / "m.parquet"
    dictionary = encoding == "dictionary"
    table = pa.table({name: COLUMNS[name]})
    pq.write_table(table, path, compression="zstd")
    leaf = pq.ParquetFile(path).schema.column(0).path
    encodings = None if dictionary else {leaf: encoding}
    pq.write_table(
        table, path, compression="zstd", use_dictionary=dictionary, column_encoding=encodings
    )
    texts = COLUMNS[name].flatten() if name.startswith("lists") else COLUMNS[name]
    size = sum(len(text) for text in texts.to_pylist())
    patched(monkeypatch, size // 2, 1)
    with pytest.raises(ManifestError, match=f"column '{name}.* has .* bytes that become "):
        read_manifest(path).read([name])
    patched(monkeypatch, 10 * size + 8 * len(texts), 1)
    assert read_manifest(path).read([name]).column(0).to_pylist() == COLUMNS[name].to_pylist()


@pytest.mark.parametrize("use_dictionary", [True, False])
def test_numbers_are_refused_by_what_they_take(tmp_path, monkeypatch, use_dictionary):
    path = tmp_path / "m.parquet"
    table = pa.table({"a": COLUMNS["int64"]})
    pq.write_table(table, path, compression="zstd", use_dictionary=use_dictionary)
    patched(monkeypatch, 8 * ROWS, 1)
    assert read_manifest(path).read(["a"]).num_rows == ROWS
    patched(monkeypatch, 8 * ROWS - 1, 1)
    with pytest.raises(ManifestError, match="column 'a' has .* bytes that become "):
        read_manifest(path).read(["a"])
