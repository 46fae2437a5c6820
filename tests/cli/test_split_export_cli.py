"""From a folder to an export of all splits with one list of classes, as people type it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from brevetti_sample.streams.plan import Plan
from support.exports import DIGITS, contents

EXPORT = ["export-tfrecord", "m.csv", "-g", "g", "--split-column", "p"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory with a manifest of three splits."""
    monkeypatch.chdir(tmp_path)
    purposes = (["train"] * 3 + ["devel", "test"]) * 6
    rows = [f"{row},{'xyz'[row % 3]},{purpose}\n" for row, purpose in enumerate(purposes)]
    (tmp_path / "m.csv").write_text("id,g,p\n" + "".join(rows))
    return tmp_path


def test_a_scan_and_a_split_become_an_export_of_all_purposes(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(DIGITS.parent / "images", "images")
    run("scan", "images", "-o", "samples.parquet", "-q")
    run("split", "samples.parquet", "-g", "category", "-o", "split.parquet", "-q")
    command = [
        *("export-tfrecord", "split.parquet", "-g", "category", "--split-column", "purpose"),
        *("--label-column", "category", "--image-column", "path", "--shards", 2),
    ]
    result = run(*command)
    assert result.code == 0
    assert result.err.splitlines()[-1].startswith(
        "brevetti-sample: 300 records (train 210, devel 45, test 45), "
    )
    assert result.err.endswith(" bytes in 4 shards: tfrecord\n")
    assert run("verify", "tfrecord", "--deep").code == 0
    assert "4 of them from before" in run(*command).err
    names = (tmp_path / "tfrecord" / "image.class.label.labels.txt").read_text().split()
    assert names == list("0123456789")


def test_a_dry_run_lists_the_shards_of_all_splits(run, folder):
    result = run(*EXPORT, "--shards", 3, "--dry-run")
    assert [line.rsplit(",", 1)[0] for line in result.lines] == [
        "file,draws",
        *(f"samples-train.tfrecord-0000{number}-of-00003,6" for number in range(3)),
        "samples-devel.tfrecord-00000-of-00001,6",
        "samples-test.tfrecord-00000-of-00001,6",
    ]
    assert not (folder / "tfrecord").exists()


def test_the_plan_of_the_split_gives_the_same_export(run, folder):
    run(*EXPORT, "--label-column", "g", "--seed", 3, "-w", "count", "-o", "a")
    run(
        *("plan", "m.csv", "-g", "g", "--split-column", "p", "--seed", 3, "-w", "count"),
        *("--save-plan", "plan.json", "-o", "draws.csv"),
    )
    options = ["--plan", "plan.json", "--label-column", "g"]
    assert run("export-tfrecord", "m.csv", *options, "--split-column", "p", "-o", "b").code == 0
    assert contents(folder / "a") == contents(folder / "b")
    draws = (folder / "draws.csv").read_text().splitlines()[1:]
    assert len(draws) == 18
    assert all(line.endswith(",train") for line in draws)
    stats = run("stats", "m.csv", "--plan", "plan.json")
    assert [line.split(",")[:2] for line in stats.lines[1:]] == [["x", "6"], ["y", "6"], ["z", "6"]]
    alone = run("export-tfrecord", "m.csv", *options, "-o", "c")
    assert alone.err.splitlines()[:2] == [
        "brevetti-sample: the plan draws from the rows whose 'p' is 'train' alone",
        "brevetti-sample: the other splits are not written; --split-column p does that",
    ]
    shard = "samples-train.tfrecord-00000-of-00001"
    assert contents(folder / "c")[shard] == contents(folder / "a")[shard]
    assert [name for name in contents(folder / "c") if "tfrecord-" in name] == [shard]
    piped = run("export-tfrecord", "m.csv", *options, "-q", "-o", "-")
    assert piped.out == contents(folder / "a")[shard]


def test_a_plan_saved_with_classes_fixes_them(run, folder):
    run("export-tfrecord", "m.csv", "--label-column", "g", "-o", "first")
    for number, labels in enumerate(("z,y,x", "first")):
        plan = f"{number}.json"
        run("plan", "m.csv", "-q", "--labels", labels, "--save-plan", plan, "-o", "d.csv")
        run("export-tfrecord", "m.csv", "--plan", plan, "--label-column", "g", "-o", f"o{number}")
        names = (folder / f"o{number}" / "g.labels.txt").read_text().split()
        assert names == list(Plan.from_json((folder / plan).read_text()).class_names)
        assert names == (["z", "y", "x"] if number == 0 else ["x", "y", "z"])
    again = [
        "plan",
        "m.csv",
        "-q",
        "--plan",
        "0.json",
        "--labels",
        "x,y,z",
        "--save-plan",
        "2.json",
    ]
    assert run(*again).err == (
        "error: --labels has 'x' where the list of classes of the plan has 'z'; leave it out, or "
        "make a plan with this list\n"
    )
    assert not (folder / "2.json").exists()


@pytest.mark.parametrize(
    "options, message",
    [
        (
            ["plan", "--save-plan", "names.txt"],
            "names.txt is the file of --labels; name another file to write",
        ),
        (
            ["plan", "--save-plan", "p.json", "-o", "names.txt", "--format", "csv"],
            "names.txt is the file of --labels; name another file to write",
        ),
        (
            ["export-tfrecord", "--label-column", "g", "-o", ".", "--overwrite"],
            "--labels 'names.txt' is in the folder that is to be written; choose another --output, "
            "or copy the file of its classes",
        ),
    ],
)
def test_a_list_of_classes_is_not_written_over(run, folder, options, message):
    (folder / "names.txt").write_text("x\ny\nz\n")
    before = contents(folder)
    result = run(options[0], "m.csv", "--labels", "names.txt", *options[1:])
    assert (result.code, result.err) == (2, f"error: {message}\n")
    assert contents(folder) == before


PLANS = {"all.json": [], "train.json": ["--split-column", "p"]}


@pytest.mark.parametrize(
    "arguments, code, message",
    [
        (
            [*EXPORT, "--train", "trian"],
            2,
            "'m.csv', column 'p' has no value 'trian'; did you mean 'train'?",
        ),
        ([*EXPORT[:-1], "P"], 2, "'m.csv' has no column 'P'; did you mean 'p'?"),
        ([*EXPORT[:-1], ""], 2, "--split-column must name a column"),
        (
            ["stats", "m.csv", "--train", "devel"],
            2,
            "--train needs --split-column, the column that has it",
        ),
        ([*EXPORT, "-o", "-"], 2, "standard output is one stream: leave out --split-column"),
        (
            [*EXPORT, "--split", "test"],
            2,
            "--split is 'test', but --split-column has the names; leave it out",
        ),
        ([*EXPORT, "--shards", 19], 2, "--shards must be at most the 18 draws, not 19"),
        (
            ["export-tfrecord", "m.csv", "--split-column", "id", "--train", "3"],
            2,
            "'m.csv' row 0, column 'id' has '0', which cannot be the name of a split; use letters, "
            "digits and underscores, a letter first, at most 80 of them, and not 'all'",
        ),
        (
            ["export-tfrecord", "m.csv", "--plan", "all.json", "--split-column", "p"],
            2,
            "the plan 'all.json' draws from all rows; save one with plan --split-column",
        ),
        *(
            (
                ["export-tfrecord", "m.csv", "--plan", "train.json", *options],
                2,
                "the plan 'train.json' draws from the rows whose 'p' is 'train'; leave out "
                "--split-column and --train, or make a new plan",
            )
            for options in (["--train", "test"], ["--split-column", "g"])
        ),
        (
            ["export-tfrecord", "m.csv", "--labels", "x,y,z"],
            2,
            "--labels needs --label-column, the column with the classes",
        ),
        (
            ["plan", "m.csv", "--labels", "x,y,z"],
            2,
            "--labels needs --save-plan: a plan has them",
        ),
        (
            ["export-tfrecord", "m.csv", "--label-column", "g", "--labels", "x,y,zz"],
            2,
            "'m.csv' row 2, column 'g' has the class 'z', which is not in the list of classes; "
            "did you mean 'zz'?",
        ),
        (
            ["export-tfrecord", "m.csv", "--label-column", "g", "--labels", "gone.txt"],
            2,
            "--labels 'gone.txt' is neither a file, nor a folder, nor names with commas between "
            "them; a single class is a file of one line",
        ),
        (
            ["export-tfrecord", "gone.csv", "--label-column", "g", "--labels", "m.csv/x"],
            2,
            "--labels 'm.csv/x' is neither a file, nor a folder, nor names with commas between "
            "them; a single class is a file of one line",
        ),
    ],
)
def test_errors_are_one_line_with_their_code(run, folder, arguments, code, message):
    for name, options in PLANS.items():
        run("plan", "m.csv", "-q", "-g", "g", *options, "--save-plan", name, "-o", "d.csv")
    before = sorted(contents(folder))
    result = run(*arguments)
    assert (result.code, result.out, result.err) == (code, b"", f"error: {message}\n")
    assert sorted(contents(folder)) == before
    assert not (folder / "tfrecord").exists()


def test_of_many_splits_the_first_are_counted(run, folder):
    rows = "".join(f"{'train' if row else 's1'},{row}\n" for row in range(3))
    rows += "".join(f"s{row},{row}\n" for row in range(2, 9))
    (folder / "many.csv").write_text(f"p,id\n{rows}")
    result = run("export-tfrecord", "many.csv", "--split-column", "p")
    assert " 10 records (train 2, s1 1, s2 1, s3 1, s4 1 and 4 more), " in result.err


def test_a_report_has_the_split_in_its_command(run, folder):
    run("report", "m.csv", "-q", "-g", "g", "--split-column", "p", "--train", "devel")
    assert "--split-column p --train devel" in (folder / "report.html").read_text()


@pytest.mark.slow
@pytest.mark.tensorflow
def test_tensorflow_datasets_opens_all_splits_with_equal_class_numbers(tmp_path):
    import tensorflow_datasets as tfds

    program = [sys.executable, "-m", "brevetti_sample"]
    for line in (
        f"scan {DIGITS.parent}/images -o samples.parquet",
        "split samples.parquet -g category -o split.parquet",
        "export-tfrecord split.parquet --split-column purpose --label-column category "
        "--image-column path -o out",
    ):
        subprocess.run([*program, *line.split(), "-q"], cwd=tmp_path, check=True)
    builder = tfds.builder_from_directory(str(tmp_path / "out"))
    label = builder.info.features["image/class/label"]
    assert label.names == list("0123456789")
    assert {name: split.num_examples for name, split in builder.info.splits.items()} == {
        "train": 210,
        "devel": 45,
        "test": 45,
    }
    rows = {}
    for split in ("train", "devel", "test"):
        read = list(builder.as_dataset(split=split).as_numpy_iterator())
        assert len(read) == builder.info.splits[split].num_examples
        for example in read:
            number = int(example["image/class/label"])
            assert label.int2str(number) == example["image/class/text"].decode()
            assert example["image/class/text"] == example["folder"]
            assert example["purpose"].decode() == split
        rows[split] = {example["image/filename"] for example in read}
        pairs = builder.as_dataset(split=f"{split}[:3]", as_supervised=True)
        assert [image.shape for image, _ in pairs] == [(8, 8, 3)] * 3
    assert (len(rows["devel"]), len(rows["test"])) == (45, 45)
    assert not rows["train"] & (rows["devel"] | rows["test"])
    assert not rows["devel"] & rows["test"]


@pytest.mark.slow
@pytest.mark.tensorflow
def test_tf_data_reads_the_split_that_is_asked_for(tmp_path):
    from brevetti_sample import (
        ExportOptions,
        export_tfrecord,
        make_plan,
        read_manifest,
        read_tfrecord_dataset,
    )
    from brevetti_sample.errors import UsageError

    manifest = read_manifest([{"id": row, "p": p} for row, p in enumerate("aabbbc")])
    plan = make_plan(manifest, where=("p", "a"), shuffle=False)
    export_tfrecord(manifest, plan, tmp_path, ExportOptions(split_column="p"))

    def ids(split=None):
        return [int(one["id"]) for one in read_tfrecord_dataset(tmp_path, split)]

    assert (ids(), ids("a"), ids("b"), ids("c")) == ([0, 1], [0, 1], [2, 3, 4], [5])
    with pytest.raises(UsageError, match="split 'd' is unknown; use 'a', 'b', 'c'"):
        ids("d")
    assert json.loads((tmp_path / "export.json").read_text())["split"] == "a"
