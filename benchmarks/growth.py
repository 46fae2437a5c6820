"""How time and memory grow with the rows of a manifest, and with the draws from it.

    python benchmarks/growth.py --sizes 100000 1000000 10000000 50000000

Whole processes of `stats`, `plan` and `export-tfrecord` over Parquet manifests of 1,000 Zipf 1.2
groups, one draw a row; and of the last two over the smallest manifest with more and more draws.
What is written goes to standard output, and nowhere from there. The time a row leaves out what the
program takes for a manifest of a hundredth of the smallest size.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from make_manifest import write_manifest
from timing import Run, in_turn, process, seconds_text, spread, spread_text

_COMMANDS = {
    "stats": ("stats", "--format", "csv"),
    "plan": ("plan", "--format", "parquet", "-c", "path"),
    "export-tfrecord": ("export-tfrecord", "-o", "-"),
}


def table(
    title: str, unit: str, sizes: list[int], start: list[Run], runs: dict[str, list[Run]]
) -> None:
    """Print a row a size: time, memory, time a row, and that against the largest size's."""
    base = spread([run.seconds for run in start])[1]
    each = {
        name: [max(run.seconds - base, 0) / size for run in own]
        for size, (name, own) in zip(sizes, runs.items(), strict=True)
    }
    last = list(each.values())[-1]
    print(f"{title}; the start takes {base:.3f} s\n")
    print(f"| {unit}s | min s | median s | max s | peak MB | ns a {unit} | ratio to the last row |")
    print("|--:|--:|--:|--:|--:|--:|--:|")
    for size, (name, own) in zip(sizes, runs.items(), strict=True):
        times = " | ".join(map(seconds_text, spread([run.seconds for run in own])))
        peak = max(run.peak_bytes or 0 for run in own) / 1e6
        nanoseconds = spread(each[name])[1] * 1e9
        ratios = [a / b if b else 1.0 for a, b in zip(each[name], last, strict=True)]
        print(f"| {size:,} | {times} | {peak:,.0f} | {nanoseconds:,.0f} | {spread_text(ratios)} |")
    print(flush=True)


def main() -> None:
    """Parse the arguments, time, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    sizes = [100_000, 1_000_000, 10_000_000, 50_000_000]
    parser.add_argument("--sizes", type=int, nargs="+", default=sizes)
    parser.add_argument("--groups", type=int, default=1_000)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    sizes, repeats = sorted(arguments.sizes), arguments.repeats
    with tempfile.TemporaryDirectory() as folder:
        tiny = max(sizes[0] // 100, 1)
        paths = {size: str(Path(folder, f"{size}.parquet")) for size in (tiny, *sizes)}
        for size, path in paths.items():
            write_manifest(path, size, min(arguments.groups, size))

        def run(command: str, size: int, *options: str) -> tuple[str, object]:
            words = [*_COMMANDS[command], paths[size], "-g", "folder", "-w", "square root", "-q"]
            program = [sys.executable, "-m", "brevetti_sample", *words, *options]
            return f"{size} {options}", process(program)

        for command in _COMMANDS:
            start, *rest = in_turn([run(command, size) for size in paths], repeats).items()
            table(f"{command}, by rows, a draw each", "row", sizes, start[1], dict(rest))
        for command in ("plan", "export-tfrecord"):
            candidates = [run(command, sizes[0], "-n", str(draws)) for draws in (1, *sizes)]
            start, *rest = in_turn(candidates, repeats).items()
            title = f"{command}, by draws, of {sizes[0]:,} rows"
            table(title, "draw", sizes, start[1], dict(rest))


if __name__ == "__main__":
    main()
