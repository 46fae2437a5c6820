"""The benchmark of exports runs, at a tiny size, and without TensorFlow, which takes long."""

from __future__ import annotations

import subprocess
import sys

import pytest
from exports import ROOT

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "arguments, title",
    [
        (["rows", "--rows", "20", "--peers", "tfrecord"], "20 rows of 8 columns"),
        (
            ["images", "--files", "8", "--size", "2000", "--peers", "array_record"],
            "8 images of about 2,000 bytes",
        ),
    ],
)
def test_a_table_is_printed_with_ours_first(arguments, title):
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "export.py"), *arguments, "--repeats", "1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert f"{title}\n" in done.stdout
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ")][1:]
    assert rows[0].startswith("| brevetti-sample")
    assert rows[0].endswith("| 1.00, 1.00, 1.00 |")
    assert len(rows) > 1
