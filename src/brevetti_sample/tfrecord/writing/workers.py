"""Processes that write shards beside this one.

This module imports next to nothing: a process takes some 0.2 s until it is ready, and is best
started before this one imports as much.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys

from brevetti_sample.errors import OutputError, argument
from brevetti_sample.processes.import_path import package_root, trusted_path
from brevetti_sample.processes.unfinished import unless_finished

_DEATH_SECONDS = 0.3


class WriterProcess:
    """A process, with a pipe for requests and one for its answers.

    Attributes:
        requests: the file descriptor to write to.
        answers: the one to read from.
    """

    def __init__(self) -> None:
        their_requests, self.requests = os.pipe()
        self.answers, their_answers = os.pipe()
        # Not with `multiprocessing`, which would run the caller's script in it again. In a session
        # of its own it is spared the keyboard's interrupt; it ends when the pipe is closed.
        try:
            self._process = subprocess.Popen(
                [sys.executable, *_FLAGS, "-c", _program(their_requests, their_answers)],
                pass_fds=[their_requests, their_answers],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # what can be said, its last answer says
                start_new_session=True,
                env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
            )
        except BaseException:
            os.close(self.requests)
            os.close(self.answers)
            raise
        finally:
            os.close(their_requests)
            os.close(their_answers)

    def kill(self) -> None:
        """Kill it; its answers end."""
        self._process.kill()

    def end(self) -> None:
        """Kill it, and wait until it makes no more files."""
        self.kill()
        self._process.wait(_DEATH_SECONDS)

    def close(self) -> None:
        """End it, and close its pipes."""
        self.kill()
        os.close(self.requests)
        os.close(self.answers)
        self._process.wait()


class Workers:
    """Some processes, to be closed.

    Attributes:
        all: those that have been started.

    Example:
        >>> import contextlib
        >>> with contextlib.closing(Workers()) as workers:
        ...     workers.start(1)
        ...     len(workers.all)
        1
    """

    def __init__(self) -> None:
        self.all: list[WriterProcess] = []
        self._unfinished = contextlib.ExitStack()
        self._unfinished.enter_context(unless_finished(self._end))

    def close(self) -> None:
        """End all of them, whatever they do: what they have finished has been synced."""
        while self.all:
            self.all.pop().close()
        self._unfinished.close()

    def _end(self) -> None:
        for process in self.all:
            process.kill()
        for process in self.all:
            process.end()

    def start(self, count: int) -> None:
        """Start processes until there are so many; none on systems that hand on no files.

        Raises:
            OutputError: the system has no room for more.
        """
        try:
            while os.name == "posix" and len(self.all) < count:
                self.all.append(WriterProcess())
        except OSError as error:
            raise OutputError(
                f"cannot start a process that writes shards: {error.strerror}",
                advice=f"pass {argument('jobs', 1)}",
            ) from error


# It searches neither the working directory nor `PYTHONPATH` before it knows where to import from.
_FLAGS = ["-I"] if sys.flags.isolated else ["-P"]


def _program(requests: int, answers: int) -> str:
    """The program of a process: this very package, and the rest from where this process has it."""
    return (
        f"import sys; sys.path[:] = [{package_root()!a}]; import brevetti_sample; "
        f"sys.path[:] = {trusted_path()!a}; from {__package__}.pool import work; "
        f"work({requests}, {answers})"
    )
