"""A call that fails on an input, an output or a stream: no bug, nothing half written.

Some of the places; `tests/support/faults.py` tries all of them.
"""

from __future__ import annotations

import random
import shutil

import pytest

from support.faults import CASES, Bench

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed"),
]
_PLACES = 3  # of each command


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    return Bench(tmp_path_factory.mktemp("faults"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_failing_call_is_one_line_and_the_same_command_then_completes(bench, case):
    draw = random.Random(case.name)
    for place in draw.sample(list(bench.places(case)), _PLACES):
        bench.check(case, *place, draw.choice((1, 1, 2, 3, 5)))
