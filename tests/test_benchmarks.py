"""The benchmarks run, at a tiny size."""

from __future__ import annotations

import subprocess
import sys

import pytest
from conftest import ROOT


@pytest.mark.slow
@pytest.mark.parametrize(
    "script, arguments, tables, ours",
    [
        ("startup.py", ["--repeats", "1"], 2, 4),
        ("stats.py", ["--repeats", "1", "--rows", "2000", "3000", "--groups", "7"], 4, 4),
    ],
)
def test_a_benchmark_prints_its_tables(script, arguments, tables, ours, tmp_path):
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / script, *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    lines = done.stdout.splitlines()
    assert sum(line.startswith("|:--|") for line in lines) == tables
    rows = [line.split(" | ") for line in lines if line.startswith("| brevetti-sample")]
    assert len(rows) == ours
    for row in rows:
        least, median, most, peak = map(float, row[1:5])
        assert 0 < least <= median <= most
        assert peak > 5
