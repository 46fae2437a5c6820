"""Time things side by side: in turn, so that a machine that slows down does so for all."""

from __future__ import annotations

import importlib.util
import os
import statistics
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Run:
    """One run of a candidate.

    Attributes:
        seconds: how long it took.
        peak_bytes: the most memory that its process had; None if it ran inside of this one.
    """

    seconds: float
    peak_bytes: int | None = None


Candidate = tuple[str, Callable[[], object]]
"""A name, and what is called; where it times itself, it returns a run."""


def in_turn(
    candidates: Sequence[Candidate],
    repeats: int,
    before: Callable[[], object] = lambda: None,
) -> dict[str, list[Run]]:
    """Call each candidate in turn, after one round that does not count.

    What is to be done before each call does not count either.
    """
    runs: dict[str, list[Run]] = {name: [] for name, _ in candidates}
    for turn in range(repeats + 1):
        for name, call in candidates:
            before()
            start = time.perf_counter()
            run = call()
            if not isinstance(run, Run):
                run = Run(time.perf_counter() - start)
            if turn:
                runs[name].append(run)
    return runs


# Starts a command from a small process: the peak of a process is never below that of the one which
# started it.
_STARTER = """
import os, sys, time
quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
start = time.perf_counter()
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
status, usage = os.wait4(child, 0)[1:]
print(time.perf_counter() - start, usage.ru_maxrss * 1024, os.waitstatus_to_exitcode(status))
"""


def process(command: Sequence[str]) -> Callable[[], Run]:
    """A candidate that runs a command as a whole process, its output thrown away."""

    def run() -> Run:
        starter = [sys.executable, "-I", "-S", "-c", _STARTER, *command]
        told = subprocess.run(starter, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True)
        seconds, peak, code = told.stdout.split()
        if int(code):
            raise SystemExit(f"{command} ended with {int(code)}")
        return Run(float(seconds), int(peak))

    return run


def apart(prepare: Callable[[], Callable[[], object]]) -> Callable[[], Run]:
    """A candidate in a process of its own, which begins as a copy of this one.

    Args:
        prepare: imports and makes what is needed, and returns the call that is timed.
    """

    def run() -> Run:
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            code = 1
            try:
                call = prepare()
                start = time.perf_counter()
                call()
                os.write(writer, struct.pack("d", time.perf_counter() - start))
                code = 0
            finally:
                os._exit(code)
        os.close(writer)
        with open(reader, "rb") as pipe:
            told = pipe.read()
        _, status, usage = os.wait4(child, 0)
        if status:
            raise SystemExit("a candidate failed")
        return Run(struct.unpack("d", told)[0], usage.ru_maxrss * 1024)

    return run


def installed(peer: str, package: str) -> bool:
    """Whether a peer is there; if not, say so."""
    there = importlib.util.find_spec(package) is not None
    if not there:
        print(f"{peer}: not installed (pip install --group benchmarks)\n")
    return there


def report(title: str, runs: dict[str, list[Run]], work: dict[str, float] | None = None) -> None:
    """Print a table: times, memory, and the ratio of each candidate's time to the first's.

    Args:
        title: what was timed.
        runs: of each candidate; ratios are taken pair by pair.
        work: how much of the first's work a candidate did, where that was not all; its ratio is
            that of the times for the same work.
    """
    print(f"{title}\n")
    print("| | min s | median s | max s | peak MB | ratio to the first: min, median, max |")
    print("|:--|--:|--:|--:|--:|--:|")
    first = next(iter(runs.values()))
    for name, own in runs.items():
        part = (work or {}).get(name, 1)
        times = " | ".join(f"{value:.3f}" for value in spread([run.seconds for run in own]))
        peaks = [run.peak_bytes for run in own if run.peak_bytes is not None]
        peak = f"{max(peaks) / _MEGABYTE:,.0f}" if peaks else ""
        ratios = [run.seconds / part / base.seconds for run, base in zip(own, first, strict=True)]
        note = "" if part == 1 else f" ({part:.4g} of the work)"
        print(f"| {name}{note} | {times} | {peak} | {spread_text(ratios)} |")
    print(flush=True)


def spread(values: Sequence[float]) -> tuple[float, float, float]:
    """The smallest, the median and the largest value."""
    return min(values), statistics.median(values), max(values)


def spread_text(values: Sequence[float], digits: int = 2) -> str:
    """Write the smallest, the median and the largest value."""
    return ", ".join(f"{value:,.{digits}f}" for value in spread(values))
