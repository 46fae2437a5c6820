"""A command that is interrupted ends at once, says in one line what it has written, and leaves no more.

At a few moments; `tests/support/interrupts.py` tries many.
"""

from __future__ import annotations

import random
import signal
from pathlib import Path

import pytest

from support.interrupts import CASES, Bench, Tally

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="there is no /proc"),
]


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    return Bench(tmp_path_factory.mktemp("interrupts"), rows=100_000, patience=5)


@pytest.mark.xdist_group("interrupts")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_signal_ends_a_command_at_once_with_one_line_and_nothing_half_written(bench, case):
    draw = random.Random(case.name)
    tally = Tally()
    signals = [signal.SIGINT, draw.choice((signal.SIGTERM, signal.SIGHUP)), signal.SIGINT]
    for number, moment in zip(signals, bench.moments(case, len(signals), draw), strict=True):
        bench.check(case, number, moment, tally)
    assert not tally.problems
