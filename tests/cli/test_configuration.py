"""Configuration: files, environment, precedence, `config`, and everything that can be wrong."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brevetti_sample.cli.options.config_file import read_configuration
from brevetti_sample.cli.options.keys import KEYS
from brevetti_sample.cli.options.values import ENDLESS
from brevetti_sample.errors import UsageError
from brevetti_sample.streams.plan import Plan
from support.program import LISTING, ROOT

FILE = "brevetti-sample.toml"
LAYERS = ("option", "environment", "file")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory, the root of a repository."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(result):
    return [line.removeprefix("brevetti-sample: ") for line in result.err.splitlines()]


def test_a_file_sets_what_the_options_do_not_and_that_is_said_as_options(run, folder):
    (folder / FILE).write_text(
        f"""manifest = "{LISTING}.csv"
groupby = ["folder", "purpose"]
weighting = "square root"
seed = 1
shuffle = false
repeat = 2
batch-size = 4
"""
    )
    expected = run(
        *("stats", f"{LISTING}.csv", "-g", "folder", "-g", "purpose", "-w", "square root"),
        *("--seed", 1, "--no-shuffle", "--repeat", 2, "-b", 4),
    )
    assert expected.err == ""
    result = run("stats")
    assert (result.code, result.out) == (0, expected.out)
    assert said(result) == [
        f"from {FILE}: {LISTING}.csv --groupby folder --groupby purpose --weighting 'square root' "
        "--seed 1 --no-shuffle --repeat 2 --batch-size 4"
    ]
    assert run("stats", "-q").err == ""


@given(st.sets(st.sampled_from(LAYERS)))
@pytest.mark.parametrize(
    ("key", "values", "written"),
    [
        ("seed", (1, 2, 3), "seed"),
        ("batch-size", (4, 5, 6), "batch_size"),
        ("repeat", (1, 2, "endless"), "repeat"),
        ("groupby", ("folder", "purpose", "category"), "groupby"),
        ("weighting", ("log", "count", "logx+1"), "weighting"),
        ("stream", ("stratified", "stratified", "stratified"), "stream"),
    ],
)
def test_an_option_goes_before_the_environment_and_that_before_the_file(
    tmp_path_factory, key, values, written, layers
):
    from brevetti_sample.cli.main import main

    folder = tmp_path_factory.mktemp("layers")
    by_layer = dict(zip(LAYERS, values, strict=True))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        (folder / ".git").mkdir()
        if "file" in layers:
            (folder / FILE).write_text(f"{key} = {json.dumps(by_layer['file'])}\n")
        if "environment" in layers:
            variable = f"BREVETTI_SAMPLE_{key.upper().replace('-', '_')}"
            patch.setenv(variable, str(by_layer["environment"]))
        options = [f"--{key}", str(by_layer["option"])] if "option" in layers else []
        assert main(["plan", *options, "-q", "-o", "d.csv", "--save-plan", "plan.json"]) == 0
        plan = Plan.from_json((folder / "plan.json").read_bytes())
    nearest = next((by_layer[layer] for layer in LAYERS if layer in layers), None)
    if nearest is None:
        nearest = {key.name: key.effective_default for key in KEYS}[key]
    found = getattr(plan, written)
    if key == "groupby":
        found = found[0] if found else None
    assert (ENDLESS if found is True else found) == nearest


def test_weighting_and_weights_are_one_choice_and_the_nearest_is_taken(run, folder, monkeypatch):
    weights = {"good": 1, "bad_cap": 2.5, "missing_cap": 3}
    (folder / FILE).write_text(
        'groupby = "folder"\n[weights]\n'
        + "".join(f"{name} = {weight}\n" for name, weight in weights.items())
    )

    def shares(*options):
        return [row["weight"] for row in csv.DictReader(run("stats", "-q", *options).lines)]

    assert shares() == ["2.5", "1", "3"]
    assert shares("-w", "uniform") == ["1", "1", "1"]
    assert shares("--weights", "good=1,bad_cap=1,missing_cap=2") == ["1", "1", "2"]
    monkeypatch.setenv("BREVETTI_SAMPLE_WEIGHTING", "uniform")
    assert shares() == ["1", "1", "1"]
    assert shares("--weights", "good=1,bad_cap=1,missing_cap=2") == ["1", "1", "2"]


def test_a_plan_goes_before_what_is_configured_but_not_before_options(run, folder, monkeypatch):
    run("plan", "-q", "-g", "folder", "--seed", 5, "-n", 9, "--save-plan", "p.json", "-o", "d.csv")
    (folder / FILE).write_text('seed = 7\nweighting = "count"\n')
    monkeypatch.setenv("BREVETTI_SAMPLE_GROUPBY", "purpose")
    result = run("plan", "--plan", "p.json")
    assert result.text == (folder / "d.csv").read_text()
    assert said(result) == ["no manifest given: this is the bundled listing of 180 bottle images"]
    assert run("plan", "--plan", "p.json", "--seed", 7).code == 2


def test_what_is_configured_can_be_undone(run, folder):
    (folder / FILE).write_text(
        'groupby = "folder"\nweighting = "count"\nshuffle = false\nrepeat = 2\n'
    )
    undone = run("plan", "-q", "-g", "", "-w", "uniform", "--shuffle", "--repeat", ENDLESS)
    os.remove(folder / FILE)
    assert undone.out == run("plan", "-q").out


def test_the_manifest_is_the_argument_else_the_pipe_else_configured(run_process, folder):
    for name in ("file", "variable", "argument"):
        (folder / f"{name}.csv").write_text(f"{name}\n1\n")
    (folder / FILE).write_text('manifest = "file.csv"\n')

    def header(*arguments, **keywords):
        return run_process("plan", *arguments, **keywords).lines[0].removeprefix("draw,batch,row,")

    piped = {"stdin": None, "input": b"pipe\n1\n"}
    empty = {"stdin": None, "input": b""}
    assert header("argument.csv", **piped) == "group,argument"
    assert header(**piped) == header("-", **piped) == "group,pipe"
    assert header(**empty) == header() == "group,file"
    os.environ["BREVETTI_SAMPLE_MANIFEST"] = "variable.csv"
    try:
        assert header(**piped) == "group,pipe"
        assert header() == "group,variable"
    finally:
        del os.environ["BREVETTI_SAMPLE_MANIFEST"]
    result = run_process("plan", **piped)
    assert result.err == ""


def test_paths_of_a_file_start_from_its_folder(run, folder, monkeypatch):
    data = folder / "data"
    data.mkdir()
    (data / "m.csv").write_text("path,kind\na.png,x\nb.png,y\n")
    (data / "w.csv").write_text("kind,weight\nx,1\ny,3\n")
    (folder / FILE).write_text(
        'manifest = "data/m.csv"\ngroupby = "kind"\nweights = "data/w.csv"\nimage-root = "data"\n'
    )
    monkeypatch.chdir(data)
    result = run("stats")
    assert [row["weight"] for row in csv.DictReader(result.lines)] == ["1", "3"]
    assert said(result) == [f"from ../{FILE}: ../data/m.csv --groupby kind --weights ../data/w.csv"]
    settings = read_configuration().settings
    assert settings["image-root"].value == "../data"
    (folder / FILE).write_text('manifest = ["~/a.csv", "/b.csv", "s3://c/d.csv", "-"]\n')
    monkeypatch.setenv("HOME", "/home")
    paths = read_configuration().settings["manifest"].value
    assert paths == ["/home/a.csv", "/b.csv", "s3://c/d.csv", "-"]


def test_the_nearest_file_is_read_and_none_above_the_repository(folder, monkeypatch):
    inner = folder / "a" / "b"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)

    def seed():
        setting = read_configuration().settings.get("seed")
        return None if setting is None else (setting.value, setting.origin)

    assert seed() is None
    (folder / "pyproject.toml").write_text("[tool.brevetti-sample]\nseed = 1\n")
    assert seed() == (1, "../../pyproject.toml:2")
    # A project file without the table is passed over, even if it is broken.
    (folder / "a" / "pyproject.toml").write_text("[tool.other\n")
    assert seed() == (1, "../../pyproject.toml:2")
    (folder / "a" / "pyproject.toml").write_text('[project]\ndependencies = ["brevetti-sample"]\n')
    assert seed() == (1, "../../pyproject.toml:2")
    (folder / "a" / FILE).write_text("seed = 2\n")
    assert seed() == (2, f"../{FILE}:1")
    (inner / FILE).write_text("")
    assert seed() is None
    os.remove(inner / FILE)
    os.remove(folder / "a" / FILE)
    (inner / ".git").write_text("gitdir: elsewhere")
    assert seed() is None


def test_a_file_of_its_own_goes_before_the_project_file_and_that_is_said(run, folder):
    (folder / "pyproject.toml").write_text("[tool.brevetti-sample]\nseed = 1\n")
    (folder / FILE).write_text("seed = 2\n")
    result = run("config")
    assert f"seed,2,{FILE}:1" in result.lines
    assert said(result) == [
        f"[tool.brevetti-sample] of pyproject.toml is ignored: {FILE} goes before it"
    ]
    assert run("config", "-q").err == ""


def test_a_variable_names_the_file_to_read(folder, monkeypatch):
    (folder / FILE).write_text("seed = 2\n")
    (folder / "other.toml").write_text("seed = 3\n")
    monkeypatch.setenv("BREVETTI_SAMPLE_CONFIG", "other.toml")
    assert read_configuration().settings["seed"].value == 3
    monkeypatch.setenv("BREVETTI_SAMPLE_CONFIG", os.devnull)
    assert read_configuration().settings == {}


def test_config_shows_each_key_its_value_and_where_that_stands(run, folder, monkeypatch):
    (folder / "pyproject.toml").write_text(
        """[project]
name = "x"
[tool.brevetti-sample]
manifest = ["a.csv", "b.csv"]
"groupby" = "folder"
weights = { good = 1, bad = 2.5 }
shuffle = false
"""
    )
    monkeypatch.setenv("BREVETTI_SAMPLE_SEED", "-1")
    monkeypatch.setenv("BREVETTI_SAMPLE_BATCH_SIZE", "8")
    monkeypatch.setenv("BREVETTI_SAMPLE_LABEL_COLUMN", "")  # as if it were not there
    assert run("config").text == (
        """key,value,source
manifest,"a.csv,b.csv",pyproject.toml:4
groupby,folder,pyproject.toml:5
weighting,,default
weights,"good=1,bad=2.5",pyproject.toml:6
seed,-1,BREVETTI_SAMPLE_SEED
stream,stratified,default
shuffle,false,pyproject.toml:7
repeat,endless,default
batch-size,8,BREVETTI_SAMPLE_BATCH_SIZE
image-column,,default
image-root,,default
label-column,,default
label-offset,0,default
labels,,default
max-pixels,100000000,default
"""
    )
    objects = [json.loads(line) for line in run("config", "--format", "jsonl").lines]
    assert objects[0] == {
        "key": "manifest",
        "value": ["a.csv", "b.csv"],
        "source": "pyproject.toml:4",
    }
    assert [line["value"] for line in objects[2:8]] == [
        *(None, "good=1,bad=2.5", -1, "stratified", False, "endless"),
    ]
    table = [line.split("  ") for line in run("config", "--format", "table").lines]
    cells = [[cell.strip() for cell in line if cell.strip()] for line in table]
    assert cells[0] == ["key", "value", "source"]
    assert cells[4] == ["weighting", "(the weights are given)", "default"]
    assert cells[11] == ["image-column", "(no images)", "default"]


def test_lines_are_found_whatever_the_writing(folder):
    (folder / FILE).write_text(
        """# seed = 1
"seed"=2
 batch-size  = 4
groupby = [
  "folder",
]
weights.good = 1
"weights"."bad" = 2
"""
    )
    lines = {name: setting.line for name, setting in read_configuration().settings.items()}
    assert lines == {"seed": 2, "batch-size": 3, "groupby": 4, "weights": 7}
    os.remove(folder / FILE)
    project = folder / "pyproject.toml"
    project.write_text(
        """[tool.other]
seed = 1
[ tool . "brevetti-sample" ]
seed = 2
[tool.brevetti-sample.weights]
good = 1
[tool.more]
seed = 3
"""
    )
    lines = {name: setting.line for name, setting in read_configuration().settings.items()}
    assert lines == {"seed": 4, "weights": 5}
    project.write_text("tool = { brevetti-sample = { seed = 4 } }\n")
    settings = read_configuration().settings
    assert (settings["seed"].value, settings["seed"].origin) == (4, "pyproject.toml")


BAD = [
    ("groupy = 'folder'", f"'{FILE}' line 1: no key 'groupy'; did you mean 'groupby'?"),
    ("\nbatch_size = 3", f"'{FILE}' line 2: no key 'batch_size'; did you mean 'batch-size'?"),
    (
        "draws = 3\nfoo = 1",
        f"'{FILE}' line 1: no key 'draws', 'foo'; the keys are 'manifest', 'groupby', 'weighting', "
        "'weights', 'seed', 'stream', 'shuffle', 'repeat', 'batch-size', 'image-column', "
        "'image-root', 'label-column', 'label-offset', 'labels', 'max-pixels'",
    ),
    (
        "[tool.brevetti-sample]\nseed = 1",
        f"'{FILE}' line 1: write the keys without a table around them in this file",
    ),
    (
        "[brevetti-sample]\nseed = 1",
        f"'{FILE}' line 1: write the keys without a table around them in this file",
    ),
    (
        "seed = 1\ngroupby = folder",
        f"'{FILE}' line 2, column 11 is no TOML (Invalid value); write KEY = VALUE, texts in quotes",
    ),
    (
        "seed: 1",
        f"'{FILE}' line 1, column 5 is no TOML (Expected '=' after a key in a key/value pair); "
        "write KEY = VALUE, texts in quotes",
    ),
    (
        "seed = 1\nseed = 2",
        f"'{FILE}' line 2, column 9 is no TOML (Cannot overwrite a value); write KEY = VALUE, texts "
        "in quotes",
    ),
    ("seed = '1'", f"'{FILE}' line 1: seed must be a whole number below 2^64, not '1'"),
    ("seed = 1.0", f"'{FILE}' line 1: seed must be a whole number below 2^64, not 1.0"),
    ("seed = true", f"'{FILE}' line 1: seed must be a whole number below 2^64, not true"),
    (
        f"seed = {1 << 64}",
        f"'{FILE}' line 1: seed must be a whole number below 2^64, not {1 << 64}",
    ),
    ("batch-size = 0", f"'{FILE}' line 1: batch-size must be a whole number from 1 up, not 0"),
    (
        "batch-size = [4]",
        f"'{FILE}' line 1: batch-size must be a whole number from 1 up, not [4]",
    ),
    (
        "repeat = 'once'",
        f"'{FILE}' line 1: repeat must be a whole number from 1 up, or 'endless', not 'once'",
    ),
    ("shuffle = 'no'", f"'{FILE}' line 1: shuffle must be true or false, not 'no'"),
    ("weighting = 2", f"'{FILE}' line 1: weighting must be a text in quotes, not 2"),
    (
        "groupby = ['a', 2]",
        f"'{FILE}' line 1: groupby must be a text in quotes, or a list of such, not [\"a\", 2]",
    ),
    (
        "manifest = ''",
        f"'{FILE}' line 1: manifest must be a text in quotes, or a list of such, not ''",
    ),
    (
        "groupby = []",
        f"'{FILE}' line 1: groupby must be a text in quotes, or a list of such, not []",
    ),
    (
        "weights = {}",
        f"'{FILE}' line 1: weights must be 'GROUP=NUMBER,...', a file in quotes, or a table of "
        "numbers, not {}",
    ),
    (
        "weights = { good = '1' }",
        f"'{FILE}' line 1: weights must be 'GROUP=NUMBER,...', a file in quotes, or a table of "
        'numbers, not {"good": "1"}',
    ),
    (
        "weights = { 'a,b' = 1 }",
        f"'{FILE}' line 1: weights must be a CSV file where a group has a comma, not "
        '{"a,b": 1}',
    ),
    (
        "label-offset = 2",
        f"'{FILE}' line 1: label-offset must be 0 or 1, not 2",
    ),
    (
        "seed = [1,",
        f"'{FILE}' line 1, the last, is no TOML (Invalid value); write KEY = VALUE, texts in quotes",
    ),
    (
        'groupby = \'a\'\nseed = """\n',
        f"'{FILE}' line 3, the last, is no TOML (Unterminated string); write KEY = VALUE, texts in "
        "quotes",
    ),
    (
        "seed = 2026-01-01",
        f"'{FILE}' line 1: seed must be a whole number below 2^64, not \"2026-01-01\"",
    ),
    (
        "weighting = 'log'\nweights = 'good=1'",
        f"{FILE}:1 and {FILE}:2: give either weighting or weights, not both",
    ),
    (
        "weighting = 'sqare root'",
        f"no weighting 'sqare root'; did you mean 'square root'? (weighting of {FILE}:1)",
    ),
    ("stream = 'x'", f"no stream 'x'; use 'stratified', 'brevettiai' (stream of {FILE}:1)"),
    (
        "seed = 1\ngroupby = 'foldr'",
        f"the bundled listing has no column 'foldr'; did you mean 'folder'? (groupby of {FILE}:2)",
    ),
    (
        "stream = 'brevettiai'\nseed = 9223372036854775808",
        f"the seed must be from 0 to 2^32 - 1, not 9223372036854775808 (seed of {FILE}:2)",
    ),
]


@pytest.mark.parametrize(("text", "message"), BAD, ids=[text for text, _ in BAD])
def test_a_bad_file_gives_one_line_that_names_the_place(run, folder, text, message):
    (folder / FILE).write_text(f"{text}\n")
    result = run("plan", "-q")
    assert (result.code, result.err, result.out) == (2, f"error: {message}\n", b"")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.brevetti_sample]\nseed = 1", "[tool.brevetti_sample] is not read; write "),
        ("[tool]\nbrevetti-sample = 1", "tool.brevetti-sample must be a table; write "),
    ],
)
def test_a_table_that_is_not_written_so_is_told(run, folder, text, message):
    (folder / "pyproject.toml").write_text(f"{text}\n")
    result = run("stats", "-q")
    assert result.code == 2
    assert result.err == f"error: 'pyproject.toml': {message}[tool.brevetti-sample]\n"


def test_a_manifest_that_is_configured_and_not_there_is_named_with_its_place(run, folder):
    (folder / FILE).write_text("manifest = 'no.csv'\n")
    result = run("stats", "-q")
    assert (result.code, result.err) == (
        3,
        "error: file 'no.csv' does not exist; give a CSV or Parquet file, a folder or a pattern "
        f"(manifest of {FILE}:1)\n",
    )


def test_columns_of_an_export_that_are_configured_are_named_with_their_place(run, folder):
    (folder / FILE).write_text("image-column = 'pth'\nlabel-column = 'pth'\n")
    result = run("export-tfrecord", "-q")
    assert result.err == (
        "error: --image-column and --label-column must be two columns "
        f"(image-column of {FILE}:1, label-column of {FILE}:2)\n"
    )
    result = run("export-tfrecord", "-q", "--label-column", "folder")
    assert result.err == (
        "error: the bundled listing has no column 'pth'; did you mean 'path'? "
        f"(image-column of {FILE}:1)\n"
    )
    assert run("export-tfrecord", "-q", "--image-column", "", "--dry-run").code == 2
    result = run("export-tfrecord", "-q", "--image-column", "", "--label-column", "", "--dry-run")
    assert result.code == 0


def test_what_is_configured_of_a_column_is_left_out_without_the_column(run, folder):
    (folder / FILE).write_text("label-offset = 1\nimage-root = 'images'\nmax-pixels = 9\n")
    for arguments in (
        ("export-tfrecord", "--dry-run"),
        ("export-tfrecord", "--dry-run", "--label-column", "", "--image-column", ""),
        ("report",),
    ):
        result = run(*arguments)
        assert result.code == 0
        assert f"from {FILE}" not in result.err
    for column, taken in (
        (("--label-column", "folder"), "--label-offset 1"),
        (("--image-column", "path"), "--image-root images --max-pixels 9"),
    ):
        first, *_ = said(run("export-tfrecord", *column, "--dry-run"))
        assert first == f"from {FILE}: {taken}"
    result = run("export-tfrecord", "-q", "--label-offset", "1")
    assert (result.code, result.err) == (
        2,
        "error: --label-offset needs --label-column, the column with the classes\n",
    )


def test_a_list_of_classes_is_taken_with_a_label_column_and_its_path_from_the_folder(
    run, folder, monkeypatch
):
    inner = folder / "inner"
    inner.mkdir()
    monkeypatch.chdir(inner)
    (folder / "labels.txt").write_text("good\nbad_cap\nmissing_cap\n")
    for number, labels in enumerate(('"labels.txt"', '["good", "bad_cap", "missing_cap"]')):
        (folder / FILE).write_text(f"label-column = 'folder'\nlabels = {labels}\n")
        result = run("export-tfrecord", "-o", f"out{number}")
        assert result.code == 0
        taken = ("../labels.txt", "good,bad_cap,missing_cap")[number]
        assert said(result)[0] == f"from ../{FILE}: --label-column folder --labels {taken}"
        names = (inner / f"out{number}" / "folder.labels.txt").read_text()
        assert names == "good\nbad_cap\nmissing_cap\n"
        for arguments in (("export-tfrecord", "--label-column", "", "--dry-run"), ("plan",)):
            assert "--labels" not in run(*arguments, "-n", 1).err
    result = run("export-tfrecord", "-q", "-o", "out1", "--labels", "out0", "--dry-run")
    assert result.code == 0
    monkeypatch.setenv("BREVETTI_SAMPLE_LABELS", "good,bad_cap")
    result = run("export-tfrecord", "-q", "-o", "out2")
    assert (result.code, result.err) == (
        2,
        "error: the bundled listing row 168, column 'folder' has the class 'missing_cap', which is "
        "not in the list of classes; the list has 'good', 'bad_cap' (label-column of "
        f"../{FILE}:1, labels of BREVETTI_SAMPLE_LABELS)\n",
    )


@pytest.mark.parametrize(
    "value", ["1", "['a']", "['a,b', 'c']", "[1, 2]", "[]", "{a = 1}", "['a', ['b']]"]
)
def test_a_list_of_classes_that_is_none_is_refused(run, folder, value):
    (folder / FILE).write_text(f"labels = {value}\n")
    result = run("config")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert f"'{FILE}' line 1: labels must be " in result.err


@pytest.mark.parametrize(
    ("variable", "text", "message"),
    [
        ("SEED", "x", "BREVETTI_SAMPLE_SEED: seed must be a whole number below 2^64, not 'x'"),
        (
            "BATCH_SIZE",
            "0",
            "BREVETTI_SAMPLE_BATCH_SIZE: batch-size must be a whole number from 1 up, not '0'",
        ),
        ("SHUFFLE", "maybe", "BREVETTI_SAMPLE_SHUFFLE: shuffle must be true or false, not 'maybe'"),
        (
            "GROUPY",
            "folder",
            "BREVETTI_SAMPLE_GROUPY of the environment is no setting; did you mean "
            "'BREVETTI_SAMPLE_GROUPBY'?",
        ),
        (
            "GROUPBY",
            "foldr,purpose",
            "the bundled listing has no column 'foldr'; did you mean 'folder'? "
            "(groupby of BREVETTI_SAMPLE_GROUPBY)",
        ),
        (
            "CONFIG",
            "no.toml",
            "cannot read the configuration 'no.toml': No such file or directory",
        ),
        ("CONFIG", ".", "cannot read the configuration '.': Is a directory"),
    ],
)
def test_a_bad_variable_gives_one_line_that_names_it(
    run, folder, monkeypatch, variable, text, message
):
    monkeypatch.setenv(f"BREVETTI_SAMPLE_{variable}", text)
    result = run("stats", "-q")
    assert (result.code, result.err, result.out) == (2, f"error: {message}\n", b"")


def test_both_weighting_and_weights_of_the_environment_are_refused(run, folder, monkeypatch):
    monkeypatch.setenv("BREVETTI_SAMPLE_WEIGHTING", "log")
    monkeypatch.setenv("BREVETTI_SAMPLE_WEIGHTS", "good=1")
    assert run("config").err == (
        "error: BREVETTI_SAMPLE_WEIGHTING and BREVETTI_SAMPLE_WEIGHTS: give either weighting or "
        "weights, not both\n"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1", True), ("True", True), ("on", True), ("NO", False), ("0", False), ("off", False)],
)
def test_the_environment_says_yes_and_no_in_several_words(folder, monkeypatch, text, expected):
    monkeypatch.setenv("BREVETTI_SAMPLE_SHUFFLE", text)
    assert read_configuration().settings["shuffle"].value is expected


def test_variables_of_others_are_told_and_ignored(run, folder, monkeypatch):
    monkeypatch.setenv("BREVETTI_SAMPLE_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("BREVETTI_SAMPLE_PORT_80_TCP", "tcp://10.0.0.1:80")
    result = run("config")
    assert result.code == 0
    assert said(result) == [
        "no setting, and ignored, in the environment: BREVETTI_SAMPLE_PORT_80_TCP, "
        "BREVETTI_SAMPLE_SERVICE_HOST"
    ]


@pytest.mark.parametrize(
    "content",
    [b"seed = ", b"\xff\xfe", b"seed = " + b"[" * 5000, b"seed = 1\n\x00", None],
    ids=["cut", "no UTF-8", "too deep", "NUL", "a folder"],
)
def test_help_and_version_work_beside_a_broken_file_and_commands_tell_it(run, folder, content):
    path = folder / FILE
    path.mkdir() if content is None else path.write_bytes(content)
    for arguments in (["--help"], ["-V"], ["plan", "--help"], ["config", "-h"]):
        result = run(*arguments)
        assert (result.code, result.err) == (0, "")
    for command in ("plan", "stats", "export-tfrecord", "config"):
        result = run(command)
        assert (result.code, result.out) == (2, b"")
        assert re.fullmatch(rf"error: .*'{FILE}'.*\n", result.err)
    assert FILE not in run("verify", "no").err  # it takes nothing from there


def test_a_path_of_the_environment_need_not_be_utf_8(run_process, folder, monkeypatch):
    monkeypatch.setitem(os.environ, "BREVETTI_SAMPLE_IMAGE_ROOT", "\udcff")
    for format, shown in (("csv", b"\xff"), ("jsonl", b'"\\udcff"'), ("table", b"\\xff")):
        result = run_process("config", "--format", format)
        assert (result.code, result.err) == (0, "")
        assert shown in result.out


def test_a_text_of_the_environment_must_be_utf_8(run_process, folder, monkeypatch):
    monkeypatch.setitem(os.environ, "BREVETTI_SAMPLE_LABEL_COLUMN", "\udcff")
    result = run_process("config")
    message = "error: BREVETTI_SAMPLE_LABEL_COLUMN: label-column must be UTF-8, not '\\xff'\n"
    assert (result.code, result.err, result.out) == (2, message, b"")


def test_a_byte_order_mark_and_windows_lines_do_no_harm(folder):
    (folder / FILE).write_bytes(b"\xef\xbb\xbfseed = 1\r\nbatch-size = 2\r\n")
    assert [s.origin for s in read_configuration().settings.values()] == [f"{FILE}:1", f"{FILE}:2"]


def test_a_working_directory_that_was_removed_does_no_harm(run, folder, monkeypatch):
    gone = folder / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert read_configuration().settings == {}
    monkeypatch.chdir(folder)


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_the_command_line_and_the_file_take_the_same_values(run, folder, key):
    if key.type not in (int, int | None):
        pytest.skip("no number")
    for text in ("-1", "0", "1", "2", "x", str(1 << 64)):
        (folder / FILE).write_text(f"{key.name} = {text if text != 'x' else repr(text)}\n")
        configured = run("config", "-q")
        given = run("export-tfrecord", "--dry-run", f"--{key.name}", text, "-o", "no/folder")
        (folder / FILE).unlink()
        if configured.code:
            expected = configured.err.partition(": ")[2].partition(": ")[2].replace("'", "")
            assert given.err.replace("'", "") == f"error: --{expected}"
        else:
            assert "must be a whole number" not in given.err


VALUES = st.recursive(
    st.one_of(
        st.booleans().map(lambda value: str(value).lower()),
        st.integers(-(1 << 70), 1 << 70).map(str),
        st.sampled_from(["inf", "nan", "1e9", "1.5", "1979-05-27", "07:32:00"]),
        st.text(max_size=5).map(json.dumps),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.lists(inner, max_size=3).map(
            lambda items: "{" + ", ".join(f"k{i} = {v}" for i, v in enumerate(items)) + "}"
        ),
    ),
    max_leaves=4,
)


@given(st.sampled_from([key.name for key in KEYS]), VALUES)
def test_any_value_of_a_key_is_taken_or_refused_in_one_line(tmp_path_factory, key, value):
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text(f"{key} = {value}\n", encoding="utf-8", errors="replace", newline="")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BREVETTI_SAMPLE_CONFIG", str(path))
        try:
            setting = read_configuration().settings[key]
        except UsageError as error:
            assert str(error).isprintable()
            assert str(path) in str(error)
        else:
            assert setting.line == 1


@given(st.text(max_size=40))
def test_any_text_in_place_of_a_file_is_taken_or_refused_in_one_line(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "text.toml"
    path.write_text(text, encoding="utf-8", errors="replace", newline="")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BREVETTI_SAMPLE_CONFIG", str(path))
        try:
            read_configuration()
        except UsageError as error:
            assert str(error).isprintable()


def test_without_a_file_the_parser_of_files_is_not_imported(folder):
    program = (
        "import sys; from brevetti_sample.cli.main import main; main(['config', '-q']);"
        "assert 'tomllib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL)


def test_a_report_of_what_is_configured_has_the_command_that_needs_no_configuration(
    run, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    digits = ROOT / "sample_manifests" / "digits" / "manifest.csv"
    Path("brevetti-sample.toml").write_text(
        f'manifest = "{digits}"\ngroupby = "label"\nrepeat = "endless"\nimage-column = "path"\n'
    )
    assert run("report", "-q").code == 0
    page = Path("report.html").read_text()
    command = f"brevetti-sample report {digits} --groupby label --repeat endless"
    assert f"{command} --image-column path --output report.html" in page
    assert run("report", "-q", "--image-column", "").code == 0
    assert f"{command} --output report.html" in Path("report.html").read_text()
