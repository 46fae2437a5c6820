"""Shards written by several processes, each a shard at a time; this one is the first of them.

A process writes and syncs a temporary file in the folder; only the one that holds the folder's
lock renames it, so what outlives a killed run can do no harm.
"""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait

from brevetti_sample.errors import OutputError, argument

from .direct_file import DirectFile
from .folder import open_part
from .records import Samples
from .shard import ShardRecord, ShardSpec, write_shard
from .workers import Workers, WriterProcess

Report = Callable[[int, int], None]
Finished = Callable[[str, ShardRecord], None]
_AHEAD = 2  # shards of a process: the one that it writes, and one that it goes on with at once


@dataclass(frozen=True)
class Job:
    """What the shards of an export have in common; can be sent to other processes.

    Attributes:
        samples: what to make the records from.
        folder: where the shards are written.
        compression: "none" or "gzip".
    """

    samples: Samples
    folder: str
    compression: str

    def write(self, spec: ShardSpec, report: Report) -> tuple[str, ShardRecord]:
        """Write a shard to a temporary file.

        Args:
            spec: which.
            report: called with the records and bytes of each batch that has been written.

        Returns:
            The path of the file, which is synced, and what it holds.

        Raises:
            SampleFileError: an image that cannot be used, unless those are skipped.
            OSError: it cannot be written.
        """
        with (
            open_part(self.folder, spec.name) as (stream, part),
            contextlib.closing(DirectFile(stream.fileno(), sha256=self.samples.sha256)) as digest,
        ):
            return part, write_shard(self.samples, spec, digest, self.compression, report)


class ShardPool:
    """Shards that are written by this process and others.

    Args:
        job: how to write them.
        report: called with the records and bytes that have been written since the last call.
        finished: called with the path that a shard has been written and synced to, and what it
            holds, as soon as this process knows of it.
    """

    def __init__(self, job: Job, report: Report, finished: Finished) -> None:
        self._job = job
        self._report = report
        self._finished = finished
        self._waiting: deque[ShardSpec] = deque()
        # The other processes that have shards to write, by the connection of their answers.
        self._busy: dict[Connection, _Peer] = {}

    def write(self, specs: Sequence[ShardSpec], workers: Workers) -> None:
        """Write shards.

        Args:
            specs: which.
            workers: the other processes; in the end they are closed.

        Raises:
            SampleFileError: an image that cannot be used, unless those are skipped.
            OutputError: a process was killed.
            OSError: a shard cannot be written.
        """
        self._waiting.extend(specs)
        # A process that is not ready yet for a large message would block this one: a thread sends.
        with contextlib.ExitStack() as open_files, ThreadPoolExecutor(1) as sender:
            try:
                for process in workers.all[: len(specs) - 1]:
                    peer = _Peer(process, open_files)
                    self._busy[peer.answers] = peer
                    sender.submit(peer.send, [self._job, *self._assign(peer)])
                while self._waiting:
                    spec = self._waiting.popleft()
                    self._finished(*self._job.write(spec, self._report_and_listen))
                while self._busy:
                    self._listen(None)
            finally:
                workers.close()

    def _assign(self, peer: _Peer) -> list[ShardSpec]:
        """Choose the next shards of a process, which is done if there are none.

        It gets one more than it needs, unless so few are left that others need them.
        """
        wanted, spare = _AHEAD - peer.pending, len(self._waiting) - len(self._busy)
        count = min(wanted, max(spare, 1 - peer.pending), len(self._waiting))
        chosen = [self._waiting.popleft() for _ in range(count)]
        peer.pending += count
        if not peer.pending:
            del self._busy[peer.answers]
        return chosen

    def _report_and_listen(self, records: int, size: int) -> None:
        """Report what this process has written, and answer those that wait for it."""
        self._report(records, size)
        self._listen(0)

    def _listen(self, seconds: float | None) -> None:
        """Receive an answer of each process that has one; wait so long for the first."""
        for answers in wait(list(self._busy), seconds) if self._busy else ():
            assert isinstance(answers, Connection)
            self._receive(self._busy[answers])

    def _receive(self, peer: _Peer) -> None:
        try:
            kind, *values = peer.answers.recv()
        except (EOFError, OSError):  # the latter in the middle of an answer
            raise OutputError(
                "a process that writes shards was killed, perhaps because memory ran out",
                advice="run the same again, which goes on from here, best with a smaller "
                f"{argument('jobs')}",
            ) from None
        if kind == "written":
            self._report(*values)
        elif kind == "failed":
            raise values[0]
        else:
            peer.pending -= 1
            for spec in self._assign(peer):
                peer.requests.send(spec)
            self._finished(*values)


class _Peer:
    """Another process that writes.

    Attributes:
        requests: the connection of the job and the shards that it is sent.
        answers: the connection of its answers.
        pending: how many shards it has still to write.
    """

    def __init__(self, process: WriterProcess, open_files: contextlib.ExitStack) -> None:
        self._process = process
        self.requests = open_files.enter_context(
            Connection(os.dup(process.requests), readable=False)
        )
        self.answers = open_files.enter_context(Connection(os.dup(process.answers), writable=False))
        self.pending = 0

    def send(self, messages: Sequence[object]) -> None:
        """Send the job and the first shards."""
        try:
            for message in messages:
                self.requests.send(message)
        except BaseException:  # such as a lack of memory: nobody may wait for its answers then
            self._process.kill()
            raise


def work(requests: int, answers: int) -> None:
    """Write the shards that come through a pipe, until it is closed.

    Args:
        requests: the file descriptor to read from.
        answers: the one to write to.
    """
    request, answer = Connection(requests, writable=False), Connection(answers, readable=False)
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        try:
            job: Job = request.recv()
        except MemoryError as error:
            answer.send(("failed", error))
            return

        def report(records: int, size: int) -> None:
            answer.send(("written", records, size))

        while True:
            spec = request.recv()
            try:
                part, shard = job.write(spec, report)
            except BrokenPipeError:
                os._exit(1)
            except Exception as error:
                answer.send(("failed", error))
                return
            answer.send(("done", part, shard))
