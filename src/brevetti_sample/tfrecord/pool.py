"""Shards written by several processes, each a shard at a time.

A process writes and syncs a file beside the shard's place; only the one that holds the folder's
lock renames it, so what outlives a killed run can do no harm.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable, Generator, Sequence
from multiprocessing.connection import Connection, wait

from ..errors import OutputError, SampleError
from .blocks import BlockFile
from .folder import part_file
from .samples import Samples
from .shard import ShardRecord, ShardSpec, write_shard

Report = Callable[[int, int], None]


def write_shards(
    samples: Samples,
    specs: Sequence[ShardSpec],
    folder: str,
    compression: str,
    jobs: int,
    report: Report,
) -> Generator[tuple[str, ShardRecord], None, None]:
    """Write shards to temporary files.

    Args:
        samples: what to make them from.
        specs: which.
        folder: where.
        compression: "none" or "gzip".
        jobs: how many processes; with one, this process does it.
        report: called with the records and bytes that have been written since the last call.

    Yields:
        Of each shard the path that it has been written and synced to, and what it holds; in the
        order in which they are finished.

    Raises:
        SampleFileError: an image that cannot be used, unless those are skipped.
        OutputError: a process was killed.
        OSError: a shard cannot be written.
    """
    jobs = min(jobs, len(specs)) if os.name == "posix" else 1
    if jobs > 1:
        yield from _in_processes(samples, specs, folder, compression, jobs, report)
        return
    for spec in specs:
        yield _write(samples, spec, folder, compression, report)


def _write(
    samples: Samples, spec: ShardSpec, folder: str, compression: str, report: Report
) -> tuple[str, ShardRecord]:
    with (
        part_file(folder, spec.name) as (stream, part),
        BlockFile(stream.fileno(), sha256=samples.folder.sha256) as digest,
    ):
        return part, write_shard(samples, spec, digest, compression, report)


def _in_processes(
    samples: Samples,
    specs: Sequence[ShardSpec],
    folder: str,
    compression: str,
    jobs: int,
    report: Report,
) -> Generator[tuple[str, ShardRecord], None, None]:
    waiting = list(reversed(specs))
    processes: list[subprocess.Popen[bytes]] = []
    connections = []
    try:
        for _ in range(jobs):
            ours, theirs = multiprocessing.Pipe()
            connections.append(ours)
            with theirs:
                processes.append(_start(theirs.fileno()))
        for connection in connections:
            connection.send((samples, folder, compression))
            connection.send(waiting.pop())
        while connections:
            ready = wait(connections)
            for connection in [one for one in connections if one in ready]:
                try:
                    kind, *values = connection.recv()
                except EOFError:
                    raise OutputError(
                        "a process that writes shards was killed, perhaps for want of memory; the "
                        "same command goes on, best with fewer --jobs"
                    ) from None
                if kind == "written":
                    report(*values)
                elif kind == "failed":
                    raise values[0]
                else:
                    yield values[0], values[1]
                    if waiting:
                        connection.send(waiting.pop())
                    else:
                        connections.remove(connection)
                        connection.send(None)
    finally:
        for process in processes:
            if connections:
                process.kill()
            process.wait()


def _start(handle: int) -> subprocess.Popen[bytes]:
    """Start a process that writes the shards that come through a pipe.

    Not with `multiprocessing`, which would run the caller's script in it again. In a session of its
    own it is spared the keyboard's interrupt; it ends when the pipe is closed.
    """
    program = f"from {__name__} import work; work({handle})"
    paths = os.pathsep.join(path or os.getcwd() for path in sys.path)
    return subprocess.Popen(
        [sys.executable, "-c", program],
        pass_fds=[handle],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": paths},
    )


def work(handle: int) -> None:
    """Write the shards that come through a pipe, until None comes, or it is closed.

    Args:
        handle: the pipe's file descriptor.
    """
    connection = Connection(handle)
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        samples, folder, compression = connection.recv()

        def report(records: int, size: int) -> None:
            connection.send(("written", records, size))

        while (spec := connection.recv()) is not None:
            try:
                part, shard = _write(samples, spec, folder, compression, report)
            except BrokenPipeError:
                os._exit(1)
            except (SampleError, OSError) as error:
                connection.send(("failed", error))
                return
            connection.send(("done", part, shard))
