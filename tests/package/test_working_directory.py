"""Nothing of the working directory is imported, however the program or a session is started."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from brevetti_sample.processes.guard import Guard
from support.program import ROOT

DIGITS = ROOT / "sample_manifests" / "digits"
PROGRAM = [os.path.join(sysconfig.get_path("scripts"), "brevetti-sample")]
MODULE = [sys.executable, "-m", "brevetti_sample"]
EXPORT = ["export-tfrecord", "manifest.csv", "-g", "label", "--image-column", "path"]
EXPORT += ["--shards", "3", "-o", "out"]
SESSION = """
import brevetti_sample as bs
manifest = bs.read_manifest("manifest.csv")
plan = bs.make_plan(manifest, groupby="label", weighting="log")
options = bs.ExportOptions(shards=3, image_column="path")
bs.export_tfrecord(manifest, plan, "out", options, jobs=2)
bs.write_draws(plan.bind(manifest), "draws.parquet", stop=9)
bs.make_report(plan.bind(manifest))
"""
STARTS = {
    "script, one process": [*PROGRAM, *EXPORT, "-j", "1"],
    "script, two processes": [*PROGRAM, *EXPORT, "-j", "2"],
    "module, two processes": [*MODULE, *EXPORT, "-j", "2"],
    "safe path": [sys.executable, "-P", *MODULE[1:], *EXPORT, "-j", "2"],
    "session": [sys.executable, "-c", SESSION],
    "standard input": [sys.executable, "-"],
    "file elsewhere": [sys.executable, "../elsewhere/main.py"],
    "plan": [*MODULE, "plan", "manifest.csv", "-n", "9", "-o", "out.parquet"],
    "replay": [*MODULE, "plan", "manifest.csv", "-n", "9", "--stream", "brevettiai"],
    "stats": [*MODULE, "stats", "manifest.csv", "-g", "label", "--format", "markdown"],
    "report": [*MODULE, "report", "manifest.csv", "-g", "label", "--image-column", "path"],
    "scan": [*MODULE, "scan", "images", "--format", "table"],
    "split": [*MODULE, "split", "manifest.csv", "-g", "label", "--purpose-column", "part"],
    "verify": [*PROGRAM, "verify", "nothing"],
    "config": [*MODULE, "config"],
    "help": [*MODULE, "--help"],
    "completion": [*MODULE, "--show-completion", "zsh"],
}
PATHS = {"empty": os.pathsep, "relative": ".", "both": f".{os.pathsep}{os.pathsep}below"}


@pytest.fixture(scope="module")
def names():
    """What may be imported, but for what Python imports before it runs anything."""
    program = "import importlib.util, runpy, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True
    )
    installed = {name for name in packages_distributions() if name.isidentifier()}
    optional = {"bottleneck", "colorama", "IPython", "numexpr", "orjson", "org", "pyximport"}
    ours = {"brevetti_sample", "brevettiai"}
    started = {*done.stdout.split(), "sitecustomize", "usercustomize", "_distutils_hack"}
    return (installed | optional | set(sys.stdlib_module_names)) - ours - started


@pytest.fixture
def trap(tmp_path, names):
    """A working directory that has all these names, and a file that says which were imported."""

    def make(kind="module"):
        here, marks = tmp_path / "here", tmp_path / "marks"
        shutil.copytree(DIGITS, here)
        code = f"with open({str(marks)!r}, 'a') as file:\n    file.write(__name__ + ' ')\n"
        for name in names:
            file = here / (f"{name}.py" if kind == "module" else f"{name}/__init__.py")
            file.parent.mkdir(exist_ok=True)
            file.write_text(code)
        (here / "a.pth").write_text(f"import os; {code.splitlines()[0]} file.write('pth ')\n")
        (here / "below").mkdir()
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "elsewhere" / "main.py").write_text(SESSION)
        return here

    return make


def imported(here, command, python_path=None):
    """Run a command there; what of the working directory was imported."""
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    if python_path is not None:
        environment["PYTHONPATH"] = python_path
    done = subprocess.run(
        command,
        cwd=here,
        env=environment,
        input=SESSION,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == (2 if "nothing" in command else 0), done.stderr
    marks = Path(here.parent, "marks")
    return marks.read_text().split() if marks.exists() else []


@pytest.mark.slow
@pytest.mark.parametrize("start", STARTS)
def test_no_module_of_the_working_directory_is_imported(trap, start):
    assert imported(trap(), STARTS[start]) == []


@pytest.mark.slow
@pytest.mark.parametrize("start", ["script, two processes", "session"])
def test_no_package_of_the_working_directory_is_imported(trap, start):
    assert imported(trap("package"), STARTS[start]) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "start, path",
    [("script, two processes", "both"), ("session", "empty"), ("file elsewhere", "relative")],
)
def test_neither_is_it_where_the_import_path_has_it(trap, start, path):
    assert imported(trap(), STARTS[start], PATHS[path]) == []


@pytest.mark.slow
def test_what_trains_in_a_session_is_not_imported_from_the_working_directory(trap):
    session = "import brevetti_sample as bs; bs.DataGenerator, bs.StratifiedSampler"
    session += "\nbs.read_manifest('manifest.csv').read(['label']).to_pandas()"
    assert imported(trap(), [sys.executable, "-c", session]) == []


def test_a_session_still_imports_its_own_modules(tmp_path):
    (tmp_path / "mine.py").write_text("import yours\nclass Mine: pass\n")
    (tmp_path / "yours.py").write_text("answer = 42\n")
    (tmp_path / "colorsys.py").write_text("mine = True\n")
    session = (
        "import brevetti_sample, colorsys, importlib, mine, pickle, sys\n"
        "data = pickle.dumps(mine.Mine())\n"
        "del sys.modules['mine'], sys.modules['yours']\n"
        "pickle.loads(data); importlib.import_module('yours')\n"
        "assert colorsys.mine and sys.modules['yours'].answer == 42\n"
    )
    subprocess.run([sys.executable, "-c", session], cwd=tmp_path, check=True)


def test_only_a_session_that_imports_from_the_working_directory_is_guarded(tmp_path):
    program = tmp_path / "main.py"
    program.write_text(
        f"import sys, brevetti_sample\nfrom {Guard.__module__} import Guard\n"
        "print(sum(isinstance(one, Guard) for one in sys.meta_path))\n"
    )
    counts = [
        subprocess.run(
            [sys.executable, *start], cwd=tmp_path, check=True, stdout=subprocess.PIPE, input=b""
        ).stdout
        for start in (["main.py"], ["-P", "-c", program.read_text()], ["-c", program.read_text()])
    ]
    assert counts == [b"0\n", b"0\n", b"1\n"]
