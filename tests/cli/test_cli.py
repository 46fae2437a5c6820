"""The program: whole outputs, errors, exit codes."""

from __future__ import annotations

import csv
import json
import logging
import os
import re
import signal
import subprocess
import sys
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from brevetti_sample import bundled_manifest, make_plan
from brevetti_sample.cli.screen import console
from brevetti_sample.cli.screen.notices import warnings_as_notices
from brevetti_sample.streams.plan import Plan
from support.program import on_terminal

ROOT = [*("-g", "folder", "-w", "square root", "--seed", 1), "-q"]
STATS_HEADER = (
    "folder,rows,row_share,weight,share,expected,drawn,difference,draws_per_row,never_drawn"
)
NOTICE = "brevetti-sample: no manifest given: this is the bundled listing of 180 bottle images\n"


def rows(result):
    return list(csv.DictReader(result.lines))


def test_stats_of_the_bottles_by_square_root(run):
    result = run(
        "stats", "--groupby", "folder", "--weighting", "square root", "--seed", 1, "--draws", 180
    )
    assert (result.code, result.err) == (0, NOTICE)
    assert (
        result.text
        == f"""{STATS_HEADER}
bad_cap,22,0.1222222222,1.354006401,0.2317678112,41.71820602,42,0.2817939831,1.909090909,0
good,146,0.8111111111,3.488074921,0.5970603161,107.4708569,107,-0.4708569061,0.7328767123,39
missing_cap,12,0.06666666667,1,0.1711718727,30.81093708,31,0.189062923,2.583333333,0
"""
    )


def test_stats_as_a_table_has_bars_and_the_summary(run):
    result = run("stats", *ROOT, "-n", 180, "--format", "table")
    assert [line.split() for line in result.lines[3:6]] == [
        [
            *[
                "bad_cap",
                "22",
                "12.2%",
                "1.35",
                "23.2%",
                "41.7",
                "42",
                "+0.3",
                "1.909",
                "0",
                "████▓▓▓",
            ]
        ],
        [
            *[
                "good",
                "146",
                "81.1%",
                "3.49",
                "59.7%",
                "107.5",
                "107",
                "-0.5",
                "0.7329",
                "39",
                "██████████████████░░░░░░",
            ]
        ],
        [
            *[
                "missing_cap",
                "12",
                "6.7%",
                "1.00",
                "17.1%",
                "30.8",
                "31",
                "+0.2",
                "2.583",
                "0",
                "██▓▓▓",
            ]
        ],
    ]
    assert result.lines[7:] == [
        "draws                             0 to 179 of seed 1",
        "imbalance, largest over smallest  12.17 rows, 3.452 draws",
        "effective groups, exp of entropy  1.835 rows, 2.59 draws",
        "total variation from the shares   0.00262",
        "chi-square p                      0.997",
    ]


def test_stats_as_markdown(run):
    result = run(
        "stats",
        "-q",
        "-g",
        "folder",
        "--weights",
        "good=1,bad_cap=2.5,missing_cap=0",
        "--format",
        "markdown",
        "-n",
        7,
    )
    assert (
        result.text
        == r"""| folder | rows | row\_share | weight | share | expected | drawn | difference | draws\_per\_row | never\_drawn |
| :-- | --: | --: | --: | --: | --: | --: | --: | --: | --: |
| bad\_cap | 22 | 0.1222 | 2.500 | 0.7143 | 5.000 | 5 | 0 | 0.2273 | 17 |
| good | 146 | 0.8111 | 1.000 | 0.2857 | 2.000 | 2 | 0 | 0.0137 | 144 |
| missing\_cap | 12 | 0.0667 | 0 | 0 | 0 | 0 | 0 | 0 | 12 |

- draws: 0 to 6 of seed 0
- imbalance, largest over smallest: 6.636 rows, 2.5 draws
- effective groups, exp of entropy: 1.474 rows, 1.819 draws
- total variation from the shares: 0
- chi-square p: none: fewer than 5 draws expected in over a fifth of the groups
"""
    )


def test_stats_as_json_lines(run):
    result = run("stats", *ROOT, "--format", "jsonl")
    [first, *_] = map(json.loads, result.lines)
    assert list(first) == STATS_HEADER.split(",")
    assert (first["folder"], first["rows"], first["drawn"]) == ("bad_cap", 22, 42)


def test_the_csv_and_the_parquet_listing_give_the_same_draws_for_every_batch_size(run, listing):
    parquet = listing.with_suffix(".parquet")
    outputs = {}
    for size in (1, 4, 32):
        texts = [run("plan", path, *ROOT, "-b", size).text for path in (listing, parquet)]
        assert texts[0] == texts[1]
        outputs[size] = [row | {"batch": ""} for row in csv.DictReader(texts[0].splitlines())]
    assert outputs[1] == outputs[4] == outputs[32]
    assert len(outputs[1]) == 180


def test_start_gives_the_tail_of_the_whole(run):
    whole = run("plan", *ROOT).lines
    assert run("plan", *ROOT, "--start", 100).lines == [whole[0], *whole[101:]]
    assert run("plan", *ROOT, "--start", 100, "-n", 5).lines == [whole[0], *whole[101:106]]


def test_the_shards_together_are_the_whole(run):
    for size in (1, 4, 32):
        whole = run("plan", *ROOT, "-b", size).lines
        parts = [run("plan", *ROOT, "-b", size, "--shard", f"{r}/4").lines for r in range(4)]
        together = [line for part in parts for line in part[1:]]
        assert sorted(together, key=lambda line: int(line.split(",")[0])) == whole[1:]


def test_draws_batches_and_epochs_say_how_many(run):
    assert len(rows(run("plan", *ROOT, "-n", 7))) == 7
    assert len(rows(run("plan", *ROOT, "--batches", 3, "-b", 5))) == 15
    assert len(rows(run("plan", *ROOT, "--epochs", 2))) == 360
    assert len(rows(run("plan", *ROOT, "--repeat", 1, "--epochs", 9))) == 180


def test_columns_are_chosen_and_ordered(run):
    header = run("plan", *ROOT, "-c", "purpose,folder", "-c", "etag").lines[0]
    assert header == "draw,batch,row,group,purpose,folder,etag"
    assert run("plan", *ROOT, "--columns", "").lines[0] == "draw,batch,row,group"


def test_the_formats_of_plan_hold_the_same_draws(run, tmp_path):
    for suffix in ("csv", "jsonl", "parquet"):
        assert run("plan", *ROOT, "-o", tmp_path / f"draws.{suffix}").code == 0
    expected = run("plan", *ROOT).text
    assert (tmp_path / "draws.csv").read_text() == expected
    table = pq.read_table(tmp_path / "draws.parquet").to_pylist()
    lines = (tmp_path / "draws.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == table
    assert [{k: str(v) for k, v in row.items()} for row in table] == list(
        csv.DictReader(expected.splitlines())
    )
    assert sorted(os.listdir(tmp_path)) == ["draws.csv", "draws.jsonl", "draws.parquet"]
    data = run("plan", *ROOT, "--format", "parquet").out
    assert pq.read_table(pa.BufferReader(data)).to_pylist() == table


def test_plan_as_a_table_shows_the_first_batches_and_how_to_get_the_rest(run):
    result = run("plan", *ROOT, "-b", 4, "-n", 40, "--format", "table")
    assert result.lines[0].split() == ["batch", "draws", "groups", "first", "rows,", "path"]
    assert result.lines[2].startswith("     0       4   bad_cap 1  good 3   ")
    assert result.lines[2].endswith("19 …d_cap/8_1543413191421.bmp")
    assert result.lines[-1] == (
        "These are the first 32 of 40 draws. All of them: the same command with -o draws.csv "
        "(or .jsonl, .parquet), or a pipe."
    )


def test_the_composition_of_a_shown_batch_is_that_of_its_draws_whatever_their_number(run):
    drawn = rows(run("plan", *ROOT, "-n", 700, "-b", 300, "--start", 100))
    table = run("plan", *ROOT, "-n", 700, "-b", 300, "--start", 100, "--format", "table")
    for batch, size in ((0, 200), (1, 300), (2, 200)):
        groups = [row["group"] for row in drawn if row["batch"] == str(batch)]
        counts = "  ".join(f"{g} {groups.count(g)}" for g in sorted(set(groups)))
        assert f"{batch}     {size}   {counts} " in table.text
    assert table.lines[-1].startswith("These are all 700 draws. As data: the same command")
    huge = run("plan", *ROOT, "-b", 10**9, "-n", 10**10, "--format", "table")
    assert "bad_cap 231,767,811  good 597,060,316  missing_cap 171,171,873" in huge.text


def test_a_batch_of_many_groups_names_the_first_of_them(run):
    table = run("plan", "-q", "-g", "path", "-b", 90, "-n", 90, "--format", "table")
    assert "and 78 more" in " ".join(table.text.split())


def test_a_saved_plan_gives_the_same_draws_and_figures(run, tmp_path):
    path = tmp_path / "plan.json"
    made = run("plan", *ROOT, "-n", 50, "-b", 5, "--save-plan", path)
    again = run("plan", "-q", "--plan", path)
    assert again.out == made.out
    assert Plan.from_json(path.read_bytes()).fingerprint is not None
    assert run("stats", "-q", "--plan", path).out == run("stats", *ROOT, "-n", 50).out
    assert run("plan", "-q", "--plan", path, "--start", 40).lines[1:] == made.lines[41:]


def test_weights_come_from_a_file_too(run, tmp_path):
    path = tmp_path / "weights.csv"
    path.write_text(
        "folder,purpose,weight\n"
        + "".join(
            f"{folder},{purpose},{weight}\n"
            for folder, weight in (("good", 1), ("bad_cap", 2), ("missing_cap", "0.5"))
            for purpose in ("train", "devel")
        )
    )
    result = run("stats", "-q", "-g", "folder", "-g", "purpose", "--weights", path)
    assert [row["weight"] for row in rows(result)] == ["4", "4", "2", "2", "1", "1"]
    assert [row["purpose"] for row in rows(result)] == ["devel", "train"] * 3


@pytest.mark.parametrize("command", ["plan", "stats", "report", "export-tfrecord"])
def test_zero_and_raised_weights_are_said_once_by_every_command_that_draws(
    run, tmp_path, command, caplog
):
    manifest = tmp_path / "m.csv"
    manifest.write_text("a\n" + "x\ny\nz\n" * 4)
    weights = "x=1,y=0,z=1e-12"
    arguments = (command, manifest, "-g", "a", "--weights", weights, "-o", tmp_path / "out.csv")
    lines = run(*arguments).err.splitlines()
    notices = [line for line in lines if "the weight of" in line or "weights below" in line]
    assert notices == [
        "brevetti-sample: the weight of 'y' is zero: never drawn",
        "brevetti-sample: weights below 2^-31 of the sum are raised to that, so these groups are "
        "drawn more often than asked for: 'z' (466 times)",
    ]
    assert not caplog.records
    assert not run(*arguments, "-q").err


def test_what_the_library_warns_of_twice_is_a_notice_once(capsys):
    log = logging.getLogger("brevetti_sample")
    console.be_quiet(False)
    with warnings_as_notices():
        for number in (1, 2):
            log.warning("%d\x1b[31m", 1)
            log.info("no notice %d", number)
    assert capsys.readouterr().err == "brevetti-sample: 1\\x1b[31m\n"
    assert log.propagate
    assert not log.handlers


def test_missing_values_are_a_group_and_said_and_so_are_groups_of_weight_zero(run, tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("a,b\nx,1\n,2\nNA,3\n,4\n")
    result = run("stats", path, "-g", "a", "--weights", "x=1,NA=0,(missing)=3", "-n", 8)
    assert [(row["a"], row["drawn"]) for row in rows(result)] == [
        ("NA", "0"),
        ("x", "2"),
        ("", "6"),
    ]
    assert result.err.splitlines() == [
        "brevetti-sample: no value in 'a': 2 of 4 rows, a group of their own",
        "brevetti-sample: the weight of 'NA' is zero: never drawn",
    ]


def test_a_seed_below_zero_is_told_and_gives_the_draws_again(run):
    result = run("plan", "-g", "folder", "--seed", -1)
    [line] = [line for line in result.err.splitlines() if "seed" in line]
    seed = line.removeprefix("brevetti-sample: the seed is ")
    assert run("plan", "-g", "folder", "--seed", seed).out == result.out


def test_control_characters_and_markup_in_names_are_shown_as_text(run, tmp_path):
    path = tmp_path / "m.csv"
    path.write_text('"[bold]g",path\n"[red]x[/red]",1\n"\x1b[31mred","\x07"\n"two\nlines",3\n')
    table = run("stats", path, "-g", "[bold]g", "--format", "table")
    assert "\x1b" not in table.text
    names = [line.split()[0] for line in table.lines[3:6]]
    assert names == [r"\x1b[31mred", "[red]x[/red]", r"two\nlines"]
    assert table.lines[1].startswith(" [bold]g ")
    plan = run("plan", path, "-g", "[bold]g", "--format", "table")
    assert "\x1b" not in plan.text
    assert r"\x1b[31mred 1" in plan.text
    markdown = run("stats", path, "-g", "[bold]g", "--format", "markdown")
    assert r"| \[red\]x\[/red\] |" in markdown.text
    error = run("stats", path, "-g", "\x1b[31m")
    assert error.err == (
        rf"error: '{path}' has no column '\x1b[31m'; its columns are '[bold]g', "
        "'path'\n"
    )


def test_help_version_and_no_command(run):
    assert run("--version").text == run("-V").text == "brevetti-sample 0.1.0\n"
    for command in ("plan", "stats"):
        assert "Example: brevetti-sample" in run(command, "-h").text
    nothing = run()
    assert nothing.code == 2
    assert "Usage: brevetti-sample [OPTIONS] COMMAND" in nothing.text + nothing.err


BAD = [
    (
        (),
        "stats",
        "no.csv",
        3,
        "file 'no.csv' does not exist; give a CSV or Parquet file, a folder or a pattern",
    ),
    (
        (),
        "stats",
        "-g",
        "foldr",
        2,
        "the bundled listing has no column 'foldr'; did you mean 'folder'?",
    ),
    (
        (),
        "plan",
        "-c",
        "foo,bar,path",
        2,
        "the bundled listing has no column 'foo', 'bar'; its columns are 'category', 'folder', "
        "'path', 'etag', 'bucket', 'dataset', 'dataset_id', 'url', 'purpose'",
    ),
    (
        ("m.csv", b"a,b\n1,2\n3\n"),
        "stats",
        "m.csv",
        "-g",
        "a",
        3,
        "'m.csv' line 3 has 1 field, the header has 2; quote fields that hold commas, or fix the "
        "line",
    ),
    (
        ("m.csv", b"a,b\n1,2\n\xff,3\n"),
        "stats",
        "m.csv",
        "-g",
        "a",
        3,
        "'m.csv' line 3, column 'a' is not UTF-8; convert the file, e.g. with iconv -f LATIN1 -t "
        "UTF-8",
    ),
    (
        ("m.csv", b""),
        "plan",
        "m.csv",
        3,
        "'m.csv' is empty: expected a header line and a row a sample",
    ),
    (("m.csv", b"a,b\n"), "plan", "m.csv", 3, "'m.csv' is empty: it has a header, but no row"),
    (
        ("m.parquet", b"PAR1 no more"),
        "stats",
        "m.parquet",
        3,
        "'m.parquet' is not a Parquet file, or is damaged (Parquet magic bytes not found in footer. "
        "Either the file is corrupted or this is not a parquet file); write or copy it again",
    ),
    ((), "stats", "-w", "sqare root", 2, "no weighting 'sqare root'; did you mean 'square root'?"),
    (
        (),
        "stats",
        "-g",
        "folder",
        "--weights",
        "good=1,bad_cap=-1,missing_cap=x",
        2,
        "weights must be numbers from 0 up, not 'bad_cap=-1', 'missing_cap=x'",
    ),
    (
        (),
        "stats",
        "-g",
        "folder",
        "--weights",
        "good=1,good=2",
        2,
        "weights: 'good' has more than one weight; give one",
    ),
    (
        (),
        "stats",
        "-g",
        "folder",
        "--weights",
        "good=1,bad",
        2,
        "weights: 'bad' is not GROUP=NUMBER; for names with commas use a CSV file with the groupby "
        "columns and weight",
    ),
    (
        (),
        "stats",
        "-w",
        "count",
        "--weights",
        "a=1",
        2,
        "give either --weighting or --weights, not both",
    ),
    (
        ("p.json", b"{"),
        "plan",
        "--plan",
        "p.json",
        3,
        "'p.json' is not JSON (it ends too early); save the plan again",
    ),
    (
        (),
        "stats",
        "--plan",
        "p.json",
        3,
        "cannot read the plan 'p.json': No such file or directory; save one with plan --save-plan",
    ),
    (
        (),
        "stats",
        "--plan",
        "p.json",
        "--seed",
        3,
        "-g",
        "a",
        2,
        "--groupby and --seed: the plan fixes this; leave it out, or --plan",
    ),
    ((), "plan", "--draws", 3, "--epochs", 1, 2, "give one of --draws and --epochs"),
    (
        (),
        "plan",
        "--start",
        180,
        2,
        "there are no draws from 180 to before 180: a range must begin at 0 or later, end after its "
        "start, and at 2^60 at the latest; choose how many to draw",
    ),
    ((), "plan", "--shard", "1of4", 2, "--shard '1of4' is not R/N, such as 0/4"),
    (
        (),
        "plan",
        "--shard",
        "4/4",
        2,
        "the rank must be from 0 to below the number of workers, as in 0/4, not 4/4",
    ),
    ((), "plan", "--format", "jsn", 2, "no format 'jsn'; did you mean 'jsonl'?"),
    (
        (),
        "plan",
        "-o",
        "draws.txt",
        2,
        "cannot tell the format of 'draws.txt'; let it end in .csv, .jsonl, .ndjson, .parquet, .pq, "
        "or pass --format",
    ),
    (
        (),
        "stats",
        "-o",
        "stats.parquet",
        2,
        "'stats.parquet' would be parquet, which this command does not write; use 'table', 'csv', "
        "'jsonl', 'markdown'",
    ),
    ((), "plan", "-o", "no/draws.csv", 5, "cannot write no/draws.csv: No such file or directory"),
    (
        (),
        "plan",
        "-o",
        ".",
        "--format",
        "csv",
        5,
        "cannot write .: it is a folder; name a file in it",
    ),
    (
        (),
        "plan",
        "--save-plan",
        "no/p.json",
        5,
        "cannot write no/p.json: No such file or directory",
    ),
    (
        ("a.txt", b"\x89PNG\r\n\x1a\n\0\0\0\r"),
        "stats",
        "a.txt",
        3,
        "'a.txt' is a PNG image, not a manifest; make a manifest of the folder of all images with "
        "brevetti-sample scan DIR",
    ),
    ((), "stats", "-w", "sqrt", 2, "no weighting 'sqrt'; did you mean 'square root'?"),
    ((), "stats", "-w", "LN", 2, "no weighting 'LN'; did you mean 'log'?"),
    ((), "stats", "--seed", 2**64, 2, f"--seed must be a whole number below 2^64, not '{2**64}'"),
    ((), "plan", "-", "m.csv", 2, "standard input (-) cannot be read together with files"),
    ((), "plann", 2, "no command 'plann'; did you mean 'plan'?"),
    ((), "export", 2, "no command 'export'; did you mean 'export-tfrecord'?"),
    ((), "frobnicate", 2, "no command 'frobnicate'; see brevetti-sample --help"),
]


@pytest.mark.parametrize("case", BAD, ids=lambda case: " ".join(map(str, case[1:-2])))
def test_bad_input_gives_one_line_and_an_exit_code(run, tmp_path, monkeypatch, case):
    file, *arguments, code, message = case
    monkeypatch.chdir(tmp_path)
    if file:
        (tmp_path / file[0]).write_bytes(file[1])
    result = run(*arguments, *(["-q"] if arguments[0] in ("plan", "stats") else []))
    assert (result.code, result.err, result.out) == (code, f"error: {message}\n", b"")


UNPARSED = [
    ("plan --bathc-size 3", "no option '--bathc-size'; did you mean '--batch-size'?"),
    ("plan --weigh log", "no option '--weigh'; did you mean '--weighting' or '--weights'?"),
    ("plan --xyz", "no option '--xyz'; see brevetti-sample plan --help"),
    ("plan -z", "no option '-z'; see brevetti-sample plan --help"),
    ("--verson", "no option '--verson'; did you mean '--version'?"),
    ("-g folder stats", "no option '-g'; see brevetti-sample --help"),
    ("plan -b x", "--batch-size must be a whole number from 1 up, not 'x'"),
    ("plan -b 0", "--batch-size must be a whole number from 1 up, not '0'"),
    ("plan --seed 1.5", "--seed must be a whole number below 2^64, not '1.5'"),
    ("plan --repeat 0", "--repeat must be a whole number from 1 up, or 'endless', not '0'"),
    ("plan --repeat twice", "--repeat must be a whole number from 1 up, or 'endless', not 'twice'"),
    ("export-tfrecord --label-offset x", "--label-offset must be 0 or 1, not 'x'"),
    ("plan -b", "option '-b' requires an argument"),
    ("plan --quiet=1", "option '--quiet' does not take a value"),
    ("verify", "missing argument 'DIR'; see brevetti-sample verify --help"),
    ("export-tfrecord --max-pixels 0", "--max-pixels must be a whole number from 1 up, not '0'"),
    (
        "verify a b",
        "'b' is more than brevetti-sample verify takes; see brevetti-sample verify --help",
    ),
    ("stats --\x1b[31m", r"no option '--\x1b[31m'; see brevetti-sample stats --help"),
]


@pytest.mark.parametrize(("line", "message"), UNPARSED, ids=[line for line, _ in UNPARSED])
def test_options_that_cannot_be_parsed_give_one_line_that_says_what_to_do(run, line, message):
    result = run(*line.split(" "))
    assert (result.code, result.err, result.out) == (2, f"error: {message}\n", b"")


def test_a_bug_gives_one_line_and_with_debug_a_traceback(run, monkeypatch):
    def broken(*arguments, **options):
        raise RuntimeError("boom")

    monkeypatch.setattr("brevetti_sample.tables.frequency.frequency_table", broken)
    result = run("stats", "-q")
    assert (result.code, result.err) == (
        1,
        "error: RuntimeError: boom; this is a bug: run again with --debug and report it\n",
    )
    debugged = run("stats", "-q", "--debug")
    assert (debugged.code, debugged.err.splitlines()[0]) == (
        1,
        "Traceback (most recent call last):",
    )
    assert debugged.err.endswith(result.err)


def test_standard_input_is_read_when_it_is_piped_or_asked_for(run_process, listing):
    expected = run_process("stats", listing, "-g", "folder").out
    data = listing.read_bytes()
    piped = {"stdin": None, "input": data}
    assert run_process("stats", "-g", "folder", **piped).out == expected
    assert run_process("stats", "-", "-g", "folder", **piped).out == expected
    with listing.with_suffix(".parquet").open("rb") as stream:
        assert run_process("stats", "-g", "folder", stdin=stream).out == expected


def test_an_empty_pipe_is_no_manifest_and_said(run_process):
    result = run_process("stats", stdin=None, input=b"")
    assert result.code == 0
    assert result.err == (
        "brevetti-sample: no manifest given; standard input is empty: this is "
        "the bundled listing of 180 bottle images\n"
    )
    result = run_process("stats", "-", stdin=None, input=b"")
    assert (result.code, result.err) == (
        3,
        "error: standard input is empty: expected a header line and a row a sample\n",
    )


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet"])
def test_a_reader_that_stops_ends_the_program_silently(format):
    command = [sys.executable, "-m", "brevetti_sample", "plan", "-q", "-n", "3000000"]
    process = subprocess.Popen(
        [*command, "--format", format],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.readline()
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert (process.wait(), errors) == (141, b"")


def test_a_full_disk_is_an_error_of_its_own(run_process):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "brevetti_sample", "plan", "-q"],
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (
        5,
        b"error: cannot write standard output: No space left on device\n",
    )


def test_an_output_that_fails_leaves_what_was_there(run, tmp_path, monkeypatch):
    path = tmp_path / "draws.csv"
    path.write_text("old")

    def broken(self, table):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("brevetti_sample.tables.writers.CsvWriter.write", broken)
    result = run("plan", "-q", "-o", path)
    assert (result.code, result.err) == (
        5,
        f"error: cannot write {path}: No space left on device\n",
    )
    assert (path.read_text(), os.listdir(tmp_path)) == ("old", ["draws.csv"])


def test_on_a_terminal_there_are_tables_in_colour_unless_no_color_is_set():
    code, text = on_terminal("stats", "-g", "folder")
    assert code == 0
    assert "█" in text
    assert "\x1b[" in text
    _, plain = on_terminal("stats", "-g", "folder", environment={"NO_COLOR": "1"}.items())
    assert "█" in plain
    assert "\x1b[3" not in plain
    assert max(len(re.sub(r"\x1b\[[0-9;]*m", "", line)) for line in plain.splitlines()) <= 100


def test_on_a_terminal_the_help_has_colours_unless_no_color_is_set():
    for arguments in (["--help"], ["verify", "--help"]):
        code, text = on_terminal(*arguments)
        _, plain = on_terminal(*arguments, environment={"NO_COLOR": "1"}.items())
        assert code == 0
        assert "\x1b[1mOptions\x1b[0m:" in text
        assert "\x1b[36m-h, --help\x1b[0m" in text
        assert plain == re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_parquet_is_not_written_to_a_terminal():
    assert on_terminal("plan", "-g", "folder", "--format", "parquet") == (2, "")


def test_a_closed_standard_input_is_no_manifest():
    done = subprocess.run(
        ["sh", "-c", f"exec {sys.executable} -m brevetti_sample stats <&-"],
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr.decode()) == (0, NOTICE)


def test_an_interrupted_plan_says_so_and_leaves_no_file(tmp_path):
    command = [sys.executable, "-m", "brevetti_sample", "plan", "-q", "-n", "100000000"]
    process = subprocess.Popen(
        [*command, "-o", tmp_path / "draws.csv"], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    while not os.listdir(tmp_path):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert (process.wait(), os.listdir(tmp_path)) == (130, [])
    process.stderr.close()


def test_weights_of_a_file_are_matched_by_keys_not_by_names(run, tmp_path):
    manifest, weights = tmp_path / "m.csv", tmp_path / "w.csv"
    manifest.write_text('a,b\n,1\n(missing),1\n"",1\nx/y,z\nx,y/z\n')
    weights.write_text('a,weight\n,1\n(missing),2\n"",3\nx/y,4\nx,5\n')
    result = run("stats", manifest, "-g", "a", "--weights", weights, "-q")
    assert [line.split(",")[0::3][:2] for line in result.lines[1:]] == [
        *(['""', "3"], ["(missing)", "2"], ["x", "5"], ["x/y", "4"], ["", "1"]),
    ]
    pairs = run("stats", manifest, "-q", "-g", "a", "--weights", "(missing)=1,x=1,x/y=1,=1")
    assert pairs.err == (
        "error: weights: '(missing)' could be several groups; use a file of weights\n"
    )


def test_a_plan_of_another_number_of_draws_is_saved_as_such(run, tmp_path):
    first, second = tmp_path / "1.json", tmp_path / "2.json"
    run("plan", *ROOT, "-n", 40, "--save-plan", first)
    run("plan", "-q", "--plan", first, "-n", 5, "--save-plan", second)
    assert Plan.from_json(second.read_text()).draws == 5


@pytest.mark.parametrize("command", ["plan", "stats", "export-tfrecord", "report"])
def test_a_plan_that_draws_nothing_is_told(run, tmp_path, command):
    plan, out = tmp_path / "p.json", tmp_path / "out.csv"
    plan.write_text(make_plan(bundled_manifest(), groupby="folder", repeat=0).to_json())
    result = run(command, "--plan", plan, "-q", "-o", out)
    assert (result.code, result.text, result.err) == (
        3,
        "",
        f"error: '{plan}', field repeat is 0, so there is nothing to draw; "
        "save one with plan --repeat 1 or more\n",
    )
    assert not out.exists()


def test_closed_and_full_outputs_are_told_and_readers_that_have_gone_are_not():
    program = f"{sys.executable} -m brevetti_sample"
    for command, code, errors in (
        (
            f"{program} stats -q >&-",
            5,
            b"error: standard output is closed; open it, or write with -o FILE\n",
        ),
        (
            f"{program} -V >/dev/full",
            5,
            b"error: cannot write standard output: No space left on device\n",
        ),
        (f"{{ sleep 0.1; {program} plan --help; echo $? >&2; }} | true", 0, b"141\n"),
    ):
        done = subprocess.run(
            ["bash", "-c", command], capture_output=True, check=False, stdin=subprocess.DEVNULL
        )
        assert (done.returncode, done.stderr) == (code, errors)


CLOSED = "error: standard output is closed; open it, or write with -o FILE\n"


@pytest.mark.parametrize(
    ("command", "code", "error"),
    [
        ("plan -q -o a.csv --save-plan p.json", 0, ""),
        ("stats -q -o s.csv", 0, ""),
        ("split -q -g folder -o s.csv", 0, ""),
        ("split -q --format parquet", 5, CLOSED),
        ("report -q", 0, ""),
        ("scan -q . --hidden -o m.csv", 0, ""),
        ("export-tfrecord -q -o out -j 2 --shards 2", 0, ""),
        ("verify out", 0, "brevetti-sample: out is fine: 180 records, 87,776 bytes in 2 shards\n"),
        ("plan -q", 5, CLOSED),
        ("stats -q --format csv", 5, CLOSED),
        ("export-tfrecord -q -o -", 5, CLOSED),
        ("export-tfrecord -q -o new --dry-run", 5, CLOSED),
        ("config", 5, CLOSED),
        ("--version", 5, CLOSED),
        ("plan --help", 5, CLOSED),
        ("--show-completion", 5, CLOSED),
        ("--show-completion zsh", 5, CLOSED),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_closed_standard_output_matters_only_to_what_writes_to_it(
    folder_of_an_export, command, code, error
):
    done = closed(folder_of_an_export, f"{command} >&-")
    assert (done.returncode, done.stderr, done.stdout) == (code, error, "")


@pytest.fixture(scope="module")
def folder_of_an_export(tmp_path_factory):
    folder = tmp_path_factory.mktemp("closed")
    done = closed(folder, "export-tfrecord -q -o out --shards 2 >&-")
    assert (done.returncode, done.stderr) == (0, "")
    return folder


def closed(folder, line):
    """Run a line of a shell, in which something is closed."""
    return subprocess.run(
        ["sh", "-c", f"{sys.executable} -m brevetti_sample {line}"],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_damage_is_the_exit_code_of_verify_though_standard_output_is_closed(tmp_path):
    closed(tmp_path, "export-tfrecord -q -o out >&-")
    [shard] = (tmp_path / "out").glob("*.tfrecord-*")
    shard.unlink()
    done = closed(tmp_path, "verify out >&-")
    assert (done.returncode, done.stderr) == (
        7,
        f"error: 'out' is damaged: '{shard.name}'; the command that wrote it writes again what is "
        "missing or altered\n",
    )


def test_what_is_said_on_a_closed_standard_error_goes_nowhere_not_into_the_data(tmp_path):
    done = closed(tmp_path, "stats -n 3 2>&-")
    assert (done.returncode, done.stdout) == (
        0,
        "rows,row_share,weight,share,expected,drawn,difference,draws_per_row,never_drawn\n"
        "180,1,1,1,3,3,0,0.01666666667,177\n",
    )
    done = closed(tmp_path, "stats -g foldr 2>&-")
    assert (done.returncode, done.stdout) == (2, "")
    done = closed(tmp_path, "split -g folder -o s.csv <&- >&- 2>&-")
    assert (done.returncode, len((tmp_path / "s.csv").read_text().splitlines())) == (0, 181)


def test_a_closed_standard_input_that_is_asked_for_is_told(tmp_path):
    done = closed(tmp_path, "stats - <&-")
    assert (done.returncode, done.stderr) == (
        3,
        "error: standard input is closed; name a file, or pipe one in\n",
    )


def test_a_terminated_plan_leaves_no_file(tmp_path):
    command = [sys.executable, "-m", "brevetti_sample", "plan", "-q", "-n", "100000000"]
    process = subprocess.Popen([*command, "-o", tmp_path / "draws.csv"], stdin=subprocess.DEVNULL)
    while not os.listdir(tmp_path):
        time.sleep(0.05)
    process.terminate()
    assert (process.wait(), os.listdir(tmp_path)) == (143, [])


def test_a_narrow_terminal_gets_fewer_columns_but_whole_numbers_and_bars():
    _, text = on_terminal("stats", "-g", "folder", environment={"COLUMNS": "40"}.items())
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line).split() for line in text.splitlines()]
    assert ["good", "146", "33.3%", "60"] in [line[:4] for line in lines]
    assert "█" in text
