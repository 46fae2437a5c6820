"""A process that runs one target on many inputs, and writes down each before it does.

    python -m fuzz.worker TARGET SEED FILE

A line of JSON on standard output for every input: what was wrong, and the input, or nothing
if all was well; the seconds that it took, the memory, and the exit codes. The process is ended
from outside; `fuzzer` starts it, and sees when it dies or hangs.
"""

from __future__ import annotations

import base64
import faulthandler
import json
import os
import random
import resource
import sys
import time
import traceback
from pathlib import Path

from .running import BrokenError, codes
from .targets import TARGETS

MOST_BYTES = 1_000_000_000
_MOST_ADDRESSES = 8 << 30  # so that this machine survives, whatever is found


def check(target, data):
    """Run a target on an input; what was wrong, or an empty text."""
    try:
        TARGETS[target].run(data)
    except BrokenError as error:
        return str(error)
    except BaseException:
        return traceback.format_exc(limit=-4)
    return ""


def _forget_peak():
    """Have the system measure the most memory anew."""
    Path("/proc/self/clear_refs").write_text("5")


def _peak():
    """The most memory that this process had since then, or one of its children ever, in bytes."""
    status = Path("/proc/self/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM")]
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return max(int(line.split()[1]), children) * 1024


def main():
    target, seed, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    faulthandler.enable(os.dup(2))
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_ADDRESSES, _MOST_ADDRESSES))
    out = os.fdopen(os.dup(1), "w")
    TARGETS[target].prepare()
    number = 0
    while True:
        data = TARGETS[target].make(random.Random(f"{target} {seed} {number}"))
        Path(path).write_bytes(data)
        _forget_peak()
        codes.clear()
        start = time.monotonic()
        reason = check(target, data)
        seconds, peak = time.monotonic() - start, _peak()
        if not reason and peak > MOST_BYTES:
            reason = f"took {peak / 1e6:.0f} MB of memory"
        found = base64.b64encode(data).decode() if reason else ""
        print(json.dumps([reason, found, seconds, peak, codes]), file=out, flush=True)
        if peak > MOST_BYTES:
            return
        number += 1


if __name__ == "__main__":
    main()
