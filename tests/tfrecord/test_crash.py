"""An export killed at any write, sync, rename or unlink leaves nothing incomplete."""

from __future__ import annotations

import shutil

import pytest

from support.crashes import check_crash, contents, run

pytestmark = pytest.mark.slow


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize("jobs, least", [(1, 15), (2, 15)])
def test_a_killed_export_leaves_whole_files_and_the_same_command_completes_it(
    tmp_path, jobs, least
):
    run(tmp_path / "whole", jobs)
    whole = contents(tmp_path / "whole")
    calls, killed = 0, True
    while killed:
        killed, final = check_crash(whole, tmp_path / "out", jobs, calls + 1)
        calls += killed
        shutil.rmtree(tmp_path / "out")
    assert final == len(whole)
    assert calls >= least
