"""How long the program takes to start, as a whole process, against importing what it is made of.

python benchmarks/startup.py
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from timing import Run, in_turn, process, report


def program(*arguments: str) -> Callable[[], Run]:
    """A candidate that runs the installed program."""
    script = Path(sys.executable).with_name("brevetti-sample")
    start = [str(script)] if script.exists() else [sys.executable, "-m", "brevetti_sample"]
    return process([*start, *arguments])


def imports(modules: str) -> tuple[str, Callable[[], Run]]:
    """A candidate that imports modules."""
    code = f"import {modules}"
    return f"python -c '{code}'", process([sys.executable, "-c", code])


def main() -> None:
    """Parse the arguments, time, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=15)
    arguments = parser.parse_args()
    helped = [
        imports("typer, rich"),
        ("brevetti-sample --help", program("--help")),
        ("brevetti-sample --version", program("--version")),
        ("brevetti-sample stats --help", program("stats", "--help")),
    ]
    report("Help", in_turn(helped, arguments.repeats))
    counted = [
        imports("numpy, pyarrow.parquet, rich.table"),
        imports("pyarrow.parquet"),
        ("brevetti-sample stats", program("stats", "-q", "-g", "folder")),
    ]
    report("Frequencies of the bundled listing", in_turn(counted, arguments.repeats))


if __name__ == "__main__":
    main()
