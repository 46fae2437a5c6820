"""Runs workers on a target for a time, and collects the inputs that break the program."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).parents[1]
MOST_SECONDS = 10


@dataclass(frozen=True)
class Find:
    """An input that broke the program."""

    data: bytes
    reason: str

    @property
    def name(self):
        return hashlib.sha256(self.data).hexdigest()[:12]


def fuzz(target, seed, seconds, most=None):
    """Fuzz a target; the number of inputs that were tried, and the finds, one for each reason.

    Args:
        target: one of `targets.TARGETS`.
        seed: another seed makes other inputs.
        seconds: after which no further input is tried.
        most: how many inputs to try at most.
    """
    finds, count = {}, 0
    end = time.monotonic() + seconds
    while time.monotonic() < end and (most is None or count < most):
        with tempfile.TemporaryDirectory() as folder:
            for number, find in _watch(target, seed, Path(folder)):
                if find is not None:
                    finds.setdefault(find.reason, find)
                count += number is not None
                if time.monotonic() >= end or (most is not None and count >= most):
                    break
        seed += 1_000_003
    return count, list(finds.values())


def _watch(target, seed, folder):
    """Run one worker until it ends; yields (number of an input, its find)."""
    current = folder / "input"
    work = folder / "work"
    work.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "fuzz.worker", target, str(seed), str(current)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=work,
        env={
            **{k: v for k, v in os.environ.items() if not k.startswith("BREVETTI_SAMPLE_")},
            "PYTHONPATH": str(TESTS),
            "NO_COLOR": "1",
        },
    )
    try:
        ready = 60 + MOST_SECONDS  # the first needs what all need
        while select.select([process.stdout], [], [], ready)[0]:
            line = process.stdout.readline()
            if not line:
                break
            number, found = json.loads(line)
            yield number, Find(base64.b64decode(found[1]), found[0]) if found else None
            ready = MOST_SECONDS
        else:
            yield None, Find(_read(current), f"it took more than {MOST_SECONDS} s")
            return
        code = process.wait()
        if code != 0:
            text = process.stderr.read().decode(errors="replace")
            yield None, Find(_read(current), f"it died with {code}: {text[-800:]}")
    finally:
        process.kill()
        process.stdout.close()
        process.stderr.close()
        process.wait()


def _read(path):
    return path.read_bytes() if path.exists() else b""
