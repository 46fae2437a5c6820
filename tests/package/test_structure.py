"""How the package hangs together: who imports whom, and what the start costs."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import brevetti_sample
from support.program import ROOT

PACKAGE = Path(brevetti_sample.__file__).parent
ROOMS = [path.parent for path in PACKAGE.rglob("__init__.py")]
MODULES = [path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py"]


def imports(path):
    """The modules of the package that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def entries(folder):
    return [path for path in folder.iterdir() if path.name != "__pycache__"]


def test_the_package_shows_its_rooms_and_few_modules():
    assert len(entries(PACKAGE)) <= 24
    assert len([path for path in entries(PACKAGE) if path.suffix == ".py"]) <= 8


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_a_room_has_few_modules_and_says_in_a_sentence_what_is_in_it(room):
    assert len([path for path in MODULES if path.parent == room]) <= 20
    if room != PACKAGE:
        text = (room / "__init__.py").read_text()
        assert len(ast.parse(text).body) == 1
        assert text.startswith('"""')


def test_a_module_is_an_idea_neither_a_sliver_nor_a_drawer():
    lines = {str(path.relative_to(PACKAGE)): path.read_text().count("\n") for path in MODULES}
    assert not {name for name, count in lines.items() if count > 400}
    assert len([name for name, count in lines.items() if count < 40]) < 8


def test_the_weighting_sees_counts_only_and_the_stream_no_file():
    assert {
        name for name in imports(PACKAGE / "groups" / "weighting.py") if "brevetti" in name
    } == {
        "brevetti_sample.arguments",
        "brevetti_sample.arrays.types",
        "brevetti_sample.errors",
        "brevetti_sample.messages",
    }
    stream = [*imports(PACKAGE / "streams" / "stratified.py")]
    assert not [name for name in stream if "manifests" in name]


def test_an_import_that_is_turned_round_breaks_the_contracts(tmp_path):
    """The package with one more import, upwards."""
    linter = Path(sys.executable).with_name("lint-imports")
    shutil.copytree(PACKAGE, tmp_path / PACKAGE.name)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)

    def lint():
        return subprocess.run(
            [linter, "--no-cache"],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(tmp_path)},
        )

    assert lint().returncode == 0
    with (tmp_path / PACKAGE.name / "groups" / "keys.py").open("a") as module:
        module.write("from brevetti_sample.streams.plan import Plan\n")
    broken = lint()
    assert broken.returncode == 1
    assert "rooms BROKEN" in broken.stdout
    assert "brevetti_sample.groups.keys -> brevetti_sample.streams.plan" in broken.stdout


def test_only_the_command_line_spells_options():
    option = re.compile(r"[\"' (`]--[a-z]|\b(say|with) -[a-z]\b")
    spelled = {
        f"{path.relative_to(PACKAGE)}:{number}"
        for path in MODULES
        if path.relative_to(PACKAGE).parts[0] != "cli"
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if option.search(line)
    }
    assert not spelled


def test_only_the_names_that_are_public_are_listed():
    assert dir(brevetti_sample) == brevetti_sample.__all__


def test_the_python_side_imports_no_tensorflow_before_it_is_used():
    program = (
        "import sys, brevetti_sample as bs, brevettiai.data.data_generator\n"
        "bs.DataGenerator([{'a': 1}]), bs.StratifiedSampler(), bs.ImageLoader()\n"
        "print('tensorflow' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout == "False\n", done.stderr


def test_all_public_names_are_there():
    assert sorted(brevetti_sample.__all__) == brevetti_sample.__all__
    for name in brevetti_sample.__all__:
        assert getattr(brevetti_sample, name).__doc__
    with pytest.raises(AttributeError, match="attribute .*sample_rows"):
        _ = brevetti_sample.sample_rows


# It ends as the program does: where Python ends by itself, threads of Arrow abort it now and then.
PROGRAM = """
import sys
from brevetti_sample.cli.main import main
from brevetti_sample.cli.startup import leave
code = main(sys.argv[1:])
heavy = ("tensorflow", "pandas", "pyarrow", "numpy", "jinja2", "vl_convert")
print(*(name for name in heavy if name in sys.modules), file=sys.stderr)
leave(code)
"""


@pytest.mark.parametrize(
    "arguments, loaded",
    [
        ([], []),
        (["--help"], []),
        (["--version"], []),
        (["plan", "--help"], []),
        (["stats", "--help"], []),
        (["export-tfrecord", "--help"], []),
        (["verify", "--help"], []),
        (["report", "--help"], []),
        (["scan", "--help"], []),
        (["split", "--help"], []),
        (["plan", "--bad"], []),
        (["stats", "-g", "folder", "-g", "purpose"], ["pyarrow", "numpy"]),
        (["stats", "{csv}", "-g", "folder", "--format", "table"], ["pyarrow", "numpy"]),
        (["plan", "-g", "folder", "--format", "table"], ["pyarrow", "numpy"]),
        (["plan", "{csv}", "-g", "folder", "--format", "csv"], ["pyarrow", "numpy"]),
        (["plan", "-g", "folder", "--format", "jsonl"], ["pyarrow", "numpy"]),
        (["plan", "-g", "folder", "--format", "parquet"], ["pyarrow", "numpy"]),
        (["plan", "-g", "folder", "--save-plan", "/dev/null"], ["pyarrow", "numpy"]),
        (["plan", "-g", "folder", "--stream", "brevettiai"], ["pyarrow", "numpy"]),
        (["stats", "-g", "folder", "--stream", "brevettiai"], ["pyarrow", "numpy"]),
        (["export-tfrecord", "-g", "folder", "-o", "{new}"], ["pyarrow", "numpy"]),
        (
            ["export-tfrecord", "{digits}", "--image-column", "path", "-o", "{new}"],
            ["pyarrow", "numpy"],
        ),
        (["verify", "{export}", "--deep"], ["pyarrow", "numpy"]),
        (
            ["report", "{digits}", "-g", "label", "--image-column", "path", "-o", "{new}"],
            ["pyarrow", "numpy", "jinja2", "vl_convert"],
        ),
        (["scan", "{folder}", "-o", "{new}.parquet"], ["pyarrow", "numpy"]),
        (["split", "{csv}", "-g", "folder", "-o", "{new}.csv"], ["pyarrow", "numpy"]),
        (["split", "--reassign", "-o", "{new}.parquet"], ["pyarrow", "numpy"]),
        (["split", "--reassign", "--only", "train"], ["pyarrow", "numpy"]),
    ],
    ids=" ".join,
)
def test_a_command_imports_no_more_than_it_needs(arguments, loaded, listing, tmp_path):
    if "{export}" in arguments:
        manifest = brevetti_sample.bundled_manifest()
        plan = brevetti_sample.make_plan(manifest)
        brevetti_sample.export_tfrecord(manifest, plan, tmp_path / "export")
    digits = listing.parent / "digits" / "manifest.csv"
    places = {
        "csv": listing,
        "digits": digits,
        "folder": digits.parent,
        "new": tmp_path / "new",
        "export": tmp_path / "export",
    }
    filled = [part.format(**places) for part in arguments]
    quiet = ["-q"] if (arguments and arguments[0].isidentifier()) or "-o" in arguments else []
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *filled, *quiet],
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.stderr.decode().splitlines()[-1].split() == loaded
