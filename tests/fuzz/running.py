"""The program, run within this process, and what must hold of every run."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from brevetti_sample.cli.main import main

ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "sample_manifests" / "digits" / "manifest.csv"
BOTTLES = ROOT / "sample_manifests" / "neurips_2018_reduced.csv"
MOST_SECONDS = 10
_LONGEST_LINE = 6000

codes = Counter()
"""How often the program ended with which exit code, since that was last cleared."""


@dataclass(frozen=True)
class Target:
    """A kind of input.

    Attributes:
        make: makes one by a random generator, in the folder that `prepare` filled.
        run: runs the program on one, with `call`; raises if something is wrong.
        prepare: writes what all runs need to the working directory.
    """

    make: Callable[[Random], bytes]
    run: Callable[[bytes], object]
    prepare: Callable[[], object] = lambda: None


class BrokenError(Exception):
    """The program did what it must not do."""


def choices(data):
    """A random generator that an input alone decides."""
    return Random(data)


def call(text, *more, ends=(0, 2, 3), given=None):
    """Run the program; what it wrote to standard output.

    Args:
        text: the command line, as a shell has it.
        more: further words.
        ends: the exit codes that it may have here.
        given: what is piped in; nothing by default.

    Raises:
        BrokenError: another exit code, not one line that says why, or too long a time.
    """
    words = [*shlex.split(text), *more]
    start = time.monotonic()
    with _redirected(given):
        code = main(words)
    seconds = time.monotonic() - start
    codes[code] += 1
    problem = _problem(code, ends, Path("stderr").read_bytes(), "--debug" in words)
    if seconds > MOST_SECONDS:
        problem = f"took {seconds:.1f} s"
    if problem:
        shown = Path("stderr").read_bytes()[-800:].decode(errors="replace")
        raise BrokenError(f"{shlex.join(words)[:500]!r} {problem}\n{shown[-500:]}")
    return Path("stdout").read_bytes()


def _problem(code, ends, said, debug):
    """What is wrong with how the program ended, and with what it said; nothing if all is well."""
    if code not in ends:
        return f"ended with {code}"
    try:
        text = said.decode()
    except UnicodeDecodeError:
        return "said what is not UTF-8"
    if debug:
        return ""
    lines = text.split("\n")
    if "Traceback" in text or "this is a bug" in text:
        return "showed a bug"
    if not all(line.isprintable() for line in lines):
        return "said what a terminal would act on"
    if max(map(len, lines)) > _LONGEST_LINE:
        return f"said a line of {max(map(len, lines))} characters"
    errors = sum(line.startswith("error: ") for line in lines)
    if errors != (code != 0):
        return f"ended with {code} and {errors} lines of an error"
    return ""


@contextmanager
def _redirected(given):
    """The standard streams as files, also for libraries that write to them themselves."""
    kept = [os.dup(number) for number in range(3)]
    stdin = sys.stdin
    if given is not None:
        Path("stdin").write_bytes(given)
    flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC
    handles = [os.open("stdin" if given is not None else os.devnull, os.O_RDONLY)]
    handles += [os.open(name, flags, 0o600) for name in ("stdout", "stderr")]
    try:
        for number, handle in enumerate(handles):
            os.dup2(handle, number)
            os.close(handle)
        with open(0, closefd=False) as sys.stdin:
            yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdin = stdin
        for number, handle in enumerate(kept):
            os.dup2(handle, number)
            os.close(handle)
