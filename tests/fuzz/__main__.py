"""Fuzz the program's inputs, and keep what breaks it.

    cd tests; python -m fuzz [--seconds 60] [--seed N] [--finds DIR] [TARGET]...

For each target: how many inputs were tried, and what was found. An input is a find if the program
ends with 1 or a traceback, dies, takes more than 1 GB, or more than 10 s.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .fuzzer import fuzz
from .targets import TARGETS


def main():
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", default=list(TARGETS))
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--finds", type=Path, default=Path("finds"), help="where to keep them")
    chosen = parser.parse_args()
    count = 0
    for target in chosen.targets:
        inputs, finds = fuzz(target, chosen.seed, chosen.seconds)
        print(f"{target}: {inputs} inputs, {len(finds)} finds", flush=True)
        for find in finds:
            count += 1
            path = chosen.finds / f"{target}-{find.name}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(find.data)
            print(f"  {path}: {find.reason}", flush=True)
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
