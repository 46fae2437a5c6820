"""All splits in one export: one is drawn, the others are written once, in the manifest's order."""

from __future__ import annotations

import json
import os

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brevetti_sample import (
    ExportOptions,
    draw,
    export_tfrecord,
    make_plan,
    read_manifest,
    verify_export,
)
from brevetti_sample.errors import OutputError, UsageError
from brevetti_sample.tfrecord.export.export import write_stream
from brevetti_sample.tfrecord.export.planning import plan_export
from brevetti_sample.tfrecord.format.parsing import parse_example
from brevetti_sample.tfrecord.format.reader import read_records
from brevetti_sample.tfrecord.writing.folder import with_checksum
from support.exports import contents, message_of, picture

PURPOSES = (["train"] * 3 + ["devel", "test"]) * 8
GROUPS = ["a", "a", "b", "b", "c"] * 8  # c in test alone


def table(**columns):
    number = list(range(len(PURPOSES)))
    return pa.table({"id": number, "g": GROUPS, "p": PURPOSES} | columns)


def export(folder, manifest=None, where=("p", "train"), plan=None, overwrite=False, **options):
    manifest = read_manifest(manifest or table())
    plan = plan or make_plan(manifest, "g", "count", seed=2, where=where)
    chosen = ExportOptions(**({"split_column": "p"} | options))
    return export_tfrecord(manifest, plan, folder, chosen, overwrite=overwrite)


def ids(folder, result, compression=None):
    """The numbers of the rows of each split, in order."""
    return {
        split.name: [
            example["id"].integers()[0]
            for shard in split.shards
            for example in map(
                parse_example, read_records(os.path.join(folder, shard.name), compression)
            )
        ]
        for split in result.splits
    }


@pytest.mark.parametrize("compression", ["none", "gzip"])
@pytest.mark.parametrize("options", [{}, {"shards": 4}, {"shard_bytes": 100}])
def test_one_split_is_drawn_and_the_others_come_once_in_order(tmp_path, options, compression):
    manifest = read_manifest(table())
    result = export(tmp_path, compression=compression, **options)
    plan = make_plan(manifest, "g", "count", seed=2, where=("p", "train"))
    drawn = [row for draws in draw(plan, manifest) for row in draws.row.tolist()]
    assert sorted(drawn) == [row for row, p in enumerate(PURPOSES) if p == "train"]
    assert ids(tmp_path, result, None if compression == "none" else compression) == {
        "train": drawn,
        "devel": [row for row, p in enumerate(PURPOSES) if p == "devel"],
        "test": [row for row, p in enumerate(PURPOSES) if p == "test"],
    }
    assert verify_export(tmp_path, deep=True).damages == ()


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from(["x", "y", "z"])), min_size=1
    ),
    st.integers(1, 5),
    st.integers(1, 20),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_row_of_the_other_splits_is_written_once_and_counted(
    tmp_path_factory, rows, shards, draws
):
    folder = tmp_path_factory.mktemp("export")
    train = rows[0][1]
    columns = {"g": [row[0] for row in rows], "p": [row[1] for row in rows]}
    manifest = read_manifest(pa.table({"id": list(range(len(rows)))} | columns))
    plan = make_plan(manifest, "g", where=("p", train), draws=draws)
    options = ExportOptions(split_column="p", shards=min(shards, draws))
    result = export_tfrecord(manifest, plan, folder, options)
    found = ids(folder, result)
    assert len(found.pop(train)) == draws
    assert found == {
        name: [row for row, (_, p) in enumerate(rows) if p == name]
        for name in sorted({p for _, p in rows} - {train})
    }
    for split in result.splits[1:]:
        assert len(split.shards) <= min(shards, draws)
    assert verify_export(folder, deep=True).damages == ()


def test_the_description_has_all_splits_and_one_list_of_classes(tmp_path):
    result = export(tmp_path, name="n", shards=3, label_column="g")
    assert list(contents(tmp_path)) == [
        "dataset_info.json",
        "export.json",
        "features.json",
        "g.labels.txt",
        "n-devel.tfrecord-00000-of-00001",
        "n-test.tfrecord-00000-of-00001",
        *(f"n-train.tfrecord-0000{number}-of-00003" for number in range(3)),
    ]
    assert (tmp_path / "g.labels.txt").read_text() == "a\nb\nc\n"
    info = json.loads((tmp_path / "dataset_info.json").read_text())
    assert [(s["name"], s["shardLengths"], s["numBytes"]) for s in info["splits"]] == [
        (split.name, [str(shard.records) for shard in split.shards], str(split.bytes))
        for split in result.splits
    ]
    assert [split.name for split in result.splits] == ["train", "devel", "test"]
    assert (result.records, len(result.shards)) == (40, 5)
    assert result.bytes == sum(len(d) for n, d in contents(tmp_path).items() if "tfrecord-" in n)


def test_the_export_lists_the_groups_of_each_split(tmp_path):
    export(tmp_path)
    fields = json.loads((tmp_path / "export.json").read_text())
    assert fields["split"] == "train"
    assert fields["groups"] == ["a", "b"]
    assert fields["plan"]["where"] == {"column": "p", "value": "train"}
    assert fields["other_splits"] == [
        {"name": "devel", "shards": 1, "groups": [{"key": ["b"], "rows": 8}]},
        {"name": "test", "shards": 1, "groups": [{"key": ["c"], "rows": 8}]},
    ]


@pytest.mark.parametrize("count, others", [(1, 1), (2, 1), (8, 3), (24, 8)])
def test_the_shards_of_other_splits_hold_about_as_many_records(count, others):
    manifest = read_manifest(table())
    plan = make_plan(manifest, "g", where=("p", "train"))
    export = plan_export(plan.bind(manifest), ExportOptions(split_column="p", shards=count))
    shards = {name: len(specs) for name, specs in export.splits.items()}
    assert shards == {"train": count, "devel": others, "test": others}
    few = plan_export(plan.bind(manifest), export.options, stop=24)
    assert few.shards == export.shards


def test_a_range_is_of_the_draws_alone(tmp_path):
    manifest = read_manifest(table())
    plan = make_plan(manifest, "g", where=("p", "train"))
    options = ExportOptions(split_column="p", shards=2)
    result = export_tfrecord(manifest, plan, tmp_path, options, start=5, stop=10)
    assert [split.records for split in result.splits] == [5, 8, 8]
    assert [shard.start for shard in result.shards] == [5, 7, 0, 4, 0, 4]
    assert verify_export(tmp_path, deep=True).damages == ()


def test_a_second_run_writes_nothing_and_one_that_mends_writes_the_same(tmp_path):
    export(tmp_path, shards=2)
    before = contents(tmp_path)
    assert export(tmp_path, shards=2).kept == 4
    (tmp_path / "samples-test.tfrecord-00000-of-00001").unlink()
    (tmp_path / "samples-devel.tfrecord-00000-of-00001").write_bytes(b"x")
    assert export(tmp_path, shards=2).kept == 2
    assert contents(tmp_path) == before


def test_an_export_of_other_splits_is_another_and_may_replace_it(tmp_path):
    export(tmp_path)
    with pytest.raises(OutputError, match="holds another export"):
        export(tmp_path, split_column=None)
    moved = ["devel" if p == "test" else p for p in PURPOSES]
    with pytest.raises(OutputError, match="holds another export"):
        export(tmp_path, table(p=moved))
    export(tmp_path, table(p=moved), overwrite=True)
    assert sorted(name for name in contents(tmp_path) if "tfrecord-" in name) == [
        "samples-devel.tfrecord-00000-of-00001",
        "samples-train.tfrecord-00000-of-00001",
    ]
    assert verify_export(tmp_path).damages == ()


def test_one_split_alone_is_written_too(tmp_path):
    result = export(tmp_path, table(p=["train"] * 40))
    assert [split.name for split in result.splits] == ["train"]
    assert verify_export(tmp_path, deep=True).damages == ()


def test_samples_are_skipped_in_each_split_and_listed_with_it(tmp_path):
    purposes = ["train", "train", "test", "test", "devel"]
    paths = ["a.png", "gone.png", "b.png", "lost.png", "c.png"]
    for path in ("a.png", "b.png", "c.png"):
        picture(tmp_path / path)
    manifest = read_manifest(pa.table({"path": paths, "p": purposes}))
    plan = make_plan(manifest, where=("p", "train"), shuffle=False)
    options = ExportOptions(
        image_column="path", image_root=str(tmp_path), on_error="skip", split_column="p"
    )
    result = export_tfrecord(manifest, plan, tmp_path / "out", options)
    assert [(split.name, split.records) for split in result.splits] == [
        *(("train", 1), ("devel", 1), ("test", 1))
    ]
    lines = (tmp_path / "out" / "skipped.jsonl").read_text().splitlines()
    assert [
        (one["split"], one["draw"], one["row"], one["path"]) for one in map(json.loads, lines)
    ] == [("train", 1, 1, "gone.png"), ("test", 1, 3, "lost.png")]
    assert verify_export(tmp_path / "out", deep=True).damages == ()
    failing = ExportOptions(image_column="path", image_root=str(tmp_path), split_column="p")
    plan = make_plan(manifest, where=("p", "devel"))
    message = message_of(lambda: export_tfrecord(manifest, plan, tmp_path / "new", failing))
    assert message.startswith("4 row 3: ")
    assert "lost.png" in message


@pytest.mark.parametrize(
    "purposes, message",
    [
        (
            ["train", None, "test"],
            "2 the table row 1, column 'p' has no value; fill it in, or leave the row out of the "
            "manifest",
        ),
        (
            ["train", "test-1"],
            "2 the table row 1, column 'p' has 'test-1', which cannot be the name of a split; use "
            "letters, digits and underscores, a letter first, at most 80 of them, and not 'all'",
        ),
        (["train", "all"], "2 the table row 1, column 'p' has 'all', which cannot be the name"),
        (["train", ""], "2 the table row 1, column 'p' has '', which cannot be the name of"),
        (["train", "../up"], "2 the table row 1, column 'p' has '../up', which cannot be"),
        (["train", "é"], "2 the table row 1, column 'p' has 'é', which cannot be the name"),
        (["train", "n" * 81], f"2 the table row 1, column 'p' has '{'n' * 81}', which cannot"),
        (
            ["train", "Test", "test"],
            "2 the table row 2, column 'p' has 'Test' and 'test', which are one file on some "
            "systems; write them alike, or rename one",
        ),
    ],
)
def test_rows_without_a_split_or_of_an_odd_one_are_named(tmp_path, purposes, message):
    manifest = pa.table({"g": ["a"] * len(purposes), "p": purposes})
    assert message_of(lambda: export(tmp_path / "out", manifest)).startswith(message)
    assert not (tmp_path / "out").exists()


def test_a_column_of_too_many_values_is_no_column_of_splits(tmp_path):
    manifest = pa.table({"g": ["a"] * 1001, "p": [f"s{row}" for row in range(1001)]})
    assert message_of(lambda: export(tmp_path, manifest, ("p", "s1"))) == (
        "2 the table, column 'p' has 1001 values, and there can be 1000 splits at most; name the "
        "column with the purposes"
    )


def test_numbers_cannot_name_a_split_but_truth_can(tmp_path):
    folds = pa.table({"g": ["a", "b"], "p": [0, 1]})
    message = message_of(lambda: export(tmp_path, folds, ("p", "1")))
    assert message.startswith("2 the table row 0, column 'p' has '0', which cannot be the name")
    truth = pa.table({"id": [5, 6], "g": ["a", "b"], "p": [True, False]})
    assert ids(tmp_path, export(tmp_path, truth, ("p", "true"))) == {"true": [5], "false": [6]}


@pytest.mark.parametrize(
    "where, message",
    [
        (None, "2 split_column is 'p', but the plan draws from all rows; make a plan with where, "),
        (("g", "a"), "2 split_column is 'p', but the plan draws from those of one 'g'; make a p"),
    ],
)
def test_a_plan_of_other_rows_is_refused(tmp_path, where, message):
    assert message_of(lambda: export(tmp_path, where=where)).startswith(message)


def test_a_split_that_the_column_does_not_name_is_refused(tmp_path):
    assert message_of(lambda: export(tmp_path, split="test")) == (
        "2 split is 'test', but split_column has the names; leave it out"
    )
    result = export(tmp_path, where=("p", "devel"), split="devel")
    assert [split.name for split in result.splits] == ["devel", "test", "train"]


def test_several_splits_are_no_stream():
    manifest = read_manifest(table())
    plan = make_plan(manifest, "g", where=("p", "train"))
    export = plan_export(plan.bind(manifest), ExportOptions(split_column="p"))
    with pytest.raises(UsageError, match="^split_column is for a folder, not for one stream"):
        write_stream(export, None)


def test_classes_are_those_of_all_splits_but_not_of_rows_that_nothing_writes(tmp_path):
    labels = [f"{p}-{g}" for p, g in zip(PURPOSES, GROUPS, strict=True)]
    manifest = read_manifest(table(label=labels))
    plan = make_plan(manifest, "g", {"a": 1, "b": 0}, where=("p", "train"))
    options = ExportOptions(split_column="p", label_column="label")
    export_tfrecord(manifest, plan, tmp_path / "all", options)
    names = (tmp_path / "all" / "label.labels.txt").read_text().splitlines()
    assert names == ["devel-b", "test-c", "train-a"]
    export_tfrecord(manifest, plan, tmp_path / "one", ExportOptions(label_column="label"))
    assert (tmp_path / "one" / "label.labels.txt").read_text() == "train-a\n"
    for folder in ("all", "one"):
        assert verify_export(tmp_path / folder, deep=True).damages == ()


def changed(folder, change):
    """Change the fields of an `export.json`, with a checksum that fits."""
    path = folder / "export.json"
    fields = json.loads(path.read_text())
    del fields["sha256_above"]
    change(fields)
    path.write_bytes(with_checksum(json.dumps(fields).encode()[:-1] + b","))


@pytest.mark.parametrize(
    "change, message",
    [
        (
            lambda f: f["other_splits"][0]["groups"][0].update(rows=9),
            "its groups of 'devel' are not all there: 8 of 'b' for 9",
        ),
        (
            lambda f: f["other_splits"][0]["groups"][0].update(rows=7),
            "its groups of 'devel' are not all there: 8 of 'b' for 7",
        ),
        (lambda f: f["shards"][2].update(start=1, stop=9), "its shards of 'devel' do not join"),
        (
            lambda f: f["shards"][2].update(groups=[7]),
            "its group counts do not add up to its records",
        ),
        (
            lambda f: f["other_splits"][1]["groups"][0].update(key=["z"]),
            "record 0 is of no group of the plan",
        ),
    ],
)
def test_counts_that_do_not_fit_are_found(tmp_path, change, message):
    export(tmp_path, shards=2)
    changed(tmp_path, change)
    reasons = [damage.reason for damage in verify_export(tmp_path, deep=True).damages]
    assert any(message in reason for reason in reasons), reasons


@pytest.mark.parametrize(
    "change",
    [
        lambda f: f.update(other_splits=7),
        lambda f: f.update(other_splits=[7]),
        lambda f: f["other_splits"][0].update(shards=3),
        lambda f: f["other_splits"][0].update(shards=0),
        lambda f: f["other_splits"][0].update(shards=1.0),
        lambda f: f["other_splits"][0].update(name=1),
        lambda f: f["other_splits"][0].update(name="test"),
        lambda f: f["other_splits"][0].update(name="train"),
        lambda f: f["other_splits"][0].update(groups=[{"key": "b", "rows": 8}]),
        lambda f: f["other_splits"][0].update(groups=[{"key": ["b"], "rows": True}]),
        lambda f: f["other_splits"][0].update(groups=[{"key": ["b"], "rows": -1}]),
        lambda f: f["other_splits"][0].pop("groups"),
        lambda f: f["other_splits"][0]["groups"].append({"key": ["x"], "rows": 1}),
        lambda f: f["other_splits"][0]["groups"][0].update(key=[{"a": 1}]),
        lambda f: f["other_splits"][0].update(more=1),
        lambda f: f["shards"][2].update(start=1),
        lambda f: f["shards"].reverse(),
        lambda f: f.update(split=None),
    ],
)
def test_fields_of_other_types_are_damage(tmp_path, change):
    export(tmp_path)
    changed(tmp_path, change)
    assert message_of(lambda: verify_export(tmp_path)).startswith(
        f"7 '{tmp_path}/export.json' is damaged ("
    )


@pytest.mark.parametrize("key", [[], ["b", "b"], [1], [["b"]]])
def test_keys_of_other_columns_are_no_bug(tmp_path, key):
    export(tmp_path, label_column="g")
    changed(tmp_path, lambda f: f["other_splits"][0]["groups"][0].update(key=key))
    verify_export(tmp_path, deep=True)
