"""The wheel and the sdist: what they hold, and beside which others they work."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from email import message_from_bytes

import pytest

from support.program import ROOT


@pytest.mark.slow
def test_it_imports_beside_brevettiai_2_from_wheels(tmp_path):
    def call(*command):
        subprocess.run([str(part) for part in command], check=True, capture_output=True)

    call(sys.executable, "-m", "pip", "wheel", "--no-deps", "-w", tmp_path, ROOT)
    [wheel] = tmp_path.glob("*.whl")
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    # What this environment has need not be installed again.
    [site] = (tmp_path / "env" / "lib").glob("python*/site-packages")
    (site / "outer.pth").write_text(sysconfig.get_path("purelib") + "\n")
    call(python, "-m", "pip", "install", "--no-deps", "--force-reinstall", wheel)
    call(python, "-m", "pip", "install", "brevettiai==2.0.0")
    program = (
        "import brevettiai, brevettiai.data.data_generator as d, brevettiai.data.sample_integrity\n"
        "print(brevettiai.__file__, d.__file__, d.StratifiedSampler(seed=1).get([{'a': 1}]).plan.stream)"
    )
    done = subprocess.run(
        [python, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONWARNINGS": "ignore"},
    )
    assert done.stdout.split() == [
        str(site / "brevettiai" / "__init__.py"),
        str(site / "brevettiai" / "data" / "data_generator.py"),
        "brevettiai",
    ]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder of a wheel and a sdist, built without a network."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
    return folder


@pytest.mark.slow
def test_the_wheel_holds_the_types_the_data_and_the_licence(built):
    [wheel] = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        [metadata] = [name for name in names if name.endswith("METADATA")]
        fields = message_from_bytes(archive.read(metadata))
    held = {name.removeprefix("brevetti_sample/") for name in names}
    assert held >= {
        *("__init__.pyi", "py.typed", "manifests/data/neurips_2018_reduced.parquet"),
        *("report/assets/report.html", "report/assets/report.css", "report/assets/report.js"),
        "brevettiai/data/data_generator.py",
    }
    assert [name for name in names if name.endswith("licenses/LICENSE")]
    assert not [name for name in names if "test" in name]
    assert fields["License-Expression"] == "Apache-2.0"
    assert fields["Author"] == "the brevetti-sample authors"


@pytest.mark.slow
def test_the_sdist_holds_every_file_that_is_tracked(built):
    [sdist] = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    listed = subprocess.run(
        ["git", "ls-files"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    if listed.returncode:
        pytest.skip("not a checkout")
    assert not {name for name in listed.stdout.splitlines() if (ROOT / name).exists()} - held
