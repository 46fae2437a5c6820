"""Fuzz the program's inputs, and keep what breaks it.

    cd tests; python -m fuzz [--seconds 60] [--seed N] [--finds DIR] [TARGET]...

For each target: how many inputs were tried, and what was found. An input is a find if the program
ends with an exit code that it may not have there, dies, takes more than 1 GB or more than 10 s,
or says anything but one line for people.

    python -m fuzz --again FILE TARGET

Try a find again.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from .fuzzer import fuzz
from .targets import TARGETS


def main():
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", default=list(TARGETS))
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--finds", type=Path, default=Path("finds"), help="where to keep them")
    parser.add_argument("--again", type=Path, help="try this find again")
    chosen = parser.parse_args()
    if chosen.again:
        return _again(chosen.targets[0], chosen.again.read_bytes())
    count = 0
    for target in chosen.targets:
        outcome = fuzz(target, chosen.seed, chosen.seconds)
        codes = ", ".join(f"{code}: {count}" for code, count in sorted(outcome.codes.items()))
        print(
            f"{target}: {outcome.inputs} inputs, the slowest {outcome.slowest:.1f} s, "
            f"at most {outcome.peak / 1e6:.0f} MB, exit codes {codes}; {len(outcome.finds)} finds",
            flush=True,
        )
        for find in outcome.finds.values():
            count += 1
            path = chosen.finds / f"{target}-{find.name}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(find.data)
            print(f"  {path}: {find.reason}", flush=True)
    return 1 if count else 0


def _again(target, data):
    from .worker import check

    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        TARGETS[target].prepare()
        print(check(target, data) or "all is well")
    return 0


if __name__ == "__main__":
    sys.exit(main())
