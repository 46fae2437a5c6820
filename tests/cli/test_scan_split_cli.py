"""The commands scan and split: whole outputs, errors, exit codes, and the way from one to all."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys

import pyarrow.parquet as pq
import pytest

from brevetti_sample import read_manifest
from support.program import on_terminal


@pytest.fixture
def here(tmp_path, monkeypatch, listing):
    """A folder with a folder of images, and with the listing."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "digits").symlink_to(listing.parent / "digits")
    (tmp_path / "m.csv").symlink_to(listing)
    (tmp_path / "data/good").mkdir(parents=True)
    (tmp_path / "data/good/1.png").write_bytes(b"one")
    (tmp_path / "data/top.txt").write_bytes(b"")
    for path in ("data/good/1.png", "data/top.txt"):
        os.utime(path, (1_600_000_000, 1_600_000_000))
    return tmp_path


def test_scan_writes_a_row_a_file(here, run):
    result = run("scan", "data")
    assert (result.code, result.text) == (
        0,
        "category,folder,path,size,etag,modified\n"
        "good,good,data/good/1.png,3,f97c5d29941bfb1b2fdab0874906ab82,"
        "2020-09-13 12:26:40.000000Z\n"
        ",,data/top.txt,0,d41d8cd98f00b204e9800998ecf8427e,2020-09-13 12:26:40.000000Z\n",
    )
    assert result.err == (
        "brevetti-sample: 2 files, 3 B, in 2 folders\n"
        "brevetti-sample: .png 1, .txt 1; take some of them with --include\n"
    )


def test_scan_as_a_table_counts_the_files_of_each_folder(here, run):
    result = run("scan", "data", "--format", "table", "-q")
    assert (result.code, result.err) == (0, "")
    assert [line.split() for line in result.lines[2:4]] == [
        ["good", "1", "3", "B"],
        ["(missing)", "1", "0", "B"],
    ]
    assert result.lines[-1] == (
        "2 files, 3 B. As a manifest: the same command with -o manifest.parquet (or .csv, .jsonl)."
    )


def test_scan_writes_paths_that_lead_from_the_manifest_to_the_files(here, run):
    for output in ("m1.csv", "data/m2.csv", "data/good/m3.csv"):
        assert run("scan", "data", "--include", "*.png", "-o", output).code == 0
        [path] = read_manifest(output).read(["path"]).column(0).to_pylist()
        assert os.path.samefile(os.path.join(os.path.dirname(output), path), "data/good/1.png")
        assert os.path.isabs(path) == (output == "data/good/m3.csv")
    assert f",{here}/data/good/1.png," in run("scan", "data", "--absolute").text


def test_scan_leaves_out_what_it_writes(here, run, run_process):
    for option in ("--etag", "--etag", "--no-etag"):
        assert (
            run("scan", ".", "--exclude", "digits", "--hidden", option, "-o", "new.csv").code == 0
        )
        paths = read_manifest("new.csv").read(["path"]).column(0).to_pylist()
        assert paths == ["data/good/1.png", "data/top.txt", "m.csv"]
    with open("data/out.csv", "wb") as out:
        done = subprocess.run(
            [sys.executable, "-m", "brevetti_sample", "scan", "data", "-q"], stdout=out, check=False
        )
    assert done.returncode == 0
    assert "out.csv" not in (here / "data/out.csv").read_text()


def test_scan_tells_what_it_skipped_and_ends_with_6(here, run):
    for number in range(12):
        os.symlink("nowhere", f"data/link{number:02d}")
    result = run("scan", "data", "-o", "out.csv", "--on-error", "skip")
    assert result.code == 6
    lines = result.err.splitlines()
    assert lines[0] == "brevetti-sample: 2 files, 3 B, in 2 folders: out.csv"
    assert len(lines) == 14
    assert re.fullmatch(r"brevetti-sample: skipped data/link\d\d: its link leads nowhere", lines[2])
    assert lines[-2:] == [
        "brevetti-sample: and 2 more were skipped",
        "error: 12 files or folders were skipped, and 2 files are listed: out.csv",
    ]
    assert read_manifest("out.csv").rows == 2
    result = run("scan", "data", "-o", "none.csv")
    assert (result.code, os.path.exists("none.csv")) == (4, False)


def test_scan_on_a_terminal_is_a_table(here):
    code, text = on_terminal("scan", "data")
    assert code == 0
    assert "As a manifest: the same command with" in text


def test_split_adds_a_column_and_tells_the_shares(here, run):
    result = run("split", "m.csv", "-g", "folder", "--seed", 1, "--purpose-column", "part")
    assert result.code == 0
    rows = list(csv.reader(result.lines))
    before = list(csv.reader((here / "m.csv").read_text().splitlines()))
    assert [row[:-1] for row in rows] == before
    assert [row[-1] for row in rows[:5]] == ["part", "test", "train", "train", "test"]
    assert result.err == (
        "                           train       devel        test\n"
        " folder        rows          0.7        0.15        0.15\n"
        " ───────────────────────────────────────────────────────\n"
        " bad_cap         22    16  72.7%    3  13.6%    3  13.6%\n"
        " good           146   102  69.9%   22  15.1%   22  15.1%\n"
        " missing_cap     12     8  66.7%    2  16.7%    2  16.7%\n"
        "\n"
        " (all)          180   126  70.0%   27  15.0%   27  15.0%\n"
    )


def test_split_as_a_table_is_the_summary_on_standard_output(here, run):
    options = ("m.csv", "-g", "folder", "--seed", 1, "--purpose-column", "part")
    table = run("split", *options, "--format", "table")
    assert table.err == ""
    assert table.text == run("split", *options, "-o", "o.csv").err + (
        "\nAs a manifest: the same command with -o split.csv (or .jsonl, .parquet).\n"
    )
    assert run("split", *options, "-q", "-o", "o.csv").err == ""


def test_split_says_what_one_might_not_expect(here, run):
    result = run("split", "m.csv", "--shares", "train=1,test=1", "-q")
    assert result.text == (here / "m.csv").read_text()
    said = run("split", "m.csv", "--shares", "train=1,test=1").err.splitlines()
    assert said[:2] == [
        "brevetti-sample: 36 rows of 'devel', which has no share: they are left as they are",
        "brevetti-sample: 180 of 180 rows have a 'purpose' already and keep it; --reassign forgets "
        "them",
    ]
    (here / "n.csv").write_text("item,part\na,x\na,\n,x\n,y\nb,y\n")
    said = run("split", "n.csv", "--unique", "item", "-g", "part").err.splitlines()
    assert said[:4] == [
        "brevetti-sample: no value in 'part': 1 of 5 rows, a group of their own",
        "brevetti-sample: no value in 'path': 2 of 5 rows are told apart by their number, so that "
        "the split depends on their order; name another --path-column",
        "brevetti-sample: 5 rows are 4 items; the largest is 'a' with 2 rows",
        "brevetti-sample: 1 item in more than one group: each counts where most of its rows are",
    ]


def test_split_says_what_the_shares_and_the_purposes_lack(here, run):
    (here / "n.csv").write_text("label\n" + "a\n" * 50 + "b\n")
    result = run("split", "n.csv", "-g", "label", "--shares", "x=70,y=20,z=0", "-q")
    assert (result.code, result.err) == (0, "")
    assert run("split", "n.csv", "-g", "label", "--shares", "x=70,y=20,z=0").err.splitlines()[
        1:4
    ] == [
        "brevetti-sample: the shares sum to 90, not to 1: they are 'x' 0.7778, 'y' 0.2222",
        "brevetti-sample: 'z' has no rows: its share is 0",
        "brevetti-sample: 'y' has no rows of 'b'",
    ]


def test_split_into_folds_adds_numbers(here, run):
    result = run("split", "digits/manifest.csv", "-g", "label", "--folds", 5)
    assert result.lines[0].endswith(",fold")
    folds = [line.rpartition(",")[2] for line in result.lines[1:]]
    assert {fold: folds.count(fold) for fold in folds} == dict.fromkeys("01234", 60)
    assert len(run("split", "digits/manifest.csv", "--folds", 5, "--only", 4, "-q").lines) == 61
    table = run("split", "digits/manifest.csv", "--folds", 30, "--format", "table").text
    assert table.splitlines()[-3].split() == ["(all)", "300", "10", "3.3%", "10", "3.3%"]


def test_split_by_a_regular_expression_keeps_items_whole(here, run):
    result = run(
        *("split", "m.csv", "--unique-regex", r"/(\d+)_", "--purpose-column", "part"),
        *("--shares", "a=1/2,b=1/2", "-o", "o.parquet"),
    )
    assert result.err.startswith(
        "brevetti-sample: 180 rows are 48 items; the largest is '0' with 7"
    )
    parts = {}
    for row in pq.read_table("o.parquet").to_pylist():
        parts.setdefault(re.search(r"/(\d+)_", row["path"])[1], set()).add(row["part"])
    assert {len(part) for part in parts.values()} == {1}


def test_split_with_a_seed_below_zero_tells_the_seed(here, run):
    options = ("split", "m.csv", "--purpose-column", "part")
    result = run(*options, "--seed", -1)
    seed = re.match(r"brevetti-sample: the seed is (\d+)\n", result.err)[1]
    assert run(*options, "--seed", seed).out == result.out


def test_split_fills_a_manifest_and_again_after_more_rows(here, run):
    lines = (here / "m.csv").read_text().splitlines(keepends=True)
    (here / "w.csv").write_text("".join(line.rpartition(",")[0] + "\n" for line in lines[:100]))
    assert run("split", "w.csv", "-o", "first.csv", "-q").code == 0
    first = (here / "first.csv").read_text()
    (here / "w.csv").write_text(
        first + "".join(line.rpartition(",")[0] + ",\n" for line in lines[100:])
    )
    assert run("split", "w.csv", "-o", "second.csv", "-q").code == 0
    second = (here / "second.csv").read_text()
    assert second.startswith(first)
    counts = [second.count(f",{name}\n") for name in ("train", "devel", "test")]
    assert counts == [126, 27, 27]


def test_only_the_rows_of_one_purpose_are_written_if_it_is_named(here, run):
    options = ("split", "m.csv", "-q", "--purpose-column", "part")
    header, *lines = run(*options).lines
    parts = [run(*options, "--only", name).lines for name in ("train", "devel", "test")]
    assert [part[0] for part in parts] == [header] * 3
    assert [len(part) - 1 for part in parts] == [126, 27, 27]
    for name, part in zip(("train", "devel", "test"), parts, strict=True):
        assert part[1:] == [line for line in lines if line.endswith(f",{name}")]


def test_csv_text_stays_as_it_is(here, run):
    text = 'path,id,"a b",n\n1.png,007,"",1\n2.png,NA,,2\n"3,4.png",1e5,"x\ny",\n'
    (here / "t.csv").write_text(text)
    result = run("split", "t.csv", "--shares", "t=1", "-q")
    assert list(csv.reader(result.text.splitlines(keepends=True))) == [
        [*row, "purpose" if number == 0 else "t"]
        for number, row in enumerate(csv.reader(text.splitlines(keepends=True)))
    ]


def test_from_a_folder_to_shards(here, run):
    """What a person with nothing but a folder of images does."""
    for command in (
        ("scan", "digits", "--include", "*.png", "-o", "images.parquet"),
        ("stats", "images.parquet", "-g", "category"),
        ("split", "images.parquet", "-g", "category", "-o", "split.parquet"),
        ("plan", "split.parquet", "-g", "category", "--save-plan", "plan.json", "-o", "draws.csv"),
        (
            *("export-tfrecord", "split.parquet", "--plan", "plan.json"),
            *("--image-column", "path", "--label-column", "category", "-o", "out"),
        ),
        ("verify", "out", "--deep"),
    ):
        result = run(*command)
        assert result.code == 0, result.err
    table = pq.read_table("split.parquet")
    assert table.column_names == [
        *("category", "folder", "path", "size", "etag", "modified", "purpose")
    ]
    assert result.err.startswith("brevetti-sample: out is fine: 300 records, ")


BAD = [
    (
        ("split", "m.csv", "--reassign", "--only", "tarin"),
        2,
        "--only 'tarin' is not the purpose of any row; did you mean 'train'?",
    ),
    (
        ("split", "m.csv", "--reassign", "--path-column", "pth"),
        2,
        "'m.csv' has no column 'pth'; did you mean 'path'?",
    ),
    (
        ("split", "m.csv", "--reassign", "--only", "train", "-o", "m.csv"),
        2,
        "m.csv is the manifest itself; name another file to write",
    ),
    (("scan",), 2, "missing argument 'DIR'; see brevetti-sample scan --help"),
    (
        ("scan", "data/good/1.png", "data/top.txt"),
        2,
        "2 names are given, the second is 'data/top.txt'; name one folder, and choose files in it "
        "with --include '*.png', in quotes",
    ),
    (("scan", "s3://"), 2, "'s3://' has no bucket; write s3://BUCKET/FOLDER"),
    (("scan", "digitz"), 4, "folder 'digitz' does not exist; did you mean 'digits'?"),
    (
        ("scan", "m.csv"),
        4,
        "'m.csv' is not a folder; name the folder that it is in",
    ),
    (
        ("scan", "data", "--include", "*.jpg", "-o", "o.csv"),
        3,
        "'data' has no file that matches '*.jpg' of --include; there are .png 1, .txt 1",
    ),
    (("scan", "data", "-o", "o.txt"), 2, None),
    (
        ("scan", "data", "-o", "no/o.csv"),
        5,
        "cannot write no/o.csv: No such file or directory",
    ),
    (
        ("scan", "data", "--format", "parket"),
        2,
        "no format 'parket'; did you mean 'parquet'?",
    ),
    (
        ("scan", "data", "--on-error", "ignore"),
        2,
        "--on-error 'ignore' is unknown; use 'fail', 'skip'",
    ),
    (
        ("split", "m.csv", "--shares", "train=20rows,test=10rows"),
        2,
        "--shares give each group's other rows to no purpose; add a purpose for them: NAME=rest",
    ),
    (
        ("split", "m.csv", "--folds", 5, "--shares", "a=1"),
        2,
        "--shares and --folds exclude each other; pass one of them",
    ),
    (
        ("split", "m.csv", "--folds", 181),
        2,
        "--folds must be at most the number of items, 180, not 181",
    ),
    (
        ("split", "m.csv", "--min-per-group", -1),
        2,
        "--min-per-group must be a whole number from 0 up, not '-1'",
    ),
    (("split", "m.csv", "-g", "foldr"), 2, "'m.csv' has no column 'foldr'; did you mean 'folder'?"),
    (
        ("split", "m.csv", "--unique", "etag,ettag"),
        2,
        "'m.csv' has no column 'ettag'; did you mean 'etag'?",
    ),
    (
        ("split", "m.csv", "--unique-regex", "[", "--reassign"),
        2,
        "--unique-regex '[' is not a regular expression: unterminated character set at position 0",
    ),
    (
        ("split", "m.csv", "--unique", "folder", "-o", "o.csv"),
        3,
        "'m.csv', column 'purpose' gives an item more than one purpose: 'bad_cap' has 'train', "
        "'devel'; 'good' has 'train', 'devel'; 'missing_cap' has 'train', 'devel'; fix the "
        "column, or pass --reassign",
    ),
    (
        ("split", "m.csv", "m.csv", "-o", "m.csv"),
        2,
        "m.csv is the manifest itself; name another file to write",
    ),
    (
        ("split", "m.csv", "--seed", 1 << 64),
        2,
        f"--seed must be a whole number below 2^64, not '{1 << 64}'",
    ),
    (("split", "m.csv", "-g", "purpose"), 2, None),
    (
        ("split", "m.csv", "--unique", ""),
        2,
        "--unique names no column; leave it out, or name one",
    ),
    (("scann", "data"), 2, "no command 'scann'; did you mean 'scan'?"),
]


@pytest.mark.parametrize(
    "arguments, code, message",
    BAD,
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_bad_input_gives_one_line_and_an_exit_code(here, run, arguments, code, message):
    result = run(*arguments)
    assert (result.code, result.out) == (code, b"")
    assert result.err.count("\n") == 1
    assert result.err == f"error: {message}\n" if message else result.err.startswith("error: ")
    assert not os.path.exists("o.csv")
