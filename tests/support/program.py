"""The program, run as people run it, and what a run left."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LISTING = ROOT / "sample_manifests" / "neurips_2018_reduced"


@dataclass
class Result:
    """What a run of the program left."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()


def on_terminal(*arguments, environment=()):
    """What the program writes to a terminal of 100 columns."""
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "brevetti_sample", *arguments],
        stdin=child,
        stdout=child,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "COLUMNS": "100", "TERM": "xterm-256color"} | dict(environment),
    )
    os.close(child)
    text = b""
    while True:
        try:
            part = os.read(parent, 1 << 16)
        except OSError:
            break
        text += part
    os.close(parent)
    return process.wait(), text.decode()
