"""No output is written over an input or another output, however its path is written."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import brevetti_sample as bs
from support.program import ROOT

DIGITS = ROOT / "sample_manifests" / "digits"


def same(path, how):
    """Another path of a file."""
    folder, name = os.path.split(path)
    if how == "link":
        os.symlink(os.path.abspath(path), os.path.join(folder, "link"))
        return os.path.join(folder, "link")
    if how == "hard link":
        os.link(path, os.path.join(folder, "hard"))
        return os.path.join(folder, "hard")
    return {
        "itself": path,
        "dots": os.path.join(folder, ".", os.pardir, Path.cwd().name, name),
        "whole": os.path.abspath(path),
    }[how]


HOW = ["itself", "dots", "whole", "link", "hard link"]
# The command, what its output would be written over, and what says so.
PAIRS = [
    ("plan m.csv -g label --format csv -o {}", "m.csv", "the manifest itself"),
    ("plan m.csv -g label -q --save-plan {}", "m.csv", "the manifest itself"),
    ("plan m.csv --plan p.json --format csv -o {}", "p.json", "the file of --plan"),
    ("plan m.csv --plan p.json --save-plan {}", "p.json", "the file of --plan"),
    ("plan m.csv -g label --weights w.csv -o {}", "w.csv", "the file of --weights"),
    ("plan m.csv -g label --weights w.csv --save-plan {}", "w.csv", "the file of --weights"),
    ("plan . -g label --format csv -o {}", "m.csv", "the manifest itself"),
    ("plan *.csv -g label --format csv -o {}", "w.csv", "the manifest itself"),
    ("plan configured -o {} --format csv", "c.toml", "the configuration"),
    ("stats m.csv -g label --format csv -o {}", "m.csv", "the manifest itself"),
    ("stats m.csv --plan p.json --format csv -o {}", "p.json", "the file of --plan"),
    ("stats m.csv -g label --weights w.csv -o {} --format csv", "w.csv", "the file of --weights"),
    ("stats m.csv -g label --report {}", "m.csv", "the manifest itself"),
    ("stats m.csv --plan p.json --report {}", "p.json", "the file of --plan"),
    ("report m.csv -g label -o {}", "m.csv", "the manifest itself"),
    ("report m.csv --plan p.json -o {}", "p.json", "the file of --plan"),
    ("report m.csv -g label --weights w.csv -o {}", "w.csv", "the file of --weights"),
    ("report m.csv -g label --image-column path -o {}", "i.png", "an image of the manifest"),
    ("split m.csv --format csv -o {}", "m.csv", "the manifest itself"),
    ("split configured --format csv -o {}", "c.toml", "the configuration"),
]


@pytest.fixture
def here(tmp_path, monkeypatch, run):
    """A folder with a manifest, an image, weights, a plan and a configuration."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(DIGITS / "images" / "0" / "0000.png", "i.png")
    Path("m.csv").write_text("path,label,weight\ni.png,a,1\nj.png,b,2\n")
    Path("w.csv").write_text("path,label,weight\nx.png,a,1\ny.png,b,2\n")
    assert run("plan", "m.csv", "-q", "--save-plan", "p.json", "-n", 2).code == 0
    Path("c.toml").write_text('manifest = "m.csv"\n')
    return tmp_path


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("command, file, what", PAIRS, ids=lambda value: value)
def test_an_output_over_an_input_is_refused(here, run, monkeypatch, command, file, what, how):
    monkeypatch.setenv(
        "BREVETTI_SAMPLE_CONFIG", "c.toml" if "configured" in command else os.devnull
    )
    output = same(file, how)
    before = {path.name: path.read_bytes() for path in here.iterdir()}
    arguments = command.replace("configured", "m.csv" if "split" in command else "")
    result = run(*(output if word == "{}" else word for word in arguments.split()))
    assert (result.code, result.out) == (2, b""), result.err
    assert result.err.splitlines()[-1].startswith(f"error: {output} is {what}"), result.err
    assert {path.name: path.read_bytes() for path in here.iterdir()} == before


@pytest.mark.parametrize("how", ["itself", "dots", "whole", "link"])
@pytest.mark.parametrize(
    "command",
    ["plan m.csv -o x.csv --save-plan {}", "stats m.csv -o x.csv --report {}"],
)
def test_two_outputs_must_be_two_files_also_before_there_are_any(here, run, command, how):
    other = same("x.csv", how)
    result = run(*command.format(other).split())
    assert (result.code, result.out) == (2, b"")
    assert result.err.endswith(" must be two files\n")
    assert not Path("x.csv").exists()


@pytest.mark.parametrize(
    "command", ["plan -o m.csv", "stats --format csv -o m.csv", "split -o m.csv"]
)
def test_a_manifest_that_standard_input_is_redirected_from_is_an_input(here, run_process, command):
    before = Path("m.csv").read_bytes()
    with open("m.csv", "rb") as stdin:
        result = run_process(*command.split(), stdin=stdin)
    assert (result.code, result.err) == (
        2,
        "error: m.csv is the manifest itself; name another file to write\n",
    )
    assert Path("m.csv").read_bytes() == before


def test_standard_output_that_is_appended_to_the_manifest_is_refused(here):
    before = Path("m.csv").read_bytes()
    with open("m.csv", "ab") as out:
        command = [sys.executable, "-m", "brevetti_sample", "plan", "m.csv"]
        done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (
        2,
        b"error: standard output is the manifest itself; name another file to write\n",
    )
    assert Path("m.csv").read_bytes() == before


EXPORTS = [
    ("out/export.json", "m.csv", "", "the manifest itself"),
    ("out/samples-train.tfrecord-00000-of-00001", "m.csv", "", "the manifest itself"),
    ("out/features.json", "p.json", "--plan {}", "the file of --plan"),
    ("out/dataset_info.json", "w.csv", "-g label --weights {}", "the file of --weights"),
    ("out/.brevetti-sample.x.part", "w.csv", "-g label --weights {}", "the file of --weights"),
    ("out/skipped.jsonl", "i.png", "--image-column path", "an image of the manifest"),
]


@pytest.mark.parametrize("dry", [False, True])
@pytest.mark.parametrize("how", ["moved", "link", "hard link"])
@pytest.mark.parametrize("name, file, options, what", EXPORTS, ids=lambda value: value)
def test_an_export_replaces_and_removes_no_input(here, run, name, file, options, what, how, dry):
    Path("out").mkdir()
    if how == "moved":
        shutil.move(file, name)
        os.symlink(name, file)
    elif how == "link":
        os.symlink(os.path.abspath(file), name)
    else:
        os.link(file, name)
    before = Path(name).read_bytes()
    words = ["m.csv", *options.format(file).split(), "-o", "out", "--overwrite", "-q"]
    result = run("export-tfrecord", *words, *(["--dry-run"] if dry else []))
    assert result.code == 2, result.err
    assert result.err.startswith(f"error: {name} is {what}"), result.err
    assert Path(name).read_bytes() == before
    assert os.listdir("out") == [Path(name).name]


def test_an_export_into_the_folder_of_its_inputs_under_other_names_is_fine(here, run):
    result = run("export-tfrecord", "m.csv", "-q", "-o", ".")
    assert result.code == 0, result.err
    assert run("export-tfrecord", "m.csv", "-q", "-o", ".").code == 0


def test_equal_shards_that_are_one_file_by_links_are_no_two_outputs(here, run):
    command = ("export-tfrecord", "m.csv", "-q", "-o", "out", "--shards", 2)
    assert run(*command).code == 0
    os.link("out/features.json", "out/skipped.jsonl")
    assert run(*command).code == 0


@pytest.mark.parametrize("how", HOW)
def test_a_scan_does_not_replace_a_sample_but_its_own_listing(here, run, how):
    output = same("i.png", how)
    before = Path("i.png").read_bytes()
    result = run("scan", ".", "--format", "csv", "-o", output)
    assert (result.code, result.out) == (2, b"")
    assert result.err.startswith("error: '.")
    assert "is one of the files to list; name another file to write" in result.err
    assert Path("i.png").read_bytes() == before
    for name in ("list.csv", "list.jsonl", "list.parquet"):
        assert [run("scan", ".", "-q", "-o", name).code for _ in range(2)] == [0, 0]


def test_in_python_draws_and_exports_are_not_written_over_the_manifest(here):
    manifest = bs.read_manifest("m.csv")
    bound = bs.make_plan(manifest, "label").bind(manifest)
    os.symlink("m.csv", "link.csv")
    with pytest.raises(bs.UsageError, match=r"link\.csv is the manifest itself"):
        bs.write_draws(bound, "link.csv")
    Path("out").mkdir()
    os.link("m.csv", "out/features.json")
    with pytest.raises(bs.UsageError, match="is the manifest itself"):
        bs.export_tfrecord(bound, folder="out", overwrite=True)
    assert Path("m.csv").read_text().startswith("path,label")
