"""The benchmarks run, at a tiny size."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from support.program import ROOT


def printed(script, arguments, folder):
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / script, *arguments.split()],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


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
    lines = printed(script, arguments, tmp_path)
    assert sum(line.startswith(("|:--|", "|--:|")) for line in lines) == tables
    rows = [line.split(" | ")[1:5] for line in lines if re.match(r"\| (?!not installed).*\d", line)]
    assert len(rows) >= tables
    for row in rows:
        least, median, most, peak = (float(cell.replace(",", "") or "nan") for cell in row)
        assert 0 < least <= median <= most
        assert not peak <= 5


@pytest.mark.slow
def test_the_benchmark_of_the_generator_has_a_figure_of_every_recipe(tmp_path):
    arguments = "--repeats 1 --rows 300 --groups 3 --batches 20"
    lines = printed("generator.py", arguments, tmp_path)
    ours = [line for line in lines if re.match(r"\| brevetti-sample \| *\d", line)]
    peers = [line for line in lines if re.match(r"\| sample_from_datasets \| *\d", line)]
    assert len(ours) == len(peers) == 5  # the first batch, three rates, the memory
