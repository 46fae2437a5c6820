"""Runs workers on a target for a time, and collects the inputs that break the program."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from .running import MOST_SECONDS

TESTS = Path(__file__).parents[1]
_PATIENCE_SECONDS = 6 * MOST_SECONDS  # a run that takes too long says so itself, unless it hangs


@dataclass(frozen=True)
class Find:
    """An input that broke the program."""

    data: bytes
    reason: str

    @property
    def name(self):
        return hashlib.sha256(self.data).hexdigest()[:12]


@dataclass
class Outcome:
    """What came of a target.

    Attributes:
        inputs: how many were tried.
        slowest: seconds that one took, all of its runs of the program together.
        peak: bytes of memory that one took.
        codes: how often the program ended with which exit code.
        finds: one for each reason.
    """

    inputs: int = 0
    slowest: float = 0.0
    peak: int = 0
    codes: Counter = field(default_factory=Counter)
    finds: dict[str, Find] = field(default_factory=dict)

    def add(self, find):
        """Keep a find, unless there is one that differs in nothing but numbers and names."""
        kind = re.sub(r"\d+|'[^']*'", "#", find.reason)
        self.finds.setdefault(kind, find)


def fuzz(target, seed, seconds=None, most=None):
    """Fuzz a target.

    Args:
        target: one of `targets.TARGETS`.
        seed: another seed makes other inputs.
        seconds: after which no further input is tried.
        most: how many inputs to try at most.
    """
    outcome = Outcome()
    end = time.monotonic() + (seconds or 1e9)

    def is_over():
        return time.monotonic() >= end or (most is not None and outcome.inputs >= most)

    while not is_over():
        with tempfile.TemporaryDirectory() as folder:
            for _ in _watch(target, seed, Path(folder), outcome):
                if is_over():
                    break
        seed += 1_000_003
    return outcome


def _watch(target, seed, folder, outcome):
    """Run one worker until it ends; yields after each input."""
    current, log = folder / "input", folder / "log"
    work = folder / "work"
    work.mkdir()
    kept = {k: v for k, v in os.environ.items() if not k.startswith("BREVETTI_SAMPLE_")}
    here = {"PYTHONPATH": str(TESTS), "HOME": str(folder), "TMPDIR": str(folder)}
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "fuzz.worker", target, str(seed), str(current)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            bufsize=0,
            cwd=work,
            env=kept | here | {"PYTHONHASHSEED": "0", "NO_COLOR": "1"},
            start_new_session=True,
        )
    try:
        while select.select([process.stdout], [], [], _PATIENCE_SECONDS)[0]:
            line = process.stdout.readline()
            if not line:
                break
            reason, found, seconds, peak, codes = json.loads(line)
            outcome.inputs += 1
            outcome.slowest = max(outcome.slowest, seconds)
            outcome.peak = max(outcome.peak, peak)
            outcome.codes.update({int(code): count for code, count in codes.items()})
            if reason:
                outcome.add(Find(base64.b64decode(found), reason))
            yield
        else:
            outcome.inputs += 1
            outcome.add(Find(current.read_bytes(), "it hangs"))
            yield
            return
        if code := process.wait():
            said = log.read_text(errors="replace").partition("Extension modules")[0][:1500]
            outcome.inputs += 1
            data = current.read_bytes() if current.exists() else b""
            outcome.add(Find(data, f"it died with {code}\n{said}"))
            yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.stdout.close()
        process.wait()
