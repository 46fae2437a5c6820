"""Bytes that are not UTF-8, and characters that a terminal acts on: names, arguments, contents."""

from __future__ import annotations

import os
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from brevetti_sample import (
    ManifestError,
    UsageError,
    read_manifest,
    split_manifest,
)
from brevetti_sample.groups.grouping import group_rows
from brevetti_sample.streams.plan import Plan
from support.program import ROOT

PICTURE = ROOT / "sample_manifests" / "digits" / "images" / "0" / "0000.png"
CSV = "path,folder\na.png,x\nb.png,y\nc.png,x\n"
ODD = "\udcff"  # as Python has the byte 0xff of an argument or of a name
COMMANDS = ("plan", "stats", "split", "report", "export-tfrecord")
TAKE_MANIFEST = [(command, "-q") for command in COMMANDS]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.csv").write_text(CSV)
    for name in ("a.png", "b.png", "c.png"):
        shutil.copy(PICTURE, tmp_path / name)
    return tmp_path


def is_one_line(result, *codes):
    assert result.code in codes, result.err
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    assert "this is a bug" not in result.err
    return True


@pytest.mark.parametrize(
    "name", [f"a{ODD}.csv", f"d{ODD}/m.csv", f"d{ODD}", f"a{ODD}.parquet", f"a{ODD}.csv.gz"]
)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_manifest_of_any_name_gives_what_it_gives_by_another(run, folder, command, name):
    import gzip

    (folder / f"d{ODD}").mkdir()
    if name.endswith(".parquet"):
        pq.write_table(pa.table({"path": ["a.png"], "folder": ["x"]}), "m.parquet")
        plain = "m.parquet"
        shutil.copy(plain, name)
    elif name.endswith(".gz"):
        plain = "m.csv"
        (folder / name).write_bytes(gzip.compress(CSV.encode()))
    else:
        plain = "m.csv"
        shutil.copy(plain, name)
    output = [] if command == "report" else ["--format", "csv"]
    if command == "export-tfrecord":
        results = [run(command, one, "-q", "-o", f"out{n}") for n, one in enumerate((plain, name))]
        assert [result.code for result in results] == [0, 0]
        first, second = (next(folder.glob(f"out{n}/*.tfrecord*")).read_bytes() for n in range(2))
        assert first == second
        return
    results = [run(command, one, "-q", *output) for one in (plain, name)]
    assert [(result.code, result.err) for result in results] == [(0, ""), (0, "")]
    assert results[0].out == results[1].out


@pytest.mark.parametrize(
    "arguments, codes",
    [
        *(((command, ODD), (3,)) for command in COMMANDS),
        *(((command, f"no{ODD}.csv"), (3,)) for command in COMMANDS),
        (("scan", ODD), (4,)),
        (("scan", f"d{ODD}"), (4,)),
        (("scan", "."), (4,)),
        (("verify", ODD), (2,)),
        (("verify", f"d{ODD}"), (7,)),
        *(
            (("plan", "m.csv", option, ODD), (2,))
            for option in ("-g", "-w", "--weights", "--stream")
        ),
        *((("plan", "m.csv", option, ODD), (2,)) for option in ("--columns", "--shard", "--seed")),
        *(
            (("plan", "m.csv", option, ODD), (2,))
            for option in ("-n", "-b", "--repeat", "--format")
        ),
        (("plan", "m.csv", "-g", "folder", "--weights", f"x=1,{ODD}=2"), (2,)),
        (("plan", "m.csv", "--plan", ODD), (3,)),
        (("plan", "m.csv", "-o", f"o.{ODD}"), (2,)),
        *((("split", "m.csv", option, ODD), (2,)) for option in ("--only", "--unique", "-g")),
        *(
            (("split", "m.csv", option, ODD), (2,))
            for option in ("--purpose-column", "--path-column")
        ),
        *((("split", "m.csv", option, ODD), (2,)) for option in ("--unique-regex", "--shares")),
        (("split", "m.csv", "--shares", f"a{ODD}=0.5,b=0.5", "-o", "s.csv"), (2,)),
        *((("export-tfrecord", "m.csv", option, ODD), (2,)) for option in ("--name", "--split")),
        *(
            (("export-tfrecord", "m.csv", option, ODD), (2,))
            for option in ("--columns", "--on-error")
        ),
        *((("export-tfrecord", "m.csv", option, ODD), (2,)) for option in ("--label-column", "-j")),
        *(
            (("export-tfrecord", "m.csv", option, ODD), (2,))
            for option in ("--compression", "--shards")
        ),
        *(
            (("export-tfrecord", "m.csv", option, ODD), (2,))
            for option in ("--image-column", "--shard-size")
        ),
        (("export-tfrecord", "m.csv", "--image-column", "path", "--image-root", ODD), (4,)),
        *(
            ((ODD,), (2,)),
            ((f"--{ODD}",), (2,)),
            (("plan", f"--{ODD}"), (2,)),
            (("plan", f"-{ODD}"), (2,)),
        ),
        (("config", ODD), (2,)),
        (("--show-completion", ODD), (2,)),
    ],
    ids=lambda value: (
        " ".join(value).encode("ascii", "backslashreplace").decode()
        if isinstance(value[0], str)
        else ""
    ),
)
def test_an_argument_that_is_not_utf_8_is_refused_in_a_line(run, folder, arguments, codes):
    (folder / f"d{ODD}").mkdir()
    (folder / "m.csv").write_text(CSV)
    assert is_one_line(run(*arguments), *codes)
    assert not (folder / "s.csv").exists()


@pytest.mark.parametrize(
    "arguments, made",
    [
        (("plan", "m.csv", "-q", "-o", f"o{ODD}.csv"), f"o{ODD}.csv"),
        (("plan", "m.csv", "-q", "-o", f"o{ODD}.parquet"), f"o{ODD}.parquet"),
        (("plan", "m.csv", "-q", "--save-plan", f"p{ODD}.json"), f"p{ODD}.json"),
        (("stats", "m.csv", "-q", "--report", f"r{ODD}.html"), f"r{ODD}.html"),
        (("split", "m.csv", "-q", "-o", f"s{ODD}.csv"), f"s{ODD}.csv"),
        (("export-tfrecord", "m.csv", "-q", "-o", f"out{ODD}"), f"out{ODD}/export.json"),
    ],
    ids=lambda value: " ".join(value[:1]) if isinstance(value, tuple) else "",
)
def test_an_output_may_have_any_name(run, folder, arguments, made):
    assert run(*arguments).code == 0
    data = (folder / made).read_bytes()
    assert data
    if not made.endswith(".parquet"):
        data.decode()
    if made.endswith(".json") and made.startswith("p"):
        assert run("plan", "m.csv", "-q", "--plan", made).code == 0
    if made.startswith("out"):
        assert run("verify", f"out{ODD}", "-q").code == 0


def test_a_report_of_a_manifest_of_any_name_is_utf_8(run, folder):
    shutil.copy("m.csv", f"a{ODD}.csv")
    assert run("report", f"a{ODD}.csv", "-g", "folder", "-q", "-o", "r.html").code == 0
    page = (folder / "r.html").read_bytes().decode()
    assert "\ufffd" not in page
    assert ODD not in page


@pytest.mark.parametrize(
    "setting", ["GROUPBY", "WEIGHTING", "STREAM", "SEED", "SHUFFLE", "BATCH_SIZE"]
)
@pytest.mark.parametrize("command", ["plan", "stats", "export-tfrecord", "config"])
def test_a_setting_of_the_environment_that_is_not_utf_8_is_refused(
    run, folder, monkeypatch, setting, command
):
    monkeypatch.setitem(os.environ, f"BREVETTI_SAMPLE_{setting}", ODD)
    result = run(command, *(() if command == "config" else ("m.csv",)))
    assert is_one_line(result, 2)
    assert f"BREVETTI_SAMPLE_{setting}: " in result.err
    assert "'\\xff'" in result.err


def damaged(values, kind=None):
    """Text, some of which is not UTF-8."""
    return pa.array(values, pa.binary()).view(pa.string()).cast(kind or pa.string())


ODD_COLUMNS = {
    "text": damaged([b"x", b"\xff", b"x"]),
    "dictionary": pa.DictionaryArray.from_arrays(
        pa.array([0, 1, 0], pa.int32()), pa.array([b"x", b"\xff"]).view(pa.string())
    ),
    "list": pa.ListArray.from_arrays(pa.array([0, 1, 2, 3]), damaged([b"x", b"\xff", b"x"])),
    "struct": pa.StructArray.from_arrays([damaged([b"x", b"\xff", b"x"])], ["in"]),
    "cut": damaged([b"x", "é".encode()[:1], b"x"]),
    "surrogate": damaged([b"x", b"\xed\xa0\x80", b"x"]),
}


@pytest.mark.parametrize("kind", ODD_COLUMNS)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_text_of_a_parquet_file_that_is_not_utf_8_is_named(run, folder, command, kind):
    pq.write_table(pa.table({"n": [1, 2, 3], "bad": ODD_COLUMNS[kind]}), "m.parquet")
    result = run(command, "m.parquet", "-g", "bad", "-q")
    assert is_one_line(result, 3)
    assert "'m.parquet' row 1, column 'bad' is not UTF-8; write it again as UTF-8" in result.err


def test_a_text_that_is_not_utf_8_is_not_written_on(run, folder):
    pq.write_table(pa.table({"n": [1, 2, 3], "bad": ODD_COLUMNS["text"]}), "m.parquet")
    for arguments in (
        ("plan", "-g", "n", "-o", "o.csv"),
        ("plan", "-g", "n", "-o", "o.parquet"),
        ("plan", "-g", "n", "-o", "o.jsonl"),
        ("split", "-o", "o.csv"),
        ("export-tfrecord", "-g", "n", "-o", "o"),
        ("export-tfrecord", "-g", "n", "--label-column", "bad", "-o", "o"),
    ):
        command, *options = arguments
        assert is_one_line(run(command, "m.parquet", "-q", *options), 3)
        assert not list(folder.glob("o*/*")) + list(folder.glob("o.*"))
    assert run("plan", "m.parquet", "-g", "n", "--columns", "n", "-q").code == 0


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("inner", [False, True])
def test_a_column_whose_name_is_not_utf_8_is_an_error_of_the_manifest(run, folder, command, inner):
    values = pa.StructArray.from_arrays([pa.array([1, 2])], ["AAAA"]) if inner else pa.array([1, 2])
    pq.write_table(pa.table({"BBBB" if inner else "AAAA": values}), "m.parquet", store_schema=False)
    data = (folder / "m.parquet").read_bytes()
    assert b"AAAA" in data
    (folder / "m.parquet").write_bytes(data.replace(b"AAAA", b"A\xff\x1bA"))
    result = run(command, "m.parquet", "-q")
    assert is_one_line(result, 3)
    assert "has a column whose name is not UTF-8: 'A\\xff\\x1bA'; rename it" in result.err


@pytest.mark.parametrize("kind", ODD_COLUMNS)
def test_a_table_in_python_is_looked_at_too(kind):
    manifest = read_manifest(pa.table({"bad": ODD_COLUMNS[kind]}))
    with pytest.raises(ManifestError, match="column 'bad' is not UTF-8"):
        manifest.read(["bad"])
    with pytest.raises(ManifestError, match="column 'bad' is not UTF-8"):
        group_rows(manifest, "bad")


@pytest.mark.parametrize(
    "samples",
    [
        [{"a": "\ud800"}],
        [{"\udcff": 1}],
        [{1: 2}],
        [{"a": 2**70}],
        [{"a": 1}, {"a": "x"}],
    ],
    ids=str,
)
def test_samples_in_python_that_no_table_holds_are_refused(samples):
    with pytest.raises(ManifestError, match="the dictionaries cannot be read as a table: "):
        read_manifest(samples)


@pytest.mark.parametrize(
    "options",
    [{"shares": {"a\udcff": 1, "b": 1}}, {"column": "\ud800"}, {"shares": "\udcff=1,b=1"}],
    ids=str,
)
def test_names_of_a_split_are_utf_8(options):
    with pytest.raises(UsageError, match="must be UTF-8, not '"):
        split_manifest(read_manifest([{"path": "a"}, {"path": "b"}]), **options)
    split = split_manifest(read_manifest([{"path": "a"}, {"path": "b"}]))
    with pytest.raises(UsageError, match="only must be UTF-8, not '"):
        split.table("\udcff")


ESCAPES = "\x1b[31mred\x1b]0;title\x07\r\x9b2J\u202e\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_no_name_and_no_value_acts_on_the_terminal(run, folder, command):
    table = pa.table({ESCAPES: ["x", "y"], "v": [ESCAPES, "x"]})
    pq.write_table(table, "m.parquet")
    results = [
        run(command, "m.parquet", "-g", "nothing"),
        run(command, "m.parquet", "-g", ESCAPES, "--weights", f"{ESCAPES}=1"),
        run(command, f"{ESCAPES}.csv"),
        run(command, "m.parquet", f"--{ESCAPES}"),
        run(command, "m.parquet", ESCAPES),
        run("verify", ESCAPES),
        run("scan", ESCAPES),
    ]
    if command in ("plan", "stats", "split"):
        results.append(run(command, "m.parquet", "-g", "v", "--format", "table"))
    for result in results:
        for line in (result.err + result.text).split("\n"):
            assert line.isprintable(), line


def test_a_plan_of_another_manifest_says_so_without_acting_on_the_terminal(run, folder):
    pq.write_table(pa.table({"v": [ESCAPES, "x"]}), "m.parquet")
    assert (
        run("plan", "m.parquet", "-g", "v", "-q", "--save-plan", "p.json", "-o", "d.csv").code == 0
    )
    pq.write_table(pa.table({"v": ["y", "x"]}), "m.parquet")
    result = run("plan", "m.parquet", "--plan", "p.json")
    assert is_one_line(result, 3)
    assert result.err[:-1].isprintable()
    assert Plan.from_json((folder / "p.json").read_bytes()).keys[1] == ("x",)
