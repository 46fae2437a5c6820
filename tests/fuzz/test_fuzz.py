"""What fuzzing found, and a few inputs of each kind anew."""

from __future__ import annotations

import io
import json
import random
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import brevetti_sample as bs
from brevetti_sample.streams.state import make_state, read_state

from . import thrift
from .fuzzer import fuzz
from .mutations import change_json, write_json
from .targets import TARGETS


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_a_few_inputs_break_nothing(target):
    outcome = fuzz(target, seed=12, most=25)
    assert outcome.inputs == 25
    assert [find.reason for find in outcome.finds.values()] == []


def test_inputs_are_those_of_their_seed():
    document = {"a": [1, 2, {"b": "c"}]}
    first, again = (write_json(change_json(random.Random(7), document)) for _ in range(2))
    assert first == again


# -- Parquet -----------------------------------------------------------------------------------


def parquet(change, **columns):
    """A Parquet file whose footer is changed."""
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, compression="none")
    data = sink.getvalue()
    length = int.from_bytes(data[-8:-4], "little") + 8
    tree, _ = thrift.read(data[-length:-8])
    change(tree)
    footer = thrift.write(tree)
    return data[:-length] + footer + len(footer).to_bytes(4, "little") + b"PAR1"


def chunk(tree, column=0):
    """What a footer says of a column in the first row group."""
    return tree[4][0][1][column][3]


def set_codec(tree):
    chunk(tree)[4].value = 99


def lengthen_histogram(tree):
    histogram = chunk(tree)[16][3].value
    histogram.append(histogram[0])


def add_rows(tree):
    tree[3].value = 5


def shorten_one(tree):
    tree[4][0][3].value = 1


COMMANDS = [
    ["stats", "m.parquet", "-g", "a"],
    ["stats", "m.parquet"],
    ["plan", "m.parquet", "-g", "b"],
    ["split", "m.parquet", "--path-column", "a"],
    ["export-tfrecord", "m.parquet", "-o", "o", "-j", "1"],
]


@pytest.mark.parametrize("change", [set_codec, lengthen_histogram, add_rows, shorten_one])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_parquet_footer_that_cannot_be_is_damage_and_ends_no_process(
    run, tmp_path, monkeypatch, change, command
):
    monkeypatch.chdir(tmp_path)
    data = parquet(change, a=["x", "y", None], b=["x", "y", "y"])
    (tmp_path / "m.parquet").write_bytes(data)
    result = run(*command)
    # Where the column is not asked for, nothing is wrong.
    assert result.code == 3 or (result.code == 0 and command[-1] == "b"), result.err
    assert result.code == 0 or "is damaged" in result.err or "or is damaged" in result.err
    assert "bug" not in result.err


def array(values, kind):
    return pa.array(values, pa.int64()).view(kind)


FAR = [2**62, -(2**62), None, 0]
ODD = {
    "large binary": pa.array([b"\xff", b"a", None, b"a"], pa.large_binary()),
    "fixed binary": pa.array([b"\xff", b"a", None, b"a"], pa.binary(1)),
    "binary view": pa.array([b"\xff", b"a", None, b"a"], pa.binary_view()),
    "string view": pa.array(["é", "a", None, "a"], pa.string_view()),
    "uuid": pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"\xff" * 16] * 4, pa.binary(16))),
    "json": pa.ExtensionArray.from_storage(pa.json_(pa.string()), pa.array(["{}", "1", None, "1"])),
    "bool8": pa.ExtensionArray.from_storage(pa.bool8(), pa.array([1, 0, None, 1], pa.int8())),
    "far time": array(FAR, pa.timestamp("us")),
    "far nanoseconds": array(FAR, pa.time64("ns")),
    "far date": pa.array([2**30, -(2**30), None, 0], pa.int32()).view(pa.date32()),
    "duration": array(FAR, pa.duration("ms")),
    "far in lists": pa.ListArray.from_arrays([0, 2, 3, 3, 4], array(FAR, pa.timestamp("us"))),
    "far in structs": pa.StructArray.from_arrays([array(FAR, pa.duration("us"))], ["a"]),
    "decimal": pa.array([Decimal("1.5"), None, Decimal(0), Decimal(0)]),
}


@pytest.mark.parametrize("kind", ODD)
def test_columns_of_any_type_are_written_in_every_format(run, tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    pq.write_table(pa.table({"x": ODD[kind], "n": range(4)}), "m.parquet")
    for command in [
        *(["plan", "m.parquet", "--format", name] for name in ("csv", "jsonl", "table")),
        ["plan", "m.parquet", "-o", "d.parquet"],
        ["stats", "m.parquet", "-g", "x", "--format", "csv"],
        ["split", "m.parquet", "-g", "x", "--format", "csv"],
    ]:
        result = run(*command)
        refused = "has values without an order" in result.err  # such as times and texts for them
        assert result.code == 0 or (refused and kind.endswith("lists")), (command, result.err)


IN_MEMORY = {
    "runs": pa.RunEndEncodedArray.from_arrays([2, 4], ["a", "b"]),
    "runs of views": pa.RunEndEncodedArray.from_arrays([2, 4], pa.array(["a", "b"], pa.string_view())),
    "lists in a dictionary": pa.DictionaryArray.from_arrays([0, 1, None, 0], pa.array([[1], [2]])),
    "views in a dictionary": pa.DictionaryArray.from_arrays(
        [0, 1, None, 0], pa.array(["a", "b"], pa.string_view())
    ),
    "interval": pa.array([(1, 2, 3), None, (1, 2, 3), (0, 0, 0)], pa.month_day_nano_interval()),
    "views": pa.array(["a", None, "b", "a"], pa.string_view()),
}  # fmt: skip


@pytest.mark.parametrize("kind", IN_MEMORY)
def test_tables_in_memory_are_grouped_and_written_whatever_their_types(kind):
    table = pa.table({"x": IN_MEMORY[kind]})
    assert bs.make_plan(table, "x").rows == 4
    for name in ("csv", "jsonl"):
        out = io.BytesIO()
        bs.write_draws(bs.make_plan(table).bind(table), out, format=name)
        assert out.getvalue().count(b"\n") >= 4


@pytest.mark.parametrize(
    "kind",
    [
        pa.array([(1, 2, 3)], pa.month_day_nano_interval()),
        pa.array([{}], pa.struct([])),
        array([-(2**62)], pa.timestamp("s")),
        pa.array([Decimal(100)], pa.decimal128(10, -2)),
    ],
    ids=lambda kind: str(kind.type),
)
def test_what_parquet_cannot_hold_is_for_other_formats(kind):
    table = pa.table({"x": kind})
    with pytest.raises(bs.UsageError, match="format cannot be Parquet here: .*; write CSV"):
        bs.write_draws(bs.make_plan(table).bind(table), io.BytesIO(), format="parquet")


@pytest.mark.parametrize("nested", [False, True])
def test_a_time_zone_that_is_unknown_is_an_error_of_its_column(run, tmp_path, monkeypatch, nested):
    monkeypatch.chdir(tmp_path)
    times = array([0, 1], pa.timestamp("us", "Mars/Base"))
    column = pa.ListArray.from_arrays([0, 1, 2], times) if nested else times
    pq.write_table(pa.table({"when": column}), "m.parquet")
    result = run("plan", "m.parquet")
    assert result.code == 3
    assert "column 'when' has times of the zone 'Mars/Base', which is unknown here" in result.err


# -- plans and states --------------------------------------------------------------------------


@pytest.mark.parametrize("name, value", [("\ud800", 1), ("digest\udcff", "a"), ("draw", "\ud800")])
def test_half_a_surrogate_pair_in_a_state_is_refused(name, value):
    plan = bs.make_plan([{"a": "b"}])
    with pytest.raises(bs.PlanError, match="UTF-8|draw"):
        read_state(make_state(plan, 0) | {name: value}, plan)


def test_a_state_of_texts_without_end_is_refused_in_a_line():
    plan = bs.make_plan([{"a": "b"}])
    state = make_state(plan, 0)
    state["plan"]["weighting"] = "x" * 100_000
    state["plan"]["groupby"] = ["\x1b[31m"]
    with pytest.raises(bs.PlanError) as caught:
        read_state(json.dumps(state), plan)
    assert len(str(caught.value)) < 2000
    assert str(caught.value).isprintable()


def test_the_name_of_a_field_without_end_is_cut():
    plan = bs.make_plan([{"a": "b"}])
    with pytest.raises(bs.PlanError, match="field x{500}… is unknown") as caught:
        read_state(make_state(plan, 0) | {"x" * 100_000: 1}, plan)
    assert len(str(caught.value)) < 1000


def test_a_plan_of_a_manifest_with_other_columns_is_a_plan_at_fault(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.csv").write_text("a,b\n1,2\n")
    assert run("plan", "m.csv", "-g", "a", "--save-plan", "p.json", "-o", "d.csv").code == 0
    (tmp_path / "m.csv").write_text("c,b\n1,2\n")
    result = run("plan", "m.csv", "--plan", "p.json")
    assert result.code == 3
    assert "'m.csv' is not the manifest of the plan: it has no column 'a'" in result.err


# -- the command line and configuration --------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ["plan", "--shard", "9" * 5000 + "/1"],
        ["plan", "--shard", "0/" + "9" * 5000],
        ["plan", "--draws", "9" * 5000],
        ["plan", "-w", "power:" + "9" * 5000],
        ["plan", "-g", "folder", "--weights", "good=" + "9" * 5000],
        ["split", "--shares", "train=" + "9" * 5000 + "rows,test=rest"],
        ["split", "--shares", "train=" + "9" * 5000 + ",test=1"],
        ["split", "--shares", "train=1/" + "9" * 5000 + ",test=1"],
        ["split", "--folds", "2", "--only", "9" * 5000],
        ["plan", "-o", "/dev/fd/" + "9" * 5000],
        ["scan", "x" * 70_000],
        ["verify", "x" * 70_000],
        ["export-tfrecord", "--shard-size", "9" * 5000 + "MB"],
        ["plan", "-w", "x" * 70_000],
        ["plan", "-g", "x" * 70_000],
        ["stats", "--report", "x" * 70_000],
    ],
    ids=lambda words: " ".join(words)[:30],
)
def test_values_without_end_are_refused_in_a_line(run, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    result = run(*words)
    assert result.code in (2, 4, 5), result.err[:300]
    assert result.err.count("error: ") == 1
    assert max(map(len, result.err.splitlines())) <= 4100
