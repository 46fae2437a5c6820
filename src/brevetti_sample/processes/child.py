"""Processes of ours that run a piece of Python beside this one.

They import from where this process does, but neither from the working directory nor from
`PYTHONPATH` before they know where that is.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Collection

from .import_path import package_root, trusted_path
from .unfinished import unless_finished

_FLAGS = ["-I"] if sys.flags.isolated else ["-P"]


def start(
    program: str, *, pass_fds: Collection[int] = (), stdout: int = subprocess.DEVNULL
) -> Child:
    """Start a process.

    It has no standard input or error, and a session of its own: the keyboard's interrupt is for
    this process, which ends it. Not with `multiprocessing`, which would run the caller's script in
    it again.

    Args:
        program: Python, in one line.
        pass_fds: the file descriptors that it gets.
        stdout: where its standard output goes.

    Raises:
        OSError: the system has no room for it.
    """
    # This very package, and the rest from where this process has it.
    path = f"import sys; sys.path[:] = [{package_root()!a}]; import brevetti_sample; "
    path += f"sys.path[:] = {trusted_path()!a}; "
    return subprocess.Popen(
        [sys.executable, *_FLAGS, "-c", path + program],
        pass_fds=pass_fds,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    )


Child = subprocess.Popen[bytes]


def output_of(program: str) -> bytes:
    r"""Run a process, and return what it writes to standard output.

    For what a library does for long without letting other threads run: this process can be
    interrupted then.

    Args:
        program: Python, in one line.

    Raises:
        OSError: the system has no room for it.
        ChildProcessError: it failed.

    Example:
        >>> output_of("print(1 + 1)")
        b'2\n'
    """
    with start(program, stdout=subprocess.PIPE) as process, unless_finished(process.kill):
        try:
            output, _ = process.communicate()
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise ChildProcessError(f"a process ended with {process.returncode}")
    return output
