"""The wheel: what it holds, and beside which others it works."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv

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
