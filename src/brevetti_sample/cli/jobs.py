"""How many processes write an export, and when they are started."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import OutputError
from ..tfrecord.workers import Workers

if TYPE_CHECKING:
    from ..tfrecord.planning import ExportPlan

# Of fewer bytes a process, starting it takes longer than it saves.
_WORTH_BYTES = 64 << 20
# Of some thousand rows, their images most likely have as many.
_WORTH_MANIFEST_BYTES = 64 << 10


def started(manifests: Sequence[str] | None, jobs: int | None, *, images: bool) -> Workers:
    """Start the processes that are needed, or will most likely be, while this one imports.

    Args:
        manifests: the argument.
        jobs: the option.
        images: whether the export has images.
    """
    workers = Workers()
    count = min(jobs or 1, _cores())  # the rest, once it is known how many shards there are
    with contextlib.suppress(OSError, ValueError):  # whoever opens it says why it cannot
        size = sum(os.stat(path).st_size for path in manifests or ())
        if jobs is None and images and size > _WORTH_MANIFEST_BYTES:
            count = min(2, _cores())
    with contextlib.suppress(OutputError):  # it is told once they are needed
        workers.start(count - 1)
    return workers


def jobs_of(export: ExportPlan) -> int:
    """How many processes to write an export with."""
    return min(_cores(), 1 + sum(export.about_bytes()) // _WORTH_BYTES)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
