"""Time things side by side: in turn, so that a machine that slows down does so for both."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple


class Run(NamedTuple):
    """One run of a candidate; the memory only of what runs as a process."""

    seconds: float
    peak_bytes: int | None = None


def in_turn(
    candidates: Sequence[tuple[str, Callable[[], object] | None]],
    repeats: int,
    before: Callable[[], object] = lambda: None,
) -> dict[str, list[Run]]:
    """Call each candidate in turn, after one round that does not count.

    What is to be done before each call does not count either. A candidate that is None is not
    installed: it has no runs.
    """
    runs: dict[str, list[Run]] = {name: [] for name, _ in candidates}
    for turn in range(repeats + 1):
        for name, call in candidates:
            if call is None:
                continue
            before()
            start = time.perf_counter()
            result = call()
            if turn:
                run = Run(time.perf_counter() - start)
                runs[name].append(result if isinstance(result, Run) else run)
    return runs


def process(command: Sequence[str]) -> Callable[[], Run]:
    """A candidate that runs a command as a whole process, from its start to its end.

    The memory is the largest resident set that the system tells of the process; it cannot be
    less than that of the program which starts it.
    """
    # As installed programs do, it finds its modules compiled.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}

    def run() -> Run:
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise subprocess.CalledProcessError(child.returncode, command)
        unit = 1 if platform.system() == "Darwin" else 1024
        return Run(seconds, usage.ru_maxrss * unit)

    return run


def report(title: str, runs: Mapping[str, Sequence[Run]]) -> None:
    """Print a table: seconds and memory of each candidate, and the ratio to the first, in pairs."""
    print(f"{title} ({platform.machine()}, Python {platform.python_version()})\n")
    memory = any(run.peak_bytes is not None for values in runs.values() for run in values)
    heading, ruler = (" peak MB |", "--:|") if memory else ("", "")
    print(f"| | min s | median s | max s |{heading} ratio to the first: min, median, max |")
    print(f"|:--|--:|--:|--:|{ruler}--:|")
    first = next(iter(runs.values()))
    for name, values in runs.items():
        if not values:
            print(f"| {name} | not installed | | |{' |' * memory} |")
            continue
        seconds = [run.seconds for run in values]
        ratios = [run.seconds / base.seconds for run, base in zip(values, first, strict=True)]
        figures = (min(seconds), statistics.median(seconds), max(seconds))
        times = " | ".join(f"{value:.3f}" for value in figures)
        peaks = [run.peak_bytes for run in values if run.peak_bytes is not None]
        peak = f" {max(peaks) / 1e6:.0f} |" if peaks else " |" * memory
        spread = f"{min(ratios):.2f}, {statistics.median(ratios):.2f}, {max(ratios):.2f}"
        print(f"| {name} | {times} |{peak} {spread} |")
    print()
