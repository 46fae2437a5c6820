"""A process that runs one target on many inputs, and writes down each before it does.

    python -m fuzz.worker TARGET SEED FILE

A line of JSON on standard output for every input: its number, and if it is a find, the reason and
the input. The process is ended from outside; `fuzzer` starts it, and sees when it dies or hangs.
"""

from __future__ import annotations

import base64
import json
import os
import random
import resource
import sys
import traceback

from .targets import TARGETS

MOST_BYTES = 1_000_000_000


def check(target, data):
    """Run a target on an input; what was wrong, or an empty text."""
    captured = os.open("captured", os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    kept = os.dup(1), os.dup(2)
    os.dup2(captured, 1)
    os.dup2(captured, 2)
    reason = ""
    try:
        code = TARGETS[target].run(data)
        reason = f"exit code {code}" if code not in {0, 2, 3, 4, 5, 6, 7} else ""
    except BaseException:
        reason = traceback.format_exc(limit=-3)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for handle, number in zip(kept, (1, 2), strict=True):
            os.dup2(handle, number)
            os.close(handle)
    text = os.pread(captured, 1 << 20, 0).decode(errors="replace")
    os.close(captured)
    if not reason and "Traceback" in text:
        reason = "a traceback"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    if peak > MOST_BYTES or "not enough memory" in text:
        reason += f" {peak} bytes of memory"
    bugs = [line for line in text.splitlines() if "bug" in line or "Error" in line]
    return reason and "\n".join([reason, *bugs[-3:]])


def main():
    target, seed, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
    TARGETS[target].prepare()
    number = 0
    while True:
        data = TARGETS[target].make(random.Random(f"{target} {seed} {number}"))
        with open(path, "wb") as stream:
            stream.write(data)
        reason = check(target, data)
        found = [reason, base64.b64encode(data).decode()] if reason else None
        sys.stdout.write(json.dumps([number, found]) + "\n")
        sys.stdout.flush()
        if "bytes of memory" in reason:
            return
        number += 1


if __name__ == "__main__":
    main()
