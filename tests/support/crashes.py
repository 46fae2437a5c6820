"""Kill an export at its n-th write, sync, rename or unlink, and look at what is left.

    python tests/support/crashes.py

kills it at n = 1, 2, 3, ... until a run ends unharmed, with one process and with two; the test
does so for some n. It needs strace, which injects the signal.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "sample_manifests" / "digits" / "manifest.csv"
CALLS = "write,fsync,rename,unlink"


def command(folder, jobs):
    """One process writes the split that is drawn, two write all of them."""
    options = "--image-column path --label-column label -g label --shards 3 -n 60 --no-sha256"
    if jobs > 1:
        options += " --split-column split --labels 0,1,2,3,4,5,6,7,8,9"
    return [
        *(sys.executable, "-m", "brevetti_sample", "export-tfrecord", str(DIGITS)),
        *(*options.split(), "-o", str(folder), "-j", str(jobs)),
    ]


def run(folder, jobs):
    """Export unharmed; what the program says on standard error."""
    done = subprocess.run(command(folder, jobs), capture_output=True, text=True, check=True)
    return done.stderr


def run_killed(folder, jobs, n):
    """Export, killed at the n-th call; whether it was killed."""
    done = subprocess.run(
        [
            *("strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={CALLS}"),
            *("-e", f"inject={CALLS}:signal=SIGKILL:when={n}", *command(folder, jobs)),
        ],
        capture_output=True,
        check=False,
    )
    return done.returncode != 0


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}


def check_crash(whole, folder, jobs, n):
    """Kill an export at its n-th call, and check that the same command completes it.

    Returns whether it was killed, and how many files were complete when it was.
    """
    killed = run_killed(folder, jobs, n)
    left = contents(folder) if Path(folder).exists() else {}
    final = {name: data for name, data in left.items() if not name.startswith(".")}
    for name, data in final.items():
        assert data == whole[name], f"{name} is incomplete after call {n}"
    run(folder, jobs)
    assert contents(folder) == whole, f"not the same after call {n}"
    return killed, len(final)


def main():
    with tempfile.TemporaryDirectory() as work:
        for jobs in (1, 2):
            reference = Path(work, f"whole-{jobs}")
            run(reference, jobs)
            whole = contents(reference)
            n, killed = 0, True
            while killed:
                n += 1
                folder = Path(work, "out")
                killed, final = check_crash(whole, folder, jobs, n)
                print(f"{jobs} processes, call {n}: killed {killed}, {final} files complete")
                shutil.rmtree(folder)


if __name__ == "__main__":
    main()
