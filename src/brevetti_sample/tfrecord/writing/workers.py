"""Processes that write shards beside this one.

This module imports next to nothing: a process takes some 0.2 s until it is ready, and is best
started before this one imports as much.
"""

from __future__ import annotations

import os
import subprocess
import sys

from brevetti_sample.errors import OutputError, argument


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
                [sys.executable, "-c", f"{_PROGRAM}; work({their_requests}, {their_answers})"],
                pass_fds=[their_requests, their_answers],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
                env=os.environ | {"PYTHONPATH": _paths()},
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

    def close(self) -> None:
        """End all of them, whatever they do: what they have finished has been synced."""
        while self.all:
            self.all.pop().close()

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


_PROGRAM = f"from {__package__}.pool import work"


def _paths() -> str:
    return os.pathsep.join(path or os.getcwd() for path in sys.path)
