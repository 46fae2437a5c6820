"""The benchmarks run, at a tiny size."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from conftest import ROOT


@pytest.mark.slow
@pytest.mark.parametrize(
    "script, arguments, tables",
    [
        ("startup.py", "--repeats 1", 2),
        ("stats.py", "--repeats 1 --rows 2000 3000 --groups 7", 4),
        ("draws.py", "--repeats 1 --rows 2000 --groups 7 1001 --draws 1000", 3),
        ("plan.py", "--repeats 1 --rows 2000 --groups 7 --draws 1000", 1),
        (
            "export.py",
            "rows images --repeats 1 --rows 20 --files 8 --size 2000 --peers tfrecord",
            2,
        ),
        ("growth.py", "--repeats 1 --sizes 1000 2000 --groups 7", 5),
    ],
)
def test_a_benchmark_prints_its_tables(script, arguments, tables, tmp_path):
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / script, *arguments.split()],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert sum(line.startswith(("|:--|", "|--:|")) for line in lines) == tables
    rows = [line.split(" | ")[1:5] for line in lines if re.match(r"\| (?!not installed).*\d", line)]
    assert len(rows) >= tables
    for row in rows:
        least, median, most, peak = (float(cell.replace(",", "") or "nan") for cell in row)
        assert 0 < least <= median <= most
        assert not peak <= 5
