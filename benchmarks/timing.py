"""Time things side by side: in turn, so that a machine that slows down does so for both."""

from __future__ import annotations

import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence


def in_turn(
    candidates: Sequence[tuple[str, Callable[[], object]]],
    repeats: int,
    before: Callable[[], object] = lambda: None,
) -> dict[str, list[float]]:
    """Call each candidate in turn, after one round that does not count; seconds of each call.

    What is to be done before each call does not count either.
    """
    seconds: dict[str, list[float]] = {name: [] for name, _ in candidates}
    for turn in range(repeats + 1):
        for name, call in candidates:
            before()
            start = time.perf_counter()
            call()
            if turn:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def process(command: Sequence[str]) -> Callable[[], object]:
    """A candidate that runs a command as a whole process."""
    return lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def report(title: str, seconds: dict[str, list[float]]) -> None:
    """Print a table: seconds of each candidate, and the ratio to the first, pair by pair."""
    print(f"{title} ({platform.machine()}, Python {platform.python_version()})\n")
    print("| | min s | median s | max s | ratio to the first: min, median, max |")
    print("|:--|--:|--:|--:|--:|")
    first = next(iter(seconds.values()))
    for name, values in seconds.items():
        ratios = [value / base for value, base in zip(values, first, strict=True)]
        figures = (min(values), statistics.median(values), max(values))
        times = " | ".join(f"{value:.3f}" for value in figures)
        spread = f"{min(ratios):.2f}, {statistics.median(ratios):.2f}, {max(ratios):.2f}"
        print(f"| {name} | {times} | {spread} |")
