"""Drawn batches and the formats they are written in."""

from __future__ import annotations

import datetime
import decimal
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brevetti_sample import draw
from brevetti_sample.errors import ColumnError, OutputError, PlanError, UsageError
from brevetti_sample.manifests.manifest import bundled_manifest, read_manifest
from brevetti_sample.streams.planning import make_plan
from brevetti_sample.streams.worker_share import Shard
from brevetti_sample.tables.batches import OWN_COLUMNS, Batches, write_draws
from brevetti_sample.tables.writers import FORMATS, format_of, make_writer, own_names


def tables(manifest, start, stop, columns=None, shard=None, **options):
    plan = make_plan(manifest, **options)
    batches = Batches(plan.bind(manifest), columns, shard)
    found = list(batches.tables(start, stop))
    return pa.concat_tables([batches.schema.empty_table(), *found])


def test_a_draw_has_its_number_batch_row_group_and_the_columns_of_its_row():
    manifest = bundled_manifest()
    table = tables(manifest, 5, 300, groupby="folder", seed=1, batch_size=7)
    assert table.column_names == ["draw", "batch", "row", "group", *manifest.columns]
    rows = table.to_pylist()
    whole = manifest.read(manifest.columns).to_pylist()
    for number, row in enumerate(rows, start=5):
        assert (row["draw"], row["batch"]) == (number, number // 7)
        assert {name: row[name] for name in manifest.columns} == whole[row["row"]]
        assert row["group"] == row["folder"]


def test_columns_of_views_go_along():
    manifest = read_manifest(pa.table({"a": pa.array(["x", "y"], pa.string_view())}))
    assert set(tables(manifest, 0, 4).column("a").to_pylist()) == {"x", "y"}


def test_no_columns_or_some_may_go_along():
    assert tables(bundled_manifest(), 0, 3, []).column_names == ["draw", "batch", "row", "group"]
    assert tables(bundled_manifest(), 0, 3, ["url"]).column_names[4:] == ["url"]
    with pytest.raises(ColumnError, match="has no column 'ulr'; did you mean 'url'"):
        tables(bundled_manifest(), 0, 3, ["ulr"])


def test_columns_whose_name_is_taken_are_named_after_the_manifest():
    manifest = read_manifest([{"row": 7, "group": "g"}])
    table = tables(manifest, 0, 1)
    assert table.column_names == ["draw", "batch", "row", "group", "manifest.row", "manifest.group"]
    assert own_names(["draw", "manifest.draw"], OWN_COLUMNS) == [
        "manifest.manifest.draw",
        "manifest.draw",
    ]


@given(st.integers(1, 5), st.integers(1, 9), st.integers(0, 100), st.integers(1, 200))
def test_the_shards_together_are_the_whole_and_each_has_every_nth_batch(
    shards, batch_size, start, count
):
    options = {"groupby": "folder", "batch_size": batch_size}
    manifest = bundled_manifest()
    whole = tables(manifest, start, start + count, ["path"], **options).to_pylist()
    parts = [
        tables(manifest, start, start + count, ["path"], Shard(r, shards), **options).to_pylist()
        for r in range(shards)
    ]
    assert sorted((row for part in parts for row in part), key=lambda row: row["draw"]) == whole
    for rank, part in enumerate(parts):
        assert all(row["batch"] % shards == rank for row in part)


def test_a_shard_that_does_not_exist_is_refused():
    with pytest.raises(UsageError, match="^shard 4/4: the rank must be from 0 to below"):
        Shard(4, 4)


def test_drawing_checks_that_the_plan_is_of_the_manifest():
    plan = make_plan(read_manifest([{"a": 1}, {"a": 2}]), "a")
    with pytest.raises(PlanError, match="group '1' has 2 rows, 1 in the plan"):
        draw(plan, read_manifest([{"a": 1}, {"a": 1}, {"a": 2}]))


TABLE = pa.table(
    {
        "text": ["plain", 'a "quoted", one\nand\rmore', "", None, "é ✓"],
        "number": pa.array([1, None, 3, 4, 5], pa.int32()),
        "real": [0.5, float("nan"), float("inf"), None, 1e300],
        "truth": [True, None, False, True, True],
        "list": [["a", None], [], None, ["b,"], ["c"]],
        "day": pa.array([datetime.date(2020, 1, 2)] * 4 + [None]),
        "time": pa.array([1, 2, 3, None, 5], pa.timestamp("ns")),
        "exact": [decimal.Decimal("1.50"), None, None, None, None],
        "bytes": [b"\xff", b"a", None, b"", b"b"],
        "group": pa.array(["x", "y", "x", None, "y"]).dictionary_encode(),
    }
)


def written(format, table):
    stream = io.BytesIO()
    writer = make_writer(format, stream, table.schema)
    writer.write(table.slice(0, 2))
    writer.write(table.slice(2))
    writer.close()
    return stream.getvalue()


def test_csv_is_written_like_this():
    simple = TABLE.select(["number", "truth", "group"])
    assert (
        written("csv", simple)
        == b"number,truth,group\n1,true,x\n,,y\n3,false,x\n4,true,\n5,true,y\n"
    )
    assert written("csv", TABLE).decode() == (
        "text,number,real,truth,list,day,time,exact,bytes,group\n"
        '"plain",1,0.5,true,"[""a"", null]",2020-01-02,1970-01-01 00:00:00.000000001,1.50,"\\xff","x"\n'
        '"a ""quoted"", one\nand\rmore",,nan,,"[]",2020-01-02,1970-01-01 00:00:00.000000002,,"a","y"\n'
        '"",3,inf,false,,2020-01-02,1970-01-01 00:00:00.000000003,,,"x"\n'
        ',4,,true,"[""b,""]",2020-01-02,,,"",\n'
        '"é ✓",5,1e+300,true,"[""c""]",,1970-01-01 00:00:00.000000005,,"b","y"\n'
    )


def test_csv_headers_are_quoted_where_they_need_it():
    table = pa.table({"a,b": [1], 'c"': [2], "": [3]})
    assert written("csv", table) == b'"a,b","c""",""\n1,2,3\n'


def test_json_lines_are_written_like_this():
    lines = [json.loads(line) for line in written("jsonl", TABLE).decode().split("\n")[:-1]]
    assert lines[0] == {
        "text": "plain",
        "number": 1,
        "real": 0.5,
        "truth": True,
        "list": ["a", None],
        "day": "2020-01-02",
        "time": "1970-01-01 00:00:00.000000001",
        "exact": "1.50",
        "bytes": "\\xff",
        "group": "x",
    }
    assert [line["real"] for line in lines] == [0.5, None, None, None, 1e300]
    assert [line["text"] for line in lines] == TABLE.column("text").to_pylist()


def test_parquet_keeps_types_and_has_page_checksums():
    data = written("parquet", TABLE)
    table = pq.read_table(io.BytesIO(data))
    assert table.drop_columns("real").equals(TABLE.drop_columns("real"))
    damaged = bytearray(data)
    damaged[40] ^= 1
    with pytest.raises(OSError, match="CRC|checksum|corrupt"):
        pq.read_table(io.BytesIO(bytes(damaged)), page_checksum_verification=True)


def test_small_tables_share_a_row_group_and_whole_numbers_are_stored_by_their_differences():
    columns = {"draw": pa.array(range(1 << 17)), "row": pa.array(range(0, 3 << 17, 3))}
    table = pa.table(columns | {"folder": pa.array(["a", "b"] * (1 << 16))})
    sink = io.BytesIO()
    writer = make_writer("parquet", sink, table.schema, ("draw", "row"))
    for _ in range(5):
        writer.write(table)
    writer.close()
    file = pq.ParquetFile(sink)
    groups = [file.metadata.row_group(i) for i in range(file.num_row_groups)]
    assert [group.num_rows for group in groups] == [1 << 18, 1 << 18, 1 << 17]
    stored = [set(groups[0].column(i).encodings) for i in range(3)]
    assert [("DELTA_BINARY_PACKED" in way, "RLE_DICTIONARY" in way) for way in stored] == [
        *[(True, False), (True, False), (False, True)]
    ]
    assert file.read().equals(pa.concat_tables([table] * 5))
    assert len(sink.getvalue()) < 20_000


@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=4)),
            st.integers(0, 9),
        ),
        min_size=1,
    )
)
def test_csv_that_is_written_is_read_back(rows):
    table = pa.table(
        {
            "a": pa.array([f"{a}z" if a else a for a, _ in rows], pa.string()),
            "b": [b for _, b in rows],
        }
    )
    assert read_manifest(written("csv", table)).read(["a", "b"]).to_pydict() == table.to_pydict()


def test_the_format_is_told_by_the_suffix():
    assert [format_of(f"x.{suffix}") for suffix in ("csv", "jsonl", "ndjson", "PARQUET", "pq")] == [
        *("csv", "jsonl", "jsonl", "parquet", "parquet")
    ]
    with pytest.raises(UsageError, match=r"^cannot tell the format of 'x\.txt'; let it end in "):
        format_of("x.txt")
    with pytest.raises(UsageError, match="^format 'jsnl' is unknown; did you mean 'jsonl'"):
        make_writer("jsnl", io.BytesIO(), TABLE.schema)
    assert FORMATS == ("csv", "jsonl", "parquet")


@pytest.mark.parametrize("format", FORMATS)
def test_drawn_batches_are_written_as_the_command_writes_them(format, run, listing, tmp_path):
    manifest = read_manifest(listing)
    bound = make_plan(manifest, "folder", "square root", seed=1, batch_size=16).bind(manifest)
    options = ["-g", "folder", "-w", "square root", "--seed", 1, "-b", 16, "--start", 5, "-n", 60]
    command, library = tmp_path / f"command.{format}", tmp_path / f"library.{format}"
    assert run("plan", listing, *options, "-c", "path", "-o", command, "--shard", "1/2").code == 0
    write_draws(bound, library, start=5, stop=65, columns=["path"], shard=Shard(1, 2))
    assert library.read_bytes() == command.read_bytes()


def test_a_file_of_unknown_format_is_not_written(tmp_path):
    manifest = bundled_manifest()
    with pytest.raises(UsageError, match="cannot tell the format"):
        write_draws(make_plan(manifest).bind(manifest), tmp_path / "draws.xls")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    bound = make_plan([{"a": 1}]).bind([{"a": 1}])
    with pytest.raises(OutputError, match="/missing/draws.csv' cannot be written: No such file"):
        write_draws(bound, tmp_path / "missing" / "draws.csv")
