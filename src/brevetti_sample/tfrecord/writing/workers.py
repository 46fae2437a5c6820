"""Processes that write shards beside this one.

This module imports next to nothing: a process takes some 0.2 s until it is ready, and is best
started before this one imports as much.
"""

from __future__ import annotations

import contextlib
import os

from brevetti_sample.errors import OutputError, argument
from brevetti_sample.processes.child import start
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
        # It is spared the keyboard's interrupt, and ends when the pipe is closed. What can be said
        # of an error, its last answer says.
        work = f"from {__package__}.pool import work; work({their_requests}, {their_answers})"
        try:
            self._process = start(work, pass_fds=[their_requests, their_answers])
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
