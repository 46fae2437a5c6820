"""Shards written by several processes, each a shard at a time; this one is the first of them.

A process writes and syncs a file beside the shard's place; only the one that holds the folder's
lock renames it, so what outlives a killed run can do no harm.
"""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection, wait

from brevetti_sample.errors import OutputError

from .direct_file import DirectFile
from .folder import part_file
from .records import Samples
from .shard import ShardRecord, ShardSpec, write_shard
from .workers import Worker, Workers

Report = Callable[[int, int], None]
Finished = Callable[[str, ShardRecord], None]


def write_shards(
    samples: Samples,
    specs: Sequence[ShardSpec],
    folder: str,
    compression: str,
    workers: Workers,
    report: Report,
    finished: Finished,
) -> None:
    """Write shards to temporary files.

    Args:
        samples: what to make them from.
        specs: which.
        folder: where.
        compression: "none" or "gzip".
        workers: the processes that write beside this one; in the end they are closed.
        report: called with the records and bytes that have been written since the last call.
        finished: called with the path that a shard has been written and synced to, and what it
            holds, as soon as this process knows of it.

    Raises:
        SampleFileError: an image that cannot be used, unless those are skipped.
        OutputError: a process was killed.
        OSError: a shard cannot be written.
    """
    waiting = deque(specs)
    given: dict[Connection, int] = {}  # how many shards each process has still to write
    told_to: dict[Connection, Connection] = {}

    def hand_out(answers: Connection) -> list[ShardSpec]:
        """Choose the next shards of a process: one more than it needs, unless few are left."""
        count = min(2 - given[answers], max(len(waiting) - len(given), 1 - given[answers]))
        chosen = [waiting.popleft() for _ in range(min(count, len(waiting)))]
        given[answers] += len(chosen)
        if not given[answers]:
            del given[answers]
        return chosen

    def listen(seconds: float | None = 0.0) -> None:
        """Take what the other processes say, and give them more to do."""
        for answers in wait(list(given), seconds) if given else ():
            assert isinstance(answers, Connection)
            try:
                kind, *values = answers.recv()
            except (EOFError, OSError):  # the latter in the middle of an answer
                raise OutputError(
                    "a process that writes shards was killed, perhaps for want of memory; the "
                    "same command goes on, best with fewer --jobs"
                ) from None
            if kind == "written":
                report(*values)
            elif kind == "failed":
                raise values[0]
            else:
                given[answers] -= 1
                for spec in hand_out(answers):
                    told_to[answers].send(spec)
                finished(*values)

    def report_and_listen(records: int, size: int) -> None:
        report(records, size)
        listen()

    # A process that is not yet ready for a large message would make this one wait: a thread sends.
    with contextlib.ExitStack() as open_files, ThreadPoolExecutor(1) as sender:
        try:
            for worker in workers.all[: len(specs) - 1]:
                told = open_files.enter_context(Connection(os.dup(worker.told), readable=False))
                answers = Connection(os.dup(worker.answers), writable=False)
                open_files.enter_context(answers)
                given[answers], told_to[answers] = 0, told
                messages = [(samples, folder, compression), *hand_out(answers)]
                sender.submit(_send, worker, told, messages)
            while waiting:
                spec = waiting.popleft()
                finished(*_write(samples, spec, folder, compression, report_and_listen))
            while given:
                listen(None)
        finally:
            workers.close()


def _send(worker: Worker, told: Connection, messages: Sequence[object]) -> None:
    try:
        for message in messages:
            told.send(message)
    except BaseException:  # for want of memory: nobody may wait for who waits for the message
        worker.kill()
        raise


def _write(
    samples: Samples, spec: ShardSpec, folder: str, compression: str, report: Report
) -> tuple[str, ShardRecord]:
    with (
        part_file(folder, spec.name) as (stream, part),
        contextlib.closing(DirectFile(stream.fileno(), sha256=samples.sha256)) as digest,
    ):
        return part, write_shard(samples, spec, digest, compression, report)


def work(told: int, answers: int) -> None:
    """Write the shards that come through a pipe, until it is closed.

    Args:
        told: the file descriptor to read from.
        answers: the one to write to.
    """
    told_to, answer = Connection(told, writable=False), Connection(answers, readable=False)
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        samples, folder, compression = told_to.recv()

        def report(records: int, size: int) -> None:
            answer.send(("written", records, size))

        while True:
            spec = told_to.recv()
            try:
                part, shard = _write(samples, spec, folder, compression, report)
            except BrokenPipeError:
                os._exit(1)
            except Exception as error:
                answer.send(("failed", error))
                return
            answer.send(("done", part, shard))
